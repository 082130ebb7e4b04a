//! Root-mean-square normalization, as Llama uses it (Zhang and Sennrich, 2019).

use candle_core::{CpuStorage, CustomOp2, D, DType, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, for_rows_summing, forward, is_half, is_ours, slice, sum, with};
use super::{Init, Parameter, Scope, leaves};
use crate::{Error, Result};

/// `weight · x / √(mean(x²) + eps)` over the last dimension.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::nn::{Parameters, RmsNorm};
///
/// let parameters = Parameters::new(&Device::Cpu, 0);
/// let norm = RmsNorm::new(&parameters.root().pp("norm"), 2, 0.0)?;
/// let x = Tensor::new(&[[1f32, 7.]], &Device::Cpu)?;
/// assert_eq!(norm.forward(&x)?.to_vec2::<f32>()?, [[0.2, 1.4]]);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RmsNorm {
    weight: Parameter,
    eps: f64,
}

impl RmsNorm {
    /// Makes `weight` of `(size)`, ones, in `scope`.
    ///
    /// # Errors
    /// The name is taken.
    pub fn new(scope: &Scope, size: usize, eps: f64) -> Result<Self> {
        Ok(Self { weight: scope.get(&[size], "weight", Init::Ones)?, eps })
    }

    /// `(…, size)` to the same shape.
    ///
    /// # Errors
    /// `x` has another last dimension.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        rms_norm(x, &self.weight.tensor(), self.eps)
    }
}

/// `weight · x / √(mean(x²) + eps)` over the last dimension: `(…, size)` and `(size)`.
///
/// # Errors
/// Shapes that do not fit.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    if x.dims().last().is_none_or(|size| weight.dims() != [*size]) {
        return Err(Error::input(
            "x",
            format!("has shape {:?}, but the norm's weight is {:?}", x.dims(), weight.dims()),
        ));
    }
    if is_half(x) {
        let single = |tensor: &Tensor| tensor.to_dtype(DType::F32);
        return Ok(rms_norm(&single(x)?, &single(weight)?, eps)?.to_dtype(x.dtype())?);
    }
    if !is_ours(x) {
        return composed(x, weight, eps);
    }
    Ok(x.contiguous()?.apply_op2(&weight.contiguous()?, Norm { eps })?)
}

fn composed(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let root = (x.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    Ok(x.broadcast_div(&root)?.broadcast_mul(weight)?)
}

struct Norm {
    eps: f64,
}

impl Norm {
    /// 1 / √(mean(x²) + eps) of a row.
    #[inline(always)]
    fn scale<T: Real>(&self, x: &[T]) -> T {
        let mean = sum(x.len(), |i| x[i] * x[i]) / T::of(x.len() as f64);
        T::ONE / (mean + T::of(self.eps)).sqrt()
    }

    fn forward<T: Real>(&self, x: &[T], weight: &[T]) -> Vec<T> {
        let width = weight.len();
        let mut y = vec![T::ZERO; x.len()];
        for_rows(&mut y, width, |first, rows| {
            for (y, x) in rows.chunks_exact_mut(width).zip(x[first * width..].chunks_exact(width)) {
                let scale = self.scale(x);
                for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
                    *y = *x * scale * *w;
                }
            }
        });
        y
    }

    /// With n = x / root and h = g · weight: dx = (h − n · mean(h · n)) / root, dweight = Σ g · n.
    fn backward<T: Real>(&self, x: &[T], weight: &[T], g: &[T]) -> (Vec<T>, Vec<T>) {
        let width = weight.len();
        let mut dx = vec![T::ZERO; x.len()];
        let dw = for_rows_summing(&mut dx, width, width, |first, rows, dw| {
            let (x, g) = (&x[first * width..], &g[first * width..]);
            for ((dx, x), g) in rows.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(g.chunks_exact(width)) {
                let scale = self.scale(x);
                let (x, g, w) = (&x[..width], &g[..width], &weight[..width]);
                let mean_hn = sum(width, |i| g[i] * w[i] * x[i]) * scale / T::of(width as f64);
                for i in 0..width {
                    let n = x[i] * scale;
                    dx[i] = (g[i] * w[i] - n * mean_hn) * scale;
                    dw[i] += g[i] * n;
                }
            }
        });
        (dx, dw)
    }
}

impl CustomOp2 for Norm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_l: &Layout,
        w: &CpuStorage,
        w_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let y = forward!(x, "rms_norm", T => {
            T::to_cpu_storage_owned(self.forward(slice::<T>(x, x_l)?, slice::<T>(w, w_l)?))
        });
        Ok((y, x_l.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        backward!(grad, "rms_norm", T => {
            let (dx, dw) = with::<T, _>(x, |x| {
                with::<T, _>(w, |w| with::<T, _>(grad, |g| Ok(self.backward(x, w, g))))
            })?;
            Ok((leaves::give_numbers(x, dx)?, leaves::give_numbers(w, dw)?))
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
        check_gradients(&[numbers(&[2, 3, 9], 1), numbers(&[9], 2)], |t| rms_norm(&t[0], &t[1], 1e-5));
    }

    proptest! {
        #[test]
        fn equals_candles_operations_for_any_shape_and_stride((rows, size) in (1usize..90, 1usize..70), turned in any::<bool>()) {
            let x = if turned { numbers(&[size, rows], 1).t().unwrap() } else { numbers(&[rows, size], 1) };
            let w = numbers(&[size], 2);
            let expected = composed(&x, &w, 1e-5).unwrap();
            close(&rms_norm(&x, &w, 1e-5).unwrap(), &expected, 1e-12);
            let single = |t: &Tensor| t.to_dtype(DType::F32).unwrap();
            close(&rms_norm(&single(&x), &single(&w), 1e-5).unwrap(), &expected, 1e-4);
        }
    }
}
