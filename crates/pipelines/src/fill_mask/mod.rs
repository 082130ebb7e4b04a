//! Which token stands behind a mask.
//!
//! Text with a mask in it → tokens → the model's logits, one a token of the vocabulary for each place → softmax at the mask's place.
//! With several masks each is filled by itself, the others still masked.

mod shown;

use std::sync::Arc;

use course_models::architectures::Task as Head;
use course_tokenization::{EncodeOptions, Encoding, Tokenizer};

pub use self::shown::{Fill, Filled, Fills};
use crate::headed::{TextModel, check_texts, in_batches, shares};
use crate::text_classification::BATCH_SIZE;
use crate::{Error, Result, Task, Texts};

/// Fills the gaps of texts.
#[derive(Debug, Clone)]
pub struct FillMask {
    pub(crate) model: Arc<TextModel>,
    /// The mask's id.
    mask: u32,
    top_k: usize,
    targets: Option<Vec<u32>>,
}

impl FillMask {
    /// The pipeline on the model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When the model is not found, was not trained to fill masks, or its tokenizer has no mask.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let model = TextModel::load(name, Task::FillMask, Head::MaskedLm)?;
        let mask = model.tokenizer.special_tokens().mask.as_deref().and_then(|mask| model.tokenizer.token_to_id(mask));
        let mask = mask.ok_or_else(|| {
            Error::input(
                "model",
                format!("the tokenizer of {name} names no mask token; it cannot say where a word is missing"),
            )
        })?;
        Ok(Self { model, mask, top_k: 5, targets: None })
    }

    /// Keeps the `k` likeliest tokens of each mask; default 5.
    #[must_use]
    pub fn top_k(mut self, k: usize) -> Self {
        self.top_k = k.max(1);
        self
    }

    /// Looks at these tokens alone. Their scores are still shares of the whole vocabulary. Each must be one token: a word that the
    /// vocabulary has, or a piece of one as it spells it, such as `##ing`.
    ///
    /// # Errors
    /// Without any, or when one is no single token.
    pub fn targets(mut self, targets: impl Into<Texts>) -> Result<Self> {
        let targets = targets.into().0;
        let mut ids = targets.iter().map(|target| self.target(target)).collect::<Result<Vec<_>>>()?;
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Err(Error::input("targets", "there are none; pass at least one"));
        }
        self.targets = Some(ids);
        Ok(self)
    }

    /// What stands for the missing word: `[MASK]`, `<mask>`.
    pub fn mask_token(&self) -> &str {
        self.model.tokenizer.special_tokens().mask.as_deref().unwrap_or_default()
    }

    fn target(&self, target: &str) -> Result<u32> {
        let tokenizer = &self.model.tokenizer;
        if let Some(id) = tokenizer.token_to_id(target) {
            return Ok(id);
        }
        let encoding = tokenizer.encode_with(target, &EncodeOptions::new().add_special_tokens(false))?;
        match encoding.input_ids() {
            [one]
                if Some(*one)
                    != tokenizer.token_to_id(tokenizer.special_tokens().unk.as_deref().unwrap_or_default()) =>
            {
                Ok(*one)
            }
            _ => {
                let problem = format!(
                    "{target:?} is no token of the vocabulary, but becomes {:?}; name single tokens",
                    encoding.tokens()
                );
                Err(Error::input("targets", problem))
            }
        }
    }
}

impl FillMask {
    /// The likeliest tokens for each mask of each text.
    ///
    /// # Errors
    /// Without texts, for one without a mask or longer than the model reads, or when the learner interrupts.
    pub fn fill(&self, texts: impl Into<Texts>) -> Result<Fills> {
        let texts = texts.into().0;
        check_texts("texts", &texts)?;
        let items = in_batches(
            texts.len(),
            BATCH_SIZE,
            "filling",
            |item| texts[item].len(),
            |items| {
                let batch: Vec<&str> = items.iter().map(|&item| texts[item].as_str()).collect();
                let batch = self.model.tokenizer.encode_batch_with(&batch, &self.model.options())?;
                self.model.check_length(&batch, "shorten it")?;
                let places =
                    items.iter().zip(&batch).map(|(&item, row)| self.masks(item, row)).collect::<Result<Vec<_>>>()?;
                let logits = self.model.forward(&batch)?.logits;
                let rows = items.iter().zip(&batch).zip(places).enumerate();
                rows.map(|(number, ((&item, row), places))| {
                    let fills = places.iter().map(|&place| {
                        let logits = logits.get(number)?.get(place)?.to_vec1::<f32>()?;
                        self.likeliest(row, place, &logits, places.len() == 1)
                    });
                    Ok(Filled { text: texts[item].clone(), masks: fills.collect::<Result<_>>()? })
                })
                .collect()
            },
        )?;
        Ok(Fills::new(items, self.mask_token().to_owned()))
    }

    /// The places of the masks among the tokens.
    fn masks(&self, text: usize, row: &Encoding) -> Result<Vec<usize>> {
        let ids = row.input_ids().iter().enumerate();
        let places: Vec<usize> = ids.filter(|(_, id)| **id == self.mask).map(|(place, _)| place).collect();
        if places.is_empty() {
            let mask = self.mask_token();
            let problem = format!(
                "number {text} has no mask; write {mask} where a word is missing: \"Paris is the {mask} of France.\""
            );
            return Err(Error::input("texts", problem));
        }
        Ok(places)
    }

    fn likeliest(&self, row: &Encoding, place: usize, logits: &[f32], single: bool) -> Result<Vec<Fill>> {
        let scores = shares(logits);
        let mut ids: Vec<u32> = match &self.targets {
            Some(targets) => targets.clone(),
            None => (0..scores.len() as u32).collect(),
        };
        let score = |id: u32| scores.get(id as usize).copied().unwrap_or(0.0);
        ids.sort_by(|&one, &other| score(other).total_cmp(&score(one)));
        ids.truncate(self.top_k);
        let tokenizer = &self.model.tokenizer;
        ids.into_iter()
            .map(|token| {
                let token_str = tokenizer.decode_with(&[token], false)?;
                Ok(Fill {
                    score: score(token),
                    token,
                    token_str,
                    sequence: sequence(tokenizer, row, place, token, single)?,
                })
            })
            .collect()
    }
}

/// The text with the token in the mask's place. The tokens that were put around the text are left out; other masks stay.
fn sequence(tokenizer: &Tokenizer, row: &Encoding, place: usize, token: u32, single: bool) -> Result<String> {
    let ids = row.input_ids().iter().zip(row.special_tokens_mask()).enumerate();
    let ids = ids.filter(|(at, (_, added))| *at == place || **added == 0);
    let ids = ids.map(|(at, (id, _))| if at == place { token } else { *id });
    let padding = tokenizer.pad_token_id();
    let ids: Vec<u32> = ids.filter(|id| Some(*id) != padding).collect();
    Ok(tokenizer.decode_with(&ids, single)?)
}
