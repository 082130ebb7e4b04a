//! The backward pass, on a thread whose stack a deep graph cannot overflow.

use candle_core::Tensor;
use candle_core::backprop::GradStore;

use super::leaves;
use crate::{Error, Result};

/// What the stack of [`backward`] reserves while it runs: candle walks the graph by a function that calls itself once for each operation between the
/// loss and the first layer. Only what is used of it takes memory, but a limit on what is reserved counts it whole.
pub const BACKWARD_STACK_BYTES: usize = 512 << 20;

/// The gradients of `loss`, a single number, with respect to every variable it came from.
///
/// ```
/// use candle_core::{Device, Var};
/// let x = Var::new(3f32, &Device::Cpu)?;
/// let grads = course_models::nn::backward(&x.sqr()?)?;
/// assert_eq!(grads.get(&x).unwrap().to_scalar::<f32>()?, 6.0); // d(x²)/dx = 2x
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// `loss` is not one number, or it does not come from any variable (a model with nothing to train, or a forward pass inside
/// [`Parameters::no_grad`](super::Parameters::no_grad)); an operation on the way has no backward pass.
pub fn backward(loss: &Tensor) -> Result<GradStore> {
    if loss.elem_count() != 1 {
        let shape = loss.dims();
        return Err(Error::input("loss", format!("has shape {shape:?}, not one number: take its mean or its sum")));
    }
    if !loss.track_op() {
        return Err(Error::input(
            "loss",
            "comes from no variable: is everything frozen, or was it computed inside `no_grad`?",
        ));
    }
    let builder = std::thread::Builder::new().name("course-backward".into()).stack_size(BACKWARD_STACK_BYTES);
    std::thread::scope(|scope| match builder.spawn_scoped(scope, || leaves::backward(loss)) {
        Ok(thread) => match thread.join() {
            Ok(grads) => Ok(grads?),
            Err(panic) => std::panic::resume_unwind(panic),
        },
        // A machine that gives no such thread: the caller's stack does for any common model.
        Err(_) => Ok(leaves::backward(loss)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn a_graph_of_a_hundred_thousand_operations_has_gradients() {
        // Candle also lets go of a graph by a function that calls itself, so this needs the stack at the end too.
        let deep = || {
            let x = Var::new(1f64, &Device::Cpu).unwrap();
            let mut y = x.as_tensor().clone();
            for _ in 0..100_000 {
                y = (y + 1.0).unwrap();
            }
            let grads = std::thread::spawn({
                let y = y.clone();
                move || backward(&y).unwrap()
            });
            let grads = grads.join().unwrap();
            assert_eq!(grads.get(&x).unwrap().to_scalar::<f64>().unwrap(), 1.0);
        };
        std::thread::Builder::new().stack_size(BACKWARD_STACK_BYTES).spawn(deep).unwrap().join().unwrap();
    }

    #[test]
    fn a_loss_that_cannot_be_differentiated_says_why() {
        let constant = Tensor::new(1f32, &Device::Cpu).unwrap();
        assert!(backward(&constant).unwrap_err().to_string().contains("frozen"));
        let many = Var::new(&[1f32, 2.], &Device::Cpu).unwrap();
        assert!(backward(&many).unwrap_err().to_string().contains("[2]"));
    }
}
