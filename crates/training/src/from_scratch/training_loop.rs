//! The training loop in plain code: what the Trainer does at its heart, and nothing else.
//!
//! What it leaves out: accumulation, checkpoints, logs, callbacks, mixed precision. Chapter 3 writes it line by line.

use candle_core::{D, DType};
use course_models::architectures::{Model, ModelInputs};
use course_models::nn;

use super::AdamW;
use crate::Result;

/// Goes through the batches `epochs` times, with a learning rate that falls to 0 in a straight line; gives the loss of every step.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) for a batch that does not fit, or has no labels.
pub fn train(model: &dyn Model, batches: &[ModelInputs], epochs: usize, learning_rate: f64) -> Result<Vec<f64>> {
    let weights = model.parameters().trainable().into_iter().map(|parameter| parameter.var).collect();
    let mut optimizer = AdamW::new(weights, learning_rate, 0.0)?;
    let steps = epochs * batches.len();
    let mut losses = Vec::with_capacity(steps);
    model.parameters().set_training(true);
    for _ in 0..epochs {
        for batch in batches {
            course_wire::interrupt::check()?;
            let names: Vec<String> = batch.names().map(str::to_owned).collect();
            let Some(loss) = model.forward(batch)?.loss else {
                return Err(crate::Error::data("the batch", format!("it has no labels, only {names:?}")));
            };
            optimizer.learning_rate = learning_rate * (steps - losses.len()) as f64 / steps as f64;
            optimizer.step(&nn::backward(&loss)?)?;
            losses.push(loss.to_dtype(DType::F64)?.to_scalar::<f64>()?);
        }
    }
    model.parameters().set_training(false);
    Ok(losses)
}

/// Which part of the labels a classifier gets right.
///
/// # Errors
/// [`Error::Model`](crate::Error::Model) for a batch that does not fit, or has no labels.
pub fn accuracy(model: &dyn Model, batches: &[ModelInputs]) -> Result<f64> {
    let (mut right, mut all) = (0, 0);
    for batch in batches {
        let logits = model.parameters().no_grad(|| model.forward(batch))?.logits;
        let predicted: Vec<u32> = logits.argmax(D::Minus1)?.to_vec1()?;
        let labels: Vec<i64> = batch.require("labels")?.to_dtype(DType::I64)?.to_vec1()?;
        right += predicted.iter().zip(&labels).filter(|(one, other)| i64::from(**one) == **other).count();
        all += labels.len();
    }
    Ok(right as f64 / all as f64)
}
