//! What `hint!`, `solution!` and the progress file can fail with.

use std::path::{Path, PathBuf};

/// What went wrong around an exercise; each message says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExerciseError {
    /// No notebook has an exercise of that name.
    #[error("there is no exercise `{name}`{}", near_words(near))]
    Unknown {
        /// The name asked for.
        name: String,
        /// Names that are written nearly so.
        near: Vec<String>,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// "read", "write", …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The result of what deals with exercises.
pub type Result<T> = std::result::Result<T, ExerciseError>;

impl ExerciseError {
    /// Wraps the system's error about a file.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}

fn near_words(near: &[String]) -> String {
    match near {
        [] => ": the notebooks in this folder and in `chapters/` have none of that name".to_owned(),
        names => format!("; did you mean `{}`?", names.join("` or `")),
    }
}
