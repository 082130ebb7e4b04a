//! What the attention heads of a model do with a text.

use candle_core::{IndexOp, Tensor};
use course_display::{AttentionHeads, AttentionMap, Bundle, Rich, attention_heads, attention_map};
use course_models::Attentions;
use course_tokenization::Encoding;
use serde::Serialize;

use crate::language_model::LanguageModel;
use crate::next_token::visible;
use crate::sentence_encoder::SentenceEncoder;
use crate::{Error, Result};

/// Every head of every layer for one text; shows the heads of the first layer side by side.
#[derive(Debug, Clone)]
pub struct AttentionMaps {
    tokens: Vec<String>,
    attentions: Attentions,
}

/// How much of its attention a head spends in certain places.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HeadShare {
    /// The layer, counted from 0.
    pub layer: usize,
    /// The head, counted from 0.
    pub head: usize,
    /// The share, from 0 to 1, as a mean over the tokens.
    pub share: f32,
}

impl AttentionMaps {
    /// The tokens, which label rows and columns; a leading space shows as `·`.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// How much each token takes from each: `(layers, heads, tokens, tokens)` in `f32`; rows sum to 1.
    pub fn weights(&self) -> &Tensor {
        self.attentions.weights()
    }

    /// What each token asks for: `(layers, heads, tokens, head_dim)`.
    pub fn queries(&self) -> &Tensor {
        self.attentions.queries()
    }

    /// What each token answers to: `(layers, key_value_heads, tokens, head_dim)`.
    pub fn keys(&self) -> &Tensor {
        self.attentions.keys()
    }

    /// What each token gives: `(layers, key_value_heads, tokens, head_dim)`.
    pub fn values(&self) -> &Tensor {
        self.attentions.values()
    }

    /// The heads of a layer side by side.
    ///
    /// # Errors
    /// When there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<AttentionHeads> {
        let (layers, heads) = self.sizes();
        let heads = (0..heads).map(|head| Ok((format!("head {head}"), self.matrix(layer, head)?)));
        let heads = heads.collect::<Result<Vec<_>>>()?;
        let title = format!("layer {layer} of {layers}, counted from 0");
        Ok(attention_heads(&heads, &self.tokens, &self.tokens)?.title(title))
    }

    /// One head, large, with a weight for each pair of tokens.
    ///
    /// # Errors
    /// When there is no such layer or head.
    pub fn head(&self, layer: usize, head: usize) -> Result<AttentionMap> {
        let map = attention_map(&self.matrix(layer, head)?, &self.tokens, &self.tokens)?;
        Ok(map.title(format!("layer {layer}, head {head}")))
    }

    /// All heads by how much they look at certain places, most first: `place(from, to)` says whether the token number `to` is such
    /// a place for the token number `from`. Tokens that have no such place do not count.
    ///
    /// ```no_run
    /// let maps = course_pipelines::pipeline("feature-extraction")?.attention("The cat sat on the mat.")?;
    /// let before = maps.looking(|from, to| to + 1 == from)?;
    /// println!("head {} of layer {} looks at the token before", before[0].head, before[0].layer);
    /// # Ok::<(), course_pipelines::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the device fails.
    pub fn looking(&self, place: impl Fn(usize, usize) -> bool) -> Result<Vec<HeadShare>> {
        let count = self.tokens.len();
        let places: Vec<Vec<usize>> =
            (0..count).map(|from| (0..count).filter(|&to| place(from, to)).collect()).collect();
        let asked = places.iter().filter(|places| !places.is_empty()).count().max(1);
        let (layers, heads) = self.sizes();
        let mut shares = Vec::new();
        for (layer, head) in (0..layers).flat_map(|layer| (0..heads).map(move |head| (layer, head))) {
            let weights = self.matrix(layer, head)?;
            let there = weights.iter().zip(&places).flat_map(|(row, places)| places.iter().map(|&to| row[to]));
            shares.push(HeadShare { layer, head, share: there.sum::<f32>() / asked as f32 });
        }
        shares.sort_by(|a, b| b.share.total_cmp(&a.share));
        Ok(shares)
    }

    fn sizes(&self) -> (usize, usize) {
        match self.weights().dims() {
            [layers, heads, ..] => (*layers, *heads),
            _ => (0, 0),
        }
    }

    fn matrix(&self, layer: usize, head: usize) -> Result<Vec<Vec<f32>>> {
        let (layers, heads) = self.sizes();
        for (argument, number, count) in [("layer", layer, layers), ("head", head, heads)] {
            if number >= count {
                let problem =
                    format!("there is no number {number}; they are numbered from 0 to {}", count.saturating_sub(1));
                return Err(Error::input(argument, problem));
            }
        }
        Ok(self.weights().i((layer, head))?.to_vec2()?)
    }

    /// Of an encoder.
    pub(crate) fn of_sentence(encoder: &SentenceEncoder, text: &str) -> Result<Self> {
        let encoding: Encoding = encoder.transformer.tokenizer().encode(text)?;
        let ids = batch_of_one(encoding.input_ids())?;
        let (_, attentions) = encoder.transformer.model().forward_with_attentions(&ids, None, None)?;
        Ok(Self { tokens: encoding.tokens().to_vec(), attentions })
    }

    /// Of a decoder.
    pub(crate) fn of_prompt(model: &LanguageModel, text: &str) -> Result<Self> {
        let ids = model.tokenizer.encode(text)?.input_ids().to_vec();
        let (_, attentions) = model.model.forward_with_attentions(&batch_of_one(&ids)?)?;
        let token = |id: &u32| Ok(visible(&model.tokenizer.decode_with(&[*id], false)?));
        Ok(Self { tokens: ids.iter().map(token).collect::<Result<_>>()?, attentions })
    }
}

fn batch_of_one(ids: &[u32]) -> Result<Tensor> {
    if ids.is_empty() {
        return Err(Error::input("text", "it is empty; attention needs at least one token"));
    }
    Ok(Tensor::new(ids, &candle_core::Device::Cpu)?.unsqueeze(0)?)
}

impl Rich for AttentionMaps {
    fn rich(&self) -> Bundle {
        let (layers, heads) = self.sizes();
        let title = format!(
            "layer 0 of {layers}, its {heads} heads; `.layer({})` shows the last, `.head(0, 3)` one head large",
            layers.saturating_sub(1)
        );
        match self.layer(0) {
            Ok(shown) => shown.title(title).rich(),
            Err(error) => Bundle::text(error.to_string()),
        }
    }
}
