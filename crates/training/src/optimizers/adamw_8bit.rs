//! AdamW whose memory takes two bytes a weight instead of eight.

use rayon::prelude::*;

use super::eight_bits::{BLOCK, Table};
use super::{AdamW, Buffer, Now, Rule};

/// Parameters with fewer weights are kept in f32: there is nothing to save.
const LEAST: usize = 4096;

/// The rule of [`AdamW`] with both means as one-byte codes, block by block of 256: decoded, moved, encoded again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AdamW8bit {
    exact: AdamW,
}

impl AdamW8bit {
    /// β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸.
    pub fn new() -> Self {
        Self::default()
    }

    /// How much of the mean gradient, and of the mean square, is kept at each step.
    #[must_use]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        self.exact = self.exact.betas(beta1, beta2);
        self
    }

    /// What keeps the division from one by zero.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.exact = self.exact.epsilon(epsilon);
        self
    }
}

impl Rule for AdamW8bit {
    fn name(&self) -> &'static str {
        "adamw_8bit"
    }

    fn buffers(&self, shape: &[usize]) -> Vec<Buffer> {
        let count: usize = shape.iter().product();
        if count < LEAST {
            return self.exact.buffers(shape);
        }
        let blocks = count.div_ceil(BLOCK);
        vec![
            Buffer::codes("exp_avg", Table::signed().zero(), count),
            Buffer::zeros("exp_avg_max", blocks),
            Buffer::codes("exp_avg_sq", Table::unsigned().zero(), count),
            Buffer::zeros("exp_avg_sq_max", blocks),
        ]
    }

    fn update(&self, weights: &mut [f32], gradient: &[f32], buffers: &mut [Buffer], now: &Now) {
        let [mean, mean_max, square, square_max] = buffers else {
            return self.exact.update(weights, gradient, buffers, now);
        };
        let (signed, unsigned) = (Table::signed(), Table::unsigned());
        let step = self.exact.step(now);
        let blocks = weights.par_chunks_mut(BLOCK).zip(gradient.par_chunks(BLOCK));
        let means = mean.u8().par_chunks_mut(BLOCK).zip(mean_max.f32());
        let squares = square.u8().par_chunks_mut(BLOCK).zip(square_max.f32());
        blocks.zip(means).zip(squares).with_min_len(64).for_each(
            |(((weights, gradient), (mean_codes, mean_max)), (square_codes, square_max))| {
                let (mut means, mut squares) = ([0.0; BLOCK], [0.0; BLOCK]);
                signed.decode(mean_codes, *mean_max, &mut means);
                unsigned.decode(square_codes, *square_max, &mut squares);
                let memory = means.iter_mut().zip(&mut squares);
                for ((weight, gradient), (mean, square)) in weights.iter_mut().zip(gradient).zip(memory) {
                    step.one(weight, *gradient, mean, square);
                }
                let count = mean_codes.len();
                *mean_max = signed.encode(&means[..count], mean_codes);
                *square_max = unsigned.encode(&squares[..count], square_codes);
            },
        );
    }
}
