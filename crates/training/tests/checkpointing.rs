//! What gradient checkpointing saves, in a process of its own: nothing else takes memory meanwhile.

use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use course_datasets::memory::{forget_peak, resident_memory};
use course_models::architectures::{AutoModelForCausalLM, Model, ModelInputs};
use course_models::nn::backward;
use serde_json::json;

/// The bytes that a step takes at most, and its seconds.
fn step(model: &dyn Model, inputs: &ModelInputs) -> Option<(u64, f64)> {
    forget_peak().ok()?;
    let before = resident_memory().ok()?.resident;
    let begun = Instant::now();
    let gradients = backward(&model.forward(inputs).unwrap().loss.unwrap()).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    let peak = resident_memory().ok()?.peak;
    drop(gradients);
    Some((peak.saturating_sub(before), seconds))
}

#[test]
fn a_step_with_gradient_checkpointing_takes_less_memory() {
    let config = json!({ "model_type": "gpt2", "vocab_size": 512, "n_positions": 128, "n_embd": 192, "n_layer": 10, "n_head": 6 });
    let model = AutoModelForCausalLM::from_config(config, 0).unwrap();
    let ids = (0..8 * 128_u32).map(|place| place * 7919 % 512).collect::<Vec<_>>();
    let ids = Tensor::from_vec(ids, (8, 128), &Device::Cpu).unwrap();
    let labels = ids.to_dtype(DType::I64).unwrap();
    let inputs = ModelInputs::new().with("input_ids", ids).with("labels", labels).loss_only(true);
    model.parameters().set_training(true);
    // What is taken once and kept, threads above all, is taken in the step that is to take less.
    model.parameters().set_gradient_checkpointing(true);
    let Some(less) = step(model.as_ref(), &inputs) else { return };
    model.parameters().set_gradient_checkpointing(false);
    let Some(plain) = step(model.as_ref(), &inputs) else { return };
    model.parameters().set_bf16(true);
    let half = step(model.as_ref(), &inputs).map_or(0.0, |half| half.1);
    println!(
        "GPT-2 of 10 layers, 8 × 128 tokens: {:.1} MB and {:.0} ms with gradient checkpointing, {:.1} MB and {:.0} ms without; {:.0} ms in bf16",
        less.0 as f64 / 1e6,
        less.1 * 1e3,
        plain.0 as f64 / 1e6,
        plain.1 * 1e3,
        half * 1e3
    );
    assert!(less.0 * 10 < plain.0 * 6, "{} bytes with gradient checkpointing, {} without", less.0, plain.0);
}
