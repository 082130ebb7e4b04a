//! The head that names a token: the logits of the vocabulary, and the loss of those that have a label.

use candle_core::Tensor;

use super::{ModelInputs, ModelOutput, loss};
use crate::nn::{Activation, Embedding, Init, LayerNorm, Linear, Parameter, Scope, linear_cross_entropy};
use crate::{Error, Result};

/// A vector transformed once more, then compared with the vector of every word.
pub(super) struct LmHead {
    /// Dense layer, activation, norm; decoders have none.
    transform: Option<(Linear, Activation, LayerNorm)>,
    words: Linear,
    /// Whether the label of a position is the token after it.
    shifted: bool,
    /// What vectors are multiplied with before they are compared.
    scale: Option<f64>,
    /// What is added to the logits and never learned: `(1, vocabulary)`.
    fixed_bias: Option<Parameter>,
}

impl LmHead {
    /// The head of an encoder: transformed, then compared with the words at `scope`, or with the embeddings themselves when they
    /// are tied.
    pub(super) fn masked(
        transform: (Linear, Activation, LayerNorm),
        scope: &Scope,
        embedding: &Embedding,
        tied: bool,
        bias: Option<&Parameter>,
        init: Init,
    ) -> Result<Self> {
        let words = words(scope, embedding, tied, bias, init)?;
        Ok(Self { transform: Some(transform), words, shifted: false, scale: None, fixed_bias: None })
    }

    /// The head of a decoder: the words alone, and the label of a position is the token after it.
    pub(super) fn causal(scope: &Scope, embedding: &Embedding, tied: bool, init: Init) -> Result<Self> {
        let words = words(scope, embedding, tied, None, init)?;
        Ok(Self { transform: None, words, shifted: true, scale: None, fixed_bias: None })
    }

    /// The head of a decoder that answers: the words alone, and the decoder's inputs are the labels moved by one already.
    pub(super) fn answering(
        scope: &Scope,
        embedding: &Embedding,
        tied: bool,
        init: Init,
        scale: Option<f64>,
        fixed_bias: Option<Parameter>,
    ) -> Result<Self> {
        let words = words(scope, embedding, tied, None, init)?;
        Ok(Self { transform: None, words, shifted: false, scale, fixed_bias })
    }

    /// The logits and the loss for `hidden`, `(batch, length, hidden_size)`. When only the loss is wanted, the logits are of the
    /// labelled positions only, never held all at once, and not given.
    pub(super) fn forward(&self, hidden: &Tensor, inputs: &ModelInputs) -> Result<ModelOutput> {
        let Some(labels) = inputs.get("labels") else {
            return Ok(ModelOutput::new(self.logits(hidden)?));
        };
        let (rows, length, size) = hidden.dims3()?;
        if labels.dims() != [rows, length] {
            let problem = format!(
                "has shape {:?}, but ({rows}, {length}) is needed: one token each, −100 for none",
                labels.dims()
            );
            return Err(Error::input("labels", problem));
        }
        let labels = self.targets(labels)?;
        let vocab = self.words.weight().var.dim(0)?;
        loss::check_tokens(&labels, vocab)?;
        if !inputs.loss_only {
            let logits = self.logits(hidden)?;
            let loss = loss::of_classes(&logits.reshape((rows * length, vocab))?, &labels, inputs)?;
            return Ok(ModelOutput::new(logits).loss(loss));
        }
        let numbered = labels.to_vec1::<i64>()?.into_iter().zip(0_u32..);
        let (kept, places): (Vec<i64>, Vec<u32>) = numbered.filter(|(label, _)| *label >= 0).unzip();
        let hidden = hidden.reshape((rows * length, size))?;
        let (hidden, labels) = if kept.is_empty() || kept.len() == rows * length {
            (hidden, labels)
        } else {
            let places = Tensor::new(places, hidden.device())?;
            (hidden.index_select(&places, 0)?, Tensor::new(kept, hidden.device())?)
        };
        let (weight, bias) = (self.words.weight().tensor(), self.words.bias().map(Parameter::tensor));
        let fixed = self.fixed_bias.as_ref().map(|bias| bias.var.as_detached_tensor().flatten_all()).transpose()?;
        let bias = bias.or(fixed);
        let hidden = self.transformed(&hidden)?;
        let loss = linear_cross_entropy(&hidden, &weight, bias.as_ref(), &labels, &loss::options(inputs))?;
        let none = Tensor::zeros(0, hidden.dtype(), hidden.device())?;
        Ok(ModelOutput::new(none).loss(loss))
    }

    fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        let logits = self.words.forward(&self.transformed(hidden)?)?;
        match &self.fixed_bias {
            Some(bias) => Ok(logits.broadcast_add(&bias.var.as_detached_tensor().to_dtype(logits.dtype())?)?),
            None => Ok(logits),
        }
    }

    fn transformed(&self, hidden: &Tensor) -> Result<Tensor> {
        match (&self.transform, self.scale) {
            (Some((dense, activation, norm)), _) => norm.forward(&dense.forward_activated(hidden, *activation)?),
            (None, Some(scale)) => Ok((hidden * scale)?),
            (None, None) => Ok(hidden.clone()),
        }
    }

    /// One label a position, in one row of `i64`; of a decoder that of the next token, and none for the last.
    fn targets(&self, labels: &Tensor) -> Result<Tensor> {
        let labels = loss::whole_numbers(labels)?;
        if !self.shifted {
            return Ok(labels.flatten_all()?);
        }
        let rows = labels.to_vec2::<i64>()?.into_iter();
        let next = rows.flat_map(|row| row.into_iter().skip(1).chain([-100]).collect::<Vec<_>>());
        Ok(Tensor::from_iter(next, labels.device())?)
    }
}

/// The vectors of all words at `scope`: the embeddings themselves when they are tied.
fn words(scope: &Scope, embedding: &Embedding, tied: bool, bias: Option<&Parameter>, init: Init) -> Result<Linear> {
    let weight = if tied {
        scope.tie("weight", embedding.weight());
        embedding.weight().clone()
    } else {
        scope.get(embedding.weight().var.dims(), "weight", init)?
    };
    Ok(Linear::tied(&weight, bias))
}
