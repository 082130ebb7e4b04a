//! Optimizers beside PyTorch's and transformers' (`golden/make.py`), beside each other, and saved in the middle.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};
use course_training::from_scratch;
use course_training::optimizers::{Adafactor, AdamW, AdamW8bit, Gradients, Lion, Optimizer, ParameterGroup, Rule, Sgd};

const SHAPES: [(&str, &[usize]); 3] = [("layer.weight", &[6, 5]), ("layer.bias", &[6]), ("norm.weight", &[5])];

fn numbers(shape: &[usize], of: impl Fn(f64) -> f64) -> Tensor {
    let numbers: Vec<f32> = (0..shape.iter().product()).map(|index: usize| of(index as f64) as f32).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
}

/// The same formulas as in `golden/make.py`.
fn parameters() -> Vec<(String, Var)> {
    let weight = |(number, (name, shape)): (usize, &(&str, &[usize]))| {
        let tensor = numbers(shape, |index| (1.0 + 7.0 * number as f64 + index).sin());
        ((*name).to_owned(), Var::from_tensor(&tensor).unwrap())
    };
    SHAPES.iter().enumerate().map(weight).collect()
}

fn gradients(parameters: &[(String, Var)], step: usize) -> Gradients {
    let mut gradients = Gradients::new(parameters.iter().cloned());
    for (number, (name, var)) in parameters.iter().enumerate() {
        let of = |index: f64| {
            (0.5 + 3.0 * number as f64 + 0.7 * index + 1.3 * step as f64).cos() * (0.1 + 0.05 * (index % 4.0))
        };
        gradients.set(name, numbers(var.dims(), of));
    }
    gradients
}

fn optimizer(rule: impl Rule + 'static, parameters: &[(String, Var)]) -> Optimizer {
    Optimizer::new(rule, ParameterGroup::with_decay(parameters.iter().cloned(), 0.1)).unwrap()
}

fn values(parameters: &[(String, Var)]) -> BTreeMap<String, Vec<f32>> {
    let flat = |var: &Var| var.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    parameters.iter().map(|(name, var)| (name.clone(), flat(var))).collect()
}

fn compare(name: &str, rule: impl Rule + 'static, learning_rate: f64, tolerance: f32) {
    let expected: BTreeMap<String, BTreeMap<String, Vec<f32>>> =
        serde_json::from_str(include_str!("golden/optimizers.json")).unwrap();
    let parameters = parameters();
    let mut optimizer = optimizer(rule, &parameters);
    for step in 0..5 {
        optimizer.step(&gradients(&parameters, step), learning_rate).unwrap();
    }
    for (parameter, found) in values(&parameters) {
        for (index, (found, expected)) in found.iter().zip(&expected[name][&parameter]).enumerate() {
            assert!((found - expected).abs() <= tolerance, "{name}, {parameter}[{index}]: {found}, PyTorch {expected}");
        }
    }
}

#[test]
fn adamw_and_sgd_are_pytorchs() {
    compare("adamw", AdamW::new(), 0.01, 2e-7);
    compare("adamw_betas", AdamW::new().betas(0.8, 0.95).epsilon(1e-3), 0.02, 2e-7);
    compare("sgd", Sgd::new(), 0.05, 2e-7);
    compare("sgd_momentum", Sgd::new().momentum(0.9), 0.05, 2e-7);
    compare("sgd_nesterov", Sgd::new().momentum(0.9).nesterov(true), 0.05, 2e-7);
}

#[test]
fn adafactor_is_transformers() {
    compare("adafactor", Adafactor::new(), 0.01, 1e-6);
    compare("adafactor_relative", Adafactor::new().scale_parameter(true).relative_step(true), 0.0, 1e-6);
    compare("adafactor_moment", Adafactor::new().beta1(0.9).scale_parameter(true), 0.02, 1e-6);
}

#[test]
fn the_plainest_adamw_makes_the_very_same_steps() {
    let (fused, plain) = (parameters(), parameters());
    let mut optimizer =
        Optimizer::new(AdamW::new(), vec![ParameterGroup::new(fused.iter().cloned()).weight_decay(0.1)]).unwrap();
    let vars: Vec<Var> = plain.iter().map(|(_, var)| var.clone()).collect();
    let mut twin = from_scratch::AdamW::new(vars.clone(), 0.01, 0.1).unwrap();
    for step in 0..20 {
        let gradients = gradients(&fused, step);
        optimizer.step(&gradients, 0.01).unwrap();
        // The gradient of Σ g·w is g.
        let mut loss = Tensor::zeros((), DType::F32, &Device::Cpu).unwrap();
        for (name, var) in &plain {
            loss = (loss + (gradients.get(name).unwrap() * var.as_tensor()).unwrap().sum_all().unwrap()).unwrap();
        }
        twin.step(&loss.backward().unwrap()).unwrap();
        assert_eq!(values(&fused), values(&plain), "step {step}");
    }
}

#[test]
fn eight_bits_are_nearly_adamw() {
    let start = numbers(&[64, 80], f64::sin);
    let (exact, small) = (Var::from_tensor(&start).unwrap(), Var::from_tensor(&start).unwrap());
    let named = |var: &Var| vec![("weight".to_owned(), var.clone())];
    let mut optimizers = [
        Optimizer::new(AdamW::new(), vec![ParameterGroup::new(named(&exact))]).unwrap(),
        Optimizer::new(AdamW8bit::new(), vec![ParameterGroup::new(named(&small))]).unwrap(),
    ];
    for step in 0..50 {
        let gradient = numbers(&[64, 80], |index| 0.3 * (index * 0.37).sin() + 0.1 * (index + f64::from(step)).cos());
        for (optimizer, var) in optimizers.iter_mut().zip([&exact, &small]) {
            let mut gradients = Gradients::new(named(var));
            gradients.set("weight", gradient.clone());
            optimizer.step(&gradients, 0.01).unwrap();
        }
    }
    let moved = (exact.as_tensor() - &start).unwrap().sqr().unwrap().mean_all().unwrap().to_scalar::<f32>().unwrap();
    let apart = (exact.as_tensor() - small.as_tensor()).unwrap().sqr().unwrap().mean_all().unwrap();
    let apart = apart.to_scalar::<f32>().unwrap();
    assert!(apart.sqrt() < 0.05 * moved.sqrt(), "{} of {}", apart.sqrt(), moved.sqrt());
    // 2 bytes a weight and 8 for each block of 256, instead of 8 a weight.
    assert_eq!((optimizers[0].memory(), optimizers[1].memory()), (64 * 80 * 8, 64 * 80 * 2 + 20 * 8));
}

#[test]
fn a_saved_state_goes_on_to_the_last_bit() {
    type Make = fn(&[(String, Var)]) -> Optimizer;
    let rules: [Make; 6] = [
        |parameters| optimizer(AdamW::new(), parameters),
        |parameters| optimizer(AdamW8bit::new(), parameters),
        |parameters| optimizer(Sgd::new(), parameters),
        |parameters| optimizer(Sgd::new().momentum(0.9), parameters),
        |parameters| optimizer(Adafactor::new().beta1(0.9), parameters),
        |parameters| optimizer(Lion::new(), parameters),
    ];
    for rule in rules {
        let whole = parameters();
        let mut one = rule(&whole);
        (0..7).for_each(|step| one.step(&gradients(&whole, step), 0.01).unwrap());

        let first = parameters();
        let mut before = rule(&first);
        (0..3).for_each(|step| before.step(&gradients(&first, step), 0.01).unwrap());
        let second = parameters();
        for ((_, from), (_, to)) in first.iter().zip(&second) {
            to.set(from.as_tensor()).unwrap();
        }
        let mut after = rule(&second);
        after.load_state(&before.state().unwrap()).unwrap();
        (3..7).for_each(|step| after.step(&gradients(&second, step), 0.01).unwrap());
        assert_eq!(values(&whole), values(&second), "{}", one.name());
    }
}

#[test]
fn a_state_of_another_optimizer_or_model_is_refused() {
    let parameters = parameters();
    let mut adamw = optimizer(AdamW::new(), &parameters);
    adamw.step(&gradients(&parameters, 0), 0.01).unwrap();
    let state = adamw.state().unwrap();
    let error = optimizer(Lion::new(), &parameters).load_state(&state).unwrap_err().to_string();
    assert!(error.contains("more than the optimizer lion"), "{error}");
    let error = optimizer(Adafactor::new().beta1(0.9), &parameters).load_state(&state).unwrap_err().to_string();
    assert!(error.contains("not in the saved state"), "{error}");
    let fewer = &parameters[1..];
    let error = optimizer(AdamW::new(), fewer).load_state(&state).unwrap_err().to_string();
    assert!(error.starts_with("exp_avg.layer.weight: "), "{error}");
}

/// 1 + 0.001 is 1 in bf16: without a master copy a thousand steps would go nowhere.
#[test]
fn weights_in_bf16_move_by_a_master_copy() {
    let weight = Var::ones(4, DType::BF16, &Device::Cpu).unwrap();
    let named = [("weight".to_owned(), weight.clone())];
    let mut optimizer = Optimizer::new(Sgd::new(), vec![ParameterGroup::new(named.clone())]).unwrap();
    let mut gradients = Gradients::new(named);
    gradients.set("weight", Tensor::ones(4, DType::BF16, &Device::Cpu).unwrap());
    for _ in 0..500 {
        optimizer.step(&gradients, 0.001).unwrap();
    }
    let moved = weight.to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap();
    assert!(moved.iter().all(|weight| (weight - 0.5).abs() < 0.005), "{moved:?}");
    assert!(optimizer.state().unwrap().tensors.contains_key("master.weight"));
}

#[test]
fn frozen_and_doubled_parameters_are_told() {
    let error = Optimizer::new(AdamW::new(), vec![]).unwrap_err().to_string();
    assert_eq!(error, "parameters: there is none to train; is everything frozen?");
    let twice = [ParameterGroup::new(parameters()), ParameterGroup::new(parameters())].to_vec();
    assert_eq!(Optimizer::new(Sgd::new(), twice).unwrap_err().to_string(), "groups: \"layer.bias\" is in them twice");
}
