//! What the generated code around a cell calls: it takes the variables the cell mentions ([`take`]), runs the learner's lines
//! ([`run`]), shows the last expression ([`keep!`]), stores what is new ([`put`]) and gives the others back ([`put_back`]). Nothing
//! here is for learners to call.
//!
//! rustc spends most of a small cell's time on generic code and on what the crates it loads declare, hence two rules
//! (docs/decisions/0005-cell-time.md has the figures):
//!
//! * This crate depends on none. A cell that names nothing of the course compiles against it alone.
//! * A generic function here does what needs the type and calls a plain one for the rest. What is around the learner's lines is
//!   `extern "C"`: such calls do not unwind, so no destructor is compiled for values that only pass through.

pub mod debug;
mod error;
pub mod ladder;
mod run;
mod store;

pub use error::{CellError, DebugError, Error, Failure};
pub use run::{Ended, end, run};
pub use store::{Stored, forget, list, put, put_back, take};
