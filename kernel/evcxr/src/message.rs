//! What the kernel and this program say to each other: one JSON object a line.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file descriptor on which the child hands its output to the kernel, in frames of [`Frame`].
pub const OUTPUT_FD: &str = "COURSE_EVCXR_OUTPUT_FD";

/// From the kernel.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Request {
    /// Run a cell.
    Run {
        /// Its text.
        code: String,
    },
    /// What was typed; nothing if the front end cannot ask.
    Input {
        /// The line.
        value: Option<String>,
    },
    /// Stop what runs.
    Interrupt,
}

/// To the kernel.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Answer {
    /// evcxr is up.
    Ready,
    /// evcxr is not to be had.
    Failed {
        /// Why.
        message: String,
    },
    /// The cell asks for a line.
    Input {
        /// What to show before the field.
        prompt: String,
        /// Hide what is typed.
        password: bool,
    },
    /// The cell is over.
    Done {
        /// What evcxr itself has to show, such as the answer to `:vars`.
        shown: BTreeMap<String, String>,
        /// Why it failed, if it did.
        failure: Option<Failure>,
    },
}

/// Why a cell failed.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// The compiler's code, or what kind of failure it is.
    pub name: String,
    /// One line.
    pub message: String,
    /// The compiler's reports.
    pub reports: Vec<String>,
}

/// What a frame of the child's output is; four bytes of length and the bytes follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Frame {
    /// Bytes the cell printed.
    Stdout = 0,
    /// The cell panicked.
    Panic = 1,
    /// `?` met an error.
    Error = 2,
    /// Bytes on stderr.
    Stderr = 3,
}
