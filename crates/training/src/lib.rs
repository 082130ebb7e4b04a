//! TrainingArguments, Trainer, collators, optimizers, schedulers: models learn.
//!
//! A [`Trainer`] is given a model of [`course_models::architectures`], [`TrainingArguments`] and datasets; [`Trainer::train`] makes the steps, evaluates,
//! logs, saves checkpoints, and goes on from them to the last bit. [`Trainer::doctor`] says why a model does not learn.
//!
//! | module | what |
//! |---|---|
//! | [`collators`] | rows of different lengths → tensors |
//! | [`loader`] | the order of rows, batches |
//! | [`optimizers`] | gradients → steps |
//! | [`schedulers`] | the learning rate of each step |
//! | [`trackers`] | the log as JSON lines and for TensorBoard |
//! | [`search`] | hyper-parameters by trying |
//! | [`from_scratch`] | AdamW and the training loop in the plainest code |

mod arguments;
mod card;
pub mod collators;
pub mod doctor;
mod error;
mod exact;
pub mod from_scratch;
pub mod loader;
mod memory;
mod metrics;
pub mod optimizers;
mod prediction;
pub mod schedulers;
pub mod search;
pub mod trackers;
mod trainer;

#[cfg(test)]
mod testing;

pub use arguments::{
    IntervalStrategy, OptimizerName, SamplingStrategy, SaveStrategy, Seq2SeqTrainingArguments, TrainingArguments,
};
pub use card::ModelCard;
pub use collators::{
    DataCollator, DataCollatorForLanguageModeling, DataCollatorForMultipleChoice, DataCollatorForSeq2Seq,
    DataCollatorForTokenClassification, DataCollatorWithFlattening, DataCollatorWithPadding, DefaultDataCollator,
};
pub use doctor::Diagnosis;
pub use error::{AnyError, Error, Result};
pub use metrics::Metrics;
pub use prediction::{EvalPrediction, PredictionOutput, Rows};
pub use schedulers::{Scheduler, SchedulerSettings, SchedulerType};
pub use trainer::{
    EarlyStopping, Event, Seq2SeqTrainer, TrainOutput, Trainer, TrainerCallback, TrainerControl, TrainerState,
};
