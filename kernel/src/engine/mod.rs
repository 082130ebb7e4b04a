//! What runs cells. The Jupyter side knows only this trait; [`dylib`] is the engine behind it.

pub mod dylib;
pub mod stage;

use std::sync::Arc;
use std::sync::mpsc::Sender;

use course_wire::Bundle;

/// Runs cells one after another and keeps their variables.
pub trait Engine: Send {
    /// Runs one cell to its end. Output flows through `output` while it runs; the call blocks.
    fn execute(&mut self, cell: Cell<'_>, output: &dyn Output) -> Outcome;

    /// A handle that stops the running cell from another thread.
    fn interrupter(&self) -> Arc<dyn Interrupt>;

    /// Ends the running child. Called once, before the kernel exits.
    fn shutdown(&mut self);
}

/// A cell as the front end sent it.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The execution count: `cell [7]` in every error.
    pub number: u32,
    /// Its source.
    pub code: &'a str,
}

/// How a cell ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It ran to its end.
    Ok,
    /// It did not compile, panicked, returned an error, was interrupted, or its process died.
    Error(CellError),
}

/// The one error of a failed cell, as `execute_reply` and the `error` output carry it.
#[derive(Debug, Clone, PartialEq)]
pub struct CellError {
    /// `E0382`, `Panic`, `Interrupted`, `ProcessDied`, `Command`, or the type of the error that `?` met.
    pub ename: String,
    /// One line that says what went wrong.
    pub evalue: String,
    /// The whole report, coloured with ANSI escapes, in cell lines.
    pub traceback: Vec<String>,
}

/// Where a running cell's output goes, in order.
pub trait Output: Sync {
    /// Called for each piece of output, from the engine's threads, never from two at once.
    fn emit(&self, event: Event);
}

/// One piece of output.
#[derive(Debug)]
pub enum Event {
    /// Text printed to stdout.
    Stdout(String),
    /// Text printed to stderr by the user's code.
    Stderr(String),
    /// A rich display, new or (`update`) replacing an earlier one of the same id.
    Display {
        /// What to show.
        bundle: Bundle,
        /// The handle under which it can be updated.
        display_id: Option<String>,
        /// Replace instead of add.
        update: bool,
    },
    /// The value of the last expression.
    Result(Bundle),
    /// Clear the cell's output, at once or with the next output.
    ClearOutput {
        /// Wait for the next output.
        wait: bool,
    },
    /// The cell asks for a line; send `None` when the front end cannot ask.
    Input {
        /// What to show before the field.
        prompt: String,
        /// Hide what is typed.
        password: bool,
        /// Where the answer goes.
        answer: Sender<Option<String>>,
    },
}

/// Stops a running cell from another thread.
pub trait Interrupt: Send + Sync {
    /// First call: kills a compile, or asks running code to stop. A second call, or five seconds, kills the child.
    fn interrupt(&self);
}
