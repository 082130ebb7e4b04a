//! Gradient checkpointing (Chen et al., 2016): a layer keeps what it was given, and computes the rest again when the backward pass comes by.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Shape, Storage, Tensor, Var, bail,
};

use super::{Parameters, RandomState, Scope, leaves};
use crate::{Error, Result};

/// Runs layers so that their activations can be let go of and computed again in the backward pass; see
/// [`Parameters::set_gradient_checkpointing`], which is off to begin with.
///
/// ```
/// use candle_core::{DType, Device, Tensor, Var};
/// use course_models::nn::{self, Init, Linear, Parameters, Recompute};
///
/// let parameters = Parameters::new(&Device::Cpu, 42);
/// let (layer, recompute) = (Linear::new(&parameters.root(), 4, 4, true, Init::Ones)?, Recompute::new(&parameters.root()));
/// parameters.set_training(true);
/// parameters.set_gradient_checkpointing(true);
/// let x = Var::ones((2, 4), DType::F32, &Device::Cpu)?;
/// let y = recompute.run([x.as_tensor()], move |[x]| layer.forward(&nn::gelu(x)?))?;
/// let gradients = nn::backward(&y.sum_all()?)?;
/// assert_eq!(gradients.get(&parameters.get("bias").unwrap().var).unwrap().to_vec1::<f32>()?, [2.0; 4]);
/// # Ok::<(), course_models::Error>(())
/// ```
#[derive(Clone)]
pub struct Recompute {
    parameters: Parameters,
}

impl Recompute {
    /// For the layers of the model that `scope` is a place of.
    pub fn new(scope: &Scope) -> Self {
        scope.parameters().set_can_recompute();
        Self { parameters: scope.parameters().clone() }
    }

    /// `layer(inputs)`, of one to three inputs. What else the layer reads must come from no variable but the model's own weights.
    ///
    /// It is run as it is while the model does not train, and where none of the inputs has a gradient: that is the first layer above what is frozen.
    ///
    /// # Errors
    /// Those of the layer.
    pub fn run<const N: usize>(
        &self,
        inputs: [&Tensor; N],
        layer: impl Fn([&Tensor; N]) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Result<Tensor> {
        let parameters = &self.parameters;
        let on = parameters.is_training() && parameters.is_recording() && parameters.gradient_checkpointing();
        if !on || !inputs.iter().any(|input| input.track_op()) {
            return layer(inputs);
        }
        let layer = move |inputs: &[Tensor]| match inputs.first() {
            // As many as were given.
            Some(first) => layer(std::array::from_fn(|place| inputs.get(place).unwrap_or(first))),
            None => Err(Error::input("inputs", "a layer has at least one")),
        };
        let replay = Replay {
            parameters: parameters.clone(),
            state: parameters.random_state(),
            layer: Arc::new(layer),
            output: Mutex::default(),
        };
        let inputs = inputs.map(|input| input.contiguous());
        let inputs = inputs.into_iter().collect::<candle_core::Result<Vec<_>>>()?;
        // With the graph that the backward pass will have, so that the same operations give the same numbers; it goes as soon as they are there.
        let output = (replay.layer)(&replay.leaves(&inputs.iter().collect::<Vec<_>>())?)?.detach();
        replay.keep(output)?;
        Ok(match inputs.as_slice() {
            [a] => a.apply_op1(replay)?,
            [a, b] => a.apply_op2(b, replay)?,
            [a, b, c] => a.apply_op3(b, c, replay)?,
            others => return Err(Error::input("inputs", format!("are {}, and a layer may have three", others.len()))),
        })
    }
}

/// A layer that ran, to be run again.
struct Replay {
    parameters: Parameters,
    /// Where the random numbers were: dropout drops the same again.
    state: RandomState,
    layer: Arc<Layer>,
    /// What it gave, until the operation takes it.
    output: Mutex<Option<Tensor>>,
}

type Layer = dyn Fn(&[Tensor]) -> Result<Tensor> + Send + Sync;

impl Replay {
    fn keep(&self, output: Tensor) -> Result<()> {
        let (from, length) = {
            let (storage, layout) = output.storage_and_layout();
            let all = match &*storage {
                Storage::Cpu(storage) => storage_length(storage),
                _ => output.elem_count(),
            };
            (layout.start_offset(), all)
        };
        let whole = output.is_contiguous() && from == 0 && length == output.elem_count();
        let output = if whole { output } else { output.affine(1.0, 0.0)? };
        *self.output.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
        Ok(())
    }

    /// What the layer gave, as a storage of its own.
    fn give<S>(&self, of: impl Fn(&Storage, &Layout) -> candle_core::Result<S>) -> candle_core::Result<(S, Shape)> {
        let Some(output) = self.output.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            bail!("gradient checkpointing: a layer's numbers were taken already");
        };
        let (storage, layout) = output.storage_and_layout();
        Ok((of(&storage, layout)?, output.shape().clone()))
    }

    fn give_cpu(&self) -> candle_core::Result<(CpuStorage, Shape)> {
        self.give(|storage, layout| match storage {
            Storage::Cpu(storage) => storage.try_clone(layout),
            _ => bail!("gradient checkpointing: the layer left the CPU"),
        })
    }

    fn give_cuda(&self) -> candle_core::Result<(CudaStorage, Shape)> {
        self.give(|storage, layout| match storage {
            Storage::Cuda(storage) => storage.try_clone(layout),
            _ => bail!("gradient checkpointing: the layer left the GPU"),
        })
    }

    /// Inputs that gradients can be asked of; others stay as they are.
    fn leaves(&self, inputs: &[&Tensor]) -> candle_core::Result<Vec<Tensor>> {
        let leaf = |input: &&Tensor| -> candle_core::Result<Tensor> {
            match input.track_op() {
                true => Ok(Var::from_tensor(&input.detach())?.as_tensor().clone()),
                false => Ok((*input).clone()),
            }
        };
        inputs.iter().map(leaf).collect()
    }

    /// Runs the layer again, and goes backward through it from the gradient of what it gave.
    fn back(&self, inputs: &[&Tensor], grad: &Tensor) -> candle_core::Result<Vec<Option<Tensor>>> {
        let leaves = self.leaves(inputs)?;
        let now = (self.parameters.random_state(), self.parameters.is_training());
        self.parameters.set_random_state(self.state);
        self.parameters.set_training(true);
        let output = (self.layer)(&leaves);
        self.parameters.set_random_state(now.0);
        self.parameters.set_training(now.1);
        let output = output.map_err(candle_core::Error::wrap)?;
        // The gradient of this sum with respect to the output is `grad`.
        let from = (output * grad.detach())?.sum_all()?;
        let weights = self.parameters.trainable();
        leaves::backward_inside(&from, weights.iter().map(|weight| weight.var.as_tensor()), &leaves)
    }
}

fn storage_length(storage: &CpuStorage) -> usize {
    match storage {
        CpuStorage::F32(numbers) => numbers.len(),
        CpuStorage::F64(numbers) => numbers.len(),
        CpuStorage::BF16(numbers) => numbers.len(),
        CpuStorage::F16(numbers) => numbers.len(),
        _ => 0,
    }
}

const NAME: &str = "gradient checkpointing";

impl CustomOp1 for Replay {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        self.give_cpu()
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> candle_core::Result<(CudaStorage, Shape)> {
        self.give_cuda()
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        Ok(self.back(&[x], grad)?.into_iter().next().flatten())
    }
}

impl CustomOp2 for Replay {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.give_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> candle_core::Result<(CudaStorage, Shape)> {
        self.give_cuda()
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        let mut grads = self.back(&[a, b], grad)?.into_iter();
        Ok((grads.next().flatten(), grads.next().flatten()))
    }
}

impl CustomOp3 for Replay {
    fn name(&self) -> &'static str {
        NAME
    }

    fn cpu_fwd(
        &self,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
        _: &CpuStorage,
        _: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.give_cpu()
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
        _: &CudaStorage,
        _: &Layout,
    ) -> candle_core::Result<(CudaStorage, Shape)> {
        self.give_cuda()
    }

    fn bwd(
        &self,
        a: &Tensor,
        b: &Tensor,
        c: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let mut grads = self.back(&[a, b, c], grad)?.into_iter();
        Ok((grads.next().flatten(), grads.next().flatten(), grads.next().flatten()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{close, numbers};
    use crate::nn::{Dropout, Init, Linear, backward, gelu};
    use candle_core::{DType, Device};

    /// Three layers with dropout; what is added to all of them is trained too.
    struct Stack {
        parameters: Parameters,
        layers: Vec<Arc<(Linear, Dropout)>>,
        recompute: Recompute,
    }

    impl Stack {
        fn new() -> Self {
            let parameters = Parameters::new(&Device::Cpu, 3);
            let root = parameters.root();
            let layer = |number: usize| {
                let linear = Linear::new(&root.pp(number), 6, 6, true, Init::Normal { std: 0.5 }).unwrap();
                Arc::new((linear, root.dropout(0.3)))
            };
            let layers = (0..3).map(layer).collect();
            root.get(&[4, 6], "added", Init::Normal { std: 1.0 }).unwrap();
            parameters.set_training(true);
            Self { recompute: Recompute::new(&root), layers, parameters }
        }

        fn loss(&self, x: &Tensor) -> Tensor {
            let added = self.parameters.get("added").unwrap().tensor();
            let added = (added * 0.5).unwrap();
            let mut hidden = (x + 0.0).unwrap();
            for layer in &self.layers {
                let layer = Arc::clone(layer);
                let run = move |[x, added]: [&Tensor; 2]| {
                    let (linear, dropout) = layer.as_ref();
                    dropout.forward_residual(&gelu(&linear.forward(x)?)?, &(x + added)?)
                };
                hidden = self.recompute.run([&hidden, &added], run).unwrap();
            }
            hidden.sqr().unwrap().sum_all().unwrap()
        }
    }

    #[test]
    fn gradients_are_the_same_to_the_last_bit() {
        let stack = Stack::new();
        let x = Var::from_tensor(&numbers(&[4, 6], 1).to_dtype(DType::F32).unwrap()).unwrap();
        let state = stack.parameters.random_state();
        let run = |on: bool| {
            stack.parameters.set_gradient_checkpointing(on);
            stack.parameters.set_random_state(state);
            let loss = stack.loss(&x);
            let draws = stack.parameters.random_state().draws;
            let gradients = backward(&loss).unwrap();
            assert_eq!(stack.parameters.random_state().draws, draws);
            let all = stack.parameters.trainable().into_iter().map(|parameter| parameter.var);
            let all = all.chain([x.clone()]).map(|var| gradients.get(&var).unwrap().clone()).collect::<Vec<_>>();
            (loss, draws, all)
        };
        let ((plain, draws, expected), (loss, again, found)) = (run(false), run(true));
        close(&loss, &plain, 0.0);
        assert_eq!(draws, again);
        assert_eq!(expected.len(), found.len());
        for (found, expected) in found.iter().zip(&expected) {
            close(found, expected, 0.0);
        }
    }

    #[test]
    fn it_runs_as_it_is_where_nothing_would_be_gained() {
        let stack = Stack::new();
        stack.parameters.set_gradient_checkpointing(true);
        assert!(stack.parameters.can_recompute());
        let x = numbers(&[4, 6], 1).to_dtype(DType::F32).unwrap();
        let once = stack.recompute.run([&x], |[x]| Ok((x * 2.0)?)).unwrap();
        assert!(!once.track_op());
        let weight = stack.parameters.get("added").unwrap();
        let still = stack.parameters.no_grad(|| stack.recompute.run([&weight.tensor()], |[x]| Ok((x * 2.0)?))).unwrap();
        assert!(!still.track_op());
        // An error of the layer is the layer's.
        let wrong = stack.recompute.run([&weight.tensor()], |_| Err(Error::input("x", "is wrong"))).unwrap_err();
        assert_eq!(wrong.to_string(), "x: is wrong");
        // Candle's own backward pass would lose the weights' gradients: it is refused.
        let error = stack.loss(&Var::from_tensor(&x).unwrap()).backward().unwrap_err().to_string();
        assert!(error.contains("nn::backward"), "{error}");
    }
}
