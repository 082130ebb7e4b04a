//! What can go wrong between a call and its answer.

use crate::Task;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a call and its answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no pipeline for this task.
    #[error("there is no pipeline for the task {task:?}{}\nTasks: {}", .near.map(|near| format!("\nDid you mean {:?}?", near.name())).unwrap_or_default(), Task::names().join(", "))]
    UnknownTask {
        /// The task that was asked for.
        task: String,
        /// The task that was probably meant.
        near: Option<Task>,
    },
    /// The pipeline is for another task than the call.
    #[error("`{call}` needs a pipeline for {needs}, and this one is for {has}: {}", .has.hint())]
    WrongTask {
        /// The method that was called.
        call: &'static str,
        /// The tasks that have it, in words.
        needs: &'static str,
        /// The pipeline's task.
        has: Task,
    },
    /// An argument cannot be used.
    #[error("{argument}: {problem}")]
    BadInput {
        /// The argument.
        argument: &'static str,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The model's files were not found or not readable.
    #[error(transparent)]
    Hub(Box<course_hub::HubError>),
    /// The tokenizer failed.
    #[error(transparent)]
    Tokenizer(Box<course_tokenization::Error>),
    /// The model failed.
    #[error(transparent)]
    Model(Box<course_models::Error>),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// The result could not be drawn.
    #[error(transparent)]
    Display(#[from] course_display::Error),
    /// The learner pressed ■.
    #[error(transparent)]
    Interrupted(#[from] course_wire::Interrupted),
}

impl Error {
    pub(crate) fn input(argument: &'static str, problem: impl Into<String>) -> Self {
        Self::BadInput { argument, problem: problem.into() }
    }
}

/// The errors of the crates below are large, and nearly every function here returns one: they travel boxed.
impl From<course_hub::HubError> for Error {
    fn from(error: course_hub::HubError) -> Self {
        match error {
            course_hub::HubError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            error => Self::Hub(Box::new(error)),
        }
    }
}

impl From<course_tokenization::Error> for Error {
    fn from(error: course_tokenization::Error) -> Self {
        match error {
            course_tokenization::Error::Hub(error) => error.into(),
            error => Self::Tokenizer(Box::new(error)),
        }
    }
}

/// An interrupt stays an interrupt, however deep it was noticed.
impl From<course_models::Error> for Error {
    fn from(error: course_models::Error) -> Self {
        match error {
            course_models::Error::Interrupted(interrupted) => Self::Interrupted(interrupted),
            course_models::Error::Hub(error) => error.into(),
            course_models::Error::Tokenizer(error) => error.into(),
            error => Self::Model(Box::new(error)),
        }
    }
}
