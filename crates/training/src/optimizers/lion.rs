//! Lion: every weight moves by the same amount, in the direction of the sign of a momentum.
//!
//! Chen et al., "Symbolic discovery of optimization algorithms", 2023. The step has the size of the learning rate, so that the rate is chosen three to
//! ten times smaller than for AdamW, and the decay as many times larger.

use rayon::prelude::*;

use super::adamw::CHUNK;
use super::{Buffer, Now, Rule};

/// The rule of Lion.
#[derive(Debug, Clone, PartialEq)]
pub struct Lion {
    beta1: f64,
    beta2: f64,
}

impl Default for Lion {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.99 }
    }
}

impl Lion {
    /// β₁ = 0.9, β₂ = 0.99.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the momentum is mixed for the step, and how much of it is kept.
    #[must_use]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        (self.beta1, self.beta2) = (beta1, beta2);
        self
    }
}

impl Rule for Lion {
    fn name(&self) -> &'static str {
        "lion"
    }

    fn buffers(&self, shape: &[usize]) -> Vec<Buffer> {
        vec![Buffer::zeros("exp_avg", shape.iter().product())]
    }

    fn update(&self, weights: &mut [f32], gradient: &[f32], buffers: &mut [Buffer], now: &Now) {
        let [momentum] = buffers else { return };
        let (beta1, beta2) = (self.beta1 as f32, self.beta2 as f32);
        let (rest1, rest2) = ((1.0 - self.beta1) as f32, (1.0 - self.beta2) as f32);
        let (rate, factor) = (now.learning_rate as f32, now.gradient_factor);
        let kept = (1.0 - now.learning_rate * now.weight_decay) as f32;
        let chunks = weights.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        chunks.zip(momentum.f32().par_chunks_mut(CHUNK)).for_each(|((weights, gradient), momentum)| {
            for ((weight, gradient), momentum) in weights.iter_mut().zip(gradient).zip(momentum) {
                let gradient = gradient * factor;
                let direction = *momentum * beta1 + gradient * rest1;
                // The sign of 0 is 0, where `signum` gives 1.
                let sign = f32::from(direction > 0.0) - f32::from(direction < 0.0);
                *weight = *weight * kept - rate * sign;
                *momentum = *momentum * beta2 + gradient * rest2;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, with β₁ 0.9, β₂ 0.99, rate 0.1, decay 0.5.
    #[test]
    fn two_steps_by_hand() {
        let lion = Lion::new();
        let mut buffers = lion.buffers(&[3]);
        let mut weights = [1.0, -1.0, 2.0];
        let mut now = Now { learning_rate: 0.1, weight_decay: 0.5, step: 1, gradient_factor: 2.0, shape: &[3] };
        lion.update(&mut weights, &[0.5, -1.0, 0.0], &mut buffers, &now);
        assert_eq!(weights, [0.95 - 0.1, -0.95 + 0.1, 1.9]);
        assert_eq!(buffers[0].f32(), [0.01_f64 as f32, -0.02, 0.0].map(|m: f32| m).as_slice());
        now.gradient_factor = 1.0;
        // 0.9 · 0.01 − 0.1 · 0.05 is still above 0.
        lion.update(&mut weights, &[-0.05, 0.0, 0.0], &mut buffers, &now);
        assert!(weights[0] < 0.85 * 0.95 && weights[1] > -0.85 * 0.95);
    }
}
