//! T5 (Raffel et al., 2019): every task is text to text. Positions are told by distance, once for all blocks; norms come before each step,
//! have no mean and no bias, and neither have the linear layers.
//!
//! The first T5 compares with the word embeddings and scales before; T5 1.1 has a head of its own and a gate in the feed-forward part.

use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::causal::Writing;
use super::config::{class, written};
use super::lm_head::LmHead;
use super::past::{Past, joined, read_once};
use super::relative::RelativeBias;
use super::seq2seq::{AnswerHead, Coder, Read, Seq2SeqModel};
use super::{Labels, Model, Task, mask};
use crate::nn::{Activation, Attention, Dropout, Embedding, Init, Linear, Parameters, Recompute, RmsNorm, Scope};
use crate::{Error, Result};

/// The sizes that make one T5 another, with the names and defaults of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct T5Config {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Numbers in the vector of one token.
    pub d_model: usize,
    /// Numbers in the vector of one head.
    pub d_kv: usize,
    /// Numbers inside the feed-forward part.
    pub d_ff: usize,
    /// Blocks of the encoder.
    pub num_layers: usize,
    /// Blocks of the decoder; default: as many.
    pub num_decoder_layers: Option<usize>,
    /// Attention heads of a block.
    pub num_heads: usize,
    /// Groups of distances.
    pub relative_attention_num_buckets: usize,
    /// From this distance on all are one group.
    pub relative_attention_max_distance: usize,
    /// The share that training drops.
    pub dropout_rate: f32,
    /// Keeps the norm from dividing by zero.
    pub layer_norm_epsilon: f64,
    /// What the deviations of fresh weights are multiplied with.
    pub initializer_factor: f64,
    /// The function inside the feed-forward part, `relu`, or with a gate, `gated-gelu`.
    pub feed_forward_proj: String,
    /// Whether the head compares with the word embeddings themselves.
    pub tie_word_embeddings: bool,
    /// Whether vectors are scaled before they are compared; default: when tied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_decoder_outputs: Option<bool>,
    /// The id that fills up short rows.
    pub pad_token_id: u32,
    /// The id that ends a text.
    pub eos_token_id: u32,
    /// The id the decoder begins with; default: the padding's.
    pub decoder_start_token_id: Option<u32>,
    /// The classes of a classification head; none is read.
    #[serde(flatten)]
    pub labels: Labels,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for T5Config {
    fn default() -> Self {
        Self {
            vocab_size: 32_128,
            d_model: 512,
            d_kv: 64,
            d_ff: 2048,
            num_layers: 6,
            num_decoder_layers: None,
            num_heads: 8,
            relative_attention_num_buckets: 32,
            relative_attention_max_distance: 128,
            dropout_rate: 0.1,
            layer_norm_epsilon: 1e-6,
            initializer_factor: 1.0,
            feed_forward_proj: "relu".into(),
            tie_word_embeddings: true,
            scale_decoder_outputs: None,
            pad_token_id: 0,
            eos_token_id: 1,
            decoder_start_token_id: None,
            labels: Labels::default(),
            other: Map::new(),
        }
    }
}

impl T5Config {
    /// A deviation of `factor · (numbers that are added up)^(−½)`.
    fn init(&self, added: usize) -> Init {
        Init::Normal { std: self.initializer_factor / (added.max(1) as f64).sqrt() }
    }
}

const HEADS: &[(Task, &str)] = &[(Task::Features, "T5Model"), (Task::Seq2SeqLm, "T5ForConditionalGeneration")];

/// A T5 with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: T5Config, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    let architecture = class("T5", HEADS, task)?;
    if config.num_heads == 0 || config.d_kv == 0 || config.relative_attention_num_buckets < 4 {
        let (heads, size, buckets) = (config.num_heads, config.d_kv, config.relative_attention_num_buckets);
        let problem =
            format!("has {heads} heads of {size} numbers and {buckets} groups of distances, which is too few");
        return Err(Error::model("T5", problem));
    }
    let root = parameters.root();
    let init = Init::Normal { std: config.initializer_factor };
    let words = Embedding::new(&root.pp("shared"), config.vocab_size, config.d_model, init)?;
    for part in ["encoder.embed_tokens", "decoder.embed_tokens"] {
        root.pp(part).tie("weight", words.weight());
    }
    let encoder = Stack::new(&root.pp("encoder"), &config, &words, false)?;
    let decoder = Stack::new(&root.pp("decoder"), &config, &words, true)?;
    let head = match task {
        Task::Seq2SeqLm => {
            let scaled = config.scale_decoder_outputs.unwrap_or(config.tie_word_embeddings);
            let scale = scaled.then(|| (config.d_model as f64).powf(-0.5));
            let tied = config.tie_word_embeddings;
            AnswerHead::Words(LmHead::answering(&root.pp("lm_head"), &words, tied, init, scale, None)?)
        }
        _ => AnswerHead::None,
    };
    let json = written(&config, "t5", architecture, root.dtype());
    Ok(Box::new(Seq2SeqModel {
        architecture,
        writing: Writing::new(&json, config.vocab_size, usize::MAX),
        config: json,
        parameters,
        encoder: Box::new(encoder),
        decoder: Box::new(decoder),
        head,
        start: config.decoder_start_token_id.unwrap_or(config.pad_token_id),
        padding: config.pad_token_id,
        end: config.eos_token_id,
        labels: config.labels,
    }))
}

/// Encoder or decoder: what tokens are, then block after block, then a norm.
struct Stack {
    words: Embedding,
    /// Kept in the first block, used in all.
    distances: RelativeBias,
    blocks: Vec<Arc<Block>>,
    recompute: Recompute,
    norm: RmsNorm,
    dropout: Dropout,
}

impl Stack {
    fn new(scope: &Scope, config: &T5Config, words: &Embedding, decodes: bool) -> Result<Self> {
        let T5Config {
            num_heads, relative_attention_num_buckets: buckets, relative_attention_max_distance: far, ..
        } = *config;
        let count = if decodes { config.num_decoder_layers.unwrap_or(config.num_layers) } else { config.num_layers };
        let first = scope.pp("block.0.layer.0.SelfAttention");
        let block = |number| Block::new(&scope.pp("block").pp(number), config, decodes).map(Arc::new);
        Ok(Self {
            words: words.clone().noisy(scope),
            distances: RelativeBias::new(&first, num_heads, buckets, far, !decodes, config.init(config.d_model))?,
            blocks: (0..count).map(block).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            norm: RmsNorm::new(&scope.pp("final_layer_norm"), config.d_model, config.layer_norm_epsilon)?,
            dropout: scope.dropout(config.dropout_rate),
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
        let mut hidden = self.dropout.forward(&self.words.forward(ids)?)?;
        let queries = ids.dim(1)?;
        let keys = match text {
            Some(text) => text.dim(1)?,
            None => queries,
        };
        let mut mask = self.distances.forward(queries, keys)?;
        if let Some(padding) = mask::padding(text, hidden.dtype())? {
            mask = mask.broadcast_add(&padding)?;
        }
        for (number, block) in self.blocks.iter().enumerate() {
            course_wire::interrupt::check()?;
            hidden = match (past.as_deref_mut(), read) {
                (Some(past), _) => block.forward(&hidden, &mask, read, number, Some(past))?,
                (None, None) => {
                    let block = Arc::clone(block);
                    let run = move |[hidden, mask]: [&Tensor; 2]| block.forward(hidden, mask, None, number, None);
                    self.recompute.run([&hidden, &mask], run)?
                }
                (None, Some(read)) => {
                    let (block, hides) = (Arc::clone(block), read.mask.cloned());
                    let run = move |[hidden, mask, vectors]: [&Tensor; 3]| {
                        block.forward(hidden, mask, Some(Read { vectors, mask: hides.as_ref() }), number, None)
                    };
                    self.recompute.run([&hidden, &mask, read.vectors], run)?
                }
            };
        }
        self.dropout.forward(&self.norm.forward(&hidden)?)
    }
}

/// Queries from one text, keys and values from the same or another.
struct Attending {
    norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    dropout: Dropout,
    heads: usize,
}

impl Attending {
    fn new(scope: &Scope, name: &str, config: &T5Config) -> Result<Self> {
        let T5Config { d_model: size, d_kv, num_heads: heads, .. } = *config;
        let inner = heads * d_kv;
        let linear = |part: &str, inputs, outputs, added| {
            Linear::new(&scope.pp(name).pp(part), inputs, outputs, false, config.init(added))
        };
        Ok(Self {
            norm: RmsNorm::new(&scope.pp("layer_norm"), size, config.layer_norm_epsilon)?,
            query: linear("q", size, inner, size * d_kv)?,
            key: linear("k", size, inner, size)?,
            value: linear("v", size, inner, size)?,
            output: linear("o", inner, size, inner)?,
            dropout: scope.dropout(config.dropout_rate),
            heads,
        })
    }

    /// To the own text, what was written before included.
    fn to_own(
        &self,
        hidden: &Tensor,
        mask: &Tensor,
        causal: bool,
        number: usize,
        past: Option<&mut Past>,
    ) -> Result<Tensor> {
        let normed = self.norm.forward(hidden)?;
        let (key, value) = joined(past, number, self.key.forward(&normed)?, self.value.forward(&normed)?)?;
        self.add(hidden, &normed, (&key, &value), Some(mask), causal)
    }

    /// To the text that was read.
    fn to_read(&self, hidden: &Tensor, read: Read<'_>, number: usize, past: Option<&mut Past>) -> Result<Tensor> {
        let normed = self.norm.forward(hidden)?;
        let make = || Ok((self.key.forward(read.vectors)?, self.value.forward(read.vectors)?));
        let (key, value) = read_once(past, number, make)?;
        self.add(hidden, &normed, (&key, &value), read.mask, false)
    }

    fn add(
        &self,
        hidden: &Tensor,
        normed: &Tensor,
        (key, value): (&Tensor, &Tensor),
        mask: Option<&Tensor>,
        causal: bool,
    ) -> Result<Tensor> {
        // Scores are not scaled: the fresh weights of the queries are as much smaller.
        let attention = Attention::new(self.heads).scale(1.0).causal(causal).dropout(&self.dropout);
        let attended = mask::on(attention, mask).forward(&self.query.forward(normed)?, key, value)?;
        self.dropout.forward_residual(&self.output.forward(&attended)?, hidden)
    }
}

/// One block: attention to the own text, in the decoder to the other, then feed-forward, each on the normed vectors and added.
struct Block {
    own: Attending,
    other: Option<Attending>,
    norm: RmsNorm,
    inner: Linear,
    /// What the inner numbers are multiplied with, in T5 1.1.
    gate: Option<Linear>,
    activation: Activation,
    output: Linear,
    dropout: Dropout,
}

impl Block {
    fn new(scope: &Scope, config: &T5Config, decodes: bool) -> Result<Self> {
        let T5Config { d_model: size, d_ff: inner, .. } = *config;
        let layer = |number: usize| scope.pp("layer").pp(number);
        let last = layer(if decodes { 2 } else { 1 });
        let dense = last.pp("DenseReluDense");
        let (gated, function) = match config.feed_forward_proj.strip_prefix("gated-") {
            Some("gelu") => (true, "gelu_new"),
            Some(function) => (true, function),
            None => (false, config.feed_forward_proj.as_str()),
        };
        let linear = |name: &str| Linear::new(&dense.pp(name), size, inner, false, config.init(size));
        Ok(Self {
            own: Attending::new(&layer(0), "SelfAttention", config)?,
            other: decodes.then(|| Attending::new(&layer(1), "EncDecAttention", config)).transpose()?,
            norm: RmsNorm::new(&last.pp("layer_norm"), size, config.layer_norm_epsilon)?,
            inner: linear(if gated { "wi_0" } else { "wi" })?,
            gate: gated.then(|| linear("wi_1")).transpose()?,
            activation: Activation::from_name(function)?,
            output: Linear::new(&dense.pp("wo"), inner, size, false, config.init(inner))?,
            dropout: scope.dropout(config.dropout_rate),
        })
    }

    fn forward(
        &self,
        hidden: &Tensor,
        mask: &Tensor,
        read: Option<Read<'_>>,
        number: usize,
        mut past: Option<&mut Past>,
    ) -> Result<Tensor> {
        let mut hidden = self.own.to_own(hidden, mask, self.other.is_some(), number, past.as_deref_mut())?;
        if let (Some(other), Some(read)) = (&self.other, read) {
            hidden = other.to_read(&hidden, read, number, past)?;
        }
        let normed = self.norm.forward(&hidden)?;
        let mut inner = self.inner.forward_activated(&normed, self.activation)?;
        if let Some(gate) = &self.gate {
            inner = (inner * gate.forward(&normed)?)?;
        }
        let output = self.output.forward(&self.dropout.forward(&inner)?)?;
        self.dropout.forward_residual(&output, &hidden)
    }
}
