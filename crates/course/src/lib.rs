//! The facade that notebooks see: one crate with everything the course teaches, under the names learners know.
//!
//! In a notebook `use course::prelude::*` is there without asking:
//!
//! ```no_run
//! use course::prelude::*;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let generator = pipeline("text-generation")?;
//! let x = Tensor::new(&[[1f32, 2.], [3., 4.]], &Device::Cpu)?;
//! # Ok(()) }
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`pipelines`] | `pipeline(task)`: a model, its tokenizer and the steps around them in one call |
//! | [`transformers`] | the models themselves, and how they generate; `architectures` and `nn` are those that train |
//! | [`tokenizers`] | `AutoTokenizer`, encodings, chat templates |
//! | [`datasets`] | `load_dataset`, `Dataset`: tables on disk that behave like lists of rows; streaming, search |
//! | [`training`] | `TrainingArguments`, `Trainer`, collators, optimizers, schedulers; `from_scratch` has the loop in plain code |
//! | [`evaluation`] | metrics: `evaluate::load("accuracy")`, as the prelude calls it |
//! | [`hub`] | names to files: local folders, the cache, bundled models, the Hub |
//! | [`display`] | tables, plots, tokens in colour, progress bars |
//! | [`exercises`] | checks, hints, solutions, quizzes, progress |
//! | [`widgets`] | sliders, buttons, text fields with callbacks in Rust, and widgets of one's own |
//! | [`runtime`] | what a running cell stands on; nothing a learner calls |

mod input;
pub mod prelude;
pub mod runtime;

pub use input::input;

// With `::`, or rustdoc takes these for the hidden ones below and leaves them out, and completion does not know them.
pub use ::course_datasets as datasets;
pub use ::course_display as display;
pub use ::course_evaluation as evaluation;
pub use ::course_exercises as exercises;
pub use ::course_hub as hub;
pub use ::course_models as transformers;
pub use ::course_pipelines as pipelines;
pub use ::course_tokenization as tokenizers;
pub use ::course_training as training;
pub use ::course_widgets as widgets;
pub use course_wire::{Interrupted, interrupt};

// rustc writes the type of a variable by its crate's own name, and the next cell must be able to say it.
#[doc(hidden)]
pub use {
    course_cell, course_datasets, course_display, course_evaluation, course_exercises, course_hub, course_models,
    course_pipelines, course_tokenization, course_training, course_widgets, course_wire,
};

pub use {candle_core, candle_nn, indicatif, plotters, polars, serde, serde_json, tokio};

/// The device the course computes on: a GPU when the crate was built for one and one is there, else the CPU.
pub fn device() -> candle_core::Device {
    candle_core::Device::cuda_if_available(0).unwrap_or(candle_core::Device::Cpu)
}
