//! LoRA: beside a frozen matrix two thin ones that train (Hu et al., 2021).
//!
//! `y = x · Wᵀ + b + s · (x · Aᵀ) · Bᵀ`, with `A` of `(r, inputs)` and `B` of `(outputs, r)`. It is one operation, whose backward pass has three
//! thin products in place of the wide one for `W`, and holds nothing of the size of `y` but `y`.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp3, DType, Device, Layout, Shape, Tensor, WithDType, bail};

use super::cpu::{Real, backward, forward, is_half, is_ours, slice, with};
use super::dropout::{Mask, dropout};
use super::linear::{affine, linear};
use super::matmul::{Into, Matrix, multiply};
use super::{Dropout, Init, Module, ModuleWeight, Parameter, Scope, leaves};
use crate::{Error, Result};

/// The two thin matrices beside a layer's weight, how much their product counts, and what their input drops in training.
#[derive(Clone, Debug)]
pub struct Lora {
    a: Parameter,
    b: Parameter,
    scale: f64,
    dropout: Dropout,
}

impl Lora {
    /// Makes `lora_A.weight` and `lora_B.weight` beside `module`. `A` begins with random numbers and `B` with zeros, so that the
    /// layer begins as it was.
    ///
    /// # Errors
    /// A rank of 0; there is one already.
    pub fn new(root: &Scope, module: &Module, rank: usize, scale: f64, dropout: f32) -> Result<Self> {
        if rank == 0 {
            return Err(Error::input("r", "is 0; a rank between 4 and 64 is usual"));
        }
        let (inputs, outputs) = module.weight.sizes();
        let scope = root.pp(&module.name);
        let a = scope.pp("lora_A").get(&[rank, inputs], "weight", Init::KaimingUniform)?;
        let b = scope.pp("lora_B").get(&[outputs, rank], "weight", Init::Zeros)?;
        Ok(Self { a, b, scale, dropout: scope.dropout(dropout) })
    }

    /// `A`, `(r, inputs)`.
    pub fn a(&self) -> &Parameter {
        &self.a
    }

    /// `B`, `(outputs, r)`.
    pub fn b(&self) -> &Parameter {
        &self.b
    }

    /// What the product of the two is multiplied with: `alpha / r`.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// `weight + s · B · A`, lying as the weight does.
    pub(crate) fn merged(&self, weight: &ModuleWeight) -> Result<Tensor> {
        let single = |parameter: &Parameter| parameter.var.as_detached_tensor().to_dtype(wide(parameter.var.dtype()));
        let change = (single(&self.b)?.matmul(&single(&self.a)?)? * self.scale)?;
        let (change, base) = match weight {
            ModuleWeight::Linear(base) => (change, base),
            ModuleWeight::Conv1d(base) => (change.t()?, base),
        };
        let merged = (single(base)?.to_dtype(change.dtype())? + change)?;
        Ok(merged.to_dtype(base.var.dtype())?.contiguous()?)
    }

    /// What the layer gives with this beside it; `base` gives what it gives without.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        (weight, bias): (&Tensor, Option<&Tensor>),
        inputs_first: bool,
        base: impl Fn() -> Result<Tensor>,
    ) -> Result<Tensor> {
        let beside = Beside { a: self.a.tensor(), b: self.b.tensor(), scale: self.scale, mask: self.dropout.mask()? };
        let weights = [Some(weight), bias, Some(&beside.a), Some(&beside.b)];
        let same = weights.iter().flatten().all(|tensor| tensor.dtype() == x.dtype() && is_ours(tensor));
        // The operation knows of no gradients for weight and bias.
        let frozen = !weight.track_op() && bias.is_none_or(|bias| !bias.track_op());
        if !(same && frozen && is_ours(x)) {
            let beside = beside.composed(x)?;
            return Ok((base()? + beside)?);
        }
        beside.joined(x, weight, bias, inputs_first)
    }
}

/// What a sum is computed in.
fn wide(dtype: DType) -> DType {
    if dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

/// What is computed beside one product.
struct Beside {
    a: Tensor,
    b: Tensor,
    scale: f64,
    mask: Option<Mask>,
}

impl Beside {
    /// `s · (x · Aᵀ) · Bᵀ` of operations one after the other; in half precision the thin product is computed in `f32`.
    fn composed(self, x: &Tensor) -> Result<Tensor> {
        let computed = if is_half(x) { DType::F32 } else { x.dtype() };
        let (a, b) = (self.a.to_dtype(computed)?, self.b.to_dtype(computed)?);
        let mut input = x.to_dtype(computed)?;
        if let Some(mask) = self.mask {
            input = dropout(&input, mask)?;
        }
        let down = linear(&input, &a, None)?;
        Ok((linear(&down, &b, None)? * self.scale)?.to_dtype(x.dtype())?)
    }

    /// The whole, one operation.
    fn joined(self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, inputs_first: bool) -> Result<Tensor> {
        let (first, second) = weight.dims2()?;
        let sizes = if inputs_first { [first, second] } else { [second, first] };
        if x.dims().last() != Some(&sizes[0]) {
            let problem = format!("has shape {:?}, but the layer takes vectors of {}", x.dims(), sizes[0]);
            return Err(Error::input("x", problem));
        }
        let (a, b) = (self.a.contiguous()?, self.b.contiguous()?);
        let operation = Adapted {
            weight: weight.contiguous()?,
            bias: bias.map(Tensor::contiguous).transpose()?,
            inputs_first,
            sizes,
            scale: self.scale,
            mask: self.mask,
            down: OnceLock::new(),
        };
        Ok(x.contiguous()?.apply_op3(&a, &b, operation)?)
    }
}

/// The operation; its arguments are `x`, `A` and `B`.
struct Adapted {
    weight: Tensor,
    bias: Option<Tensor>,
    inputs_first: bool,
    /// Inputs and outputs.
    sizes: [usize; 2],
    scale: f64,
    mask: Option<Mask>,
    /// `x · Aᵀ`, `(rows, r)`, of what dropout left of `x`.
    down: OnceLock<Tensor>,
}

impl Adapted {
    /// The weight as `(inputs, outputs)`.
    fn weights<'a, T: Real>(&self, weight: &'a [T]) -> Matrix<'a, T> {
        let [inputs, outputs] = self.sizes;
        match self.inputs_first {
            true => Matrix::new(weight, inputs, outputs),
            false => Matrix::new(weight, outputs, inputs).t(),
        }
    }

    /// Gives `work` what dropout leaves of `x`.
    fn dropped<T: Real, R>(&self, x: &[T], work: impl FnOnce(&[T]) -> R) -> R {
        match &self.mask {
            Some(mask) => work(&mask.apply(x)),
            None => work(x),
        }
    }

    fn forward<T: Real>(&self, x: &[T], a: &[T], b: &[T], rank: usize) -> candle_core::Result<Vec<T>> {
        let [inputs, outputs] = self.sizes;
        let rows = x.len().checked_div(inputs).unwrap_or(0);
        let mut y = with::<T, _>(&self.weight, |weight| match &self.bias {
            Some(bias) => with::<T, _>(bias, |bias| Ok(affine(x, self.weights(weight), Some(bias), self.sizes))),
            None => Ok(affine(x, self.weights(weight), None, self.sizes)),
        })?;
        let mut down = vec![T::ZERO; rows * rank];
        self.dropped(x, |x| {
            let (x, a) = (Matrix::new(x, rows, inputs), Matrix::new(a, rank, inputs));
            multiply(&mut down, rank, Into::Replace, T::ONE, x, a.t(), false);
        });
        let (from, b) = (Matrix::new(&down, rows, rank), Matrix::new(b, outputs, rank));
        multiply(&mut y, outputs, Into::Add, T::of(self.scale), from, b.t(), false);
        // Set once: an operation runs forward once.
        let _ = self.down.set(Tensor::from_vec(down, (rows, rank), &Device::Cpu)?);
        Ok(y)
    }

    /// The gradients of `x`, `A` and `B`, each where it is wanted.
    fn backward<T: Real>(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<[Option<Tensor>; 3]> {
        let Some(down) = self.down.get() else { bail!("lora: backward before forward") };
        let [inputs, outputs] = self.sizes;
        let (rows, rank) = down.dims2()?;
        let mut grads = [None, None, None];
        with::<T, _>(grad, |g| {
            let g = Matrix::new(g, rows, outputs);
            if b.track_op() {
                let mut db = vec![T::ZERO; outputs * rank];
                with::<T, _>(down, |down| {
                    let down = Matrix::new(down, rows, rank);
                    multiply(&mut db, rank, Into::Replace, T::of(self.scale), g.t(), down, false);
                    Ok(())
                })?;
                grads[2] = leaves::give_numbers(b, db)?;
            }
            if !a.track_op() && !x.track_op() {
                return Ok(());
            }
            // s · g · B, the gradient of x · Aᵀ.
            let mut thin = vec![T::ZERO; rows * rank];
            with::<T, _>(b, |b| {
                let b = Matrix::new(b, outputs, rank);
                multiply(&mut thin, rank, Into::Replace, T::of(self.scale), g, b, false);
                Ok(())
            })?;
            let thin = Matrix::new(&thin, rows, rank);
            if a.track_op() {
                let mut da = vec![T::ZERO; rank * inputs];
                with::<T, _>(x, |x| {
                    self.dropped(x, |x| {
                        let x = Matrix::new(x, rows, inputs);
                        multiply(&mut da, inputs, Into::Replace, T::ONE, thin.t(), x, false);
                    });
                    Ok(())
                })?;
                grads[1] = leaves::give_numbers(a, da)?;
            }
            if x.track_op() {
                let mut dx = vec![T::ZERO; rows * inputs];
                with::<T, _>(a, |a| {
                    let a = Matrix::new(a, rank, inputs);
                    multiply(&mut dx, inputs, Into::Replace, T::ONE, thin, a, false);
                    Ok(())
                })?;
                if let Some(mask) = &self.mask {
                    dx = mask.apply(&dx);
                }
                with::<T, _>(&self.weight, |weight| {
                    multiply(&mut dx, inputs, Into::Add, T::ONE, g, self.weights(weight).t(), false);
                    Ok(())
                })?;
                grads[0] = leaves::give_numbers(x, dx)?;
            }
            Ok(())
        })?;
        Ok(grads)
    }
}

impl CustomOp3 for Adapted {
    fn name(&self) -> &'static str {
        "lora"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_l: &Layout,
        a: &CpuStorage,
        a_l: &Layout,
        b: &CpuStorage,
        b_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let mut shape = x_l.dims().to_vec();
        if let Some(last) = shape.last_mut() {
            *last = self.sizes[1];
        }
        let (rank, _) = a_l.shape().dims2()?;
        let y = forward!(x, "lora", T => {
            let (x, a, b) = (slice::<T>(x, x_l)?, slice::<T>(a, a_l)?, slice::<T>(b, b_l)?);
            T::to_cpu_storage_owned(self.forward(x, a, b, rank)?)
        });
        Ok((y, shape.into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [dx, da, db] = backward!(grad, "lora", T => self.backward::<T>(x, a, b, grad)?);
        Ok((dx, da, db))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{check_gradients, close, numbers};
    use crate::nn::{Activation, Conv1d, Linear, Parameters, backward, feed_forward};

    /// A layer `5 → 4` and one that lies the other way round, both with LoRA of random numbers beside them, all frozen but that.
    fn adapted(share: f32) -> (Parameters, Linear, Conv1d) {
        let parameters = Parameters::new(&Device::Cpu, 3).dtype(DType::F64);
        let root = parameters.root();
        let init = Init::Normal { std: 0.5 };
        let linear = Linear::new(&root.pp("linear"), 5, 4, true, init).unwrap();
        let conv1d = Conv1d::new(&root.pp("conv1d"), 5, 4, init).unwrap();
        parameters.freeze(|_| true);
        for (module, seed) in parameters.modules().iter().zip(1..) {
            let lora = Lora::new(&root, module, 2, 1.5, share).unwrap();
            lora.b.var.set(&numbers(&[4, 2], seed)).unwrap();
            assert!(module.set_adapter(Some(lora)));
        }
        (parameters, linear, conv1d)
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (x, w) = (numbers(&[2, 3, 5], 1), numbers(&[4, 5], 2));
        let (a, b) = (numbers(&[2, 5], 4), numbers(&[4, 2], 5));
        let (parameters, ..) = adapted(0.3);
        parameters.set_training(true);
        let state = parameters.random_state();
        let some = parameters.root().dropout(0.3);
        for (mask, bias, inputs_first) in [(false, true, false), (true, false, false), (true, true, true)] {
            let weight = if inputs_first { w.t().unwrap() } else { w.clone() };
            check_gradients(&[x.clone(), a.clone(), b.clone()], |t| {
                parameters.set_random_state(state);
                let mask = if mask { some.mask()? } else { None };
                let beside = Beside { a: t[1].clone(), b: t[2].clone(), scale: 1.5, mask };
                beside.joined(&t[0], &weight, bias.then_some(&numbers(&[4], 3)), inputs_first)
            });
            let beside = |mask| Beside { a: a.clone(), b: b.clone(), scale: 1.5, mask };
            let bias = bias.then_some(&numbers(&[4], 3)).cloned();
            let mask = if mask { some.mask().unwrap() } else { None };
            let joined = beside(mask).joined(&x, &weight, bias.as_ref(), inputs_first).unwrap();
            let apart = (linear(&x, &w, bias.as_ref()).unwrap() + beside(mask).composed(&x).unwrap()).unwrap();
            close(&joined, &apart, 1e-12);
        }
    }

    #[test]
    fn only_the_thin_matrices_train_and_merged_is_the_same() {
        for share in [0.0, 0.4] {
            let (parameters, linear, conv1d) = adapted(share);
            let x = numbers(&[3, 5], 7);
            parameters.set_training(true);
            let y = (linear.forward(&x).unwrap() + conv1d.forward_activated(&x, Activation::Gelu).unwrap()).unwrap();
            let grads = backward(&y.sqr().unwrap().sum_all().unwrap()).unwrap();
            for parameter in parameters.named() {
                let thin = parameter.name.contains("lora_");
                assert_eq!(parameter.is_trainable(), thin, "{}", parameter.name);
                assert_eq!(grads.get(&parameter.var).is_some(), thin, "{}", parameter.name);
            }
            // Nothing of the frozen weights' size is computed backward: they are not in the graph.
            let mut sizes = grads.get_ids().filter_map(|id| grads.get_id(*id)).map(Tensor::elem_count);
            assert!(sizes.all(|size| size != 4 * 5));

            parameters.set_training(false);
            let before = (linear.forward(&x).unwrap(), conv1d.forward(&x).unwrap());
            for module in parameters.modules() {
                let lora = module.adapter().unwrap();
                let merged = lora.merged(&module.weight).unwrap();
                assert!(module.set_adapter(None));
                let plain = if module.name == "linear" { linear.forward(&x) } else { conv1d.forward(&x) };
                let with = if module.name == "linear" { &before.0 } else { &before.1 };
                let differ = (plain.unwrap() - with).unwrap().abs().unwrap().max_all().unwrap();
                assert!(differ.to_scalar::<f64>().unwrap() > 0.1);
                module.weight.parameter().var.set(&merged).unwrap();
            }
            close(&linear.forward(&x).unwrap(), &before.0, 1e-12);
            close(&conv1d.forward(&x).unwrap(), &before.1, 1e-12);
        }
    }

    #[test]
    fn a_joined_operation_sees_it_and_a_trained_weight_still_trains() {
        let parameters = Parameters::new(&Device::Cpu, 3).dtype(DType::F64);
        let root = parameters.root();
        let init = Init::Normal { std: 0.5 };
        let up = Linear::new(&root.pp("up"), 5, 4, true, init).unwrap();
        let down = Linear::new(&root.pp("down"), 4, 5, true, init).unwrap();
        let x = numbers(&[3, 5], 7);
        let without = feed_forward(&x, &up, Activation::Gelu, &down).unwrap();
        let module = parameters.modules().into_iter().find(|module| module.name == "up").unwrap();
        let lora = Lora::new(&root, &module, 2, 1.0, 0.0).unwrap();
        let b = lora.b.clone();
        assert!(module.set_adapter(Some(lora)));
        // B begins with zeros.
        close(&feed_forward(&x, &up, Activation::Gelu, &down).unwrap(), &without, 1e-12);
        b.var.set(&numbers(&[4, 2], 1)).unwrap();
        let y = feed_forward(&x, &up, Activation::Gelu, &down).unwrap();
        let apart = down.forward(&up.forward_activated(&x, Activation::Gelu).unwrap()).unwrap();
        close(&y, &apart, 1e-12);
        // Not frozen: every parameter gets its gradient.
        let grads = backward(&y.sqr().unwrap().sum_all().unwrap()).unwrap();
        assert!(parameters.named().iter().all(|parameter| grads.get(&parameter.var).is_some()));
    }

    #[test]
    fn half_precision_computes_in_single() {
        let parameters = Parameters::new(&Device::Cpu, 3).dtype(DType::BF16);
        let layer = Linear::new(&parameters.root().pp("l"), 8, 4, false, Init::Normal { std: 0.5 }).unwrap();
        let module = parameters.modules().remove(0);
        let lora = Lora::new(&parameters.root(), &module, 2, 1.0, 0.0).unwrap();
        lora.b.var.set(&numbers(&[4, 2], 1).to_dtype(DType::BF16).unwrap()).unwrap();
        let merged = lora.merged(&module.weight).unwrap();
        let x = numbers(&[3, 8], 7).to_dtype(DType::BF16).unwrap();
        assert!(module.set_adapter(Some(lora)));
        let y = layer.forward(&x).unwrap();
        assert_eq!(y.dtype(), DType::BF16);
        close(&y, &linear(&x, &merged, None).unwrap(), 0.1);
    }

    #[test]
    fn no_model_is_held_by_its_own_adapter() {
        let (parameters, linear, conv1d) = adapted(0.1);
        let module = parameters.modules().remove(0);
        assert!(module.adapter().is_some());
        drop((linear, conv1d));
        assert!(module.adapter().is_none() && !module.set_adapter(None));
    }
}
