//! The feed-forward block of a transformer layer, one operation: only its input and its output are nodes of the graph.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Shape, Tensor, WithDType, bail};

use super::cpu::{Real, backward, forward, slice, sum_rows, with};
use super::linear::product;
use super::matmul::{Into, Matrix, multiply};
use super::{Activation, Linear, leaves};
use crate::Result;

/// `down(activation(up(x)))`, `(…, size)` to `(…, size)`.
///
/// The widest tensors of a transformer layer are inside; as one operation they need no gradients of candle's own, which would each
/// be three more passes over memory. Where that is not possible (other devices, half precision, a weight that is computed from others,
/// LoRA beside one), it is the three one after the other, with the same numbers.
///
/// The gradients of the weights come by [`backward`](super::backward) of this module.
///
/// # Errors
/// Shapes that do not fit.
pub fn feed_forward(x: &Tensor, up: &Linear, activation: Activation, down: &Linear) -> Result<Tensor> {
    let (wide, narrow) = (up.tensors(), down.tensors());
    let weights = [&wide.0, &narrow.0].into_iter().chain(wide.1.iter()).chain(narrow.1.iter());
    let fits = x.dims().last() == wide.0.dims().get(1) && wide.0.dims().first() == narrow.0.dims().get(1);
    if !fits || up.is_adapted() || down.is_adapted() || !leaves::joinable(x, weights) {
        return down.forward(&up.forward_activated(x, activation)?);
    }
    let block = FeedForward { up: wide, down: narrow, activation, inside: OnceLock::new() };
    Ok(x.contiguous()?.apply_op1(block)?)
}

/// A weight and a bias.
type Weights = (Tensor, Option<Tensor>);

struct FeedForward {
    up: Weights,
    down: Weights,
    activation: Activation,
    /// Before and after the activation, flat.
    inside: OnceLock<[Tensor; 2]>,
}

impl FeedForward {
    fn forward<T: Real>(&self, x: &[T]) -> candle_core::Result<Vec<T>> {
        let before = product::<T>(x, &self.up)?;
        let after = self.activation.values(&before);
        let y = product::<T>(&after, &self.down)?;
        let length = before.len();
        let keep = |numbers: Vec<T>| Tensor::from_vec(numbers, length, &Device::Cpu);
        // Set once: an operation runs forward once.
        let _ = self.inside.set([keep(before)?, keep(after)?]);
        Ok(y)
    }

    fn backward<T: Real>(&self, x: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let Some([before, after]) = self.inside.get() else { bail!("feed_forward: backward before forward") };
        let (size, inner) = self.down.0.dims2()?;
        let rows = grad.elem_count().checked_div(size).unwrap_or(0);
        let mut inside = vec![T::ZERO; rows * inner];
        with::<T, _>(grad, |g| {
            with::<T, _>(&self.down.0, |down| {
                let (g, down) = (Matrix::new(g, rows, size), Matrix::new(down, size, inner));
                multiply(&mut inside, inner, Into::Replace, T::ONE, g, down, false);
                Ok(())
            })?;
            with::<T, _>(after, |after| give::<T>(&self.down, g, after, rows))
        })?;
        with::<T, _>(before, |before| {
            self.activation.slopes_in_place(before, &mut inside);
            Ok(())
        })?;
        with::<T, _>(x, |x| give::<T>(&self.up, &inside, x, rows))?;
        if !x.track_op() {
            return Ok(None);
        }
        let inputs = self.up.0.dim(1)?;
        let mut dx = vec![T::ZERO; rows * inputs];
        with::<T, _>(&self.up.0, |up| {
            let (g, up) = (Matrix::new(&inside, rows, inner), Matrix::new(up, inner, inputs));
            multiply(&mut dx, inputs, Into::Replace, T::ONE, g, up, false);
            Ok(())
        })?;
        leaves::give_numbers(x, dx)
    }
}

/// The gradients of a layer's weight and bias, given its output's gradient and its input.
fn give<T: Real>((weight, bias): &Weights, g: &[T], x: &[T], rows: usize) -> candle_core::Result<()> {
    let (outputs, inputs) = weight.dims2()?;
    if weight.track_op() {
        let mut dw = vec![T::ZERO; outputs * inputs];
        let (g, x) = (Matrix::new(g, rows, outputs), Matrix::new(x, rows, inputs));
        multiply(&mut dw, inputs, Into::Replace, T::ONE, g.t(), x, false);
        leaves::give_aside(weight, dw)?;
    }
    match bias {
        Some(bias) if bias.track_op() => leaves::give_aside(bias, sum_rows(g, outputs)),
        _ => Ok(()),
    }
}

impl CustomOp1 for FeedForward {
    fn name(&self) -> &'static str {
        "feed_forward"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let mut shape = layout.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = self.down.0.dim(0)?;
        }
        let y = forward!(x, "feed_forward", T => T::to_cpu_storage_owned(self.forward(slice::<T>(x, layout)?)?));
        Ok((y, shape.into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        backward!(grad, "feed_forward", T => self.backward::<T>(x, grad))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_joined, numbers};
    use crate::nn::{Init, Parameters};
    use candle_core::{DType, Var};

    fn layers(parameters: &Parameters, bias: bool) -> (Linear, Linear) {
        let linear = |name, inputs, outputs| {
            Linear::new(&parameters.root().pp(name), inputs, outputs, bias, Init::Normal { std: 0.5 }).unwrap()
        };
        (linear("up", 3, 7), linear("down", 7, 3))
    }

    #[test]
    fn equals_the_three_one_after_the_other() {
        for (bias, frozen) in [(true, "none"), (false, "none"), (true, "up"), (true, "down.weight"), (true, "")] {
            let parameters = Parameters::new(&Device::Cpu, 3).dtype(DType::F64);
            let (up, down) = layers(&parameters, bias);
            parameters.freeze(|name| name.starts_with(frozen));
            let x = Var::from_tensor(&numbers(&[2, 5, 3], 1)).unwrap();
            let joined = |x: &Tensor| feed_forward(x, &up, Activation::Gelu, &down);
            let apart = |x: &Tensor| down.forward(&up.forward_activated(x, Activation::Gelu)?);
            check_joined(&parameters, &x, joined, apart);
        }
    }

    #[test]
    fn candles_own_backward_is_refused() {
        let parameters = Parameters::new(&Device::Cpu, 3);
        let (up, down) = layers(&parameters, true);
        let x = Var::from_tensor(&numbers(&[2, 3], 1).to_dtype(DType::F32).unwrap()).unwrap();
        let loss = feed_forward(&x, &up, Activation::Relu, &down).unwrap().sum_all().unwrap();
        assert!(loss.backward().unwrap_err().to_string().contains("nn::backward"));
    }
}
