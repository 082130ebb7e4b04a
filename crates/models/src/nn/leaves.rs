//! The gradients of variables, past candle's sums.
//!
//! Candle adds every gradient to a tensor of zeros, on one thread. For an activation that cannot be helped; but a variable's
//! gradient can be put aside by the operation that computes it, and into the result at the end: three passes over the memory of all
//! weights less. This happens only inside [`backward`](super::backward); candle's own `backward` gets its gradients as usual.

use std::cell::RefCell;
use std::collections::HashMap;

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, TensorId, WithDType, bail};

use super::cpu::is_ours;

thread_local! {
    static ASIDE: RefCell<Option<HashMap<TensorId, Tensor>>> = const { RefCell::new(None) };
}

/// Hands an operation's gradient for its argument on: to candle, or aside if the argument is a variable.
pub(super) fn give(argument: &Tensor, grad: Tensor) -> Result<Option<Tensor>> {
    if !argument.is_variable() {
        return Ok(Some(grad));
    }
    ASIDE.with_borrow_mut(|aside| {
        let Some(aside) = aside else { return Ok(Some(grad)) };
        let sum = match aside.remove(&argument.id()) {
            Some(before) => (before + grad)?,
            None => grad,
        };
        aside.insert(argument.id(), sum);
        Ok(None)
    })
}

/// [`give`] of a gradient's numbers, in the order of the argument's, if the argument wants one.
pub(super) fn give_numbers<T: WithDType>(argument: &Tensor, grad: Vec<T>) -> Result<Option<Tensor>> {
    match argument.track_op() {
        true => give(argument, Tensor::from_vec(grad, argument.shape(), argument.device())?),
        false => Ok(None),
    }
}

/// Puts the gradient of a variable aside that the graph does not know of: a weight inside a joined operation.
pub(super) fn give_aside<T: WithDType>(variable: &Tensor, grad: Vec<T>) -> Result<()> {
    match give(variable, Tensor::from_vec(grad, variable.shape(), variable.device())?)? {
        None => Ok(()),
        Some(_) => bail!(
            "weights inside a joined operation get their gradients by `course_models::nn::backward`, not by candle's"
        ),
    }
}

/// Whether an operation on `x` may keep `weights` out of the graph: each is a variable or frozen, and the graph comes by here
/// anyway if there is one to train.
pub(super) fn joinable<'a>(x: &Tensor, weights: impl Iterator<Item = &'a Tensor>) -> bool {
    is_ours(x)
        && weights.into_iter().all(|weight| {
            let trained = weight.track_op();
            weight.dtype() == x.dtype()
                && weight.is_contiguous()
                && (!trained || (weight.is_variable() && x.track_op()))
        })
}

/// The gradients of some `inputs` of a part of the graph that is gone through while [`backward`] goes through the whole; those of `weights` are put
/// aside.
pub(super) fn backward_inside<'a>(
    loss: &Tensor,
    weights: impl Iterator<Item = &'a Tensor>,
    inputs: &[Tensor],
) -> Result<Vec<Option<Tensor>>> {
    if ASIDE.with_borrow(Option::is_none) {
        bail!("gradient checkpointing works by `course_models::nn::backward`, not by candle's own");
    }
    let mut grads = loss.backward()?;
    for weight in weights {
        if let Some(grad) = grads.remove(weight) {
            give(weight, grad)?;
        }
    }
    let wanted = inputs.iter().map(|input| {
        if !input.is_variable() {
            return Ok(None);
        }
        // An operation of ours has put it aside, one of candle's has not.
        let aside = ASIDE.with_borrow_mut(|aside| aside.as_mut().and_then(|aside| aside.remove(&input.id())));
        match (aside, grads.remove(input)) {
            (Some(one), Some(other)) => (one + other).map(Some),
            (Some(one), None) | (None, Some(one)) => Ok(Some(one)),
            (None, None) => input.zeros_like().map(Some),
        }
    });
    wanted.collect()
}

/// Runs candle's backward pass on this thread, with variables' gradients put aside meanwhile.
pub(super) fn backward(loss: &Tensor) -> Result<GradStore> {
    /// An error on the way leaves nothing for the next one.
    struct Clear;
    impl Drop for Clear {
        fn drop(&mut self) {
            ASIDE.set(None);
        }
    }
    ASIDE.set(Some(HashMap::new()));
    let _clear = Clear;
    let mut grads = loss.backward()?;
    for (id, grad) in ASIDE.take().unwrap_or_default() {
        let sum = match grads.get_id(id) {
            Some(other) => (other + grad)?,
            None => grad,
        };
        grads.insert_id(id, sum);
    }
    Ok(grads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing::{close, numbers};
    use crate::nn::{linear, rms_norm};
    use candle_core::Var;

    #[test]
    fn a_weight_used_by_ours_and_by_candle_gets_one_sum() {
        let (x, w) = (numbers(&[3, 4], 1), Var::from_tensor(&numbers(&[4, 4], 2)).unwrap());
        let scale = Var::from_tensor(&numbers(&[4], 3)).unwrap();
        let loss = || {
            let y = linear(&linear(&x, &w, None).unwrap(), &w, None).unwrap().matmul(&w).unwrap();
            rms_norm(&rms_norm(&y, &scale, 1e-5).unwrap(), &scale, 1e-5).unwrap().sqr().unwrap().sum_all().unwrap()
        };
        let (ours, candle) = (backward(&loss()).unwrap(), loss().backward().unwrap());
        for var in [&w, &scale] {
            close(ours.get(var).unwrap(), candle.get(var).unwrap(), 1e-9);
        }
        assert_eq!(ours.get_ids().count(), candle.get_ids().count());
    }
}
