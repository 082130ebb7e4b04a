//! A frozen linear layer whose weight stays quantized: what QLoRA trains beside (Dettmers et al., 2023).

use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, is_ours, slice, with};
use super::linear::linear;
use super::matmul::{Into, Matrix, multiply};
use super::{Init, Parameter, Scope};
use crate::{Error, Result};

/// `y = x · Wᵀ + b` with a quantized `W` that is never trained: it becomes floats for the time of one product, forward and backward, so
/// that the gradient is exactly that of the forward pass.
#[derive(Clone)]
pub struct QuantizedLinear {
    weight: Arc<QTensor>,
    bias: Option<Parameter>,
}

impl QuantizedLinear {
    /// A layer of a quantized weight, `(outputs, inputs)`, without a bias.
    ///
    /// # Errors
    /// A weight that is no matrix.
    pub fn new(weight: Arc<QTensor>) -> Result<Self> {
        let shape = weight.shape().dims();
        if shape.len() != 2 {
            return Err(Error::input("weight", format!("has shape {shape:?}, not (outputs, inputs)")));
        }
        Ok(Self { weight, bias: None })
    }

    /// With a `bias` made in `scope`, of zeros.
    ///
    /// # Errors
    /// The name is taken.
    pub fn with_bias(mut self, scope: &Scope) -> Result<Self> {
        let outputs = self.weight.shape().dims().first().copied().unwrap_or(0);
        self.bias = Some(scope.get(&[outputs], "bias", Init::Zeros)?);
        Ok(self)
    }

    /// The weight.
    pub fn weight(&self) -> &Arc<QTensor> {
        &self.weight
    }

    /// `(…, inputs)` to `(…, outputs)`.
    ///
    /// # Errors
    /// `x` has another last dimension.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (outputs, inputs) = self.weight.shape().dims2()?;
        if x.dims().last() != Some(&inputs) {
            let (x, weight) = (x.dims(), self.weight.shape().dims());
            return Err(Error::input(
                "x",
                format!("has shape {x:?}, but the weight {weight:?} takes vectors of {inputs}"),
            ));
        }
        let y = if is_ours(x) && x.dtype() == DType::F32 {
            x.contiguous()?.apply_op1(Product { weight: Arc::clone(&self.weight), outputs, inputs })?
        } else {
            let weight = self.weight.dequantize(x.device())?.to_dtype(x.dtype())?;
            linear(x, &weight, None)?
        };
        Ok(match &self.bias {
            Some(bias) => y.broadcast_add(&bias.tensor().to_dtype(y.dtype())?)?,
            None => y,
        })
    }
}

impl std::fmt::Debug for QuantizedLinear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "QuantizedLinear({:?}, {:?})", self.weight.shape().dims(), self.weight.dtype())
    }
}

struct Product {
    weight: Arc<QTensor>,
    outputs: usize,
    inputs: usize,
}

impl Product {
    /// `x · Wᵀ`, or `x · W` on the way back.
    fn times<T: Real>(&self, x: &[T], back: bool) -> candle_core::Result<Vec<T>> {
        let weight = self.weight.dequantize(&Device::Cpu)?.to_dtype(T::DTYPE)?;
        with::<T, _>(&weight, |weight| {
            let weight = Matrix::new(weight, self.outputs, self.inputs);
            let (from, to, weight) = match back {
                false => (self.inputs, self.outputs, weight.t()),
                true => (self.outputs, self.inputs, weight),
            };
            let rows = x.len().checked_div(from).unwrap_or(0);
            let mut y = vec![T::ZERO; rows * to];
            multiply(&mut y, to, Into::Replace, T::ONE, Matrix::new(x, rows, from), weight, false);
            Ok(y)
        })
    }
}

impl CustomOp1 for Product {
    fn name(&self) -> &'static str {
        "quantized_linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let mut shape = layout.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = self.outputs;
        }
        let _timer = super::profile::timer("quantized_linear", false);
        let y = self.times(slice::<f32>(x, layout)?, false)?;
        Ok((f32::to_cpu_storage_owned(y), shape.into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let _timer = super::profile::timer("quantized_linear", true);
        let dx = with::<f32, _>(grad, |g| self.times(g, true))?;
        Tensor::from_vec(dx, x.shape(), x.device()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Parameters;
    use crate::nn::testing::{close, numbers};
    use candle_core::Var;
    use candle_core::quantized::GgmlDType;

    #[test]
    fn equals_the_linear_layer_of_the_same_weight_forward_and_backward() {
        let weight = numbers(&[6, 64], 1).to_dtype(DType::F32).unwrap();
        for dtype in [GgmlDType::Q8_0, GgmlDType::Q4_0] {
            let weight = Arc::new(QTensor::quantize(&weight, dtype).unwrap());
            let floats = weight.dequantize(&Device::Cpu).unwrap();
            let parameters = Parameters::new(&Device::Cpu, 0);
            let layer = QuantizedLinear::new(weight).unwrap().with_bias(&parameters.root()).unwrap();
            let x = Var::from_tensor(&numbers(&[2, 3, 64], 2).to_dtype(DType::F32).unwrap()).unwrap();
            let (ours, plain) = (layer.forward(&x).unwrap(), linear(&x, &floats, None).unwrap());
            close(&ours, &plain, 1e-5);
            let grads = |y: &Tensor| y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            let (ours, plain) = (grads(&ours), grads(&plain));
            close(ours.get(&x).unwrap(), plain.get(&x).unwrap(), 1e-4);
            let bias = parameters.get("bias").unwrap();
            assert!(ours.get(&bias.var).is_some());
        }
    }

    #[test]
    fn half_precision_and_wrong_shapes() {
        let weight = QTensor::quantize(&numbers(&[6, 64], 1).to_dtype(DType::F32).unwrap(), GgmlDType::Q8_0).unwrap();
        let layer = QuantizedLinear::new(Arc::new(weight)).unwrap();
        let x = numbers(&[3, 64], 2);
        let y = layer.forward(&x.to_dtype(DType::BF16).unwrap()).unwrap();
        assert_eq!(y.dtype(), DType::BF16);
        close(&y, &layer.forward(&x).unwrap(), 0.3);
        assert!(layer.forward(&numbers(&[3, 63], 2)).unwrap_err().to_string().contains("[3, 63]"));
    }
}
