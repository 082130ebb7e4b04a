//! DistilBERT (Sanh et al., 2019): BERT with half the blocks, without types of text and without a pooler, taught by BERT itself.
//!
//! The Hub's names of the weights are those of the scopes.

use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::config::{check_heads, class, inputs, padded, written};
use super::head::{Body, FirstToken, Head, HeadedModel};
use super::lm_head::LmHead;
use super::{Labels, Model, ModelInputs, Task, mask};
use crate::Result;
use crate::nn::{
    Activation, Attention, Dropout, Embedding, Init, LayerNorm, Linear, Parameters, Recompute, Scope, feed_forward,
    self_attention,
};

/// The sizes that make one DistilBERT another, with the names and defaults of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DistilBertConfig {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Tokens the model can read at most.
    pub max_position_embeddings: usize,
    /// Whether positions began as sines; they are read from the file either way.
    pub sinusoidal_pos_embds: bool,
    /// Blocks one after the other.
    pub n_layers: usize,
    /// Attention heads of a block.
    pub n_heads: usize,
    /// Numbers in the vector of one token.
    pub dim: usize,
    /// Numbers inside the feed-forward part.
    pub hidden_dim: usize,
    /// The share of a token's numbers that training drops.
    pub dropout: f32,
    /// The share of attention that training drops.
    pub attention_dropout: f32,
    /// The function inside the feed-forward part.
    pub activation: String,
    /// The deviation of fresh weights.
    pub initializer_range: f64,
    /// The share that the head of question answering drops.
    pub qa_dropout: f32,
    /// The share that the heads of classification and multiple choice drop.
    pub seq_classif_dropout: f32,
    /// The id that fills up short rows.
    pub pad_token_id: Option<u32>,
    /// Whether the masked-LM head compares with the word embeddings themselves.
    pub tie_word_embeddings: bool,
    /// The classes of a classification head.
    #[serde(flatten)]
    pub labels: Labels,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for DistilBertConfig {
    fn default() -> Self {
        Self {
            vocab_size: 30_522,
            max_position_embeddings: 512,
            sinusoidal_pos_embds: false,
            n_layers: 6,
            n_heads: 12,
            dim: 768,
            hidden_dim: 3072,
            dropout: 0.1,
            attention_dropout: 0.1,
            activation: "gelu".into(),
            initializer_range: 0.02,
            qa_dropout: 0.1,
            seq_classif_dropout: 0.2,
            pad_token_id: Some(0),
            tie_word_embeddings: true,
            labels: Labels::default(),
            other: Map::new(),
        }
    }
}

/// What all norms add before they divide.
const EPSILON: f64 = 1e-12;

const HEADS: &[(Task, &str)] = &[
    (Task::Features, "DistilBertModel"),
    (Task::MaskedLm, "DistilBertForMaskedLM"),
    (Task::SequenceClassification, "DistilBertForSequenceClassification"),
    (Task::TokenClassification, "DistilBertForTokenClassification"),
    (Task::QuestionAnswering, "DistilBertForQuestionAnswering"),
    (Task::MultipleChoice, "DistilBertForMultipleChoice"),
];

/// A DistilBERT with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: DistilBertConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    check_heads("DistilBERT", config.dim, config.n_heads)?;
    let architecture = class("DistilBERT", HEADS, task)?;
    let root = parameters.root();
    let scope = if task == Task::Features { root.clone() } else { root.pp("distilbert") };
    let body = DistilBert::new(&scope, &config)?;

    let (size, init) = (config.dim, Init::Normal { std: config.initializer_range });
    let linear = |name: &str, outputs| Linear::new(&root.pp(name), size, outputs, true, init);
    let pooled = |outputs| -> Result<FirstToken> {
        Ok(FirstToken {
            before: None,
            dense: Some((linear("pre_classifier", size)?, Activation::Relu)),
            dropout: Some(root.dropout(config.seq_classif_dropout)),
            output: linear("classifier", outputs)?,
        })
    };
    let head = match task {
        Task::MaskedLm => {
            let norm = LayerNorm::new(&root.pp("vocab_layer_norm"), size, EPSILON)?;
            let transform = (linear("vocab_transform", size)?, Activation::from_name(&config.activation)?, norm);
            let projector = root.pp("vocab_projector");
            let bias = projector.get(&[config.vocab_size], "bias", Init::Zeros)?;
            let tied = config.tie_word_embeddings;
            Head::Words(LmHead::masked(transform, &projector, &body.words, tied, Some(&bias), init)?)
        }
        Task::SequenceClassification => Head::Sequence(pooled(config.labels.len())?),
        Task::MultipleChoice => Head::Choice(pooled(1)?),
        Task::TokenClassification => {
            Head::Tokens(root.dropout(config.dropout), linear("classifier", config.labels.len())?)
        }
        Task::QuestionAnswering => Head::Span(Some(root.dropout(config.qa_dropout)), linear("qa_outputs", 2)?),
        _ => Head::Pooled(None),
    };
    let inputs = inputs(task, &["input_ids", "attention_mask", "position_ids"]);
    let (labels, config) = (config.labels.clone(), written(&config, "distilbert", architecture, root.dtype()));
    Ok(Box::new(HeadedModel {
        architecture,
        config,
        labels,
        parameters,
        body: Box::new(body),
        head,
        inputs,
        writing: None,
    }))
}

/// The encoder: what tokens are and where they stand, then block after block.
struct DistilBert {
    words: Embedding,
    positions: Embedding,
    norm: LayerNorm,
    dropout: Dropout,
    layers: Vec<Arc<Layer>>,
    recompute: Recompute,
    vocab_size: usize,
    max_position_embeddings: usize,
}

impl DistilBert {
    fn new(scope: &Scope, config: &DistilBertConfig) -> Result<Self> {
        let embeddings = scope.pp("embeddings");
        let init = Init::Normal { std: config.initializer_range };
        let table = |name: &str, rows| Embedding::new(&embeddings.pp(name), rows, config.dim, init);
        let layer = |number| Layer::new(&scope.pp("transformer.layer").pp(number), config).map(Arc::new);
        Ok(Self {
            words: padded(table("word_embeddings", config.vocab_size)?, config.pad_token_id).noisy(scope),
            positions: table("position_embeddings", config.max_position_embeddings)?,
            norm: LayerNorm::new(&embeddings.pp("LayerNorm"), config.dim, EPSILON)?,
            dropout: scope.dropout(config.dropout),
            layers: (0..config.n_layers).map(layer).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            vocab_size: config.vocab_size,
            max_position_embeddings: config.max_position_embeddings,
        })
    }
}

impl Body for DistilBert {
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor> {
        let ids = inputs.token_ids("input_ids", self.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, self.max_position_embeddings)?;
        let places = match inputs.beside_ids("position_ids", shape)? {
            Some(_) => inputs.token_ids("position_ids", self.max_position_embeddings)?,
            None => Tensor::arange(0, shape.1 as u32, ids.device())?.unsqueeze(0)?,
        };
        let hidden = self.words.forward(&ids)?.broadcast_add(&self.positions.forward(&places)?)?;
        let mut hidden = self.dropout.forward(&self.norm.forward(&hidden)?)?;
        let mask = mask::padding(inputs.beside_ids("attention_mask", shape)?.as_ref(), hidden.dtype())?;
        for layer in &self.layers {
            course_wire::interrupt::check()?;
            let (layer, mask) = (Arc::clone(layer), mask.clone());
            hidden = self.recompute.run([&hidden], move |[hidden]| layer.forward(hidden, mask.as_ref()))?;
        }
        Ok(hidden)
    }
}

/// One block: attention, then feed-forward, each added to what was there and then normed.
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    attention_dropout: Dropout,
    inner: Linear,
    activation: Activation,
    output: Linear,
    output_norm: LayerNorm,
    dropout: Dropout,
    heads: usize,
}

impl Layer {
    fn new(scope: &Scope, config: &DistilBertConfig) -> Result<Self> {
        let DistilBertConfig { dim: size, hidden_dim: inner, .. } = *config;
        let init = Init::Normal { std: config.initializer_range };
        let linear = |name: &str, inputs, outputs| Linear::new(&scope.pp(name), inputs, outputs, true, init);
        Ok(Self {
            query: linear("attention.q_lin", size, size)?,
            key: linear("attention.k_lin", size, size)?,
            value: linear("attention.v_lin", size, size)?,
            attention_output: linear("attention.out_lin", size, size)?,
            attention_norm: LayerNorm::new(&scope.pp("sa_layer_norm"), size, EPSILON)?,
            attention_dropout: scope.dropout(config.attention_dropout),
            inner: linear("ffn.lin1", size, inner)?,
            activation: Activation::from_name(&config.activation)?,
            output: linear("ffn.lin2", inner, size)?,
            output_norm: LayerNorm::new(&scope.pp("output_layer_norm"), size, EPSILON)?,
            dropout: scope.dropout(config.dropout),
            heads: config.n_heads,
        })
    }

    fn forward(&self, hidden: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let attention = mask::on(Attention::new(self.heads).dropout(&self.attention_dropout), mask);
        let attended = self_attention(hidden, &self.query, &self.key, &self.value, &attention)?;
        let hidden = self.attention_norm.forward(&(self.attention_output.forward(&attended)? + hidden)?)?;
        let output = feed_forward(&hidden, &self.inner, self.activation, &self.output)?;
        self.output_norm.forward(&self.dropout.forward_residual(&output, &hidden)?)
    }
}
