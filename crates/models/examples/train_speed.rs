//! How fast a training step of a MiniLM-sized BERT is, and where its time goes.
//!
//!     cargo run --release -p course-models --example train_speed -- [--steps N] [--dropout 0.1]
//!
//! Six layers of 384 with 12 heads over 30 522 tokens, a classifier on the first token; batches of 16 × 128, forward and backward,
//! random weights. Prints the median and the best step, then the share of each operation.

use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use course_models::nn::{
    self, Activation, Attention, Dropout, Embedding, Init, LayerNorm, Linear, LossOptions, Parameters, Scope,
};

type Failure = Box<dyn std::error::Error>;

const HIDDEN: usize = 384;
const HEADS: usize = 12;
const BATCH: usize = 16;
const LENGTH: usize = 128;
const VOCABULARY: usize = 30_522;
const INIT: Init = Init::Normal { std: 0.02 };

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
    dropout: Dropout,
}

impl Layer {
    fn new(scope: &Scope, dropout: f32) -> course_models::Result<Self> {
        let linear = |name: &str, inputs, outputs| Linear::new(&scope.pp(name), inputs, outputs, true, INIT);
        Ok(Self {
            query: linear("query", HIDDEN, HIDDEN)?,
            key: linear("key", HIDDEN, HIDDEN)?,
            value: linear("value", HIDDEN, HIDDEN)?,
            output: linear("output", HIDDEN, HIDDEN)?,
            attention_norm: LayerNorm::new(&scope.pp("attention_norm"), HIDDEN, 1e-12)?,
            up: linear("up", HIDDEN, 4 * HIDDEN)?,
            down: linear("down", 4 * HIDDEN, HIDDEN)?,
            norm: LayerNorm::new(&scope.pp("norm"), HIDDEN, 1e-12)?,
            dropout: scope.dropout(dropout),
        })
    }

    fn forward(&self, x: &Tensor, mask: &Tensor) -> course_models::Result<Tensor> {
        let attention = Attention::new(HEADS).mask(mask).dropout(&self.dropout);
        let seen = nn::self_attention(x, &self.query, &self.key, &self.value, &attention)?;
        let x = self.attention_norm.forward(&self.dropout.forward_residual(&self.output.forward(&seen)?, x)?)?;
        let inner = nn::feed_forward(&x, &self.up, Activation::Gelu, &self.down)?;
        self.norm.forward(&self.dropout.forward_residual(&inner, &x)?)
    }
}

fn main() -> Result<(), Failure> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let value = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1))
    };
    let steps = value("--steps").map_or(Ok(10), |steps| steps.parse::<usize>())?;
    let dropout = value("--dropout").map_or(Ok(0.1), |share| share.parse::<f32>())?;

    let parameters = Parameters::new(&Device::Cpu, 42);
    let scope = parameters.root();
    let words = Embedding::new(&scope.pp("words"), VOCABULARY, HIDDEN, INIT)?;
    let positions = Embedding::new(&scope.pp("positions"), 512, HIDDEN, INIT)?;
    let norm = LayerNorm::new(&scope.pp("norm"), HIDDEN, 1e-12)?;
    let first_dropout = scope.dropout(dropout);
    let layers =
        (0..6).map(|number| Layer::new(&scope.pp("layer").pp(number), dropout)).collect::<Result<Vec<_>, _>>()?;
    let classifier = Linear::new(&scope.pp("classifier"), HIDDEN, 2, true, INIT)?;
    parameters.set_training(true);

    let ids = (0..BATCH * LENGTH).map(|i| (i * 7919 % VOCABULARY) as u32).collect::<Vec<_>>();
    let ids = Tensor::from_vec(ids, (BATCH, LENGTH), &Device::Cpu)?;
    let places =
        Tensor::arange(0u32, LENGTH as u32, &Device::Cpu)?.unsqueeze(0)?.broadcast_as((BATCH, LENGTH))?.contiguous()?;
    let mask = nn::padding_mask(&Tensor::ones((BATCH, LENGTH), DType::U32, &Device::Cpu)?, DType::F32)?;
    let labels = Tensor::from_vec((0..BATCH as i64).map(|i| i % 2).collect(), BATCH, &Device::Cpu)?;

    let step = || -> Result<(f64, f64), Failure> {
        let began = Instant::now();
        let x = (words.forward(&ids)? + positions.forward(&places)?)?;
        let mut x = first_dropout.forward(&norm.forward(&x)?)?;
        for layer in &layers {
            x = layer.forward(&x, &mask)?;
        }
        let first = x.narrow(1, 0, 1)?.squeeze(1)?;
        let loss = nn::cross_entropy(&classifier.forward(&first)?, &labels, &LossOptions::new())?;
        let forward = began.elapsed().as_secs_f64();
        let grads = nn::backward(&loss)?;
        let whole = began.elapsed().as_secs_f64();
        nn::grad_report(&grads, &parameters)?.check()?;
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
