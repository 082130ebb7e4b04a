//! What the tests of this module's operations share: finite differences and tensors of made-up numbers.

use candle_core::{DType, Device, Tensor, Var};

use super::Init;
use crate::Result;

/// Normal numbers in f64, the same for the same seed.
pub fn numbers(shape: &[usize], seed: u64) -> Tensor {
    Init::Normal { std: 1.0 }.draw(shape, seed, "numbers").unwrap().to_dtype(DType::F64).unwrap()
}

/// Asserts that two tensors have one shape and differ by no more than `tolerance` anywhere.
#[track_caller]
pub fn close(a: &Tensor, b: &Tensor, tolerance: f64) {
    assert_eq!(a.dims(), b.dims());
    let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_dtype(DType::F64).unwrap().to_vec1::<f64>().unwrap();
    for (place, (a, b)) in flat(a).iter().zip(flat(b)).enumerate() {
        assert!((a - b).abs() <= tolerance, "number {place}: {a} and {b}");
    }
}

/// Asserts that the gradients of `work` with respect to each of `inputs` (f64) are those of central differences.
///
/// The loss is a sum of the output's numbers with weights of their own, so that no two could be mixed up.
#[track_caller]
pub fn check_gradients(inputs: &[Tensor], work: impl Fn(&[Tensor]) -> Result<Tensor>) {
    let loss = |inputs: &[Tensor]| -> Tensor {
        let output = work(inputs).unwrap();
        let weights = numbers(output.dims(), 99);
        (output * weights).unwrap().sum_all().unwrap()
    };
    let value = |inputs: &[Tensor]| loss(inputs).to_scalar::<f64>().unwrap();
    let vars = inputs.iter().map(|input| Var::from_tensor(input).unwrap()).collect::<Vec<_>>();
    let tracked = vars.iter().map(|var| var.as_tensor().clone()).collect::<Vec<_>>();
    let grads = super::backward(&loss(&tracked)).unwrap();
    let step = 1e-5;
    for (which, input) in inputs.iter().enumerate() {
        let grad = grads.get(&tracked[which]).unwrap_or_else(|| panic!("input {which} has no gradient"));
        assert_eq!(grad.dims(), input.dims());
        let grad = grad.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        let flat = input.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        for place in 0..flat.len() {
            let moved = |by: f64| {
                let mut flat = flat.clone();
                flat[place] += by;
                let mut inputs = inputs.to_vec();
                inputs[which] = Tensor::from_vec(flat, input.dims(), &Device::Cpu).unwrap();
                value(&inputs)
            };
            let expected = (moved(step) - moved(-step)) / (2.0 * step);
            let difference = (grad[place] - expected).abs();
            assert!(
                difference <= 1e-6 * (1.0 + expected.abs()),
                "input {which}, number {place}: the gradient is {}, differences say {expected}",
                grad[place]
            );
        }
    }
}

/// Asserts that a joined operation has the numbers, and gives `x` and every parameter the gradients, of the same operations apart.
#[track_caller]
pub fn check_joined(
    parameters: &super::Parameters,
    x: &Var,
    joined: impl Fn(&Tensor) -> Result<Tensor>,
    apart: impl Fn(&Tensor) -> Result<Tensor>,
) {
    let state = parameters.random_state();
    let run = |work: &dyn Fn(&Tensor) -> Result<Tensor>| {
        parameters.set_random_state(state);
        let (y, weights) = (work(x).unwrap(), numbers(&[1], 9));
        let loss = (y.sqr().unwrap().broadcast_mul(&weights).unwrap() + &y).unwrap().sum_all().unwrap();
        (y, super::backward(&loss).unwrap())
    };
    let (ours, grads) = run(&joined);
    let (plain, expected) = run(&apart);
    assert!(ours.track_op());
    close(&ours, &plain, 1e-10);
    close(grads.get(x).unwrap(), expected.get(x).unwrap(), 1e-9);
    for parameter in parameters.named() {
        match (grads.get(&parameter.var), expected.get(&parameter.var)) {
            (Some(grad), Some(expected)) => close(grad, expected, 1e-9),
            (None, None) => assert!(!parameter.is_trainable(), "{}", parameter.name),
            (ours, plain) => panic!("{}: {:?} and {:?}", parameter.name, ours.is_some(), plain.is_some()),
        }
    }
}
