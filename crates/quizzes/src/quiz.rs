//! What a quiz is.

use std::fmt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::{Error, Result, read};

/// A chapter's quiz.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiz {
    /// The chapter's number as its folder writes it: `01`.
    pub chapter: String,
    /// The chapter's folder: `01-transformer-models`.
    pub name: String,
    /// What it is about, as a heading.
    pub title: String,
    /// Where it was read from.
    pub file: PathBuf,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
}

impl Quiz {
    /// Reads a file and checks it.
    ///
    /// # Errors
    /// [`Error::Read`] when the file cannot be read, [`Error::Invalid`] with every problem and its line when it is no quiz.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).map_err(|source| Error::Read { file: file.to_path_buf(), source })?;
        Self::parse(file, &text)
    }

    /// The quiz in `text`; `file` names it in errors, and the chapter.
    ///
    /// # Errors
    /// [`Error::Invalid`], when it is no quiz.
    pub fn parse(file: impl AsRef<Path>, text: &str) -> Result<Self> {
        let file = file.as_ref();
        read::quiz(file, text).map_err(|problems| Error::Invalid { file: file.to_path_buf(), problems })
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Keeps its value while the question is reworded and moved.
    pub id: Uuid,
    /// The line of its file in which it begins.
    pub line: usize,
    /// What is asked, in [`markup`](crate::markup).
    pub prompt: String,
    /// Code to look at; nothing runs it.
    pub code: Option<String>,
    /// The notebook that teaches it, without its ending.
    pub section: Option<String>,
    /// How it is answered.
    pub kind: Kind,
}

/// How a question is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// By choosing the right one, or all right ones.
    MultipleChoice {
        /// Between two and nine; at least one is right and at least one is not.
        choices: Vec<Choice>,
    },
    /// By a word or a number.
    ShortAnswer {
        /// All spellings that are right; the first is the one that is shown.
        answers: Vec<String>,
        /// How far a number may be off.
        tolerance: Option<f64>,
        /// Why it is that.
        explanation: String,
        /// Wrong answers that call for a word of their own.
        mistakes: Vec<Mistake<String>>,
    },
    /// By saying what a program does.
    Tracing {
        /// A whole program, with `fn main`.
        program: String,
        /// What becomes of it.
        outcome: Outcome,
        /// Why it does that.
        explanation: String,
        /// Wrong answers that call for a word of their own.
        mistakes: Vec<Mistake<Outcome>>,
    },
}

impl Kind {
    /// Its name in the file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MultipleChoice { .. } => "multiple-choice",
            Self::ShortAnswer { .. } => "short-answer",
            Self::Tracing { .. } => "tracing",
        }
    }
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it says.
    pub text: String,
    /// Whether it is to be chosen.
    pub right: bool,
    /// Why it is right, or what is wrong with it.
    pub explanation: String,
}

/// A wrong answer that one can see coming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake<A> {
    /// The answer.
    pub answer: A,
    /// What to say to it.
    pub explanation: String,
}

/// What becomes of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It compiles, runs, and prints this.
    Prints(String),
    /// It does not compile.
    Fails {
        /// The line of the first error, counted from 1.
        line: u32,
        /// The error's code, such as `E0382`; known for right answers only.
        error: Option<String>,
    },
}

/// As one says it to a learner.
impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prints(text) if text.is_empty() => formatter.write_str("It compiles and prints nothing."),
            Self::Prints(text) => write!(formatter, "It compiles and prints `{}`.", text.replace('\n', "` then `")),
            Self::Fails { line, error: Some(error) } => {
                write!(formatter, "It does not compile: the first error, {error}, is in line {line}.")
            }
            Self::Fails { line, error: None } => {
                write!(formatter, "It does not compile: the first error is in line {line}.")
            }
        }
    }
}
