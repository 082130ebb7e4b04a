//! Softmax and its logarithm over the last dimension, each one operation with its own backward pass.

use candle_core::{CpuStorage, CustomOp1, D, DType, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, forward, is_half, is_ours, largest, slice, sum, with};
use crate::Result;

/// `e^xᵢ / Σ e^xⱼ` over the last dimension.
///
/// ```
/// use candle_core::{Device, Tensor};
/// let x = Tensor::new(&[0f32, 2f32.ln(), f32::NEG_INFINITY], &Device::Cpu)?;
/// let y = course_models::nn::softmax(&x)?.to_vec1::<f32>()?;
/// assert!((y[0] - 1.0 / 3.0).abs() < 1e-6 && (y[1] - 2.0 / 3.0).abs() < 1e-6 && y[2] == 0.0);
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// A tensor without dimensions.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    apply(x, Softmax { logarithm: false })
}

/// `xᵢ − ln Σ e^xⱼ` over the last dimension.
///
/// # Errors
/// A tensor without dimensions.
pub fn log_softmax(x: &Tensor) -> Result<Tensor> {
    apply(x, Softmax { logarithm: true })
}

fn apply(x: &Tensor, softmax: Softmax) -> Result<Tensor> {
    x.dim(D::Minus1)?;
    if is_half(x) {
        return Ok(apply(&x.to_dtype(DType::F32)?, softmax)?.to_dtype(x.dtype())?);
    }
    if !is_ours(x) {
        return composed(x, softmax.logarithm);
    }
    Ok(x.contiguous()?.apply_op1(softmax)?)
}

fn composed(x: &Tensor, logarithm: bool) -> Result<Tensor> {
    let shifted = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    let powers = shifted.exp()?;
    let sums = powers.sum_keepdim(D::Minus1)?;
    Ok(if logarithm { shifted.broadcast_sub(&sums.log()?)? } else { powers.broadcast_div(&sums)? })
}

/// Makes a row its softmax, in place.
#[inline(always)]
pub(super) fn softmax_row<T: Real>(row: &mut [T]) {
    let top = largest(row);
    for x in row.iter_mut() {
        *x = (*x - top).exp();
    }
    let share = T::ONE / sum(row.len(), |i| row[i]);
    row.iter_mut().for_each(|x| *x *= share);
}

#[derive(Clone, Copy)]
struct Softmax {
    logarithm: bool,
}

impl Softmax {
    fn forward<T: Real>(self, x: &[T], width: usize) -> Vec<T> {
        let mut y = vec![T::ZERO; x.len()];
        for_rows(&mut y, width, |first, rows| {
            for (y, x) in rows.chunks_exact_mut(width).zip(x[first * width..].chunks_exact(width)) {
                if self.logarithm {
                    let top = largest(x);
                    let shift = top + sum(width, |i| (x[i] - top).exp()).ln();
                    y.iter_mut().zip(x).for_each(|(y, x)| *y = *x - shift);
                } else {
                    y.copy_from_slice(x);
                    softmax_row(y);
                }
            }
        });
        y
    }

    /// `y · (g − Σ g·y)`, and of the logarithm `g − e^y · Σ g`.
    fn backward<T: Real>(self, y: &[T], g: &[T], width: usize) -> Vec<T> {
        let mut dx = vec![T::ZERO; y.len()];
        for_rows(&mut dx, width, |first, rows| {
            let (y, g) = (&y[first * width..], &g[first * width..]);
            for ((dx, y), g) in rows.chunks_exact_mut(width).zip(y.chunks_exact(width)).zip(g.chunks_exact(width)) {
                if self.logarithm {
                    let total = sum(width, |i| g[i]);
                    dx.iter_mut().zip(y.iter().zip(g)).for_each(|(dx, (y, g))| *dx = *g - y.exp() * total);
                } else {
                    let total = sum(width, |i| g[i] * y[i]);
                    dx.iter_mut().zip(y.iter().zip(g)).for_each(|(dx, (y, g))| *dx = *y * (*g - total));
                }
            }
        });
        dx
    }
}

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        if self.logarithm { "log_softmax" } else { "softmax" }
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let width = layout.shape().dim(D::Minus1)?.max(1);
        let y = forward!(x, self.name(), T => T::to_cpu_storage_owned(self.forward(slice::<T>(x, layout)?, width)));
        Ok((y, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, y: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let width = x.dim(D::Minus1)?.max(1);
        backward!(grad, self.name(), T => {
            let dx = with::<T, _>(y, |y| with::<T, _>(grad, |g| Ok(self.backward(y, g, width))))?;
            Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use proptest::prelude::*;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let x = numbers(&[2, 3, 11], 1);
        check_gradients(std::slice::from_ref(&x), |t| softmax(&t[0]));
        check_gradients(&[x], |t| log_softmax(&t[0]));
    }

    proptest! {
        #[test]
        fn equals_candles_operations_for_any_shape_and_stride(
            (a, b, c) in (1usize..5, 1usize..5, 1usize..40), order in 0usize..3, masked in any::<bool>(), logarithm in any::<bool>(),
        ) {
            let x = (numbers(&[a, b, c], 1) * 5.0).unwrap();
            let x = x.permute([[0, 1, 2], [2, 0, 1], [1, 2, 0]][order]).unwrap();
            // A mask that leaves the first number of each row.
            let width = x.dim(D::Minus1).unwrap();
            let mask = (0..width).map(|i| if masked && i % 2 == 1 { f64::NEG_INFINITY } else { 0.0 }).collect::<Vec<_>>();
            let x = x.broadcast_add(&Tensor::from_vec(mask, width, x.device()).unwrap()).unwrap();
            let ours = apply(&x, Softmax { logarithm }).unwrap();
            let theirs = composed(&x, logarithm).unwrap();
            let finite = |t: &Tensor| t.exp().unwrap();
            close(&finite(&ours), &finite(&theirs), 1e-12);
            let single = x.to_dtype(DType::F32).unwrap();
            close(&finite(&apply(&single, Softmax { logarithm }).unwrap()), &finite(&theirs), 1e-5);
        }
    }
}
