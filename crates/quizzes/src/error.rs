//! What can be wrong with quizzes.

use std::fmt;
use std::path::PathBuf;

/// The result of reading quizzes.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no quiz.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file or the folder cannot be read.
    #[error("{} could not be read: {source}", file.display())]
    Read {
        /// The file or folder.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no quiz.
    #[error("{} is no quiz yet: {}", file.display(), listed(problems))]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Everything that is wrong with it, in the order of its lines.
        problems: Vec<Problem>,
    },
    /// No file is for this chapter.
    #[error("there is no quiz for chapter `{wanted}`; {}", known_chapters(known))]
    NoSuchChapter {
        /// What was asked for.
        wanted: String,
        /// The chapters that have one.
        known: Vec<String>,
    },
}

fn listed(problems: &[Problem]) -> String {
    match problems {
        [one] => one.to_string(),
        many => many.iter().map(|problem| format!("\n  {problem}")).collect(),
    }
}

fn known_chapters(known: &[String]) -> String {
    if known.is_empty() { "no chapter has one".into() } else { format!("these have one: {}", known.join(", ")) }
}

/// One thing that is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// The question, counted from 1, if it is in one.
    pub question: Option<usize>,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        if let Some(question) = self.question {
            write!(formatter, ", question {question}")?;
        }
        write!(formatter, ": {}", self.what)
    }
}
