//! Jupyter notebooks as files: read, written without loss, checked, turned into a learner's copy.
//!
//! ```
//! use course_notebook::{CellType, Notebook};
//!
//! let text = r#"{"cells": [{"cell_type": "code", "execution_count": null, "id": "first", "metadata": {}, "outputs": [],
//!     "source": ["let x = 1;\n", "x"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
//! let notebook = Notebook::parse(text)?;
//! assert_eq!(notebook.cells[0].cell_type, CellType::Code);
//! assert_eq!(notebook.cells[0].source, "let x = 1;\nx");
//! assert!(notebook.to_json().starts_with("{\n \"cells\": [\n"));
//! # Ok::<(), course_notebook::Error>(())
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | (here) | [`Notebook`] and [`Cell`]: nbformat 4, in the very bytes that Python's nbformat writes |
//! | [`exercise`] | the exercises of a notebook: title, hints, points, solution |
//! | [`student`] | the learner's copy: no solutions, no hidden tests, no outputs |
//! | [`checks`] | what must hold for every notebook of the course, found without running it |
//! | [`new`] | the notebook that a new section starts from |

mod error;
mod json;
mod lines;
mod notebook;
mod regions;

pub mod checks;
pub mod exercise;
pub mod nbgrader;
pub mod new;
pub mod student;

pub use error::Error;
pub use notebook::{Cell, CellType, Notebook};

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
