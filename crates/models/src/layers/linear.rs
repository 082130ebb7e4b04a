//! The linear layer: `y = x · Wᵀ + b`.

use crate::kernels::matmul::{Finish, matmul};
use crate::kernels::packed::Packed;

/// One weight matrix, or several that read the same input: their outputs lie side by side, and the input is read once.
#[derive(Debug)]
pub(crate) struct Linear {
    parts: Vec<Packed>,
    bias: Option<Vec<f32>>,
    gelu: bool,
}

impl Linear {
    /// A layer without bias. All parts take inputs of the same length.
    pub(crate) fn new(parts: Vec<Packed>) -> Self {
        Self { parts, bias: None, gelu: false }
    }

    /// The same layer with a bias: one number for each output.
    pub(crate) fn with_bias(mut self, bias: Vec<f32>) -> Self {
        self.bias = Some(bias);
        self
    }

    /// The same layer, followed by GELU.
    pub(crate) fn with_gelu(mut self) -> Self {
        self.gelu = true;
        self
    }

    /// How many numbers come out for one vector.
    pub(crate) fn outputs(&self) -> usize {
        self.parts.iter().map(Packed::rows).sum()
    }

    /// How many numbers the weights and the bias are.
    pub(crate) fn num_parameters(&self) -> usize {
        let weights = self.parts.iter().map(|part| part.rows() * part.columns()).sum::<usize>();
        weights + self.bias.as_ref().map_or(0, Vec::len)
    }

    /// The only matrix of the layer as a table: row number `row` written to `to`.
    pub(crate) fn row(&self, row: usize, to: &mut [f32]) {
        self.parts[0].row(row, to);
    }

    /// `x`: `(vectors, inputs)`, `y`: `(vectors, outputs)`.
    pub(crate) fn forward(&self, x: &[f32], y: &mut [f32]) {
        let vectors = y.len() / self.outputs().max(1);
        matmul(&self.parts, Finish { bias: self.bias.as_deref(), gelu: self.gelu }, x, vectors, y);
    }
}
