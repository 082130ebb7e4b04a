//! `y = x · W + b`: a linear layer whose weight lies the other way round, as GPT-2's files have it.

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, forward, is_half, is_ours, slice, sum_rows, with};
use super::matmul::{Into, Matrix, multiply};
use super::{Init, Parameter, Scope, leaves};
use crate::{Error, Result};

/// A layer `y = x · W + b`: `weight` of `(inputs, outputs)`, `bias` of `(outputs)`. transformers calls it `Conv1D`.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::nn::{Conv1d, Init, Parameters};
///
/// let parameters = Parameters::new(&Device::Cpu, 0);
/// let layer = Conv1d::new(&parameters.root(), 3, 2, Init::Ones)?;
/// assert_eq!(parameters.get("weight").map(|weight| weight.var.dims().to_vec()), Some(vec![3, 2]));
/// let x = Tensor::new(&[[1f32, 2., 3.]], &Device::Cpu)?;
/// assert_eq!(layer.forward(&x)?.to_vec2::<f32>()?, [[6.0, 6.0]]);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Conv1d {
    weight: Parameter,
    bias: Parameter,
}

impl Conv1d {
    /// Makes `weight`, and `bias` of zeros, in `scope`.
    ///
    /// # Errors
    /// The names are taken.
    pub fn new(scope: &Scope, inputs: usize, outputs: usize, init: Init) -> Result<Self> {
        let weight = scope.get(&[inputs, outputs], "weight", init)?;
        Ok(Self { weight, bias: scope.get(&[outputs], "bias", Init::Zeros)? })
    }

    /// The weight, `(inputs, outputs)`.
    pub fn weight(&self) -> &Parameter {
        &self.weight
    }

    /// The bias, `(outputs)`.
    pub fn bias(&self) -> &Parameter {
        &self.bias
    }

    /// `(…, inputs)` to `(…, outputs)`.
    ///
    /// # Errors
    /// `x` has another last dimension.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (inputs, outputs) = self.weight.var.dims2()?;
        if x.dims().last() != Some(&inputs) {
            let problem = format!("has shape {:?}, but {} takes vectors of {inputs}", x.dims(), self.weight.name);
            return Err(Error::input("x", problem));
        }
        conv1d(x, &self.weight.tensor(), &self.bias.tensor(), outputs)
    }
}

fn conv1d(x: &Tensor, weight: &Tensor, bias: &Tensor, outputs: usize) -> Result<Tensor> {
    if is_half(x) {
        let single = |tensor: &Tensor| tensor.to_dtype(DType::F32);
        return Ok(conv1d(&single(x)?, &single(weight)?, &single(bias)?, outputs)?.to_dtype(x.dtype())?);
    }
    if is_ours(x) {
        return Ok(x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, Product)?);
    }
    composed(x, weight, bias, outputs)
}

/// The same of candle's operations, for other devices.
fn composed(x: &Tensor, weight: &Tensor, bias: &Tensor, outputs: usize) -> Result<Tensor> {
    let mut shape = x.dims().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    let flat = x.reshape(((), weight.dim(0)?))?;
    Ok(flat.matmul(weight)?.broadcast_add(bias)?.reshape(shape)?)
}

struct Product;

impl Product {
    fn forward<T: Real>(x: &[T], weight: &[T], bias: &[T], inputs: usize) -> Vec<T> {
        let (rows, outputs) = (x.len().checked_div(inputs).unwrap_or(0), bias.len());
        let mut y = vec![T::ZERO; rows * outputs];
        for_rows(&mut y, outputs, |_, rows| {
            rows.chunks_exact_mut(outputs.max(1)).for_each(|row| row.copy_from_slice(bias));
        });
        let (x, weight) = (Matrix::new(x, rows, inputs), Matrix::new(weight, inputs, outputs));
        multiply(&mut y, outputs, Into::Add, T::ONE, x, weight, false);
        y
    }

    /// The gradients of `x` and of the weight: `g · Wᵀ` and `xᵀ · g`, each where it is wanted.
    fn backward<T: Real>(x: &Tensor, weight: &Tensor, grad: &Tensor) -> candle_core::Result<[Option<Tensor>; 2]> {
        let (inputs, outputs) = weight.dims2()?;
        let rows = grad.elem_count().checked_div(outputs).unwrap_or(0);
        with::<T, _>(grad, |g| {
            let g = Matrix::new(g, rows, outputs);
            let mut grads = [None, None];
            if x.track_op() {
                let mut dx = vec![T::ZERO; rows * inputs];
                with::<T, _>(weight, |weight| {
                    let weight = Matrix::new(weight, inputs, outputs).t();
                    multiply(&mut dx, inputs, Into::Replace, T::ONE, g, weight, false);
                    Ok(())
                })?;
                grads[0] = leaves::give_numbers(x, dx)?;
            }
            if weight.track_op() {
                let mut dw = vec![T::ZERO; inputs * outputs];
                with::<T, _>(x, |x| {
                    let x = Matrix::new(x, rows, inputs).t();
                    multiply(&mut dw, outputs, Into::Replace, T::ONE, x, g, false);
                    Ok(())
                })?;
                grads[1] = leaves::give_numbers(weight, dw)?;
            }
            Ok(grads)
        })
    }
}

impl CustomOp3 for Product {
    fn name(&self) -> &'static str {
        "conv1d"
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
        let (inputs, outputs) = w_l.shape().dims2()?;
        let mut shape = x_l.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = outputs;
        }
        let y = forward!(x, "conv1d", T => {
            let (x, weight, bias) = (slice::<T>(x, x_l)?, slice::<T>(w, w_l)?, slice::<T>(b, b_l)?);
            T::to_cpu_storage_owned(Self::forward(x, weight, bias, inputs))
        });
        Ok((y, shape.into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        backward!(grad, "conv1d", T => {
            let [dx, dw] = Self::backward::<T>(x, w, grad)?;
            if !b.track_op() {
                return Ok((dx, dw, None));
            }
            let db = with::<T, _>(grad, |g| Ok(sum_rows(g, b.elem_count())))?;
            Ok((dx, dw, leaves::give_numbers(b, db)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::{Device, Var};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (x, w, b) = (numbers(&[2, 3, 5], 1), numbers(&[5, 4], 2), numbers(&[4], 3));
        check_gradients(&[x, w, b], |t| conv1d(&t[0], &t[1], &t[2], 4));
    }

    #[test]
    fn equals_candles_operations_also_on_a_transposed_input() {
        let (x, w, b) = (numbers(&[7, 6], 1), numbers(&[7, 4], 2), numbers(&[4], 3));
        let x = x.t().unwrap();
        close(&conv1d(&x, &w, &b, 4).unwrap(), &composed(&x, &w, &b, 4).unwrap(), 1e-12);
    }

    #[test]
    fn a_frozen_weight_gets_no_gradient() {
        let x = Var::from_tensor(&numbers(&[3, 5], 1)).unwrap();
        let (w, b) = (numbers(&[5, 4], 2), Var::from_tensor(&numbers(&[4], 3)).unwrap());
        let grads = crate::nn::backward(&conv1d(&x, &w, &b, 4).unwrap().sum_all().unwrap()).unwrap();
        assert!(grads.get(&w).is_none() && grads.get(&x).is_some() && grads.get(&b).is_some());
    }

    #[test]
    fn a_wrong_shape_is_named() {
        let parameters = crate::nn::Parameters::new(&Device::Cpu, 0);
        let layer = Conv1d::new(&parameters.root().pp("c_attn"), 3, 2, Init::Zeros).unwrap();
        let error = layer.forward(&numbers(&[2, 4], 1)).unwrap_err().to_string();
        assert!(error.contains("c_attn.weight takes vectors of 3") && error.contains("[2, 4]"), "{error}");
    }
}
