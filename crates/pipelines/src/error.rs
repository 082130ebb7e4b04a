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
    /// The model has a head for another task.
    #[error("{model} is a {class}, which is not what a pipeline for {task} needs.{}", advice(*.task, *.fits, .model))]
    WrongHead {
        /// The model.
        model: String,
        /// Its class, as its `config.json` says.
        class: String,
        /// The pipeline's task.
        task: Task,
        /// The task that the model fits.
        fits: Option<Task>,
    },
    /// The model has no head yet, or only a part of it.
    #[error(
        "{model} has no trained head for this task: of {architecture}, {missing} are not in its files. Train it first, save it, and name the folder"
    )]
    UntrainedHead {
        /// The model.
        model: String,
        /// The class it would be.
        architecture: &'static str,
        /// The weights that are not there.
        missing: String,
    },
    /// The model that a task runs on unless one is named is not to be had.
    #[error(
        "a pipeline for {task} runs on {model} unless you name another, and that model is not on this machine:\n{cause}\nOr name a \
         model of your own: `pipeline_with_model(\"{task}\", \"path/of/a/folder\")`, a folder with config.json, model.safetensors \
         and tokenizer.json, as a `Trainer` saves it"
    )]
    NoDefault {
        /// The task.
        task: Task,
        /// The model it runs on.
        model: &'static str,
        /// What was met when it was looked for.
        cause: Box<course_hub::HubError>,
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

/// What to do with a model of another head.
fn advice(task: Task, fits: Option<Task>, model: &str) -> String {
    let found = match fits {
        Some(fits) => format!("\nIt fits another task: pipeline_with_model(\"{fits}\", \"{model}\")"),
        None => String::new(),
    };
    format!("{found}\nFor {task}, name a model trained for it, such as {}", task.default_model())
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
