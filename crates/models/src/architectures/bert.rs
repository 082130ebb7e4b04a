//! BERT (Devlin et al., 2018): an encoder in which every token sees every other.
//!
//! A token's vector is the sum of what it is, where it stands and to which text it belongs; each block lets it gather from all
//! tokens (attention) and then think for itself (feed-forward), with a norm after each step. What the heads ask of the vectors is
//! told apart by [`Task`] only: the encoder below them is the same. The Hub's names of the weights are those of the scopes.

use std::sync::Arc;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::config::{check_heads, class, inputs, padded, written};
use super::head::{Body, FirstToken, Head, HeadedModel};
use super::lm_head::LmHead;
use super::{Labels, Model, ModelInputs, Task, mask};
use crate::nn::{
    Activation, Attention, Dropout, Embedding, Init, LayerNorm, Linear, Parameters, Recompute, Scope, feed_forward,
    self_attention,
};
use crate::{Error, Result};

/// The sizes that make one BERT another, with the names and defaults of `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BertConfig {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Numbers in the vector of one token.
    pub hidden_size: usize,
    /// Blocks one after the other.
    pub num_hidden_layers: usize,
    /// Attention heads of a block.
    pub num_attention_heads: usize,
    /// Numbers inside the feed-forward part.
    pub intermediate_size: usize,
    /// The function inside the feed-forward part.
    pub hidden_act: String,
    /// The share of a token's numbers that training drops.
    pub hidden_dropout_prob: f32,
    /// The share of attention that training drops.
    pub attention_probs_dropout_prob: f32,
    /// Tokens the model can read at most.
    pub max_position_embeddings: usize,
    /// Kinds of text in one input: two for a pair.
    pub type_vocab_size: usize,
    /// The deviation of fresh weights.
    pub initializer_range: f64,
    /// Keeps the norm from dividing by zero.
    pub layer_norm_eps: f64,
    /// The id that fills up short rows.
    pub pad_token_id: Option<u32>,
    /// The share that a classification head drops; default: `hidden_dropout_prob`.
    pub classifier_dropout: Option<f32>,
    /// Whether the masked-LM head compares with the word embeddings themselves.
    pub tie_word_embeddings: bool,
    /// How positions are told; only `absolute` is read.
    pub position_embedding_type: String,
    /// Whether tokens see only what is before them; not read.
    pub is_decoder: bool,
    /// The classes of a classification head.
    #[serde(flatten)]
    pub labels: Labels,
    /// Whatever else the file says; it is written back.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for BertConfig {
    fn default() -> Self {
        Self {
            vocab_size: 30_522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: "gelu".into(),
            hidden_dropout_prob: 0.1,
            attention_probs_dropout_prob: 0.1,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            initializer_range: 0.02,
            layer_norm_eps: 1e-12,
            pad_token_id: Some(0),
            classifier_dropout: None,
            tie_word_embeddings: true,
            position_embedding_type: "absolute".into(),
            is_decoder: false,
            labels: Labels::default(),
            other: Map::new(),
        }
    }
}

impl BertConfig {
    fn init(&self) -> Init {
        Init::Normal { std: self.initializer_range }
    }

    /// That this can be read: RoBERTa and MPNet have the same configuration.
    pub(super) fn check(&self, architecture: &str) -> Result<()> {
        check_heads(architecture, self.hidden_size, self.num_attention_heads)?;
        if self.position_embedding_type != "absolute" {
            let problem =
                format!("tells positions in the way `{}`, and this reads `absolute`", self.position_embedding_type);
            return Err(Error::model(architecture, problem));
        }
        if self.is_decoder {
            return Err(Error::model(architecture, "is a decoder (`is_decoder`), and this reads encoders"));
        }
        Ok(())
    }
}

/// The tasks there is a head for, and the name of the class in Python's transformers.
const HEADS: &[(Task, &str)] = &[
    (Task::Features, "BertModel"),
    (Task::MaskedLm, "BertForMaskedLM"),
    (Task::SequenceClassification, "BertForSequenceClassification"),
    (Task::TokenClassification, "BertForTokenClassification"),
    (Task::QuestionAnswering, "BertForQuestionAnswering"),
    (Task::MultipleChoice, "BertForMultipleChoice"),
];

/// A BERT with the head for `task` and fresh weights in `parameters`, which must be empty: they say device, number format and seed.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: BertConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    config.check("BERT")?;
    let architecture = class("BERT", HEADS, task)?;
    let root = parameters.root();
    // A model with a head has the encoder under `bert.`.
    let scope = if task == Task::Features { root.clone() } else { root.pp("bert") };
    let bert = Bert::new(&scope, &config)?;

    let (size, init) = (config.hidden_size, config.init());
    let linear = |scope: &Scope, name: &str, outputs| Linear::new(&scope.pp(name), size, outputs, true, init);
    let pooler = || Ok::<_, Error>((linear(&scope, "pooler.dense", size)?, Activation::Tanh));
    let dropout = root.dropout(config.classifier_dropout.unwrap_or(config.hidden_dropout_prob));
    let pooled = |outputs| -> Result<FirstToken> {
        let (dense, dropout) = (Some(pooler()?), Some(dropout.clone()));
        Ok(FirstToken { before: None, dense, dropout, output: linear(&root, "classifier", outputs)? })
    };
    let head = match task {
        Task::MaskedLm => Head::Words(words(&root.pp("cls.predictions"), &config, &bert.words)?),
        Task::SequenceClassification => Head::Sequence(pooled(config.labels.len())?),
        Task::MultipleChoice => Head::Choice(pooled(1)?),
        Task::TokenClassification => Head::Tokens(dropout, linear(&root, "classifier", config.labels.len())?),
        Task::QuestionAnswering => Head::Span(None, linear(&root, "qa_outputs", 2)?),
        _ => Head::Pooled(Some(pooler()?)),
    };
    let inputs = inputs(task, &["input_ids", "attention_mask", "token_type_ids", "position_ids"]);
    let (labels, config) = (config.labels.clone(), written(&config, "bert", architecture, root.dtype()));
    Ok(Box::new(HeadedModel {
        architecture,
        config,
        labels,
        parameters,
        body: Box::new(bert),
        head,
        inputs,
        writing: None,
    }))
}

/// The head that names the token behind a mask.
fn words(scope: &Scope, config: &BertConfig, words: &Embedding) -> Result<LmHead> {
    let (size, init) = (config.hidden_size, config.init());
    let transform = (
        Linear::new(&scope.pp("transform.dense"), size, size, true, init)?,
        Activation::from_name(&config.hidden_act)?,
        LayerNorm::new(&scope.pp("transform.LayerNorm"), size, config.layer_norm_eps)?,
    );
    let bias = scope.get(&[config.vocab_size], "bias", Init::Zeros)?;
    scope.tie("decoder.bias", &bias);
    LmHead::masked(transform, &scope.pp("decoder"), words, config.tie_word_embeddings, Some(&bias), init)
}

/// The encoder: what tokens are and where they stand, then block after block.
struct Bert {
    words: Embedding,
    positions: Embedding,
    types: Embedding,
    norm: LayerNorm,
    dropout: Dropout,
    layers: Vec<Arc<Layer>>,
    recompute: Recompute,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
}

impl Bert {
    fn new(scope: &Scope, config: &BertConfig) -> Result<Self> {
        let BertConfig { vocab_size, max_position_embeddings, type_vocab_size, .. } = *config;
        let embeddings = scope.pp("embeddings");
        let table = |name: &str, rows| Embedding::new(&embeddings.pp(name), rows, config.hidden_size, config.init());
        let layer = |number| Layer::new(&scope.pp("encoder.layer").pp(number), config).map(Arc::new);
        Ok(Self {
            words: padded(table("word_embeddings", vocab_size)?, config.pad_token_id).noisy(scope),
            positions: table("position_embeddings", max_position_embeddings)?,
            types: table("token_type_embeddings", type_vocab_size)?,
            norm: LayerNorm::new(&embeddings.pp("LayerNorm"), config.hidden_size, config.layer_norm_eps)?,
            dropout: scope.dropout(config.hidden_dropout_prob),
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            vocab_size,
            max_position_embeddings,
            type_vocab_size,
        })
    }
}

impl Body for Bert {
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor> {
        let ids = inputs.token_ids("input_ids", self.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, self.max_position_embeddings)?;
        let types = match inputs.beside_ids("token_type_ids", shape)? {
            Some(_) => inputs.token_ids("token_type_ids", self.type_vocab_size)?,
            None => ids.zeros_like()?,
        };
        let places = match inputs.beside_ids("position_ids", shape)? {
            Some(_) => inputs.token_ids("position_ids", self.max_position_embeddings)?,
            None => Tensor::arange(0, shape.1 as u32, ids.device())?.unsqueeze(0)?,
        };
        let hidden = (self.words.forward(&ids)? + self.types.forward(&types)?)?;
        let hidden = hidden.broadcast_add(&self.positions.forward(&places)?)?;
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
pub(super) struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    activation: Activation,
    output: Linear,
    output_norm: LayerNorm,
    attention_dropout: Dropout,
    dropout: Dropout,
    heads: usize,
}

impl Layer {
    pub(super) fn new(scope: &Scope, config: &BertConfig) -> Result<Self> {
        let BertConfig { hidden_size: size, intermediate_size: inner, layer_norm_eps: epsilon, .. } = *config;
        let linear = |name: &str, inputs, outputs| Linear::new(&scope.pp(name), inputs, outputs, true, config.init());
        let norm = |name: &str| LayerNorm::new(&scope.pp(name), size, epsilon);
        Ok(Self {
            query: linear("attention.self.query", size, size)?,
            key: linear("attention.self.key", size, size)?,
            value: linear("attention.self.value", size, size)?,
            attention_output: linear("attention.output.dense", size, size)?,
            attention_norm: norm("attention.output.LayerNorm")?,
            intermediate: linear("intermediate.dense", size, inner)?,
            activation: Activation::from_name(&config.hidden_act)?,
            output: linear("output.dense", inner, size)?,
            output_norm: norm("output.LayerNorm")?,
            attention_dropout: scope.dropout(config.attention_probs_dropout_prob),
            dropout: scope.dropout(config.hidden_dropout_prob),
            heads: config.num_attention_heads,
        })
    }

    pub(super) fn forward(&self, hidden: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let attention = mask::on(Attention::new(self.heads).dropout(&self.attention_dropout), mask);
        let attended = self_attention(hidden, &self.query, &self.key, &self.value, &attention)?;
        let attended = self.attention_output.forward(&attended)?;
        let hidden = self.attention_norm.forward(&self.dropout.forward_residual(&attended, hidden)?)?;

        let output = feed_forward(&hidden, &self.intermediate, self.activation, &self.output)?;
        self.output_norm.forward(&self.dropout.forward_residual(&output, &hidden)?)
    }
}
