//! What every attention head of a model did with one text.

use candle_core::{Device, Tensor};

use crate::layers::{Attention, Trace};
use crate::{Error, Result};

/// The queries, keys, values and weights of every head in every layer, for one text.
///
/// A model fills it: [`Bert::forward_with_attentions`](crate::Bert::forward_with_attentions),
/// [`Llama::forward_with_attentions`](crate::Llama::forward_with_attentions).
#[derive(Debug, Clone)]
pub struct Attentions {
    weights: Tensor,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
}

impl Attentions {
    /// How much each token (third index) takes from each (fourth index): `(layers, heads, length, length)` in `f32`. Rows sum
    /// to 1.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }

    /// What each token asks for: `(layers, heads, length, head_dim)`. In Llama they are turned by their position already.
    pub fn queries(&self) -> &Tensor {
        &self.queries
    }

    /// What each token answers to: `(layers, key_value_heads, length, head_dim)`; turned as the queries are.
    pub fn keys(&self) -> &Tensor {
        &self.keys
    }

    /// What each token gives to those who look at it: `(layers, key_value_heads, length, head_dim)`.
    pub fn values(&self) -> &Tensor {
        &self.values
    }

    /// Out of what was written down while `length` tokens went through.
    pub(crate) fn from_trace(trace: Trace, attention: &Attention, length: usize) -> Result<Self> {
        let Attention { query_heads, key_value_heads, head_dim, .. } = *attention;
        let Trace { layers, queries, keys, values, weights } = trace;
        let tensor = |numbers: Vec<f32>, heads: usize, width: usize| {
            Tensor::from_vec(numbers, (layers, heads, length, width), &Device::Cpu)
        };
        Ok(Self {
            weights: tensor(weights, query_heads, length)?,
            queries: tensor(queries, query_heads, head_dim)?,
            keys: tensor(keys, key_value_heads, head_dim)?,
            values: tensor(values, key_value_heads, head_dim)?,
        })
    }
}

/// Attention is written down for one text at a time.
pub(crate) fn one_text(input_ids: &Tensor) -> Result<()> {
    match input_ids.dims() {
        [1, length] if *length > 0 => Ok(()),
        dims => Err(Error::input(
            "input_ids",
            format!("has shape {dims:?}, but attention is written down for one text at a time: (1, length)"),
        )),
    }
}
