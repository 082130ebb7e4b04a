//! What sits on an encoder or a decoder: from the vectors of the tokens to the logits of a task, and the loss.

use candle_core::{D, IndexOp, Tensor};
use serde_json::Value;

use super::causal::{Continued, Writing};
use super::lm_head::LmHead;
use super::past::Past;
use super::{Labels, Model, ModelInputs, ModelOutput, loss};
use crate::nn::{Activation, Dropout, Linear, Parameters};
use crate::{CausalLm, Error, Result};

/// What is below the head: from a batch to a vector for each token (or part of an image).
pub(super) trait Body: Send + Sync {
    /// The vectors after the last block: `(batch, length, hidden_size)`.
    fn hidden_states(&self, inputs: &ModelInputs) -> Result<Tensor>;

    /// The vectors of new tokens after those in `past`, which they are added to: what decoders do.
    fn go_on(&self, _: &Continued, _: &mut Past) -> Result<Tensor> {
        Err(Error::model("an encoder", "reads whole texts, and does not go on from a part"))
    }
}

/// What is above.
pub(super) enum Head {
    /// Nothing, or a vector for the whole text, which is given beside the others.
    Pooled(Option<(Linear, Activation)>),
    /// The logits of the vocabulary, for each token.
    Words(LmHead),
    /// The logits of the classes, for the text.
    Sequence(FirstToken),
    /// The logits of the classes, for the text, from its last token: a decoder's first token has seen nothing.
    Last(Linear),
    /// One logit for each continuation.
    Choice(FirstToken),
    /// The logits of the classes, for each token.
    Tokens(Dropout, Linear),
    /// The logits of start and end, for each token.
    Span(Option<Dropout>, Linear),
}

/// From the first token's vector, once more transformed, to a few logits.
pub(super) struct FirstToken {
    pub before: Option<Dropout>,
    pub dense: Option<(Linear, Activation)>,
    pub dropout: Option<Dropout>,
    pub output: Linear,
}

impl FirstToken {
    fn forward(&self, hidden: &Tensor) -> Result<Tensor> {
        self.of_vector(first_token(hidden)?)
    }

    /// The logits of one vector a row, `(batch, size)`.
    pub(super) fn of_vector(&self, mut first: Tensor) -> Result<Tensor> {
        if let Some(dropout) = &self.before {
            first = dropout.forward(&first)?;
        }
        if let Some((dense, activation)) = &self.dense {
            first = activation.forward(&dense.forward(&first)?)?;
        }
        if let Some(dropout) = &self.dropout {
            first = dropout.forward(&first)?;
        }
        self.output.forward(&first)
    }
}

fn first_token(hidden: &Tensor) -> Result<Tensor> {
    Ok(hidden.i((.., 0))?.contiguous()?)
}

/// A body with a head.
pub(super) struct HeadedModel {
    pub architecture: &'static str,
    pub config: Value,
    pub labels: Labels,
    pub parameters: Parameters,
    pub body: Box<dyn Body>,
    pub head: Head,
    /// What the body reads.
    pub inputs: Vec<&'static str>,
    /// Of a decoder that continues texts.
    pub writing: Option<Writing>,
}

impl HeadedModel {
    /// The vector of the last token that is no padding, `(batch, hidden_size)`.
    fn last_token(&self, hidden: &Tensor, inputs: &ModelInputs) -> Result<Tensor> {
        let (rows, length, size) = hidden.dims3()?;
        let is_text: Vec<bool> = match inputs.beside_ids("attention_mask", (rows, length))? {
            Some(mask) => mask.flatten_all()?.to_vec1::<u32>()?.into_iter().map(|mask| mask != 0).collect(),
            None => vec![true; rows * length],
        };
        let last = |(row, is_text): (usize, &[bool])| {
            (row * length + is_text.iter().rposition(|text| *text).unwrap_or(length.saturating_sub(1))) as u32
        };
        let places = is_text.chunks(length.max(1)).enumerate().map(last).collect::<Vec<_>>();
        let flat = hidden.reshape((rows * length, size))?;
        Ok(flat.index_select(&Tensor::new(places, hidden.device())?, 0)?)
    }
}

impl Model for HeadedModel {
    fn architecture(&self) -> &'static str {
        self.architecture
    }

    fn config(&self) -> Value {
        self.config.clone()
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn causal_lm(&self) -> Result<&dyn CausalLm> {
        match self.writing {
            Some(_) => Ok(self),
            None => Err(Error::model(self.architecture, "does not continue texts; load it by `AutoModelForCausalLM`")),
        }
    }

    fn input_names(&self) -> &[&str] {
        &self.inputs
    }

    fn forward(&self, inputs: &ModelInputs) -> Result<ModelOutput> {
        if let Head::Choice(head) = &self.head {
            let (flat, choices) = inputs.flat_choices()?;
            let logits = head.forward(&self.body.hidden_states(&flat)?)?.reshape(((), choices))?;
            let loss = inputs.get("labels").map(|labels| loss::of_classes(&logits, labels, inputs)).transpose()?;
            return Ok(ModelOutput::new(logits).loss(loss));
        }
        let hidden = self.body.hidden_states(inputs)?;
        match &self.head {
            Head::Pooled(None) => Ok(ModelOutput::new(hidden)),
            Head::Pooled(Some((dense, activation))) => {
                let pooled = activation.forward(&dense.forward(&first_token(&hidden)?)?)?;
                Ok(ModelOutput::new(hidden).with("pooler_output", pooled))
            }
            Head::Words(head) => head.forward(&hidden, inputs),
            Head::Sequence(head) | Head::Choice(head) => {
                let logits = head.forward(&hidden)?;
                let loss = loss::of_sequences(&logits, inputs, &self.labels)?;
                Ok(ModelOutput::new(logits).loss(loss))
            }
            Head::Last(score) => {
                let logits = score.forward(&self.last_token(&hidden, inputs)?)?;
                let loss = loss::of_sequences(&logits, inputs, &self.labels)?;
                Ok(ModelOutput::new(logits).loss(loss))
            }
            Head::Tokens(dropout, classifier) => {
                let logits = classifier.forward(&dropout.forward(&hidden)?)?;
                let loss = loss::of_tokens(&logits, inputs)?;
                Ok(ModelOutput::new(logits).loss(loss))
            }
            Head::Span(dropout, span) => {
                let hidden = match dropout {
                    Some(dropout) => dropout.forward(&hidden)?,
                    None => hidden,
                };
                let logits = span.forward(&hidden)?;
                if logits.dim(D::Minus1)? != 2 {
                    return Err(Error::model(self.architecture, "needs two outputs a token, of start and end"));
                }
                let (start, end) = (logits.i((.., .., 0))?.contiguous()?, logits.i((.., .., 1))?.contiguous()?);
                let loss = loss::of_spans(&start, &end, inputs)?;
                Ok(ModelOutput::new(start).loss(loss).with("end_logits", end))
            }
        }
    }
}
