//! Adafactor: the mean square gradient of a matrix as a product of one number a row and one a column.
//!
//! Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018, with the names and defaults of transformers' `Adafactor`.

use rayon::prelude::*;

use super::{Buffer, Now, Rule};

/// The rule of Adafactor.
#[derive(Debug, Clone, PartialEq)]
pub struct Adafactor {
    epsilon: (f64, f64),
    clip_threshold: f64,
    decay_rate: f64,
    beta1: Option<f64>,
    scale_parameter: bool,
    relative_step: bool,
    warmup_init: bool,
}

impl Default for Adafactor {
    fn default() -> Self {
        Self {
            epsilon: (1e-30, 1e-3),
            clip_threshold: 1.0,
            decay_rate: -0.8,
            beta1: None,
            scale_parameter: false,
            relative_step: false,
            warmup_init: false,
        }
    }
}

impl Adafactor {
    /// As the Trainer uses it: steps of the learning rate, whatever the size of the weights.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a mean of the steps too, as Adam does.
    #[must_use]
    pub fn beta1(mut self, beta1: f64) -> Self {
        self.beta1 = Some(beta1);
        self
    }

    /// Multiplies the step with the root mean square of the parameter.
    #[must_use]
    pub fn scale_parameter(mut self, scale: bool) -> Self {
        self.scale_parameter = scale;
        self
    }

    /// Chooses the step size itself, 1/√step at most 0.01, instead of the learning rate.
    #[must_use]
    pub fn relative_step(mut self, relative: bool) -> Self {
        self.relative_step = relative;
        self
    }

    /// Begins with small relative steps: 10⁻⁶ · step.
    #[must_use]
    pub fn warmup_init(mut self, warmup: bool) -> Self {
        self.warmup_init = warmup;
        self
    }

    fn rate(&self, weights: &[f32], now: &Now) -> f64 {
        let step = now.step as f64;
        let rate = if self.relative_step {
            (if self.warmup_init { 1e-6 * step } else { 1e-2 }).min(1.0 / step.sqrt())
        } else {
            now.learning_rate
        };
        rate * if self.scale_parameter { self.epsilon.1.max(rms(weights)) } else { 1.0 }
    }
}

fn rms(numbers: &[f32]) -> f64 {
    (numbers.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / numbers.len().max(1) as f64).sqrt()
}

impl Rule for Adafactor {
    fn name(&self) -> &'static str {
        "adafactor"
    }

    fn buffers(&self, shape: &[usize]) -> Vec<Buffer> {
        let count: usize = shape.iter().product();
        let mut buffers = match shape {
            [outer @ .., rows, columns] => {
                let matrices: usize = outer.iter().product();
                let row = Buffer::zeros("exp_avg_sq_row", matrices * rows);
                vec![row, Buffer::zeros("exp_avg_sq_col", matrices * columns)]
            }
            _ => vec![Buffer::zeros("exp_avg_sq", count)],
        };
        if self.beta1.is_some() {
            buffers.push(Buffer::zeros("exp_avg", count));
        }
        buffers
    }

    fn update(&self, weights: &mut [f32], gradient: &[f32], buffers: &mut [Buffer], now: &Now) {
        let rate = self.rate(weights, now);
        let kept = 1.0 - (now.step as f64).powf(self.decay_rate);
        let gradient: Vec<f32> = gradient.par_iter().map(|g| g * now.gradient_factor).collect();
        let (squares, moment) = match (buffers, self.beta1) {
            ([squares @ .., moment], Some(beta1)) => (squares, Some((moment, beta1 as f32))),
            (squares, _) => (squares, None),
        };
        let mut update = match (squares, now.shape) {
            ([rows, columns], &[.., height, width]) => self.factored(&gradient, (rows, columns), (height, width), kept),
            ([squares, ..], _) => {
                let (kept, rest, epsilon) = (kept as f32, (1.0 - kept) as f32, self.epsilon.0 as f32);
                let squares = squares.f32();
                squares.iter_mut().zip(&gradient).for_each(|(s, g)| *s = *s * kept + (g * g + epsilon) * rest);
                gradient.iter().zip(squares).map(|(g, square)| g / square.sqrt()).collect()
            }
            _ => return,
        };
        let size = (rate / (rms(&update) / self.clip_threshold).max(1.0)) as f32;
        update.iter_mut().for_each(|u| *u *= size);
        if let Some((moment, beta1)) = moment {
            let moment = moment.f32();
            moment.iter_mut().zip(&update).for_each(|(m, u)| *m = *m * beta1 + u * (1.0 - beta1));
            update.copy_from_slice(moment);
        }
        let kept = (1.0 - now.weight_decay * rate) as f32;
        weights.iter_mut().zip(&update).for_each(|(weight, update)| *weight = *weight * kept - update);
    }
}

impl Adafactor {
    /// The direction from the means over rows and over columns, for each of the matrices that lie one after the other.
    fn factored(
        &self,
        gradient: &[f32],
        (rows, columns): (&mut Buffer, &mut Buffer),
        (height, width): (usize, usize),
        kept: f64,
    ) -> Vec<f32> {
        let (kept, rest, epsilon) = (kept as f32, (1.0 - kept) as f32, self.epsilon.0 as f32);
        let mut update = vec![0.0; gradient.len()];
        let (height, width) = (height.max(1), width.max(1));
        let matrices = update.par_chunks_mut(height * width).zip(gradient.par_chunks(height * width));
        let matrices = matrices.zip(rows.f32().par_chunks_mut(height)).zip(columns.f32().par_chunks_mut(width));
        matrices.for_each(|(((update, gradient), rows), columns)| {
            let mut sums = vec![0_f32; width];
            for (row, line) in rows.iter_mut().zip(gradient.chunks(width)) {
                let mut sum = 0.0;
                for (g, column) in line.iter().zip(&mut sums) {
                    let square = g * g + epsilon;
                    sum += square;
                    *column += square;
                }
                *row = *row * kept + sum / width as f32 * rest;
            }
            columns
                .iter_mut()
                .zip(&sums)
                .for_each(|(column, sum)| *column = *column * kept + sum / height as f32 * rest);
            let mean = rows.iter().sum::<f32>() / height as f32;
            for ((update, gradient), row) in update.chunks_mut(width).zip(gradient.chunks(width)).zip(rows) {
                let row = 1.0 / (*row / mean).sqrt();
                for ((update, gradient), column) in update.iter_mut().zip(gradient).zip(&*columns) {
                    *update = row / column.sqrt() * gradient;
                }
            }
        });
        update
    }
}
