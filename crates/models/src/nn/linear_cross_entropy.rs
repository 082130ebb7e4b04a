//! The loss of a language model without its logits: some rows at a time, from hidden states to loss and gradients.

use std::sync::OnceLock;

use candle_core::{CpuStorage, CustomOp2, CustomOp3, DType, Layout, Shape, Tensor, WithDType, bail};
use rayon::prelude::*;

use super::cpu::{Real, forward, is_half, is_ours, slice, sum_rows};
use super::cross_entropy::{LossOptions, Targets, cross_entropy, row_losses};
use super::leaves;
use super::linear::linear;
use super::matmul::{Into, Matrix, multiply};
use crate::{Error, Result};

/// Logits that are held at once: 16 MB in f32.
const LOGITS: usize = 1 << 22;

/// `cross_entropy(linear(hidden, weight, bias), labels)` for a large vocabulary: `hidden` of `(…, size)`, `weight` of
/// `(vocabulary, size)`, `bias` of `(vocabulary)`, `labels` of `(…)`.
///
/// The logits of 8 texts of 512 tokens over 50 000 words are 800 MB, and their gradient is as much again. Here 16 MB of them exist at a
/// time: the gradients are computed along with the loss, and only multiplied by the loss's own gradient in the backward pass.
///
/// # Errors
/// As [`cross_entropy`]; [`Reduction::None`](super::Reduction::None), since the losses of the rows are not kept apart.
pub fn linear_cross_entropy(
    hidden: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    labels: &Tensor,
    options: &LossOptions,
) -> Result<Tensor> {
    let [vocabulary, size] = *weight.dims() else {
        return Err(Error::input("weight", format!("has shape {:?}, not (vocabulary, size)", weight.dims())));
    };
    let fits = hidden.rank() == labels.rank() + 1
        && hidden.dims().get(..labels.rank()) == Some(labels.dims())
        && hidden.dims().last() == Some(&size)
        && bias.is_none_or(|bias| bias.dims() == [vocabulary]);
    if !fits {
        let (hidden, labels, bias) = (hidden.dims(), labels.dims(), bias.map(Tensor::dims));
        return Err(Error::input(
            "hidden",
            format!(
                "has shape {hidden:?}, labels {labels:?}, bias {bias:?}, which do not fit the weight ({vocabulary}, {size})"
            ),
        ));
    }
    if is_half(hidden) {
        let single = |tensor: &Tensor| tensor.to_dtype(DType::F32);
        let bias = bias.map(single).transpose()?;
        return linear_cross_entropy(&single(hidden)?, &single(weight)?, bias.as_ref(), labels, options);
    }
    if !is_ours(hidden) {
        return cross_entropy(&linear(hidden, weight, bias)?, labels, options);
    }
    let targets = Targets::new(labels, vocabulary, options)?;
    if targets.divisor.is_none() {
        return Err(Error::input(
            "reduction",
            "is none, but only a mean or a sum is computed in parts: use `cross_entropy`",
        ));
    }
    let wanted = [hidden.track_op(), weight.track_op(), bias.is_some_and(Tensor::track_op)];
    let loss = Chunked { targets, wanted, grads: OnceLock::new() };
    let (hidden, weight) = (hidden.contiguous()?, weight.contiguous()?);
    Ok(match bias {
        Some(bias) => hidden.apply_op3(&weight, &bias.contiguous()?, loss)?,
        None => hidden.apply_op2(&weight, loss)?,
    })
}

struct Chunked {
    targets: Targets,
    /// Which of hidden, weight and bias need a gradient.
    wanted: [bool; 3],
    /// Those gradients, flat, for a loss whose own gradient is 1.
    grads: OnceLock<[Option<Tensor>; 3]>,
}

impl Chunked {
    fn forward<T: Real>(&self, hidden: &[T], weight: &[T], bias: Option<&[T]>) -> candle_core::Result<Vec<T>> {
        let Some(divisor) = self.targets.divisor else { bail!("linear_cross_entropy: a mean or a sum") };
        let (rows, classes) = (self.targets.labels.len(), self.targets.classes);
        let size = weight.len().checked_div(classes).unwrap_or(0);
        let [hidden_wanted, weight_wanted, bias_wanted] = self.wanted;
        let room = |wanted: bool, length: usize| vec![T::ZERO; if wanted { length } else { 0 }];
        let mut dh = room(hidden_wanted, hidden.len());
        let mut dw = room(weight_wanted, weight.len());
        let mut db = room(bias_wanted, classes);
        let w = Matrix::new(weight, classes, size);
        let at_once = (LOGITS / classes.max(1)).clamp(1, rows.max(1));
        let mut logits = vec![T::ZERO; at_once * classes];
        let mut total = 0.0;
        for first in (0..rows).step_by(at_once) {
            let count = at_once.min(rows - first);
            let part = self.targets.part(first..first + count);
            let logits = &mut logits[..count * classes];
            let how = match bias {
                Some(bias) => {
                    logits.par_chunks_mut(classes).for_each(|row| row.copy_from_slice(bias));
                    Into::Add
                }
                None => Into::Replace,
            };
            let h = Matrix::new(&hidden[first * size..], count, size);
            multiply(logits, classes, how, T::ONE, h, w.t(), false);
            total += row_losses(&part, logits).iter().map(|loss| loss.to_f64()).sum::<f64>();
            if self.wanted.contains(&true) {
                let factor = T::of(1.0 / divisor);
                logits.par_chunks_mut(classes).enumerate().for_each(|(row, logits)| {
                    part.row_gradient(row, factor, logits);
                });
                let g = Matrix::new(logits, count, classes);
                if hidden_wanted {
                    multiply(&mut dh[first * size..], size, Into::Replace, T::ONE, g, w, false);
                }
                if weight_wanted {
                    multiply(&mut dw, size, Into::Add, T::ONE, g.t(), h, false);
                }
                if bias_wanted {
                    super::cpu::add(&mut db, &sum_rows(logits, classes));
                }
            }
        }
        let flat = |wanted: bool, grad: Vec<T>| {
            let length = grad.len();
            wanted.then(|| Tensor::from_vec(grad, length, &candle_core::Device::Cpu)).transpose()
        };
        let grads = [flat(hidden_wanted, dh)?, flat(weight_wanted, dw)?, flat(bias_wanted, db)?];
        // Set once: an operation runs forward once.
        let _ = self.grads.set(grads);
        Ok(vec![T::of(total / divisor)])
    }

    fn storage(
        &self,
        (hidden, hidden_l): (&CpuStorage, &Layout),
        (weight, weight_l): (&CpuStorage, &Layout),
        bias: Option<(&CpuStorage, &Layout)>,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        let loss = forward!(hidden, "linear_cross_entropy", T => {
            let bias = bias.map(|(bias, layout)| slice::<T>(bias, layout)).transpose()?;
            T::to_cpu_storage_owned(self.forward(slice::<T>(hidden, hidden_l)?, slice::<T>(weight, weight_l)?, bias)?)
        });
        Ok((loss, Shape::from(())))
    }

    /// The gradients times that of the loss, which is 1 unless something was computed from the loss.
    fn backward(&self, tensors: &[&Tensor], grad: &Tensor) -> candle_core::Result<[Option<Tensor>; 3]> {
        let Some(grads) = self.grads.get() else { bail!("linear_cross_entropy: backward before forward") };
        let factor = grad.to_dtype(DType::F64)?.to_scalar::<f64>()?;
        let mut scaled = [None, None, None];
        for ((scaled, tensor), unit) in scaled.iter_mut().zip(tensors).zip(grads) {
            if let Some(unit) = unit {
                let unit = unit.reshape(tensor.shape())?;
                *scaled = leaves::give(tensor, if factor == 1.0 { unit } else { (unit * factor)? })?;
            }
        }
        Ok(scaled)
    }
}

impl CustomOp2 for Chunked {
    fn name(&self) -> &'static str {
        "linear_cross_entropy"
    }

    fn cpu_fwd(
        &self,
        h: &CpuStorage,
        h_l: &Layout,
        w: &CpuStorage,
        w_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.storage((h, h_l), (w, w_l), None)
    }

    fn bwd(
        &self,
        h: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>)> {
        let [dh, dw, _] = self.backward(&[h, w], grad)?;
        Ok((dh, dw))
    }
}

impl CustomOp3 for Chunked {
    fn name(&self) -> &'static str {
        "linear_cross_entropy"
    }

    fn cpu_fwd(
        &self,
        h: &CpuStorage,
        h_l: &Layout,
        w: &CpuStorage,
        w_l: &Layout,
        b: &CpuStorage,
        b_l: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        self.storage((h, h_l), (w, w_l), Some((b, b_l)))
    }

    fn bwd(
        &self,
        h: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> candle_core::Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [dh, dw, db] = self.backward(&[h, w, b], grad)?;
        Ok((dh, dw, db))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Reduction;
    use crate::nn::testing::{check_gradients, close, numbers};
    use candle_core::{Device, Var};

    fn labels() -> Tensor {
        Tensor::new(&[[1i64, 4, -100], [0, 2, 2]], &Device::Cpu).unwrap()
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (h, w, b) = (numbers(&[2, 3, 4], 1), numbers(&[5, 4], 2), numbers(&[5], 3));
        let options = LossOptions::new().label_smoothing(0.1);
        check_gradients(&[h.clone(), w.clone(), b], |t| {
            linear_cross_entropy(&t[0], &t[1], Some(&t[2]), &labels(), &options)
        });
        // A loss that something is computed from.
        check_gradients(&[h, w], |t| {
            Ok((linear_cross_entropy(&t[0], &t[1], None, &labels(), &LossOptions::new())?.sqr()? * 3.0)?)
        });
    }

    #[test]
    fn equals_the_loss_of_all_logits_over_several_parts() {
        // Two rows at a time.
        let (rows, classes, size) = (7, 1_500_000, 2);
        assert_eq!(LOGITS / classes, 2);
        let h = Var::from_tensor(&numbers(&[rows, size], 1)).unwrap();
        let w = Var::from_tensor(&numbers(&[classes, size], 2)).unwrap();
        let labels = Tensor::from_vec((0..rows as i64).map(|i| i * 200_000).collect(), rows, &Device::Cpu).unwrap();
        let options = LossOptions::new();
        let ours = linear_cross_entropy(&h, &w, None, &labels, &options).unwrap();
        let all = cross_entropy(&linear(&h, &w, None).unwrap(), &labels, &options).unwrap();
        close(&ours, &all, 1e-10);
        let (ours, all) = (ours.backward().unwrap(), all.backward().unwrap());
        close(ours.get(&h).unwrap(), all.get(&h).unwrap(), 1e-9);
        close(ours.get(&w).unwrap(), all.get(&w).unwrap(), 1e-9);
    }

    #[test]
    fn losses_that_stay_apart_are_refused() {
        let options = LossOptions::new().reduction(Reduction::None);
        let error = linear_cross_entropy(&numbers(&[2, 3, 4], 1), &numbers(&[5, 4], 2), None, &labels(), &options);
        assert!(error.unwrap_err().to_string().contains("use `cross_entropy`"));
    }
}
