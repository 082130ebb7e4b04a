//! MPNet (Song et al., 2020), the architecture of all-mpnet-base-v2: BERT's blocks, in which attention also knows how far apart two
//! tokens are, and no types of text.

use std::sync::Arc;

use candle_core::Tensor;
use serde_json::{Value, json};

use super::bert::BertConfig;
use super::config::{class, inputs, padded, read_over, written};
use super::head::{Body, FirstToken, Head, HeadedModel};
use super::relative::RelativeBias;
use super::{Model, ModelInputs, Task, mask, roberta};
use crate::Result;
use crate::nn::{
    Activation, Attention, Dropout, Embedding, Init, LayerNorm, Linear, Parameters, Recompute, Scope, feed_forward,
    self_attention,
};

/// Groups of distances, as many in all files: `relative_attention_num_buckets` is not asked.
const BUCKETS: usize = 32;
/// From this distance on all are one group.
const MAX_DISTANCE: usize = 128;
/// The id of padding in all files; the places of the text are counted from the number after it.
const PADDING: u32 = 1;

const HEADS: &[(Task, &str)] = &[
    (Task::Features, "MPNetModel"),
    (Task::MaskedLm, "MPNetForMaskedLM"),
    (Task::SequenceClassification, "MPNetForSequenceClassification"),
    (Task::TokenClassification, "MPNetForTokenClassification"),
    (Task::QuestionAnswering, "MPNetForQuestionAnswering"),
    (Task::MultipleChoice, "MPNetForMultipleChoice"),
];

/// The configuration in `json`, which has the names of BERT's and other defaults.
///
/// # Errors
/// When an entry is of another type.
pub fn config(json: Value) -> Result<BertConfig> {
    let defaults = json!({ "vocab_size": 30_527, "pad_token_id": 1, "relative_attention_num_buckets": BUCKETS });
    read_over(defaults, json, "MPNet")
}

/// An MPNet with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: BertConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    config.check("MPNet")?;
    let architecture = class("MPNet", HEADS, task)?;
    let root = parameters.root();
    let scope = if task == Task::Features { root.clone() } else { root.pp("mpnet") };
    let body = MpNet::new(&scope, &config)?;

    let (size, init) = (config.hidden_size, Init::Normal { std: config.initializer_range });
    let linear = |scope: &Scope, name: &str, outputs| Linear::new(&scope.pp(name), size, outputs, true, init);
    let dropout = || root.dropout(config.hidden_dropout_prob);
    let head = match task {
        Task::MaskedLm => Head::Words(roberta::words(&root.pp("lm_head"), &config, &body.words)?),
        Task::SequenceClassification => {
            Head::Sequence(roberta::first_token(&root.pp("classifier"), &config, dropout(), config.labels.len())?)
        }
        Task::MultipleChoice => Head::Choice(FirstToken {
            before: None,
            dense: Some((linear(&scope, "pooler.dense", size)?, Activation::Tanh)),
            dropout: Some(dropout()),
            output: linear(&root, "classifier", 1)?,
        }),
        Task::TokenClassification => Head::Tokens(dropout(), linear(&root, "classifier", config.labels.len())?),
        Task::QuestionAnswering => Head::Span(None, linear(&root, "qa_outputs", 2)?),
        _ => Head::Pooled(Some((linear(&scope, "pooler.dense", size)?, Activation::Tanh))),
    };
    let inputs = inputs(task, &["input_ids", "attention_mask", "position_ids"]);
    let (labels, config) = (config.labels.clone(), written(&config, "mpnet", architecture, root.dtype()));
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
struct MpNet {
    words: Embedding,
    positions: Embedding,
    norm: LayerNorm,
    dropout: Dropout,
    distances: RelativeBias,
    layers: Vec<Arc<Layer>>,
    recompute: Recompute,
    vocab_size: usize,
    max_position_embeddings: usize,
}

impl MpNet {
    fn new(scope: &Scope, config: &BertConfig) -> Result<Self> {
        let embeddings = scope.pp("embeddings");
        let init = Init::Normal { std: config.initializer_range };
        let table = |name: &str, rows| Embedding::new(&embeddings.pp(name), rows, config.hidden_size, init);
        let layer = |number| Layer::new(&scope.pp("encoder.layer").pp(number), config).map(Arc::new);
        let heads = config.num_attention_heads;
        Ok(Self {
            words: padded(table("word_embeddings", config.vocab_size)?, Some(PADDING)).noisy(scope),
            positions: padded(table("position_embeddings", config.max_position_embeddings)?, Some(PADDING)),
            norm: LayerNorm::new(&embeddings.pp("LayerNorm"), config.hidden_size, config.layer_norm_eps)?,
            dropout: scope.dropout(config.hidden_dropout_prob),
            distances: RelativeBias::new(&scope.pp("encoder"), heads, BUCKETS, MAX_DISTANCE, true, init)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            vocab_size: config.vocab_size,
            max_position_embeddings: config.max_position_embeddings,
        })
    }
}

impl Body for MpNet {
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor> {
        let ids = inputs.token_ids("input_ids", self.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, self.max_position_embeddings.saturating_sub(PADDING as usize + 1))?;
        let places = match inputs.beside_ids("position_ids", shape)? {
            Some(_) => inputs.token_ids("position_ids", self.max_position_embeddings)?,
            None => roberta::places(&ids, PADDING)?,
        };
        let hidden = (self.words.forward(&ids)? + self.positions.forward(&places)?)?;
        let mut hidden = self.dropout.forward(&self.norm.forward(&hidden)?)?;
        let mut mask = self.distances.forward(shape.1, shape.1)?;
        if let Some(padding) = mask::padding(inputs.beside_ids("attention_mask", shape)?.as_ref(), hidden.dtype())? {
            mask = mask.broadcast_add(&padding)?;
        }
        for layer in &self.layers {
            course_wire::interrupt::check()?;
            let layer = Arc::clone(layer);
            hidden = self.recompute.run([&hidden, &mask], move |[hidden, mask]| layer.forward(hidden, mask))?;
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
    intermediate: Linear,
    activation: Activation,
    output: Linear,
    output_norm: LayerNorm,
    attention_dropout: Dropout,
    dropout: Dropout,
    heads: usize,
}

impl Layer {
    fn new(scope: &Scope, config: &BertConfig) -> Result<Self> {
        let BertConfig { hidden_size: size, intermediate_size: inner, layer_norm_eps: epsilon, .. } = *config;
        let init = Init::Normal { std: config.initializer_range };
        let linear = |name: &str, inputs, outputs| Linear::new(&scope.pp(name), inputs, outputs, true, init);
        let norm = |name: &str| LayerNorm::new(&scope.pp(name), size, epsilon);
        Ok(Self {
            query: linear("attention.attn.q", size, size)?,
            key: linear("attention.attn.k", size, size)?,
            value: linear("attention.attn.v", size, size)?,
            attention_output: linear("attention.attn.o", size, size)?,
            attention_norm: norm("attention.LayerNorm")?,
            intermediate: linear("intermediate.dense", size, inner)?,
            activation: Activation::from_name(&config.hidden_act)?,
            output: linear("output.dense", inner, size)?,
            output_norm: norm("output.LayerNorm")?,
            attention_dropout: scope.dropout(config.attention_probs_dropout_prob),
            dropout: scope.dropout(config.hidden_dropout_prob),
            heads: config.num_attention_heads,
        })
    }

    fn forward(&self, hidden: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let attention = Attention::new(self.heads).dropout(&self.attention_dropout).mask(mask);
        let attended = self_attention(hidden, &self.query, &self.key, &self.value, &attention)?;
        let attended = self.attention_output.forward(&attended)?;
        let hidden = self.attention_norm.forward(&self.dropout.forward_residual(&attended, hidden)?)?;

        let output = feed_forward(&hidden, &self.intermediate, self.activation, &self.output)?;
        self.output_norm.forward(&self.dropout.forward_residual(&output, &hidden)?)
    }
}
