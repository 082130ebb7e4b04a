//! Stochastic gradient descent: a step against the gradient, with a run-up where there is momentum.

use rayon::prelude::*;

use super::adamw::CHUNK;
use super::{Buffer, Now, Rule};

/// The rule of gradient descent, as PyTorch's `SGD`: the decay is part of the gradient.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sgd {
    momentum: f64,
    nesterov: bool,
}

impl Sgd {
    /// Without momentum.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much of the last step is gone again, usually 0.9.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Looks ahead: the step is the one that momentum would make next (Nesterov).
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }
}

impl Rule for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn buffers(&self, shape: &[usize]) -> Vec<Buffer> {
        if self.momentum == 0.0 { vec![] } else { vec![Buffer::zeros("momentum_buffer", shape.iter().product())] }
    }

    fn update(&self, weights: &mut [f32], gradient: &[f32], buffers: &mut [Buffer], now: &Now) {
        let (rate, decay, factor) = (now.learning_rate as f32, now.weight_decay as f32, now.gradient_factor);
        let (momentum, nesterov) = (self.momentum as f32, self.nesterov);
        let chunks = weights.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        let [speed] = buffers else {
            return chunks.for_each(|(weights, gradient)| {
                weights.iter_mut().zip(gradient).for_each(|(w, g)| *w -= rate * (g * factor + decay * *w));
            });
        };
        chunks.zip(speed.f32().par_chunks_mut(CHUNK)).for_each(|((weights, gradient), speed)| {
            for ((weight, gradient), speed) in weights.iter_mut().zip(gradient).zip(speed) {
                let gradient = gradient * factor + decay * *weight;
                *speed = momentum * *speed + gradient;
                *weight -= rate * if nesterov { gradient + momentum * *speed } else { *speed };
            }
        });
    }
}
