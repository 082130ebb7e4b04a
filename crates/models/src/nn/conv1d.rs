//! `y = x · W + b`: a linear layer whose weight lies the other way round, as GPT-2's files have it.

use candle_core::{DType, Tensor};

use super::cpu::{is_half, is_ours};
use super::linear::Product;
use super::modules::Slot;
use super::{Activation, Init, ModuleWeight, Parameter, Scope};
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
    adapter: Slot,
}

impl Conv1d {
    /// Makes `weight`, and `bias` of zeros, in `scope`.
    ///
    /// # Errors
    /// The names are taken.
    pub fn new(scope: &Scope, inputs: usize, outputs: usize, init: Init) -> Result<Self> {
        let weight = scope.get(&[inputs, outputs], "weight", init)?;
        let bias = scope.get(&[outputs], "bias", Init::Zeros)?;
        let adapter = scope.module(ModuleWeight::Conv1d(weight.clone()));
        Ok(Self { weight, bias, adapter })
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
        self.with(x, None)
    }

    /// `activation(x · W + b)`: as the two one after the other, with one pass over memory less forward and three less backward.
    ///
    /// # Errors
    /// `x` has another last dimension.
    pub fn forward_activated(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        self.with(x, Some(activation))
    }

    fn with(&self, x: &Tensor, activation: Option<Activation>) -> Result<Tensor> {
        let (inputs, outputs) = self.weight.var.dims2()?;
        if x.dims().last() != Some(&inputs) {
            let problem = format!("has shape {:?}, but {} takes vectors of {inputs}", x.dims(), self.weight.name);
            return Err(Error::input("x", problem));
        }
        let (weight, bias) = (self.weight.tensor(), self.bias.tensor());
        let Some(lora) = self.adapter.get() else { return conv1d(x, &weight, &bias, outputs, activation) };
        let y = lora.forward(x, (&weight, Some(&bias)), true, || conv1d(x, &weight, &bias, outputs, None))?;
        activation.map_or(Ok(y.clone()), |activation| activation.forward(&y))
    }
}

fn conv1d(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    outputs: usize,
    activation: Option<Activation>,
) -> Result<Tensor> {
    if is_half(x) {
        let single = |tensor: &Tensor| tensor.to_dtype(DType::F32);
        let y = conv1d(&single(x)?, &single(weight)?, &single(bias)?, outputs, activation)?;
        return Ok(y.to_dtype(x.dtype())?);
    }
    if is_ours(x) {
        let product = Product::new(true, activation);
        return Ok(x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, product)?);
    }
    let y = composed(x, weight, bias, outputs)?;
    activation.map_or(Ok(y.clone()), |activation| activation.forward(&y))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::{Device, Var};

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (x, w, b) = (numbers(&[2, 3, 5], 1), numbers(&[5, 4], 2), numbers(&[4], 3));
        let gelu = Some(Activation::GeluTanh);
        check_gradients(&[x.clone(), w.clone(), b.clone()], |t| conv1d(&t[0], &t[1], &t[2], 4, gelu));
        check_gradients(&[x, w, b], |t| conv1d(&t[0], &t[1], &t[2], 4, None));
    }

    #[test]
    fn equals_candles_operations_also_on_a_transposed_input() {
        let (x, w, b) = (numbers(&[7, 6], 1), numbers(&[7, 4], 2), numbers(&[4], 3));
        let x = x.t().unwrap();
        let expected = composed(&x, &w, &b, 4).unwrap();
        close(&conv1d(&x, &w, &b, 4, None).unwrap(), &expected, 1e-12);
        let activated = conv1d(&x, &w, &b, 4, Some(Activation::GeluTanh)).unwrap();
        close(&activated, &Activation::GeluTanh.forward(&expected).unwrap(), 1e-12);
    }

    #[test]
    fn a_frozen_weight_gets_no_gradient() {
        let x = Var::from_tensor(&numbers(&[3, 5], 1)).unwrap();
        let (w, b) = (numbers(&[5, 4], 2), Var::from_tensor(&numbers(&[4], 3)).unwrap());
        let grads = crate::nn::backward(&conv1d(&x, &w, &b, 4, None).unwrap().sum_all().unwrap()).unwrap();
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
