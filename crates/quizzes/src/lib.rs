//! Quizzes as files: a chapter's questions in TOML, read with errors that name the line, graded, and exported for jupyterquiz.
//!
//! ```
//! use course_quizzes::{Answer, Quiz};
//!
//! let text = r#"
//! title = "A quiz of one question"
//!
//! [[questions]]
//! id = "6f1c9a4e-2f0b-4c59-8d8a-0d3b6f0a7c11"
//! kind = "short-answer"
//! prompt = "How many 16 × 16 patches does a picture of 224 × 224 have?"
//! answers = ["196"]
//! explanation = "14 along each side, and 14 times 14 is 196."
//! mistakes = [{ answer = "14", explanation = "That many lie along *one* side." }]
//! "#;
//! let quiz = Quiz::parse("quizzes/01-example.toml", text)?;
//! let verdict = quiz.questions[0].grade(&Answer::Text("14".into()));
//! assert!(!verdict.right);
//! assert_eq!(verdict.notes, ["That many lie along *one* side.", "14 along each side, and 14 times 14 is 196."]);
//! assert!(quiz.questions[0].grade(&Answer::Text("196 patches".into())).right);
//! # Ok::<(), course_quizzes::Error>(())
//! ```
//!
//! A question is of one of three kinds:
//!
//! | `kind` | what the learner does | what the file says |
//! |---|---|---|
//! | `multiple-choice` | chooses the right one, or all right ones | `[[questions.choices]]` with `text`, `right = true` where it is, and `explanation` |
//! | `short-answer` | types a word or a number | `answers`, for numbers a `tolerance`; `explanation`; `mistakes` with what to say to them |
//! | `tracing` | says what a program prints, or in which line it does not compile | `program`; `prints`, or `fails-at` and `error`; `explanation`; `mistakes` |
//!
//! Every question has an `id` (a UUID), a `prompt`, perhaps `code` to look at and the `section` (a notebook of the chapter) that
//! teaches it. Texts are written with `` `code` ``, `*emphasis*` and blank lines between paragraphs ([`markup`]).

mod error;
mod folder;
mod grade;
mod jupyterquiz;
pub mod markup;
mod normalise;
mod quiz;
mod raw;
mod read;
mod rules;
mod trace;

pub use error::{Error, Problem, Result};
pub use folder::Folder;
pub use grade::{Answer, Mark, Verdict};
pub use jupyterquiz::to_jupyterquiz;
pub use quiz::{Choice, Kind, Mistake, Outcome, Question, Quiz};
pub use rules::{MINIMUM, rules};
pub use uuid::Uuid;
