//! The kernel's own log: its stderr, which Jupyter shows in its terminal and never in a notebook.

use std::fmt::Display;
use std::io::Write as _;

/// Writes one line to the kernel's stderr; a closed stderr is no reason to fail.
pub fn log(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "course-kernel: {line}");
}
