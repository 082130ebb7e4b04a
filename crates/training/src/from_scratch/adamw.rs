//! AdamW as it stands in its paper, one tensor after the other.
//!
//! What it leaves out: groups, saved state, and doing it all in one pass ([`optimizers::AdamW`](crate::optimizers::AdamW), which is tested to be equal).

use candle_core::{Tensor, Var, backprop::GradStore};

use crate::Result;

/// AdamW: for each weight a mean of its gradients (where to go) and one of their squares (how sure that is).
///
/// ```
/// use candle_core::{Device, Var};
/// use course_training::from_scratch::AdamW;
///
/// // Walk down x² from 3.
/// let x = Var::new(3f32, &Device::Cpu)?;
/// let mut optimizer = AdamW::new(vec![x.clone()], 0.1, 0.0)?;
/// for _ in 0..200 {
///     let loss = x.sqr()?;
///     optimizer.step(&loss.backward()?)?;
/// }
/// assert!(x.to_scalar::<f32>()?.abs() < 0.01);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AdamW {
    /// How far to go in one step; may be changed between steps.
    pub learning_rate: f64,
    weight_decay: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    /// Weights, mean gradient, mean square.
    parameters: Vec<(Var, Tensor, Tensor)>,
    step: i32,
}

impl AdamW {
    /// An optimizer of these weights with β₁ 0.9, β₂ 0.999, ε 10⁻⁸.
    ///
    /// # Errors
    /// [`Error::Tensor`](crate::Error::Tensor).
    pub fn new(weights: Vec<Var>, learning_rate: f64, weight_decay: f64) -> Result<Self> {
        let remember = |var: Var| {
            let zeros = var.zeros_like()?.detach();
            Ok((var, zeros.clone(), zeros))
        };
        let parameters = weights.into_iter().map(remember).collect::<Result<_>>()?;
        Ok(Self { learning_rate, weight_decay, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, parameters, step: 0 })
    }

    /// Moves the weights along the gradients of one backward pass.
    ///
    /// # Errors
    /// [`Error::Tensor`](crate::Error::Tensor).
    pub fn step(&mut self, gradients: &GradStore) -> Result<()> {
        self.step += 1;
        for (weight, mean, square) in &mut self.parameters {
            let Some(gradient) = gradients.get(weight.as_tensor()) else { continue };
            let gradient = gradient.detach();
            *mean = ((&*mean * self.beta1)? + (&gradient * (1.0 - self.beta1))?)?;
            *square = ((&*square * self.beta2)? + (gradient.sqr()? * (1.0 - self.beta2))?)?;
            // Both began at 0 and are too small in the first steps.
            let size = self.learning_rate / (1.0 - self.beta1.powi(self.step));
            let root = (1.0 - self.beta2.powi(self.step)).sqrt();
            let denominator = ((square.sqrt()? / root)? + self.epsilon)?;
            let decayed = (weight.as_detached_tensor() * (1.0 - self.learning_rate * self.weight_decay))?;
            weight.set(&(decayed - ((&*mean / denominator)? * size)?)?)?;
        }
        Ok(())
    }
}
