//! BART (Lewis et al., 2019): BERT's encoder and GPT-2's decoder in one, and Marian (Junczys-Dowmunt et al., 2018), which translates.
//!
//! Marian differs in little: positions are sines that are not learned, and the embeddings are not normed. The Hub's names of the weights
//! are those of the scopes.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::causal::Writing;
use super::config::{check_heads, class, padded, read_over, written};
use super::head::FirstToken;
use super::lm_head::LmHead;
use super::past::{Past, joined, read_once};
use super::seq2seq::{AnswerHead, Coder, Read, Seq2SeqModel};
use super::{Labels, Model, Task, mask};
use crate::Result;
use crate::nn::{Activation, Attention, Dropout, Embedding, Init, LayerNorm, Linear, Parameters, Recompute, Scope};

/// The sizes that make one BART another, with the names and defaults of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BartConfig {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Tokens the model can read or write at most.
    pub max_position_embeddings: usize,
    /// Numbers in the vector of one token.
    pub d_model: usize,
    /// Blocks of the encoder.
    pub encoder_layers: usize,
    /// Attention heads of a block of the encoder.
    pub encoder_attention_heads: usize,
    /// Numbers inside the feed-forward part of the encoder.
    pub encoder_ffn_dim: usize,
    /// Blocks of the decoder.
    pub decoder_layers: usize,
    /// Attention heads of a block of the decoder.
    pub decoder_attention_heads: usize,
    /// Numbers inside the feed-forward part of the decoder.
    pub decoder_ffn_dim: usize,
    /// The function inside the feed-forward part.
    pub activation_function: String,
    /// The share of a token's numbers that training drops.
    pub dropout: f32,
    /// The share of attention that training drops.
    pub attention_dropout: f32,
    /// The share that training drops inside the feed-forward part.
    pub activation_dropout: f32,
    /// The share that a classification head drops.
    pub classifier_dropout: f32,
    /// The deviation of fresh weights.
    pub init_std: f64,
    /// Whether embeddings are multiplied with √`d_model`.
    pub scale_embedding: bool,
    /// Whether the head compares with the word embeddings themselves.
    pub tie_word_embeddings: bool,
    /// The id that fills up short rows.
    pub pad_token_id: u32,
    /// The id that ends a text.
    pub eos_token_id: u32,
    /// The id the decoder begins with.
    pub decoder_start_token_id: u32,
    /// The classes of a classification head.
    #[serde(flatten)]
    pub labels: Labels,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for BartConfig {
    fn default() -> Self {
        Self {
            vocab_size: 50_265,
            max_position_embeddings: 1024,
            d_model: 1024,
            encoder_layers: 12,
            encoder_attention_heads: 16,
            encoder_ffn_dim: 4096,
            decoder_layers: 12,
            decoder_attention_heads: 16,
            decoder_ffn_dim: 4096,
            activation_function: "gelu".into(),
            dropout: 0.1,
            attention_dropout: 0.0,
            activation_dropout: 0.0,
            classifier_dropout: 0.0,
            init_std: 0.02,
            scale_embedding: false,
            tie_word_embeddings: true,
            pad_token_id: 1,
            eos_token_id: 2,
            decoder_start_token_id: 2,
            labels: Labels::numbered(3),
            other: Map::new(),
        }
    }
}

impl BartConfig {
    fn init(&self) -> Init {
        Init::Normal { std: self.init_std }
    }
}

/// The configuration in `json`. Where it names no classes there are three, as Python has it.
///
/// # Errors
/// When an entry is of another type.
pub fn config(json: Value) -> Result<BartConfig> {
    let named = json.get("id2label").is_some_and(Value::is_object);
    read_over(if named { json!({}) } else { json!({ "num_labels": 3 }) }, json, "BART")
}

/// The configuration of a Marian in `json`, which has the names of BART's and other defaults.
///
/// # Errors
/// When an entry is of another type.
pub fn marian_config(json: Value) -> Result<BartConfig> {
    let defaults =
        json!({ "vocab_size": 58_101, "pad_token_id": 58_100, "eos_token_id": 0, "decoder_start_token_id": 58_100 });
    read_over(defaults, json, "Marian")
}

const BART_HEADS: &[(Task, &str)] = &[
    (Task::Features, "BartModel"),
    (Task::Seq2SeqLm, "BartForConditionalGeneration"),
    (Task::SequenceClassification, "BartForSequenceClassification"),
];

const MARIAN_HEADS: &[(Task, &str)] = &[(Task::Features, "MarianModel"), (Task::Seq2SeqLm, "MarianMTModel")];

/// A BART with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: BartConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    build(config, Kind::Bart, task, parameters, class("BART", BART_HEADS, task)?)
}

/// A Marian with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// As [`model`].
pub fn marian(config: BartConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    build(config, Kind::Marian, task, parameters, class("Marian", MARIAN_HEADS, task)?)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Bart,
    Marian,
}

fn build(
    config: BartConfig,
    kind: Kind,
    task: Task,
    parameters: Parameters,
    architecture: &'static str,
) -> Result<Box<dyn Model>> {
    check_heads(architecture, config.d_model, config.encoder_attention_heads)?;
    check_heads(architecture, config.d_model, config.decoder_attention_heads)?;
    let root = parameters.root();
    let scope = if task == Task::Features { root.clone() } else { root.pp("model") };
    let (size, init) = (config.d_model, config.init());
    let words = padded(Embedding::new(&scope.pp("shared"), config.vocab_size, size, init)?, Some(config.pad_token_id));
    for part in ["encoder.embed_tokens", "decoder.embed_tokens"] {
        scope.pp(part).tie("weight", words.weight());
    }
    let encoder = Stack::new(&scope.pp("encoder"), &config, kind, &words, false)?;
    let decoder = Stack::new(&scope.pp("decoder"), &config, kind, &words, true)?;
    let head = match task {
        Task::Seq2SeqLm => {
            let bias = root.get(&[1, config.vocab_size], "final_logits_bias", Init::Zeros)?;
            parameters.freeze(|name| name == bias.name);
            let tied = config.tie_word_embeddings;
            AnswerHead::Words(LmHead::answering(&root.pp("lm_head"), &words, tied, init, None, Some(bias))?)
        }
        Task::SequenceClassification => {
            let scope = root.pp("classification_head");
            AnswerHead::Classes(FirstToken {
                before: Some(root.dropout(config.classifier_dropout)),
                dense: Some((Linear::new(&scope.pp("dense"), size, size, true, init)?, Activation::Tanh)),
                dropout: Some(root.dropout(config.classifier_dropout)),
                output: Linear::new(&scope.pp("out_proj"), size, config.labels.len(), true, init)?,
            })
        }
        _ => AnswerHead::None,
    };
    let model_type = if kind == Kind::Bart { "bart" } else { "marian" };
    let mut json = written(&config, model_type, architecture, root.dtype());
    if kind == Kind::Bart && json.get("id2label").is_none() {
        // Two classes without names go without saying elsewhere; of BART Python would take it that there are three.
        json["id2label"] = json!({ "0": "LABEL_0", "1": "LABEL_1" });
        json["label2id"] = json!({ "LABEL_0": 0, "LABEL_1": 1 });
    }
    Ok(Box::new(Seq2SeqModel {
        architecture,
        writing: Writing::new(&json, config.vocab_size, config.max_position_embeddings),
        config: json,
        labels: config.labels,
        parameters,
        encoder: Box::new(encoder),
        decoder: Box::new(decoder),
        head,
        start: config.decoder_start_token_id,
        padding: config.pad_token_id,
        end: config.eos_token_id,
    }))
}

/// Encoder or decoder: what tokens are and where they stand, then block after block.
struct Stack {
    words: Embedding,
    positions: Positions,
    scale: f64,
    norm: Option<LayerNorm>,
    dropout: Dropout,
    layers: Vec<Arc<Layer>>,
    recompute: Recompute,
}

impl Stack {
    fn new(scope: &Scope, config: &BartConfig, kind: Kind, words: &Embedding, decodes: bool) -> Result<Self> {
        let size = config.d_model;
        let layers = if decodes { config.decoder_layers } else { config.encoder_layers };
        let layer = |number| Layer::new(&scope.pp("layers").pp(number), config, decodes).map(Arc::new);
        Ok(Self {
            words: words.clone().noisy(scope),
            positions: match kind {
                Kind::Bart => {
                    let rows = config.max_position_embeddings + FIRST_POSITION as usize;
                    Positions::Learned(Embedding::new(&scope.pp("embed_positions"), rows, size, config.init())?)
                }
                Kind::Marian => Positions::Sines(sines(config.max_position_embeddings, size, scope.device())?),
            },
            scale: if config.scale_embedding { (size as f64).sqrt() } else { 1.0 },
            norm: (kind == Kind::Bart)
                .then(|| LayerNorm::new(&scope.pp("layernorm_embedding"), size, EPSILON))
                .transpose()?,
            dropout: scope.dropout(config.dropout),
            layers: (0..layers).map(layer).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
        })
    }
}

impl Coder for Stack {
    fn forward(
        &self,
        ids: &Tensor,
        text: Option<&Tensor>,
        read: Option<Read<'_>>,
        mut past: Option<&mut Past>,
    ) -> Result<Tensor> {
        let length = ids.dim(1)?;
        let first = match text {
            Some(text) => text.dim(1)? - length,
            None => 0,
        };
        let words = (self.words.forward(ids)? * self.scale)?;
        let hidden = words.broadcast_add(&self.positions.forward(first, length, &words)?)?;
        let hidden = match &self.norm {
            Some(norm) => norm.forward(&hidden)?,
            None => hidden,
        };
        let mut hidden = self.dropout.forward(&hidden)?;
        let mask = mask::padding(text, hidden.dtype())?;
        for (number, layer) in self.layers.iter().enumerate() {
            course_wire::interrupt::check()?;
            hidden = match (past.as_deref_mut(), read) {
                (Some(past), _) => layer.forward(&hidden, mask.as_ref(), read, number, Some(past))?,
                (None, None) => {
                    let (layer, mask) = (Arc::clone(layer), mask.clone());
                    let run = move |[hidden]: [&Tensor; 1]| layer.forward(hidden, mask.as_ref(), None, number, None);
                    self.recompute.run([&hidden], run)?
                }
                (None, Some(read)) => {
                    let (layer, mask, hides) = (Arc::clone(layer), mask.clone(), read.mask.cloned());
                    let run = move |[hidden, vectors]: [&Tensor; 2]| {
                        let read = Read { vectors, mask: hides.as_ref() };
                        layer.forward(hidden, mask.as_ref(), Some(read), number, None)
                    };
                    self.recompute.run([&hidden, read.vectors], run)?
                }
            };
        }
        Ok(hidden)
    }
}

/// What all norms add before they divide.
const EPSILON: f64 = 1e-5;
/// Positions are counted from here in the table of BART.
const FIRST_POSITION: u32 = 2;

enum Positions {
    Learned(Embedding),
    /// `(positions, size)`.
    Sines(Tensor),
}

impl Positions {
    /// Of `length` positions from the `first` on: `(length, size)`.
    fn forward(&self, first: usize, length: usize, like: &Tensor) -> Result<Tensor> {
        match self {
            Self::Learned(table) => {
                let first = FIRST_POSITION + first as u32;
                table.forward(&Tensor::arange(first, first + length as u32, like.device())?)
            }
            Self::Sines(table) => Ok(table.narrow(0, first, length)?.to_dtype(like.dtype())?),
        }
    }
}

/// A sine for each position in the first half of the numbers, the cosine in the second; slower from number to number.
fn sines(positions: usize, size: usize, device: &Device) -> Result<Tensor> {
    let half = size.div_ceil(2);
    let number = |position: usize, place: usize| {
        let pair = if place < half { place } else { place - half };
        let angle = position as f64 / 10_000_f64.powf(2.0 * pair as f64 / size as f64);
        (if place < half { angle.sin() } else { angle.cos() }) as f32
    };
    let numbers = (0..positions).flat_map(|position| (0..size).map(move |place| number(position, place)));
    Ok(Tensor::from_vec(numbers.collect::<Vec<_>>(), (positions, size), device)?)
}

/// Queries from one text, keys and values from the same or another.
struct Attending {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    norm: LayerNorm,
    dropout: Dropout,
    heads: usize,
}

impl Attending {
    fn new(scope: &Scope, name: &str, config: &BartConfig, heads: usize) -> Result<Self> {
        let size = config.d_model;
        let linear = |part: &str| Linear::new(&scope.pp(name).pp(part), size, size, true, config.init());
        Ok(Self {
            key: linear("k_proj")?,
            value: linear("v_proj")?,
            query: linear("q_proj")?,
            output: linear("out_proj")?,
            norm: LayerNorm::new(&scope.pp(format!("{name}_layer_norm")), size, EPSILON)?,
            dropout: scope.dropout(config.attention_dropout),
            heads,
        })
    }

    /// To the own text, what was written before included.
    fn to_own(
        &self,
        hidden: &Tensor,
        mask: Option<&Tensor>,
        causal: bool,
        number: usize,
        past: Option<&mut Past>,
    ) -> Result<Tensor> {
        let (key, value) = joined(past, number, self.key.forward(hidden)?, self.value.forward(hidden)?)?;
        self.forward(hidden, &key, &value, mask, causal)
    }

    /// To the text that was read.
    fn to_read(&self, hidden: &Tensor, read: Read<'_>, number: usize, past: Option<&mut Past>) -> Result<Tensor> {
        let make = || Ok((self.key.forward(read.vectors)?, self.value.forward(read.vectors)?));
        let (key, value) = read_once(past, number, make)?;
        self.forward(hidden, &key, &value, read.mask, false)
    }

    fn forward(
        &self,
        hidden: &Tensor,
        key: &Tensor,
        value: &Tensor,
        mask: Option<&Tensor>,
        causal: bool,
    ) -> Result<Tensor> {
        let attention = Attention::new(self.heads).causal(causal).dropout(&self.dropout);
        let attended = mask::on(attention, mask).forward(&self.query.forward(hidden)?, key, value)?;
        self.output.forward(&attended)
    }
}

/// One block: attention to the own text, in the decoder to the other, then feed-forward, each added and then normed.
struct Layer {
    own: Attending,
    other: Option<Attending>,
    inner: Linear,
    activation: Activation,
    output: Linear,
    norm: LayerNorm,
    dropout: Dropout,
    activation_dropout: Dropout,
}

impl Layer {
    fn new(scope: &Scope, config: &BartConfig, decodes: bool) -> Result<Self> {
        let (heads, inner) = match decodes {
            true => (config.decoder_attention_heads, config.decoder_ffn_dim),
            false => (config.encoder_attention_heads, config.encoder_ffn_dim),
        };
        let size = config.d_model;
        Ok(Self {
            own: Attending::new(scope, "self_attn", config, heads)?,
            other: decodes.then(|| Attending::new(scope, "encoder_attn", config, heads)).transpose()?,
            inner: Linear::new(&scope.pp("fc1"), size, inner, true, config.init())?,
            activation: Activation::from_name(&config.activation_function)?,
            output: Linear::new(&scope.pp("fc2"), inner, size, true, config.init())?,
            norm: LayerNorm::new(&scope.pp("final_layer_norm"), size, EPSILON)?,
            dropout: scope.dropout(config.dropout),
            activation_dropout: scope.dropout(config.activation_dropout),
        })
    }

    fn forward(
        &self,
        hidden: &Tensor,
        mask: Option<&Tensor>,
        read: Option<Read<'_>>,
        number: usize,
        mut past: Option<&mut Past>,
    ) -> Result<Tensor> {
        let attended = self.own.to_own(hidden, mask, self.other.is_some(), number, past.as_deref_mut())?;
        let mut hidden = self.own.norm.forward(&self.dropout.forward_residual(&attended, hidden)?)?;
        if let (Some(other), Some(read)) = (&self.other, read) {
            let attended = other.to_read(&hidden, read, number, past)?;
            hidden = other.norm.forward(&self.dropout.forward_residual(&attended, &hidden)?)?;
        }
        let inner = self.activation_dropout.forward(&self.inner.forward_activated(&hidden, self.activation)?)?;
        self.norm.forward(&self.dropout.forward_residual(&self.output.forward(&inner)?, &hidden)?)
    }
}
