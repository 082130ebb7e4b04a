//! What can go wrong between a call and its answer.

use crate::Task;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a call and its answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no pipeline for this task.
    #[error("there is no pipeline for the task {task:?}.{} Tasks: {}", .near.map(|near| format!(" Did you mean {:?}?", near.name())).unwrap_or_default(), Task::names().join(", "))]
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
    Hub(#[from] course_hub::HubError),
    /// The tokenizer failed.
    #[error(transparent)]
    Tokenizer(#[from] course_tokenization::Error),
    /// The model failed.
    #[error(transparent)]
    Model(course_models::Error),
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

/// An interrupt stays an interrupt, however deep it was noticed.
impl From<course_models::Error> for Error {
    fn from(error: course_models::Error) -> Self {
        match error {
            course_models::Error::Interrupted(interrupted) => Self::Interrupted(interrupted),
            course_models::Error::Hub(error) => Self::Hub(error),
            course_models::Error::Tokenizer(error) => Self::Tokenizer(error),
            error => Self::Model(error),
        }
    }
}
