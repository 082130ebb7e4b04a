//! AdamW: each weight has a step size of its own, from a mean of its gradients and one of their squares.
//!
//! Loshchilov and Hutter, "Decoupled weight decay regularization", 2019. [`from_scratch`](crate::from_scratch::AdamW) has it line by line.

use rayon::prelude::*;

use super::{Buffer, Now, Rule};

/// How many weights one task moves: small enough to spread, large enough to be worth it.
pub(super) const CHUNK: usize = 1 << 14;

/// The rule of AdamW, in one pass over weights, gradient and both means.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    pub(super) beta1: f64,
    pub(super) beta2: f64,
    pub(super) epsilon: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}

impl AdamW {
    /// β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much of the mean gradient, and of the mean square, is kept at each step.
    #[must_use]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        (self.beta1, self.beta2) = (beta1, beta2);
        self
    }

    /// What keeps the division from one by zero.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    pub(super) fn step(&self, now: &Now) -> Step {
        let correction = |beta: f64| 1.0 - beta.powi(i32::try_from(now.step).unwrap_or(i32::MAX));
        Step {
            factor: now.gradient_factor,
            kept: (1.0 - now.learning_rate * now.weight_decay) as f32,
            beta1: self.beta1 as f32,
            rest1: (1.0 - self.beta1) as f32,
            beta2: self.beta2 as f32,
            rest2: (1.0 - self.beta2) as f32,
            size: (now.learning_rate / correction(self.beta1)) as f32,
            root: (1.0 / correction(self.beta2).sqrt()) as f32,
            epsilon: self.epsilon as f32,
        }
    }
}

/// The constants of a step.
#[derive(Clone, Copy)]
pub(super) struct Step {
    factor: f32,
    kept: f32,
    beta1: f32,
    rest1: f32,
    beta2: f32,
    rest2: f32,
    size: f32,
    root: f32,
    epsilon: f32,
}

impl Step {
    /// Moves one weight.
    #[inline(always)]
    pub(super) fn one(self, weight: &mut f32, gradient: f32, mean: &mut f32, square: &mut f32) {
        let gradient = gradient * self.factor;
        *mean = *mean * self.beta1 + gradient * self.rest1;
        *square = *square * self.beta2 + gradient * gradient * self.rest2;
        *weight = *weight * self.kept - *mean / (square.sqrt() * self.root + self.epsilon) * self.size;
    }
}

impl Rule for AdamW {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn buffers(&self, shape: &[usize]) -> Vec<Buffer> {
        let count = shape.iter().product();
        vec![Buffer::zeros("exp_avg", count), Buffer::zeros("exp_avg_sq", count)]
    }

    fn update(&self, weights: &mut [f32], gradient: &[f32], buffers: &mut [Buffer], now: &Now) {
        let [means, squares] = buffers else { return };
        let step = self.step(now);
        let chunks = weights.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        let chunks = chunks.zip(means.f32().par_chunks_mut(CHUNK)).zip(squares.f32().par_chunks_mut(CHUNK));
        chunks.for_each(|(((weights, gradient), means), squares)| {
            for (((weight, gradient), mean), square) in weights.iter_mut().zip(gradient).zip(means).zip(squares) {
                step.one(weight, *gradient, mean, square);
            }
        });
    }
}
