//! `y = x · Wᵀ + b`: one operation, with a backward pass that copies no transpose and leaves out what is frozen.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, DType, Device, Layout, Shape, Tensor, WithDType};

use super::cpu::{Real, backward, for_rows, forward, is_half, is_ours, slice, sum_rows, with};
use super::matmul::{Into, Matrix, multiply};
use super::modules::Slot;
use super::{Activation, Init, ModuleWeight, Parameter, Scope, leaves};
use crate::{Error, Result};

/// A layer `y = x · Wᵀ + b`: `weight` of `(outputs, inputs)`, `bias` of `(outputs)`, as PyTorch's.
///
/// A frozen weight costs nothing in the backward pass, which then goes to `x` alone: this is what makes LoRA cheap. A [`Lora`](super::Lora) may be
/// put beside it later, by the layer's name.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use course_models::nn::{Init, Linear, Parameters};
///
/// let parameters = Parameters::new(&Device::Cpu, 0);
/// let layer = Linear::new(&parameters.root(), 3, 2, true, Init::Ones)?;
/// let x = Tensor::new(&[[1f32, 2., 3.]], &Device::Cpu)?;
/// assert_eq!(layer.forward(&x)?.to_vec2::<f32>()?, [[6.0, 6.0]]);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Parameter,
    bias: Option<Parameter>,
    adapter: Slot,
}

impl Linear {
    /// Makes `weight`, and `bias` if there is one, in `scope`. The bias begins with zeros, with [`Init::KaimingUniform`] as
    /// PyTorch's does: uniform up to 1 / √inputs.
    ///
    /// # Errors
    /// The names are taken.
    pub fn new(scope: &Scope, inputs: usize, outputs: usize, bias: bool, init: Init) -> Result<Self> {
        let weight = scope.get(&[outputs, inputs], "weight", init)?;
        let start = match init {
            Init::KaimingUniform => Init::Uniform { bound: 1.0 / (inputs.max(1) as f64).sqrt() },
            _ => Init::Zeros,
        };
        let bias = bias.then(|| scope.get(&[outputs], "bias", start)).transpose()?;
        let adapter = scope.module(ModuleWeight::Linear(weight.clone()));
        Ok(Self { weight, bias, adapter })
    }

    /// A layer of parameters that are there already: `lm_head` with the weight of the embedding.
    pub fn tied(weight: &Parameter, bias: Option<&Parameter>) -> Self {
        Self { weight: weight.clone(), bias: bias.cloned(), adapter: Slot::default() }
    }

    /// The weight, `(outputs, inputs)`.
    pub fn weight(&self) -> &Parameter {
        &self.weight
    }

    /// The bias, `(outputs)`, if there is one.
    pub fn bias(&self) -> Option<&Parameter> {
        self.bias.as_ref()
    }

    /// `(…, inputs)` to `(…, outputs)`.
    ///
    /// # Errors
    /// `x` has another last dimension.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.with(x, None)
    }

    /// `activation(x · Wᵀ + b)`: as the two one after the other, with one pass over memory less forward and three less backward.
    ///
    /// # Errors
    /// `x` has another last dimension.
    pub fn forward_activated(&self, x: &Tensor, activation: Activation) -> Result<Tensor> {
        self.with(x, Some(activation))
    }

    /// Weight and bias as an operation uses them.
    pub(super) fn tensors(&self) -> (Tensor, Option<Tensor>) {
        (self.weight.tensor(), self.bias.as_ref().map(Parameter::tensor))
    }

    /// Whether something is computed beside the weight, so that [`tensors`](Self::tensors) are not all of it.
    pub(super) fn is_adapted(&self) -> bool {
        self.adapter.is_taken()
    }

    fn with(&self, x: &Tensor, activation: Option<Activation>) -> Result<Tensor> {
        let (weight, bias) = self.tensors();
        let y = match self.adapter.get() {
            None => apply(x, &weight, bias.as_ref(), activation),
            Some(lora) => {
                let base = || apply(x, &weight, bias.as_ref(), None);
                let y = lora.forward(x, (&weight, bias.as_ref()), false, base);
                y.and_then(|y| activation.map_or(Ok(y.clone()), |activation| activation.forward(&y)))
            }
        };
        y.map_err(|error| match error {
            Error::BadInput { argument, problem } => {
                Error::BadInput { argument, problem: format!("{}: {problem}", self.weight.name) }
            }
            other => other,
        })
    }
}

/// `x · weightᵀ + bias` over the last dimension: `(…, inputs)`, `(outputs, inputs)`, `(outputs)` to `(…, outputs)`.
///
/// # Errors
/// Shapes that do not fit.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    apply(x, weight, bias, None)
}

/// `activation(x · weightᵀ + bias)`, one operation.
///
/// # Errors
/// Shapes that do not fit.
pub fn linear_activated(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, activation: Activation) -> Result<Tensor> {
    apply(x, weight, bias, Some(activation))
}

fn apply(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, activation: Option<Activation>) -> Result<Tensor> {
    let inputs = x.dims().last().copied();
    let [outputs, weight_inputs] = *weight.dims() else {
        return Err(Error::input("weight", format!("has shape {:?}, not (outputs, inputs)", weight.dims())));
    };
    if inputs != Some(weight_inputs) {
        return Err(Error::input(
            "x",
            format!("has shape {:?}, but the weight {:?} takes vectors of {weight_inputs}", x.dims(), weight.dims()),
        ));
    }
    if let Some(bias) = bias.filter(|bias| bias.dims() != [outputs]) {
        return Err(Error::input("bias", format!("has shape {:?}, not ({outputs})", bias.dims())));
    }
    if is_half(x) {
        let single = |tensor: &Tensor| tensor.to_dtype(DType::F32);
        let bias = bias.map(single).transpose()?;
        return Ok(apply(&single(x)?, &single(weight)?, bias.as_ref(), activation)?.to_dtype(x.dtype())?);
    }
    if !is_ours(x) {
        let y = composed(x, weight, bias)?;
        return activation.map_or(Ok(y.clone()), |activation| activation.forward(&y));
    }
    let (x, weight) = (x.contiguous()?, weight.contiguous()?);
    let product = Product::new(false, activation);
    Ok(match bias {
        Some(bias) => x.apply_op3(&weight, &bias.contiguous()?, product)?,
        None => x.apply_op2(&weight, product)?,
    })
}

/// The same of candle's operations, for other devices.
fn composed(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let inputs = weight.dim(1)?;
    let mut shape = x.dims().to_vec();
    let y = x.reshape(((), inputs))?.matmul(&weight.t()?)?;
    if let Some(last) = shape.last_mut() {
        *last = weight.dim(0)?;
    }
    let y = y.reshape(shape)?;
    Ok(match bias {
        Some(bias) => y.broadcast_add(bias)?,
        None => y,
    })
}

/// `x · Wᵀ + b` of rows of numbers.
pub(super) fn product<T: Real>(x: &[T], (weight, bias): &(Tensor, Option<Tensor>)) -> candle_core::Result<Vec<T>> {
    let (outputs, inputs) = weight.dims2()?;
    with::<T, _>(weight, |weight| {
        let weights = Matrix::new(weight, outputs, inputs).t();
        match bias {
            Some(bias) => with::<T, _>(bias, |bias| Ok(affine(x, weights, Some(bias), [inputs, outputs]))),
            None => Ok(affine(x, weights, None, [inputs, outputs])),
        }
    })
}

/// With weights of `(inputs, outputs)`.
pub(super) fn affine<T: Real>(
    x: &[T],
    weights: Matrix<'_, T>,
    bias: Option<&[T]>,
    [inputs, outputs]: [usize; 2],
) -> Vec<T> {
    let rows = x.len().checked_div(inputs).unwrap_or(0);
    let mut y = vec![T::ZERO; rows * outputs];
    let how = match bias {
        Some(bias) if outputs > 0 => {
            for_rows(&mut y, outputs, |_, rows| {
                rows.chunks_exact_mut(outputs).for_each(|row| row.copy_from_slice(bias))
            });
            Into::Add
        }
        _ => Into::Replace,
    };
    multiply(&mut y, outputs, how, T::ONE, Matrix::new(x, rows, inputs), weights, false);
    y
}

/// The operation, also of weights that lie the other way round.
pub(super) struct Product {
    /// Whether the weight is of `(inputs, outputs)` and not of `(outputs, inputs)`.
    inputs_first: bool,
    activation: Option<Activation>,
    /// What the activation was applied to, flat.
    before: OnceLock<Tensor>,
}

impl Product {
    pub(super) fn new(inputs_first: bool, activation: Option<Activation>) -> Self {
        Self { inputs_first, activation, before: OnceLock::new() }
    }

    fn operation(&self) -> &'static str {
        if self.inputs_first { "conv1d" } else { "linear" }
    }

    /// How many inputs and outputs a weight of this shape has.
    fn sizes(&self, (first, second): (usize, usize)) -> [usize; 2] {
        if self.inputs_first { [first, second] } else { [second, first] }
    }

    /// A weight as `(inputs, outputs)`.
    fn weights<'a, T: Real>(&self, weight: &'a [T], [inputs, outputs]: [usize; 2]) -> Matrix<'a, T> {
        if self.inputs_first { Matrix::new(weight, inputs, outputs) } else { Matrix::new(weight, outputs, inputs).t() }
    }

    fn storage(
        &self,
        (x, x_layout): (&CpuStorage, &Layout),
        (weight, weight_layout): (&CpuStorage, &Layout),
        bias: Option<(&CpuStorage, &Layout)>,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let [inputs, outputs] = self.sizes(weight_layout.shape().dims2()?);
        let mut shape = x_layout.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = outputs;
        }
        let y = forward!(x, self.operation(), T => {
            let bias = bias.map(|(bias, layout)| slice::<T>(bias, layout)).transpose()?;
            let (x, weight) = (slice::<T>(x, x_layout)?, slice::<T>(weight, weight_layout)?);
            let y = affine(x, self.weights(weight, [inputs, outputs]), bias, [inputs, outputs]);
            let activated = self.activation.map(|activation| activation.values(&y));
            if let Some(activated) = activated {
                let length = y.len();
                // Set once: an operation runs forward once.
                let _ = self.before.set(Tensor::from_vec(y, length, &Device::Cpu)?);
                T::to_cpu_storage_owned(activated)
            } else {
                T::to_cpu_storage_owned(y)
            }
        });
        Ok((y, shape.into()))
    }

    /// The gradient of what the activation was applied to.
    fn before<T: Real>(&self, grad: &Tensor) -> candle_core::Result<Tensor> {
        match (self.activation, self.before.get()) {
            (Some(activation), Some(before)) => {
                let grads = with::<T, _>(before, |x| with::<T, _>(grad, |g| Ok(activation.slopes(x, g))))?;
                Tensor::from_vec(grads, grad.shape(), grad.device())
            }
            _ => Ok(grad.clone()),
        }
    }

    /// The gradients of `x` and of the weight: `g · W` and `gᵀ · x`, each where it is wanted.
    fn backward<T: Real>(
        &self,
        x: &Tensor,
        weight: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<[Option<Tensor>; 2]> {
        let [inputs, outputs] = self.sizes(weight.dims2()?);
        let rows = grad.elem_count().checked_div(outputs).unwrap_or(0);
        with::<T, _>(grad, |g| {
            let g = Matrix::new(g, rows, outputs);
            let mut grads = [None, None];
            if x.track_op() {
                let mut dx = vec![T::ZERO; rows * inputs];
                with::<T, _>(weight, |weight| {
                    let weights = self.weights(weight, [inputs, outputs]);
                    multiply(&mut dx, inputs, Into::Replace, T::ONE, g, weights.t(), false);
                    Ok(())
                })?;
                grads[0] = leaves::give_numbers(x, dx)?;
            }
            if weight.track_op() {
                let mut dw = vec![T::ZERO; outputs * inputs];
                with::<T, _>(x, |x| {
                    let x = Matrix::new(x, rows, inputs);
                    let (width, a, b) = if self.inputs_first { (outputs, x.t(), g) } else { (inputs, g.t(), x) };
                    multiply(&mut dw, width, Into::Replace, T::ONE, a, b, false);
                    Ok(())
                })?;
                grads[1] = leaves::give_numbers(weight, dw)?;
            }
            Ok(grads)
        })
    }
}

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        self.operation()
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_l: &Layout,
        w: &CpuStorage,
        w_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.storage((x, x_l), (w, w_l), None)
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        let [dx, dw] = backward!(grad, self.operation(), T => self.backward::<T>(x, w, &self.before::<T>(grad)?)?);
        Ok((dx, dw))
    }
}

impl CustomOp3 for Product {
    fn name(&self) -> &'static str {
        self.operation()
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
        self.storage((x, x_l), (w, w_l), Some((b, b_l)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        backward!(grad, self.operation(), T => {
            let grad = self.before::<T>(grad)?;
            let [dx, dw] = self.backward::<T>(x, w, &grad)?;
            let db = if b.track_op() {
                let sums = with::<T, _>(&grad, |g| Ok(sum_rows(g, b.elem_count())))?;
                leaves::give_numbers(b, sums)?
            } else {
                None
            };
            Ok((dx, dw, db))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::Var;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (x, w, b) = (numbers(&[2, 3, 5], 1), numbers(&[4, 5], 2), numbers(&[4], 3));
        check_gradients(&[x.clone(), w.clone(), b], |t| linear(&t[0], &t[1], Some(&t[2])));
        check_gradients(&[x, w], |t| linear(&t[0], &t[1], None));
    }

    #[test]
    fn an_activation_in_the_same_operation_changes_nothing() {
        let (x, w, b) = (numbers(&[2, 3, 5], 1), numbers(&[4, 5], 2), numbers(&[4], 3));
        for activation in [Activation::Gelu, Activation::Silu] {
            let ours = linear_activated(&x, &w, Some(&b), activation).unwrap();
            close(&ours, &activation.forward(&linear(&x, &w, Some(&b)).unwrap()).unwrap(), 1e-12);
            check_gradients(&[x.clone(), w.clone(), b.clone()], |t| {
                linear_activated(&t[0], &t[1], Some(&t[2]), activation)
            });
            check_gradients(&[x.clone(), w.clone()], |t| linear_activated(&t[0], &t[1], None, activation));
        }
    }

    #[test]
    fn equals_candles_operations_also_on_a_transposed_input() {
        let (x, w, b) = (numbers(&[7, 6], 1), numbers(&[4, 7], 2), numbers(&[4], 3));
        let x = x.t().unwrap();
        close(&linear(&x, &w, Some(&b)).unwrap(), &composed(&x, &w, Some(&b)).unwrap(), 1e-12);
    }

    #[test]
    fn a_frozen_weight_gets_no_gradient() {
        let x = Var::from_tensor(&numbers(&[3, 5], 1)).unwrap();
        let (w, b) = (numbers(&[4, 5], 2), Var::from_tensor(&numbers(&[4], 3)).unwrap());
        let grads = linear(&x, &w, Some(&b)).unwrap().sum_all().unwrap().backward().unwrap();
        assert!(grads.get(&w).is_none() && grads.get(&x).is_some() && grads.get(&b).is_some());
    }

    #[test]
    fn a_wrong_shape_is_named() {
        let parameters = crate::nn::Parameters::new(&Device::Cpu, 0);
        let layer = Linear::new(&parameters.root().pp("pooler"), 3, 2, true, Init::KaimingUniform).unwrap();
        let error = layer.forward(&numbers(&[2, 4], 1).to_dtype(DType::F32).unwrap()).unwrap_err().to_string();
        assert!(error.contains("pooler.weight") && error.contains("[2, 4]") && error.contains("[2, 3]"), "{error}");
    }

    #[test]
    fn half_precision_computes_in_single() {
        let half = |tensor: Tensor| tensor.to_dtype(DType::BF16).unwrap();
        let (x, w) = (half(numbers(&[3, 8], 1)), half(numbers(&[2, 8], 2)));
        let y = linear(&x, &w, None).unwrap();
        assert_eq!(y.dtype(), DType::BF16);
        let exact = composed(&x.to_dtype(DType::F64).unwrap(), &w.to_dtype(DType::F64).unwrap(), None).unwrap();
        close(&y.to_dtype(DType::F64).unwrap(), &exact, 1e-2);
    }
}
