//! What can go wrong while a model learns.

use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whatever a closure of the learner's failed with; `?` turns every error into it.
pub type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong while a model learns.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An argument has a value that it cannot have.
    #[error("{argument}: {problem}")]
    Argument {
        /// The argument.
        argument: String,
        /// What is wrong and what it may be.
        problem: String,
    },
    /// The data does not fit what is to be done with it.
    #[error("{what}: {problem}")]
    Data {
        /// The dataset, column or batch.
        what: String,
        /// What is wrong, with row and value, and what to try.
        problem: String,
    },
    /// The loss is no number any more.
    #[error(
        "the loss is {loss} at step {step} (epoch {epoch:.2}, learning rate {learning_rate:e}); the last finite loss was {last}. Try a smaller \
         learning rate, `max_grad_norm`, more warmup, and `trainer.doctor()` for the data{checkpoint}"
    )]
    NotFinite {
        /// What it is instead.
        loss: f64,
        /// The update that would have been next, counted from 1.
        step: u64,
        /// How far through the data, in epochs.
        epoch: f64,
        /// The rate of that step.
        learning_rate: f64,
        /// The last loss that was a number.
        last: String,
        /// Where the last checkpoint is.
        checkpoint: String,
    },
    /// Parameters that should learn get no gradient, or one that is no number.
    #[error("{problem}")]
    Gradient {
        /// Which, and what to look at.
        problem: String,
    },
    /// A batch takes more memory than there is.
    #[error("{problem}")]
    Memory {
        /// How much it would take, how much is left, and what to do.
        problem: String,
    },
    /// A saved state does not belong to what is to go on from it.
    #[error("{}: {problem}", .path.display())]
    Checkpoint {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A file could not be read or written.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// What was being done: "writing".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A function of the learner's failed: `compute_metrics`, a callback, an objective.
    #[error("{place}: {source}")]
    Function {
        /// Which one.
        place: String,
        /// What it failed with.
        source: AnyError,
    },
    /// The data could not be read.
    #[error(transparent)]
    Dataset(#[from] course_datasets::Error),
    /// The model failed on a batch.
    #[error(transparent)]
    Model(#[from] course_models::Error),
    /// The tokenizer failed.
    #[error(transparent)]
    Tokenizer(#[from] course_tokenization::Error),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// The learner pressed ■.
    #[error(transparent)]
    Interrupted(#[from] course_wire::Interrupted),
}

impl Error {
    pub(crate) fn argument(argument: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Argument { argument: argument.into(), problem: problem.into() }
    }

    pub(crate) fn data(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Data { what: what.into(), problem: problem.into() }
    }

    pub(crate) fn checkpoint(path: &Path, problem: impl Into<String>) -> Self {
        Self::Checkpoint { path: path.to_owned(), problem: problem.into() }
    }

    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    pub(crate) fn function(place: impl Into<String>) -> impl FnOnce(AnyError) -> Self {
        let place = place.into();
        move |source| Self::Function { place, source }
    }
}
