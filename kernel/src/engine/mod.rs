//! What runs cells. The Jupyter side knows only this trait; [`dylib`] is the engine behind it,
//! and [`evcxr`] a second one.

pub mod dylib;
pub mod evcxr;
pub mod mailbox;
pub mod stage;

use std::sync::Arc;
use std::sync::mpsc::Sender;

use course_wire::{Bundle, CommMessage};
pub use course_wire::{CellName, UNCOUNTED};

use self::mailbox::Mailbox;

/// Runs cells one after another and keeps their variables.
pub trait Engine: Send {
    /// Runs one cell to its end. Output flows through `output` while it runs; the call blocks.
    fn execute(&mut self, cell: Cell<'_>, output: &dyn Output) -> Outcome;

    /// Passes on what threads of earlier cells say; called again and again while no cell runs, with the last cell's output.
    fn idle(&mut self, _output: &dyn Output) {}

    /// A handle that stops the running cell from another thread.
    fn interrupter(&self) -> Arc<dyn Interrupt>;

    /// Names the mailbox whose comm messages a running cell takes. Called once, before anything is run.
    fn connect(&mut self, _mailbox: Arc<Mailbox>) {}

    /// Hands over the comm messages in the mailbox while no cell runs, and blocks until their callbacks have run; their output
    /// flows through `output`.
    fn comms(&mut self, _output: &dyn Output) {}

    /// What is known between cells. Asked after every cell, for completion and inspection while the next one runs.
    fn known(&self) -> Known {
        Known::default()
    }

    /// Ends the running child. Called once, before the kernel exits.
    fn shutdown(&mut self);
}

/// What an engine knows of its session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The variables that the next cell can use.
    pub variables: Vec<KnownVariable>,
    /// The source of each item that the next cell can use: functions, types, `impl`s, imports.
    pub items: Arc<[String]>,
}

/// A variable that the next cell can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownVariable {
    /// Its name.
    pub name: String,
    /// Its type, as the compiler writes it.
    pub type_text: String,
    /// Declared `mut`.
    pub mutable: bool,
    /// The cell that made it.
    pub cell: u32,
}

/// A cell as the front end sent it.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Its own number, no other cell's: the execution count, or one with [`UNCOUNTED`] in it. [`CellName`] says it in errors.
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
    /// Something about comms.
    Comm(CommEvent),
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

/// What the child does with its comms.
#[derive(Debug)]
pub enum CommEvent {
    /// It sends a message.
    Message(CommMessage),
    /// It takes comms that are opened for this target.
    Target(String),
    /// The callbacks of a message run from here.
    Begin {
        /// The message's number in the mailbox.
        request: u64,
        /// The output area that takes what they print, by its comm.
        output: Option<String>,
    },
    /// They have run.
    End {
        /// The message's number in the mailbox.
        request: u64,
        /// Why one of them failed, if one did.
        error: Option<CellError>,
    },
    /// What is printed and displayed from here on goes into this output area.
    Capture(Option<String>),
    /// The child is gone, and its comms with it.
    Gone,
}

/// Stops a running cell from another thread.
pub trait Interrupt: Send + Sync {
    /// First call: kills a compile, or asks running code to stop. A second call, or five seconds, kills the child.
    fn interrupt(&self);

    /// The cell is over: a press that came too late for it must not stop the next one.
    fn over(&self);

    /// The session is over: kills whatever runs, at once, and lets nothing run after it.
    fn kill(&self);
}
