//! The gradients of a step: summed over micro-batches, measured, clipped.

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use rayon::prelude::*;

use crate::{Error, Result};

/// How many numbers one task of the norm adds up: the sum is the same on any number of threads.
const CHUNK: usize = 1 << 14;

/// The gradients of named parameters, summed over the micro-batches of a step.
///
/// Clipping does not touch the numbers: it keeps a factor, which the optimizer applies as it reads them.
#[derive(Debug, Clone)]
pub struct Gradients {
    entries: Vec<(String, Var, Option<Tensor>)>,
    factor: f64,
}

impl Gradients {
    /// No gradients yet, for these parameters.
    pub fn new(parameters: impl IntoIterator<Item = (String, Var)>) -> Self {
        Self { entries: parameters.into_iter().map(|(name, var)| (name, var, None)).collect(), factor: 1.0 }
    }

    /// Adds those of one backward pass.
    ///
    /// # Errors
    /// [`Error::Tensor`] where one cannot be added.
    pub fn add(&mut self, mut store: GradStore) -> Result<()> {
        for (_, var, sum) in &mut self.entries {
            let Some(gradient) = store.remove(var.as_tensor()) else { continue };
            let gradient = gradient.detach();
            *sum = Some(match sum.take() {
                Some(sum) => (sum + gradient)?.detach(),
                None => gradient,
            });
        }
        Ok(())
    }

    /// Sets the gradient of one parameter; nothing happens where there is none of that name.
    pub fn set(&mut self, name: &str, gradient: Tensor) {
        if let Some((_, _, place)) = self.entries.iter_mut().find(|(known, _, _)| known == name) {
            *place = Some(gradient);
        }
    }

    /// The gradient of the parameter of this name as it was summed, before clipping.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.entries.iter().find(|(known, _, _)| known == name)?.2.as_ref()
    }

    /// The parameters without a gradient.
    pub fn missing(&self) -> Vec<&str> {
        self.entries.iter().filter(|(_, _, gradient)| gradient.is_none()).map(|(name, _, _)| name.as_str()).collect()
    }

    /// Names and gradients, where there are any.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.entries.iter().filter_map(|(name, _, gradient)| Some((name.as_str(), gradient.as_ref()?)))
    }

    /// What every number is to be multiplied with.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Multiplies all of them.
    pub fn scale(&mut self, factor: f64) {
        self.factor *= factor;
    }

    /// Forgets them, for the next step.
    pub fn clear(&mut self) {
        self.entries.iter_mut().for_each(|(_, _, gradient)| *gradient = None);
        self.factor = 1.0;
    }

    /// The length of all gradients as one vector, √Σg².
    ///
    /// # Errors
    /// [`Error::Tensor`] where one cannot be read.
    pub fn norm(&self) -> Result<f64> {
        let mut sum = 0.0;
        for (_, gradient) in self.iter() {
            sum += sum_of_squares(gradient)?;
        }
        Ok(sum.sqrt() * self.factor.abs())
    }

    /// Shortens them to `max_norm` where they are longer, and gives their norm before.
    ///
    /// As PyTorch's `clip_grad_norm_`: all are multiplied with max_norm / (norm + 10⁻⁶), if that is below 1. A norm that is no number leaves
    /// them as they are.
    ///
    /// ```
    /// use candle_core::{Device, Tensor, Var};
    /// use course_training::optimizers::Gradients;
    ///
    /// let weight = Var::new(&[0f32, 0.0], &Device::Cpu)?;
    /// let mut gradients = Gradients::new([("weight".to_owned(), weight)]);
    /// gradients.set("weight", Tensor::new(&[3f32, 4.0], &Device::Cpu)?);
    /// assert_eq!(gradients.clip_norm(1.0)?, 5.0);
    /// assert!((gradients.norm()? - 1.0).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Tensor`] where one cannot be read.
    pub fn clip_norm(&mut self, max_norm: f64) -> Result<f64> {
        let norm = self.norm()?;
        if norm.is_finite() && max_norm > 0.0 {
            self.scale((max_norm / (norm + 1e-6)).min(1.0));
        }
        Ok(norm)
    }

    /// Cuts every number to between −`limit` and `limit`, as PyTorch's `clip_grad_value_`.
    ///
    /// # Errors
    /// [`Error::Argument`] for a limit that is not above 0.
    pub fn clip_value(&mut self, limit: f64) -> Result<()> {
        if limit.is_nan() || limit <= 0.0 {
            return Err(Error::argument("limit", format!("{limit}; gradients are cut to a limit above 0")));
        }
        for (_, _, gradient) in &mut self.entries {
            if let Some(numbers) = gradient {
                *gradient = Some(numbers.affine(self.factor, 0.0)?.clamp(-limit, limit)?);
            }
        }
        self.factor = 1.0;
        Ok(())
    }
}

/// Σx², added up in f64 in pieces of a fixed size, so that the number of threads does not matter.
fn sum_of_squares(tensor: &Tensor) -> Result<f64> {
    let on_host = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.contiguous()?;
    let (storage, layout) = on_host.storage_and_layout();
    let candle_core::Storage::Cpu(storage) = &*storage else { return Ok(f64::NAN) };
    let (start, end) = layout.contiguous_offsets().unwrap_or((0, 0));
    let numbers = storage.as_slice::<f32>()?.get(start..end).unwrap_or_default();
    let squares = |chunk: &[f32]| {
        // Eight sums side by side, which the processor adds at once.
        let mut sums = [0_f64; 8];
        let mut eights = chunk.chunks_exact(8);
        for eight in &mut eights {
            sums.iter_mut().zip(eight).for_each(|(sum, &x)| *sum += f64::from(x) * f64::from(x));
        }
        sums.iter().sum::<f64>() + eights.remainder().iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
    };
    Ok(numbers.par_chunks(CHUNK).map(squares).collect::<Vec<f64>>().iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> (Gradients, Var, Var) {
        let (a, b) = (Var::new(&[1f32, 2.0], &Device::Cpu).unwrap(), Var::new(&[[3f32]], &Device::Cpu).unwrap());
        (Gradients::new([("a".to_owned(), a.clone()), ("b".to_owned(), b.clone())]), a, b)
    }

    #[test]
    fn micro_batches_add_up_and_what_is_missing_is_named() {
        let (mut gradients, a, _) = two();
        for _ in 0..3 {
            gradients.add((a.as_tensor() * 2.0).unwrap().sum_all().unwrap().backward().unwrap()).unwrap();
        }
        assert_eq!(gradients.get("a").unwrap().to_vec1::<f32>().unwrap(), [6.0, 6.0]);
        assert_eq!(gradients.missing(), ["b"]);
        gradients.clear();
        assert_eq!(gradients.missing(), ["a", "b"]);
    }

    /// Equivalent python code: `torch.nn.utils.clip_grad_norm_([a, b], 2.0)` with gradients (2, 4) and (4): 6.0, factor 2 / 6.000001.
    #[test]
    fn clipping_is_pytorchs() {
        let (mut gradients, _, _) = two();
        gradients.set("a", Tensor::new(&[2f32, 4.0], &Device::Cpu).unwrap());
        gradients.set("b", Tensor::new(&[[4f32]], &Device::Cpu).unwrap());
        assert_eq!(gradients.clip_norm(2.0).unwrap(), 6.0);
        assert_eq!(gradients.factor(), 2.0 / 6.000001);
        assert_eq!(gradients.clip_norm(100.0).unwrap(), 6.0 * 2.0 / 6.000001);
        gradients.set("b", Tensor::new(&[[f32::NAN]], &Device::Cpu).unwrap());
        assert!(gradients.clip_norm(1.0).unwrap().is_nan());
        assert!(gradients.clip_value(0.0).is_err());
        gradients.scale(3.0 / gradients.factor());
        gradients.clip_value(7.0).unwrap();
        assert_eq!(gradients.get("a").unwrap().to_vec1::<f32>().unwrap(), [6.0, 7.0]);
    }

    #[test]
    fn the_norm_of_many_numbers_is_that_of_a_plain_sum() {
        let numbers: Vec<f32> = (0..100_003).map(|index| (index as f32).sin()).collect();
        let expected: f64 = numbers.iter().map(|x| f64::from(*x).powi(2)).sum();
        let tensor = Tensor::new(numbers.as_slice(), &Device::Cpu).unwrap();
        assert!((sum_of_squares(&tensor).unwrap() / expected - 1.0).abs() < 1e-12);
        let turned = tensor.narrow(0, 0, 100_000).unwrap().reshape((100, 1000)).unwrap().t().unwrap();
        let plain = sum_of_squares(&tensor.narrow(0, 0, 100_000).unwrap()).unwrap();
        assert!((sum_of_squares(&turned).unwrap() / plain - 1.0).abs() < 1e-12);
    }
}
