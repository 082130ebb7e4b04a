//! Quizzes: a file of questions for each chapter, answered and graded in the notebook.
//!
//! In a cell, `quiz("01")?` shows the quiz of chapter 1: one question at a time, graded at once, with the reasons; what was
//! wrong is asked again until it is right. Grading happens here, in Rust: the page knows no answer before it was given.
//!
//! The files are read, checked and exported by [`course_quizzes`], which says how one is written.

#[cfg(test)]
mod contrast;
mod error;
mod page;
mod score;
mod session;
mod still;
mod widget;

pub use course_quizzes::{Quiz, to_jupyterquiz};
pub use error::{Error, Result};
pub use widget::{QuizWidget, quiz};
