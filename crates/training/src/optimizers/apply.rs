//! Weights and gradient of one parameter as slices of f32, whatever they are stored as and wherever.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, DType, Device, InplaceOp2, Layout, Tensor, Var};

use crate::Result;

/// What moves the weights (first) along the gradient (second).
pub(super) type Kernel<'k> = dyn FnMut(&mut [f32], &[f32]) + Send + 'k;

/// Lets `kernel` change the weights of `var`.
///
/// Weights in f32 on the CPU are changed where they lie. Others are moved as an f32 master copy, kept in `master` where f32 holds more than they do
/// (bf16 cannot hold most of the steps of training: 1 + 0.001 is 1 there), and written back rounded.
pub(super) fn apply(var: &Var, gradient: &Tensor, master: &mut Option<Vec<f32>>, kernel: &mut Kernel) -> Result<()> {
    let weights = var.as_tensor();
    let gradient = gradient.to_dtype(DType::F32)?.contiguous()?;
    if weights.dtype() == DType::F32 && weights.device().is_cpu() && weights.is_contiguous() {
        weights.inplace_op2(&gradient, &InPlace(Mutex::new(kernel)))?;
        return Ok(());
    }
    let numbers = |tensor: &Tensor| -> Result<Vec<f32>> {
        Ok(tensor.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)
    };
    let mut moved = match master.take() {
        Some(numbers) => numbers,
        None => numbers(weights)?,
    };
    kernel(&mut moved, &numbers(&gradient)?);
    let tensor = Tensor::from_slice(&moved, weights.shape(), &Device::Cpu)?;
    var.set(&tensor.to_dtype(weights.dtype())?.to_device(weights.device())?)?;
    if matches!(weights.dtype(), DType::BF16 | DType::F16) {
        *master = Some(moved);
    }
    Ok(())
}

struct InPlace<'a, 'k>(Mutex<&'a mut Kernel<'k>>);

impl InplaceOp2 for InPlace<'_, '_> {
    fn name(&self) -> &'static str {
        "optimizer step"
    }

    fn cpu_fwd(
        &self,
        weights: &mut CpuStorage,
        weights_layout: &Layout,
        gradient: &CpuStorage,
        gradient_layout: &Layout,
    ) -> candle_core::Result<()> {
        let CpuStorage::F32(weights) = weights else { candle_core::bail!("the weights are not f32") };
        let gradient = gradient_layout.contiguous_offsets().zip(gradient.as_slice::<f32>().ok());
        let gradient = gradient.and_then(|((from, to), gradient)| gradient.get(from..to));
        let weights = weights_layout.contiguous_offsets().and_then(|(start, end)| weights.get_mut(start..end));
        let same = |(weights, gradient): &(&mut [f32], &[f32])| weights.len() == gradient.len();
        let Some((weights, gradient)) = weights.zip(gradient).filter(same) else {
            candle_core::bail!("gradient {gradient_layout:?} does not lie as the weights do, {weights_layout:?}")
        };
        let mut kernel = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kernel(weights, gradient);
        Ok(())
    }
}
