//! What is wrong with a notebook's file, and where.

use std::io;
use std::path::{Path, PathBuf};

/// Why a notebook cannot be read, written or copied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something is wrong with this file.
    #[error("{}: {source}", path.display())]
    In {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<Error>,
    },
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The text is no JSON.
    #[error("line {line}, column {column}: this is not JSON: {what}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What was found or missed.
        what: String,
    },
    /// The text is JSON and no notebook.
    #[error("this is not a notebook: {0}")]
    NotANotebook(String),
    /// A notebook of another format.
    #[error(
        "this is a notebook of format {major}.{minor}, and the course reads 4.5: open it in JupyterLab and save it, or run \
         `jupyter nbconvert --to notebook --inplace` on it"
    )]
    Format {
        /// nbformat.
        major: u64,
        /// nbformat_minor.
        minor: u64,
    },
    /// A cell has no id.
    #[error(
        "cell {cell} (\"{start}\") has no id: open the notebook in JupyterLab and save it, which gives every cell one"
    )]
    NoId {
        /// The cell, from 1.
        cell: usize,
        /// How it begins.
        start: String,
    },
    /// Two cells have one id.
    #[error("cells {first} and {second} have the same id, `{id}`: give one of them another")]
    SameId {
        /// The id.
        id: String,
        /// The first cell, from 1.
        first: usize,
        /// The second cell, from 1.
        second: usize,
    },
    /// A cell is not as the format wants it.
    #[error("cell {cell}: {what}")]
    Cell {
        /// The cell, from 1.
        cell: usize,
        /// What is wrong with it.
        what: String,
    },
    /// A solution or hidden test is not marked as it must be.
    #[error("cell `{cell}`, line {line}: {what}")]
    Marker {
        /// The cell's id.
        cell: String,
        /// The line in the cell, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// An exercise's metadata is not as the course wants it.
    #[error("cell `{cell}`: {what}")]
    Exercise {
        /// The cell's id.
        cell: String,
        /// What is wrong.
        what: String,
    },
}

impl Error {
    /// The same, with the file that it is about.
    #[must_use]
    pub fn within(self, path: &Path) -> Self {
        Self::In { path: path.to_owned(), source: Box::new(self) }
    }
}
