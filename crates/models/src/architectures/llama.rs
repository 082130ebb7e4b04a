//! Llama (Touvron et al., 2023), the architecture of SmolLM2, and Qwen2 (Yang et al., 2024), which adds a bias to queries, keys and values.
//!
//! A decoder as GPT-2, with what was found since: norms without a mean, positions told by turning, a gate in the feed-forward part, and
//! heads of keys and values that serve several heads of queries. The Hub's names of the weights are those of the scopes.

use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::causal::{Continued, Writing};
use super::config::{class, inputs, padded, written};
use super::head::{Body, Head, HeadedModel};
use super::lm_head::LmHead;
use super::past::{Past, joined};
use super::rotary::Rotary;
use super::{Labels, Model, ModelInputs, Task, mask};
use crate::nn::{
    Activation, Attention, Dropout, Embedding, Init, Linear, Parameters, Recompute, RmsNorm, RopePairs, Scope, rope,
};
use crate::{Error, Result};

/// The sizes that make one Llama another, with the names and defaults of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LlamaConfig {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Numbers in the vector of one token.
    pub hidden_size: usize,
    /// Numbers inside the feed-forward part.
    pub intermediate_size: usize,
    /// Blocks one after the other.
    pub num_hidden_layers: usize,
    /// Heads that ask.
    pub num_attention_heads: usize,
    /// Heads that answer, each serving several that ask; default: as many.
    pub num_key_value_heads: Option<usize>,
    /// Numbers in the vector of one head; default: `hidden_size / num_attention_heads`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_dim: Option<usize>,
    /// The function of the gate.
    pub hidden_act: String,
    /// Tokens the model can look back on.
    pub max_position_embeddings: usize,
    /// The deviation of fresh weights.
    pub initializer_range: f64,
    /// Keeps the norm from dividing by zero.
    pub rms_norm_eps: f64,
    /// Whether the head compares with the word embeddings themselves.
    pub tie_word_embeddings: bool,
    /// The base of the angles, in older files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rope_theta: Option<f64>,
    /// How the angles were slowed for longer texts, in older files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rope_scaling: Option<Value>,
    /// Both, in newer files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rope_parameters: Option<Value>,
    /// Whether queries, keys, values and what attention gives have a bias.
    pub attention_bias: bool,
    /// The share of attention that training drops.
    pub attention_dropout: f32,
    /// Whether the feed-forward part has a bias.
    pub mlp_bias: bool,
    /// Whether attention looks back a limited way; not read.
    pub use_sliding_window: bool,
    /// The id that fills up short rows.
    pub pad_token_id: Option<u32>,
    /// The classes of a classification head.
    #[serde(flatten)]
    pub labels: Labels,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for LlamaConfig {
    fn default() -> Self {
        Self {
            vocab_size: 32_000,
            hidden_size: 4096,
            intermediate_size: 11_008,
            num_hidden_layers: 32,
            num_attention_heads: 32,
            num_key_value_heads: None,
            head_dim: None,
            hidden_act: "silu".into(),
            max_position_embeddings: 2048,
            initializer_range: 0.02,
            rms_norm_eps: 1e-6,
            tie_word_embeddings: false,
            rope_theta: None,
            rope_scaling: None,
            rope_parameters: None,
            attention_bias: false,
            attention_dropout: 0.0,
            mlp_bias: false,
            use_sliding_window: false,
            pad_token_id: None,
            labels: Labels::default(),
            other: Map::new(),
        }
    }
}

impl LlamaConfig {
    fn init(&self) -> Init {
        Init::Normal { std: self.initializer_range }
    }

    fn key_value_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    fn head_dim(&self) -> usize {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads.max(1))
    }

    fn check(&self, architecture: &str) -> Result<()> {
        let (heads, key_heads, size) = (self.num_attention_heads, self.key_value_heads(), self.head_dim());
        if heads == 0 || key_heads == 0 || heads % key_heads != 0 || size == 0 || size % 2 != 0 {
            let problem = format!("has {heads} heads on {key_heads} key heads of {size} numbers, which do not fit");
            return Err(Error::model(architecture, problem));
        }
        if self.use_sliding_window {
            return Err(Error::model(
                architecture,
                "looks back a limited way (`use_sliding_window`), which is not read",
            ));
        }
        Ok(())
    }
}

const LLAMA_HEADS: &[(Task, &str)] = &[
    (Task::Features, "LlamaModel"),
    (Task::CausalLm, "LlamaForCausalLM"),
    (Task::SequenceClassification, "LlamaForSequenceClassification"),
    (Task::TokenClassification, "LlamaForTokenClassification"),
];

const QWEN2_HEADS: &[(Task, &str)] = &[
    (Task::Features, "Qwen2Model"),
    (Task::CausalLm, "Qwen2ForCausalLM"),
    (Task::SequenceClassification, "Qwen2ForSequenceClassification"),
    (Task::TokenClassification, "Qwen2ForTokenClassification"),
];

/// A Llama with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: LlamaConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    let biases = Biases { query_key_value: config.attention_bias, output: config.attention_bias };
    build(config, biases, task, parameters, ("llama", class("Llama", LLAMA_HEADS, task)?))
}

/// A Qwen2 with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// As [`model`].
pub fn qwen2(config: LlamaConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    let biases = Biases { query_key_value: true, output: false };
    build(config, biases, task, parameters, ("qwen2", class("Qwen2", QWEN2_HEADS, task)?))
}

/// Which parts of attention have a bias.
#[derive(Clone, Copy)]
struct Biases {
    query_key_value: bool,
    output: bool,
}

fn build(
    config: LlamaConfig,
    biases: Biases,
    task: Task,
    parameters: Parameters,
    (model_type, architecture): (&str, &'static str),
) -> Result<Box<dyn Model>> {
    config.check(architecture)?;
    let root = parameters.root();
    let scope = if task == Task::Features { root.clone() } else { root.pp("model") };
    let body = Decoder::new(&scope, &config, biases)?;
    let linear =
        |name: &str, bias| Linear::new(&root.pp(name), config.hidden_size, config.labels.len(), bias, config.init());
    let head = match task {
        Task::CausalLm => {
            let tied = config.tie_word_embeddings;
            Head::Words(LmHead::causal(&root.pp("lm_head"), &body.words, tied, config.init())?)
        }
        Task::SequenceClassification => Head::Last(linear("score", false)?),
        Task::TokenClassification => {
            let share = config.other.get("classifier_dropout").and_then(Value::as_f64).unwrap_or(0.1);
            Head::Tokens(root.dropout(share as f32), linear("score", true)?)
        }
        _ => Head::Pooled(None),
    };
    let inputs = inputs(task, &["input_ids", "attention_mask", "position_ids"]);
    let (labels, config) = (config.labels.clone(), written(&config, model_type, architecture, root.dtype()));
    let writing = Writing::new(&config, body.vocab_size, body.max_position_embeddings);
    let writing = (task == Task::CausalLm).then_some(writing);
    Ok(Box::new(HeadedModel { architecture, config, labels, parameters, body: Box::new(body), head, inputs, writing }))
}

/// What tokens are, then block after block, then a norm.
struct Decoder {
    words: Embedding,
    blocks: Vec<Arc<Block>>,
    recompute: Recompute,
    norm: RmsNorm,
    rotary: Rotary,
    vocab_size: usize,
    max_position_embeddings: usize,
}

impl Decoder {
    fn new(scope: &Scope, config: &LlamaConfig, biases: Biases) -> Result<Self> {
        let words = Embedding::new(&scope.pp("embed_tokens"), config.vocab_size, config.hidden_size, config.init())?;
        let block = |number| Block::new(&scope.pp("layers").pp(number), config, biases).map(Arc::new);
        let settings = config.rope_parameters.as_ref().or(config.rope_scaling.as_ref());
        Ok(Self {
            words: padded(words, config.pad_token_id).noisy(scope),
            blocks: (0..config.num_hidden_layers).map(block).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            norm: RmsNorm::new(&scope.pp("norm"), config.hidden_size, config.rms_norm_eps)?,
            rotary: Rotary::new(config.head_dim(), config.rope_theta, settings)?,
            vocab_size: config.vocab_size,
            max_position_embeddings: config.max_position_embeddings,
        })
    }
}

impl Decoder {
    fn run(&self, ids: &Tensor, places: &Tensor, text: Option<&Tensor>, mut past: Option<&mut Past>) -> Result<Tensor> {
        let angles = self.rotary.angles(places)?;
        let mut hidden = self.words.forward(ids)?;
        let mask = mask::padding(text, hidden.dtype())?;
        for (number, block) in self.blocks.iter().enumerate() {
            course_wire::interrupt::check()?;
            hidden = match past.as_deref_mut() {
                Some(past) => block.forward(&hidden, &angles, mask.as_ref(), number, Some(past))?,
                None => {
                    let (block, angles, mask) = (Arc::clone(block), angles.clone(), mask.clone());
                    let run = move |[hidden]: [&Tensor; 1]| block.forward(hidden, &angles, mask.as_ref(), number, None);
                    self.recompute.run([&hidden], run)?
                }
            };
        }
        self.norm.forward(&hidden)
    }
}

impl Body for Decoder {
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor> {
        let ids = inputs.token_ids("input_ids", self.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, self.max_position_embeddings)?;
        let text = inputs.beside_ids("attention_mask", shape)?;
        // Counted from the mask: padding on the left does not move the text.
        let places = match inputs.beside_ids("position_ids", shape)? {
            Some(places) => places,
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
    attention_norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_dropout: Dropout,
    norm: RmsNorm,
    gate: Linear,
    up: Linear,
    activation: Activation,
    down: Linear,
    heads: usize,
    key_value_heads: usize,
}

impl Block {
    fn new(scope: &Scope, config: &LlamaConfig, biases: Biases) -> Result<Self> {
        let LlamaConfig { hidden_size: size, intermediate_size: inner, rms_norm_eps: epsilon, mlp_bias, .. } = *config;
        let head_dim = config.head_dim();
        let (queries, keys) = (config.num_attention_heads * head_dim, config.key_value_heads() * head_dim);
        let linear =
            |name: &str, inputs, outputs, bias| Linear::new(&scope.pp(name), inputs, outputs, bias, config.init());
        Ok(Self {
            attention_norm: RmsNorm::new(&scope.pp("input_layernorm"), size, epsilon)?,
            query: linear("self_attn.q_proj", size, queries, biases.query_key_value)?,
            key: linear("self_attn.k_proj", size, keys, biases.query_key_value)?,
            value: linear("self_attn.v_proj", size, keys, biases.query_key_value)?,
            attention_output: linear("self_attn.o_proj", queries, size, biases.output)?,
            attention_dropout: scope.dropout(config.attention_dropout),
            norm: RmsNorm::new(&scope.pp("post_attention_layernorm"), size, epsilon)?,
            gate: linear("mlp.gate_proj", size, inner, mlp_bias)?,
            up: linear("mlp.up_proj", size, inner, mlp_bias)?,
            activation: Activation::from_name(&config.hidden_act)?,
            down: linear("mlp.down_proj", inner, size, mlp_bias)?,
            heads: config.num_attention_heads,
            key_value_heads: config.key_value_heads(),
        })
    }

    fn forward(
        &self,
        hidden: &Tensor,
        (cos, sin): &(Tensor, Tensor),
        mask: Option<&Tensor>,
        number: usize,
        past: Option<&mut Past>,
    ) -> Result<Tensor> {
        let attention = Attention::new(self.heads).key_value_heads(self.key_value_heads).causal(true);
        let attention = mask::on(attention.dropout(&self.attention_dropout), mask);
        let normed = self.attention_norm.forward(hidden)?;
        let turned = |linear: &Linear| rope(&linear.forward(&normed)?, cos, sin, RopePairs::Halves);
        let (query, key) = (turned(&self.query)?, turned(&self.key)?);
        let (key, value) = joined(past, number, key, self.value.forward(&normed)?)?;
        let attended = attention.forward(&query, &key, &value)?;
        let hidden = (self.attention_output.forward(&attended)? + hidden)?;

        let normed = self.norm.forward(&hidden)?;
        let gated = (self.gate.forward_activated(&normed, self.activation)? * self.up.forward(&normed)?)?;
        Ok((self.down.forward(&gated)? + hidden)?)
    }
}
