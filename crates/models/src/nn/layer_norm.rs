//! Layer normalization: each vector with mean 0 and variance 1, then scaled and shifted (Ba, Kiros and Hinton, 2016).

use candle_core::{CpuStorage, CustomOp3, D, DType, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, for_rows_summing, forward, is_half, is_ours, slice, sum, with};
use super::{Init, Parameter, Scope, leaves};
use crate::{Error, Result};

/// `weight · (x − mean) / √(variance + eps) + bias` over the last dimension.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::nn::{LayerNorm, Parameters};
///
/// let parameters = Parameters::new(&Device::Cpu, 0);
/// let norm = LayerNorm::new(&parameters.root().pp("LayerNorm"), 2, 1e-12)?;
/// let x = Tensor::new(&[[3f32, 5.]], &Device::Cpu)?;
/// assert_eq!(norm.forward(&x)?.to_vec2::<f32>()?, [[-1.0, 1.0]]);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Parameter,
    bias: Parameter,
    eps: f64,
}

impl LayerNorm {
    /// Makes `weight` (ones) and `bias` (zeros), both of `(size)`, in `scope`.
    ///
    /// # Errors
    /// The names are taken.
    pub fn new(scope: &Scope, size: usize, eps: f64) -> Result<Self> {
        Ok(Self {
            weight: scope.get(&[size], "weight", Init::Ones)?,
            bias: scope.get(&[size], "bias", Init::Zeros)?,
            eps,
        })
    }

    /// `(…, size)` to the same shape.
    ///
    /// # Errors
    /// `x` has another last dimension.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.weight.tensor(), &self.bias.tensor(), self.eps)
    }
}

/// `weight · (x − mean) / √(variance + eps) + bias` over the last dimension: `(…, size)`, `(size)`, `(size)`.
///
/// # Errors
/// Shapes that do not fit.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let size = x.dims().last().copied();
    if size.is_none_or(|size| weight.dims() != [size] || bias.dims() != [size]) {
        return Err(Error::input(
            "x",
            format!(
                "has shape {:?}, but the norm's weight is {:?} and its bias {:?}",
                x.dims(),
                weight.dims(),
                bias.dims()
            ),
        ));
    }
    if is_half(x) {
        let single = |tensor: &Tensor| tensor.to_dtype(DType::F32);
        return Ok(layer_norm(&single(x)?, &single(weight)?, &single(bias)?, eps)?.to_dtype(x.dtype())?);
    }
    if !is_ours(x) {
        return composed(x, weight, bias, eps);
    }
    Ok(x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, Norm { eps })?)
}

fn composed(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let centered = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let deviation = (centered.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    Ok(centered.broadcast_div(&deviation)?.broadcast_mul(weight)?.broadcast_add(bias)?)
}

struct Norm {
    eps: f64,
}

impl Norm {
    /// The mean of a row and 1 / √(variance + eps).
    #[inline(always)]
    fn statistics<T: Real>(&self, x: &[T]) -> (T, T) {
        let share = T::ONE / T::of(x.len() as f64);
        let mean = sum(x.len(), |i| x[i]) * share;
        let variance = sum(x.len(), |i| (x[i] - mean) * (x[i] - mean)) * share;
        (mean, T::ONE / (variance + T::of(self.eps)).sqrt())
    }

    fn forward<T: Real>(&self, x: &[T], weight: &[T], bias: &[T]) -> Vec<T> {
        let width = weight.len();
        let mut y = vec![T::ZERO; x.len()];
        for_rows(&mut y, width, |first, rows| {
            for (y, x) in rows.chunks_exact_mut(width).zip(x[first * width..].chunks_exact(width)) {
                let (mean, scale) = self.statistics(x);
                for (((y, x), w), b) in y.iter_mut().zip(x).zip(weight).zip(bias) {
                    *y = (*x - mean) * scale * *w + *b;
                }
            }
        });
        y
    }

    /// With n = (x − mean) / deviation and h = g · weight: dx = (h − mean(h) − n · mean(h · n)) / deviation, dweight = Σ g · n,
    /// dbias = Σ g. Returns dx and the other two, one after the other.
    fn backward<T: Real>(&self, x: &[T], weight: &[T], g: &[T]) -> (Vec<T>, Vec<T>) {
        let width = weight.len();
        let share = T::ONE / T::of(width as f64);
        let mut dx = vec![T::ZERO; x.len()];
        let sums = for_rows_summing(&mut dx, width, 2 * width, |first, rows, sums| {
            let (dw, db) = sums.split_at_mut(width);
            let (x, g) = (&x[first * width..], &g[first * width..]);
            for ((dx, x), g) in rows.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(g.chunks_exact(width)) {
                let (mean, scale) = self.statistics(x);
                let (x, g, w) = (&x[..width], &g[..width], &weight[..width]);
                let mean_h = sum(width, |i| g[i] * w[i]) * share;
                let mean_hn = sum(width, |i| g[i] * w[i] * (x[i] - mean)) * scale * share;
                for i in 0..width {
                    let n = (x[i] - mean) * scale;
                    dx[i] = (g[i] * w[i] - mean_h - n * mean_hn) * scale;
                    dw[i] += g[i] * n;
                    db[i] += g[i];
                }
            }
        });
        (dx, sums)
    }
}

impl CustomOp3 for Norm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_l: &Layout,
        w: &CpuStorage,
        w_l: &Layout,
        b: &CpuStorage,
        b_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let y = forward!(x, "layer_norm", T => {
            let (x, w, b) = (slice::<T>(x, x_l)?, slice::<T>(w, w_l)?, slice::<T>(b, b_l)?);
            T::to_cpu_storage_owned(self.forward(x, w, b))
        });
        Ok((y, x_l.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        backward!(grad, "layer_norm", T => {
            let (dx, mut dw) = with::<T, _>(x, |x| {
                with::<T, _>(w, |w| with::<T, _>(grad, |g| Ok(self.backward(x, w, g))))
            })?;
            let db = dw.split_off(w.elem_count());
            Ok((leaves::give_numbers(x, dx)?, leaves::give_numbers(w, dw)?, leaves::give_numbers(b, db)?))
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
        let inputs = [numbers(&[2, 3, 9], 1), numbers(&[9], 2), numbers(&[9], 3)];
        check_gradients(&inputs, |t| layer_norm(&t[0], &t[1], &t[2], 1e-5));
    }

    proptest! {
        #[test]
        fn equals_candles_operations_for_any_shape_and_stride((rows, more, size) in (1usize..60, 1usize..4, 1usize..70), turned in any::<bool>()) {
            let x = if turned { numbers(&[size, more, rows], 1).permute([2, 1, 0]).unwrap() } else { numbers(&[rows, more, size], 1) };
            let (w, b) = (numbers(&[size], 2), numbers(&[size], 3));
            let expected = composed(&x, &w, &b, 1e-5).unwrap();
            close(&layer_norm(&x, &w, &b, 1e-5).unwrap(), &expected, 1e-10);
            let single = |t: &Tensor| t.to_dtype(DType::F32).unwrap();
            close(&layer_norm(&single(&x), &single(&w), &single(&b), 1e-5).unwrap(), &expected, 1e-3);
        }
    }

    #[test]
    fn a_size_that_does_not_fit_is_named() {
        let error =
            layer_norm(&numbers(&[2, 3], 1), &numbers(&[4], 1), &numbers(&[4], 1), 1e-5).unwrap_err().to_string();
        assert!(error.contains("[2, 3]") && error.contains("[4]"), "{error}");
    }
}
