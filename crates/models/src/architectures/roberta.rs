//! RoBERTa (Liu et al., 2019), and CamemBERT (Martin et al., 2019), which is RoBERTa in French: BERT's blocks, trained longer on more
//! text, without the task of next sentences.
//!
//! What differs from [`bert`](super::bert): positions count from the number after the padding's id, padding itself stays at it, and
//! the heads have layers of their own.

use std::sync::Arc;

use candle_core::Tensor;
use serde_json::{Value, json};

use super::bert::{BertConfig, Layer};
use super::config::{class, inputs, padded, read_over, written};
use super::head::{Body, FirstToken, Head, HeadedModel};
use super::lm_head::LmHead;
use super::{Model, ModelInputs, Task, mask};
use crate::Result;
use crate::nn::{Activation, Dropout, Embedding, Init, LayerNorm, Linear, Parameters, Recompute, Scope};

const HEADS: &[(Task, &str)] = &[
    (Task::Features, "RobertaModel"),
    (Task::MaskedLm, "RobertaForMaskedLM"),
    (Task::SequenceClassification, "RobertaForSequenceClassification"),
    (Task::TokenClassification, "RobertaForTokenClassification"),
    (Task::QuestionAnswering, "RobertaForQuestionAnswering"),
    (Task::MultipleChoice, "RobertaForMultipleChoice"),
];

const CAMEMBERT_HEADS: &[(Task, &str)] = &[
    (Task::Features, "CamembertModel"),
    (Task::MaskedLm, "CamembertForMaskedLM"),
    (Task::SequenceClassification, "CamembertForSequenceClassification"),
    (Task::TokenClassification, "CamembertForTokenClassification"),
    (Task::QuestionAnswering, "CamembertForQuestionAnswering"),
    (Task::MultipleChoice, "CamembertForMultipleChoice"),
];

/// The configuration in `json`, which has the names of BERT's and other defaults.
///
/// # Errors
/// When an entry is of another type.
pub fn config(json: Value) -> Result<BertConfig> {
    let defaults = json!({ "vocab_size": 50_265, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2 });
    read_over(defaults, json, "RoBERTa")
}

/// A RoBERTa with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// When the sizes do not fit together, or there is no head for the task.
pub fn model(config: BertConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    build(config, task, parameters, "roberta", class("RoBERTa", HEADS, task)?)
}

/// A CamemBERT with the head for `task` and fresh weights in `parameters`, which must be empty.
///
/// # Errors
/// As [`model`].
pub fn camembert(config: BertConfig, task: Task, parameters: Parameters) -> Result<Box<dyn Model>> {
    build(config, task, parameters, "camembert", class("CamemBERT", CAMEMBERT_HEADS, task)?)
}

fn build(
    config: BertConfig,
    task: Task,
    parameters: Parameters,
    model_type: &str,
    architecture: &'static str,
) -> Result<Box<dyn Model>> {
    config.check("RoBERTa")?;
    let root = parameters.root();
    let scope = if task == Task::Features { root.clone() } else { root.pp("roberta") };
    let body = Roberta::new(&scope, &config)?;

    let (size, init) = (config.hidden_size, Init::Normal { std: config.initializer_range });
    let linear = |scope: &Scope, name: &str, outputs| Linear::new(&scope.pp(name), size, outputs, true, init);
    let dropout = || root.dropout(config.classifier_dropout.unwrap_or(config.hidden_dropout_prob));
    let head = match task {
        Task::MaskedLm => Head::Words(words(&root.pp("lm_head"), &config, &body.words)?),
        Task::SequenceClassification => {
            Head::Sequence(first_token(&root.pp("classifier"), &config, dropout(), config.labels.len())?)
        }
        Task::MultipleChoice => Head::Choice(FirstToken {
            before: None,
            dense: Some((linear(&scope, "pooler.dense", size)?, Activation::Tanh)),
            dropout: Some(root.dropout(config.hidden_dropout_prob)),
            output: linear(&root, "classifier", 1)?,
        }),
        Task::TokenClassification => Head::Tokens(dropout(), linear(&root, "classifier", config.labels.len())?),
        Task::QuestionAnswering => Head::Span(None, linear(&root, "qa_outputs", 2)?),
        _ => Head::Pooled(Some((linear(&scope, "pooler.dense", size)?, Activation::Tanh))),
    };
    let inputs = inputs(task, &["input_ids", "attention_mask", "token_type_ids", "position_ids"]);
    let (labels, config) = (config.labels.clone(), written(&config, model_type, architecture, root.dtype()));
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

/// The head that names the token behind a mask: `dense`, `layer_norm`, and the words with a `bias`. MPNet has the same.
pub(super) fn words(scope: &Scope, config: &BertConfig, words: &Embedding) -> Result<LmHead> {
    let (size, init) = (config.hidden_size, Init::Normal { std: config.initializer_range });
    let transform = (
        Linear::new(&scope.pp("dense"), size, size, true, init)?,
        Activation::Gelu,
        LayerNorm::new(&scope.pp("layer_norm"), size, config.layer_norm_eps)?,
    );
    let bias = scope.get(&[config.vocab_size], "bias", Init::Zeros)?;
    scope.tie("decoder.bias", &bias);
    LmHead::masked(transform, &scope.pp("decoder"), words, config.tie_word_embeddings, Some(&bias), init)
}

/// The head of classification: `dense`, tanh, `out_proj`. MPNet has the same.
pub(super) fn first_token(scope: &Scope, config: &BertConfig, dropout: Dropout, outputs: usize) -> Result<FirstToken> {
    let (size, init) = (config.hidden_size, Init::Normal { std: config.initializer_range });
    Ok(FirstToken {
        before: Some(dropout.clone()),
        dense: Some((Linear::new(&scope.pp("dense"), size, size, true, init)?, Activation::Tanh)),
        dropout: Some(dropout),
        output: Linear::new(&scope.pp("out_proj"), size, outputs, true, init)?,
    })
}

/// The encoder: what tokens are and where they stand, then BERT's blocks.
struct Roberta {
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
    padding: u32,
}

impl Roberta {
    fn new(scope: &Scope, config: &BertConfig) -> Result<Self> {
        let BertConfig { vocab_size, max_position_embeddings, type_vocab_size, .. } = *config;
        let embeddings = scope.pp("embeddings");
        let init = Init::Normal { std: config.initializer_range };
        let table = |name: &str, rows| Embedding::new(&embeddings.pp(name), rows, config.hidden_size, init);
        let layer = |number| Layer::new(&scope.pp("encoder.layer").pp(number), config).map(Arc::new);
        Ok(Self {
            words: padded(table("word_embeddings", vocab_size)?, config.pad_token_id).noisy(scope),
            positions: padded(table("position_embeddings", max_position_embeddings)?, config.pad_token_id),
            types: table("token_type_embeddings", type_vocab_size)?,
            norm: LayerNorm::new(&embeddings.pp("LayerNorm"), config.hidden_size, config.layer_norm_eps)?,
            dropout: scope.dropout(config.hidden_dropout_prob),
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            recompute: Recompute::new(scope),
            vocab_size,
            max_position_embeddings,
            type_vocab_size,
            padding: config.pad_token_id.unwrap_or(1),
        })
    }
}

/// The place of each token: counted from the number after `padding`, which is the place of all padding.
pub(super) fn places(ids: &Tensor, padding: u32) -> Result<Tensor> {
    let count = |row: Vec<u32>| {
        let mut last = padding;
        let place = |id: u32| {
            last += u32::from(id != padding);
            if id == padding { padding } else { last }
        };
        row.into_iter().map(place).collect::<Vec<_>>()
    };
    let counted = ids.to_vec2::<u32>()?.into_iter().flat_map(count).collect::<Vec<_>>();
    Ok(Tensor::from_vec(counted, ids.dims(), ids.device())?)
}

impl Body for Roberta {
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor> {
        let ids = inputs.token_ids("input_ids", self.vocab_size)?;
        let shape = ids.dims2()?;
        inputs.check_length(shape.1, self.max_position_embeddings.saturating_sub(self.padding as usize + 1))?;
        // Its tokenizer gives no types; those of another's are read when the model knows more than one.
        let types = match inputs.beside_ids("token_type_ids", shape)? {
            Some(_) if self.type_vocab_size > 1 => inputs.token_ids("token_type_ids", self.type_vocab_size)?,
            _ => ids.zeros_like()?,
        };
        let places = match inputs.beside_ids("position_ids", shape)? {
            Some(_) => inputs.token_ids("position_ids", self.max_position_embeddings)?,
            None => places(&ids, self.padding)?,
        };
        let hidden = (self.words.forward(&ids)? + self.types.forward(&types)?)?;
        let hidden = (hidden + self.positions.forward(&places)?)?;
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
