//! How fast a training step of a MiniLM-sized BERT is, and where its time goes.
//!
//!     cargo run --release -p course-models --example train_speed -- [--steps N] [--dropout 0.1]
//!
//! Six layers of 384 with 12 heads over 30 522 tokens, a classifier of two classes; batches of 16 × 128, forward and backward, random
//! weights. Prints the median and the best step, then the share of each operation.

use std::time::Instant;

use candle_core::{Device, Tensor};
use course_models::architectures::{AutoModelForSequenceClassification, ModelInputs};
use course_models::nn;
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

const BATCH: usize = 16;
const LENGTH: usize = 128;
const VOCABULARY: usize = 30_522;

fn main() -> Result<(), Failure> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1))
    };
    let steps = value("--steps").map_or(Ok(10), |steps| steps.parse::<usize>())?;
    let dropout = value("--dropout").map_or(Ok(0.1), |share| share.parse::<f32>())?;

    let config = json!({ "model_type": "bert", "vocab_size": VOCABULARY, "hidden_size": 384, "num_hidden_layers": 6,
        "num_attention_heads": 12, "intermediate_size": 1536, "hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout });
    let model = AutoModelForSequenceClassification::from_config(config, 42)?;
    model.parameters().set_training(true);

    let ids = (0..BATCH * LENGTH).map(|i| (i * 7919 % VOCABULARY) as u32).collect::<Vec<_>>();
    let labels = (0..BATCH as i64).map(|i| i % 2).collect::<Vec<_>>();
    let inputs = ModelInputs::new()
        .with("input_ids", Tensor::from_vec(ids, (BATCH, LENGTH), &Device::Cpu)?)
        .with("labels", Tensor::from_vec(labels, BATCH, &Device::Cpu)?);

    let step = || -> Result<(f64, f64), Failure> {
        let began = Instant::now();
        let loss = model.forward(&inputs)?.loss.ok_or("the model gave no loss")?;
        let forward = began.elapsed().as_secs_f64();
        let grads = nn::backward(&loss)?;
        let whole = began.elapsed().as_secs_f64();
        nn::grad_report(&grads, model.parameters())?.check()?;
        Ok((forward, whole))
    };
    step()?;
    let mut times = (0..steps).map(|_| step()).collect::<Result<Vec<_>, _>>()?;
    times.sort_by(|a, b| a.1.total_cmp(&b.1));
    if let (Some(best), Some(median)) = (times.first(), times.get(times.len() / 2)) {
        let threads = rayon::current_num_threads();
        println!(
            "{threads} threads: a step takes {:.0} ms (median; forward {:.0}), the best {:.0} (forward {:.0})",
            median.1 * 1e3,
            median.0 * 1e3,
            best.1 * 1e3,
            best.0 * 1e3
        );
    }
    let (result, profile) = nn::profile(step);
    result?;
    println!("{profile}");
    Ok(())
}
