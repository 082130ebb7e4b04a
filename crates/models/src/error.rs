//! What can go wrong between a file and an answer.

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a file and an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model's files were not found or not readable.
    #[error(transparent)]
    Hub(#[from] course_hub::HubError),
    /// The tokenizer was not found, or failed on a text.
    #[error(transparent)]
    Tokenizer(#[from] course_tokenization::Error),
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// A file holds something else than the model needs.
    #[error("{model}: {problem}")]
    BadModel {
        /// The model's name.
        model: String,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// An input does not fit the model or the other inputs.
    #[error("{argument}: {problem}")]
    BadInput {
        /// The argument.
        argument: &'static str,
        /// What is wrong, with the shapes, and what to do.
        problem: String,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried, as in "cannot … the file".
        action: &'static str,
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The learner pressed ■.
    #[error(transparent)]
    Interrupted(#[from] course_wire::Interrupted),
}

/// The first `shown` of some names, and how many more there are.
pub(crate) fn few(names: &[impl AsRef<str>], shown: usize) -> String {
    let first = names.iter().take(shown).map(|name| name.as_ref()).collect::<Vec<&str>>().join(", ");
    match names.len().saturating_sub(shown) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

impl Error {
    pub(crate) fn input(argument: &'static str, problem: impl Into<String>) -> Self {
        Self::BadInput { argument, problem: problem.into() }
    }

    /// Makes a file system error that says what was tried on which path: `.map_err(Error::io("write", path))`.
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    pub(crate) fn model(model: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::BadModel { model: model.into(), problem: problem.into() }
    }
}
