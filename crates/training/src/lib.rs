//! TrainingArguments, Trainer, collators, optimizers, schedulers: models learn.

mod arguments;
mod error;
mod exact;
pub mod from_scratch;
mod metrics;
pub mod optimizers;
pub mod schedulers;

pub use arguments::{IntervalStrategy, OptimizerName, SamplingStrategy, SaveStrategy, TrainingArguments};
pub use error::{AnyError, Error, Result};
pub use metrics::Metrics;
