//! GPT-2 (Radford et al., 2019): a decoder in which each token sees what is before it, and that names the token that comes next.
//!
//! The norm comes before each step. What PyTorch calls `Conv1D` is a linear layer whose weight lies the other way round, inputs first; the
//! Hub's files have it so, and so have we.

use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::causal::{Continued, Writing};
use super::config::{check_heads, class, inputs, written};
use super::head::{Body, Head, HeadedModel};
use super::lm_head::LmHead;
use super::past::{Past, joined};
use super::{Labels, Model, ModelInputs, Task, mask};
use crate::Result;
use crate::nn::{
    Activation, Attention, Conv1d, Dropout, Embedding, Init, LayerNorm, Linear, Parameters, Recompute, Scope,
};

/// The sizes that make one GPT-2 another, with the names and defaults of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gpt2Config {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Tokens the model can look back on.
    #[serde(alias = "max_position_embeddings")]
    pub n_positions: usize,
    /// Numbers in the vector of one token.
    #[serde(alias = "hidden_size")]
    pub n_embd: usize,
    /// Blocks one after the other.
    #[serde(alias = "num_hidden_layers")]
    pub n_layer: usize,
    /// Attention heads of a block.
    #[serde(alias = "num_attention_heads")]
    pub n_head: usize,
    /// Numbers inside the feed-forward part; default: four times `n_embd`.
    pub n_inner: Option<usize>,
    /// The function inside the feed-forward part.
    pub activation_function: String,
    /// The share of what a step adds that training drops.
    pub resid_pdrop: f32,
    /// The share of the embeddings that training drops.
    pub embd_pdrop: f32,
    /// The share of attention that training drops.
    pub attn_pdrop: f32,
    /// Keeps the norm from dividing by zero.
    pub layer_norm_epsilon: f64,
    /// The deviation of fresh weights.
    pub initializer_range: f64,
    /// Whether attention scores are divided by √(size of a head).
    pub scale_attn_weights: bool,
    /// Whether they are divided by the number of the block too.
    pub scale_attn_by_inverse_layer_idx: bool,
    /// Whether the head compares with the word embeddings themselves.
    pub tie_word_embeddings: bool,
    /// The id that fills up short rows.
    pub pad_token_id: Option<u32>,
    /// The share that the head of token classification drops; default 0.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier_dropout: Option<f32>,
    /// The classes of a classification head.
    #[serde(flatten)]
    pub labels: Labels,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for Gpt2Config {
    fn default() -> Self {
        Self {
            vocab_size: 50_257,
            n_positions: 1024,
            n_embd: 768,
            n_layer: 12,
            n_head: 12,
            n_inner: None,
            activation_function: "gelu_new".into(),
            resid_pdrop: 0.1,
            embd_pdrop: 0.1,
            attn_pdrop: 0.1,
            layer_norm_epsilon: 1e-5,
            initializer_range: 0.02,
            scale_attn_weights: true,
            scale_attn_by_inverse_layer_idx: false,
            tie_word_embeddings: true,
            pad_token_id: None,
            classifier_dropout: None,
            labels: Labels::default(),
            other: Map::new(),
        }
    }
}

const HEADS: &[(Task, &str)] = &[
    (Task::Features, "GPT2Model"),
    (Task::CausalLm, "GPT2LMHeadModel"),
    (Task::SequenceClassification, "GPT2ForSequenceClassification"),
    (Task::TokenClassification, "GPT2ForTokenClassification"),
];

/// A GPT-2 with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: Gpt2Config, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    check_heads("GPT-2", config.n_embd, config.n_head)?;
    let architecture = class("GPT-2", HEADS, task)?;
    let root = parameters.root();
    let scope = if task == Task::Features { root.clone() } else { root.pp("transformer") };
    let body = Gpt2::new(&scope, &config)?;

    let init = Init::Normal { std: config.initializer_range };
    let linear = |name: &str, bias| Linear::new(&root.pp(name), config.n_embd, config.labels.len(), bias, init);
    let head = match task {
        Task::CausalLm => {
            Head::Words(LmHead::causal(&root.pp("lm_head"), &body.words, config.tie_word_embeddings, init)?)
        }
        Task::SequenceClassification => Head::Last(linear("score", false)?),
        Task::TokenClassification => {
            Head::Tokens(root.dropout(config.classifier_dropout.unwrap_or(0.1)), linear("classifier", true)?)
        }
        _ => Head::Pooled(None),
    };
    let inputs = inputs(task, &["input_ids", "attention_mask", "position_ids"]);
    let (labels, config) = (config.labels.clone(), written(&config, "gpt2", architecture, root.dtype()));
    let writing = Writing::new(&config, body.vocab_size, body.n_positions);
    let writing = (task == Task::CausalLm).then_some(writing);
    Ok(Box::new(HeadedModel { architecture, config, labels, parameters, body: Box::new(body), head, inputs, writing }))
}

/// The decoder: what tokens are and where they stand, then block after block, then a norm.
struct Gpt2 {
    words: Embedding,
    positions: Embedding,
    dropout: Dropout,
    blocks: Vec<Arc<Block>>,
    recompute: Recompute,
    norm: LayerNorm,
    vocab_size: usize,
    n_positions: usize,
}

impl Gpt2 {
    fn new(scope: &Scope, config: &Gpt2Config) -> Result<Self> {
        let init = Init::Normal { std: config.initializer_range };
        let block = |number| Block::new(&scope.pp("h").pp(number), config, number).map(Arc::new);
        Ok(Self {
            words: Embedding::new(&scope.pp("wte"), config.vocab_size, config.n_embd, init)?.noisy(scope),
            positions: Embedding::new(&scope.pp("wpe"), config.n_positions, config.n_embd, init)?,
            dropout: scope.dropout(config.embd_pdrop),
            blocks: (0..config.n_layer).map(block).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            norm: LayerNorm::new(&scope.pp("ln_f"), config.n_embd, config.layer_norm_epsilon)?,
            vocab_size: config.vocab_size,
            n_positions: config.n_positions,
        })
    }
}

impl Gpt2 {
    fn run(&self, ids: &Tensor, places: &Tensor, text: Option<&Tensor>, mut past: Option<&mut Past>) -> Result<Tensor> {
        let hidden = (self.words.forward(ids)? + self.positions.forward(places)?)?;
        let mut hidden = self.dropout.forward(&hidden)?;
        let mask = mask::padding(text, hidden.dtype())?;
        for (number, block) in self.blocks.iter().enumerate() {
            course_wire::interrupt::check()?;
            hidden = match past.as_deref_mut() {
                Some(past) => block.forward(&hidden, mask.as_ref(), number, Some(past))?,
                None => {
                    let (block, mask) = (Arc::clone(block), mask.clone());
                    let run = move |[hidden]: [&Tensor; 1]| block.forward(hidden, mask.as_ref(), number, None);
                    self.recompute.run([&hidden], run)?
                }
            };
        }
        self.norm.forward(&hidden)
    }
}

impl Body for Gpt2 {
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor> {
        let ids = inputs.token_ids("input_ids", self.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, self.n_positions)?;
        let text = inputs.beside_ids("attention_mask", shape)?;
        // Counted from the mask: padding on the left does not move the text.
        let places = match inputs.beside_ids("position_ids", shape)? {
            Some(_) => inputs.token_ids("position_ids", self.n_positions)?,
            None => mask::positions(text.as_ref(), &ids)?,
        };
        self.run(&ids, &places, text.as_ref(), None)
    }

    fn go_on(&self, new: &Continued, past: &mut Past) -> Result<Tensor> {
        self.run(&new.ids, &new.places, Some(&new.text), Some(past))
    }
}

/// One block: attention, then feed-forward, each on the normed vectors and added to what was there.
struct Block {
    attention_norm: LayerNorm,
    /// Queries, keys and values in one.
    query_key_value: Conv1d,
    attention_output: Conv1d,
    norm: LayerNorm,
    inner: Conv1d,
    activation: Activation,
    output: Conv1d,
    attention_dropout: Dropout,
    dropout: Dropout,
    heads: usize,
    scale: f64,
}

impl Block {
    fn new(scope: &Scope, config: &Gpt2Config, number: usize) -> Result<Self> {
        let Gpt2Config { n_embd: size, n_inner, n_head, layer_norm_epsilon: epsilon, .. } = *config;
        let inner = n_inner.unwrap_or(4 * size);
        let init = Init::Normal { std: config.initializer_range };
        // What is added again and again begins smaller the more blocks there are.
        let added = Init::Normal { std: config.initializer_range / (2.0 * config.n_layer as f64).sqrt() };
        let mut scale = if config.scale_attn_weights { ((size / n_head) as f64).powf(-0.5) } else { 1.0 };
        if config.scale_attn_by_inverse_layer_idx {
            scale /= (number + 1) as f64;
        }
        Ok(Self {
            attention_norm: LayerNorm::new(&scope.pp("ln_1"), size, epsilon)?,
            query_key_value: Conv1d::new(&scope.pp("attn.c_attn"), size, 3 * size, init)?,
            attention_output: Conv1d::new(&scope.pp("attn.c_proj"), size, size, added)?,
            norm: LayerNorm::new(&scope.pp("ln_2"), size, epsilon)?,
            inner: Conv1d::new(&scope.pp("mlp.c_fc"), size, inner, init)?,
            activation: Activation::from_name(&config.activation_function)?,
            output: Conv1d::new(&scope.pp("mlp.c_proj"), inner, size, added)?,
            attention_dropout: scope.dropout(config.attn_pdrop),
            dropout: scope.dropout(config.resid_pdrop),
            heads: n_head,
            scale,
        })
    }

    fn forward(
        &self,
        hidden: &Tensor,
        mask: Option<&Tensor>,
        number: usize,
        past: Option<&mut Past>,
    ) -> Result<Tensor> {
        let attention = Attention::new(self.heads).causal(true).scale(self.scale).dropout(&self.attention_dropout);
        let all = self.query_key_value.forward(&self.attention_norm.forward(hidden)?)?;
        let size = hidden.dim(2)?;
        let part = |number: usize| all.narrow(2, number * size, size);
        let (key, value) = joined(past, number, part(1)?, part(2)?)?;
        let attended = mask::on(attention, mask).forward(&part(0)?, &key, &value)?;
        let hidden = self.dropout.forward_residual(&self.attention_output.forward(&attended)?, hidden)?;

        let inner = self.inner.forward_activated(&self.norm.forward(&hidden)?, self.activation)?;
        self.dropout.forward_residual(&self.output.forward(&inner)?, &hidden)
    }
}
