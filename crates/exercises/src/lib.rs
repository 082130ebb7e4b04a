//! Graded exercises and quizzes: checks that say what differed, hints, solutions, progress.
//!
//! An exercise is two cells of a notebook. In one the learner writes a function; the other, the grade cell, checks it:
//!
//! ```
//! use course_exercises::{check, given};
//!
//! fn largest(numbers: &[i32]) -> Option<i32> {
//!     numbers.iter().copied().max()
//! }
//!
//! # fn main() -> Result<(), course_exercises::CheckFailed> {
//! check!(largest, |check| {
//!     check.that("an empty list", || largest(&[])).equals(None);
//!     for mut draw in check.draws(10) {
//!         let mut numbers = draw.integers(6, -50..50);
//!         let answer = check.that(given!(numbers), || largest(&numbers));
//!         numbers.sort();
//!         answer.equals(numbers.last().copied());
//!     }
//! });
//! # Ok(()) }
//! ```
//!
//! | for | see |
//! |---|---|
//! | what a check can ask | [`Check`], [`Answer`] |
//! | inputs nobody has seen before | [`Draw`] |
//! | hints and solutions | [`hint!`], [`solution!`] |
//! | what was reached | [`Progress`], [`progress!`] |
//! | quizzes | [`quiz`] |
//!
//! The learner's code runs on a thread of its own, so that code which never ends costs neither the session's variables nor the next
//! cell: docs/decisions/0013-exercises.md.

#[doc(hidden)]
pub mod apart;
mod card;
mod check;
mod compare;
mod error;
#[doc(hidden)]
pub mod help;
mod lookup;
mod macros;
mod progress;
pub mod quiz;
mod table;

pub use check::{Answer, Check, CheckFailed, Draw, Draws, Float, Integer, given, run};
pub use compare::{Close, Values};
pub use error::{ExerciseError, Result};
pub use progress::{ExerciseProgress, Progress, QuizProgress, notices};
pub use table::show_progress;
