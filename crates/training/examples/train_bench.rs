//! Our side of `cargo xtask bench train` (tests/bench/train.py): one kind of work, timed step by step.
//!
//! ```text
//! train_bench finetune|gpt2|forward|embed MODEL STEPS [checkpointing|bf16]    prints {"seconds": […], "check": …, "megabytes": …}
//! ```

use std::error::Error;
use std::time::Instant;

use candle_core::{Device, Tensor};
use course_datasets::memory::resident_memory;
use course_models::architectures::{AutoModelForCausalLM, AutoModelForSequenceClassification, Model, ModelInputs};
use course_models::nn::{Parameter, backward};
use course_models::{Bert, mean_pooling, normalize};
use course_training::optimizers::{AdamW, Gradients, Optimizer, ParameterGroup};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [work, model, steps, how @ ..] = arguments.as_slice() else {
        return Err("usage: train_bench finetune|gpt2|forward|embed MODEL STEPS [checkpointing|bf16]".into());
    };
    let steps = steps.parse()?;
    match work.as_str() {
        "finetune" => finetune(model, steps, how),
        "gpt2" => gpt2(steps, how),
        "forward" => forward(model, 128, false, steps),
        "embed" => forward(model, 18, true, steps),
        other => Err(format!("no work is called {other}").into()),
    }
}

fn finetune(model: &str, steps: usize, how: &[String]) -> Outcome<()> {
    let model = AutoModelForSequenceClassification::load(model).num_labels(2).model()?;
    for (name, start) in [("classifier", 1.0), ("bert.pooler.dense", 2.0)] {
        formula(&parameter(model.as_ref(), &format!("{name}.weight"))?, start)?;
        let bias = parameter(model.as_ref(), &format!("{name}.bias"))?;
        bias.var.set(&bias.var.zeros_like()?)?;
    }
    let labels = (0..16).map(|row| row % 2).collect::<Vec<i64>>();
    let inputs = ModelInputs::new()
        .with("input_ids", ids(16, 128, 30_000)?)
        .with("attention_mask", ids(16, 128, 1)?.ones_like()?)
        .with("labels", Tensor::new(labels, &Device::Cpu)?);
    train(model.as_ref(), &inputs, steps, how)
}

fn gpt2(steps: usize, how: &[String]) -> Outcome<()> {
    let config = json!({ "model_type": "gpt2", "vocab_size": 8192, "n_positions": 128, "n_embd": 288, "n_layer": 8, "n_head": 8 });
    let model = AutoModelForCausalLM::from_config(config, 0)?;
    let mut parameters = model.parameters().named();
    parameters.sort_by(|a, b| a.name.cmp(&b.name));
    for (number, parameter) in parameters.iter().enumerate() {
        formula(parameter, number as f64)?;
    }
    let input_ids = ids(8, 128, 8192)?;
    let labels = input_ids.to_dtype(candle_core::DType::I64)?;
    train(model.as_ref(), &ModelInputs::new().with("input_ids", input_ids).with("labels", labels), steps, how)
}

/// A step as the trainer makes it: forward, backward, clipped gradients, AdamW.
fn train(model: &dyn Model, inputs: &ModelInputs, steps: usize, how: &[String]) -> Outcome<()> {
    let asked = |name: &str| how.iter().any(|word| word == name);
    model.parameters().set_gradient_checkpointing(asked("checkpointing"));
    model.parameters().set_bf16(asked("bf16"));
    let loss = |model: &dyn Model| -> Outcome<Tensor> { Ok(model.forward(inputs)?.loss.ok_or("no loss")?) };
    let check = f64::from(model.parameters().no_grad(|| loss(model))?.to_scalar::<f32>()?);
    model.parameters().set_training(true);
    let parameters = || model.parameters().trainable().into_iter().map(|parameter| (parameter.name, parameter.var));
    let mut optimizer = Optimizer::new(AdamW::new(), vec![ParameterGroup::new(parameters()).weight_decay(0.01)])?;
    timed(steps, check, || {
        let mut gradients = Gradients::new(parameters());
        gradients.add(backward(&loss(model)?)?)?;
        gradients.clip_norm(1.0)?;
        Ok(optimizer.step(&gradients, 1e-5)?)
    })
}

/// The fast model without gradients.
fn forward(model: &str, length: usize, embed: bool, steps: usize) -> Outcome<()> {
    let model = Bert::from_pretrained(model)?;
    let input_ids = ids(32, length, 30_000)?;
    let mask = input_ids.ones_like()?;
    let run = || -> Outcome<Tensor> {
        let hidden = model.forward(&input_ids, Some(&mask), None)?;
        Ok(if embed { normalize(&mean_pooling(&hidden, &mask)?)? } else { hidden })
    };
    let check = f64::from(run()?.abs()?.mean_all()?.to_scalar::<f32>()?);
    timed(steps, check, || run().map(drop))
}

fn timed(steps: usize, check: f64, mut step: impl FnMut() -> Outcome<()>) -> Outcome<()> {
    for _ in 0..2 {
        step()?;
    }
    let mut seconds = Vec::new();
    for _ in 0..steps {
        let begun = Instant::now();
        step()?;
        seconds.push(begun.elapsed().as_secs_f64());
    }
    let megabytes = resident_memory()?.peak as f64 / 1e6;
    println!("{}", json!({ "seconds": seconds, "check": check, "megabytes": megabytes }));
    Ok(())
}

/// The ids that PyTorch's side makes by the same formula, `(rows, length)`.
fn ids(rows: u32, length: usize, most: u32) -> Outcome<Tensor> {
    let id = |at: u32| (1000 + at / length as u32 * 131 + at % length as u32 * 7919) % most;
    let ids = (0..rows * length as u32).map(id).collect::<Vec<_>>();
    Ok(Tensor::from_vec(ids, (rows as usize, length), &Device::Cpu)?)
}

fn parameter(model: &dyn Model, name: &str) -> Outcome<Parameter> {
    Ok(model.parameters().get(name).ok_or_else(|| format!("the model has no {name}"))?)
}

/// Numbers that both sides make alike.
fn formula(parameter: &Parameter, start: f64) -> Outcome<()> {
    let count = parameter.var.elem_count();
    let numbers = (0..count).map(|at| (0.02 * (at as f64 * 0.7 + start).sin()) as f32).collect::<Vec<_>>();
    Ok(parameter.var.set(&Tensor::from_vec(numbers, parameter.var.shape(), &Device::Cpu)?)?)
}
