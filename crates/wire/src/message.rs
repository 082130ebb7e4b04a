//! The messages themselves. Each travels as one JSON text in a [frame](crate::frame).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Bundle, CommMessage, LineMap};

/// Kernel → child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToChild {
    /// Load `library` and call `symbol` in it, as cell number `cell`.
    Run {
        /// The number that panics and errors name, as in `cell [7]`.
        cell: u32,
        /// The compiled cell.
        library: PathBuf,
        /// Its entry point, an `extern "C" fn()`.
        symbol: String,
        /// The name of its generated source, as panics know it.
        source: String,
        /// Where the lines of that source come from.
        lines: LineMap,
    },
    /// The pipes have been read up to display number `sequence`.
    Drained {
        /// The number the display came with.
        sequence: u64,
    },
    /// The answer to [`FromChild::Input`]; `None` when the front end cannot ask.
    Input {
        /// The line typed, without its newline.
        value: Option<String>,
    },
    /// Raise the [interrupt flag](crate::interrupt).
    Interrupt,
    /// Drop these variables.
    Forget {
        /// Their names.
        names: Vec<String>,
    },
    /// Report every stored variable ([`FromChild::Variables`]).
    Variables,
    /// The page has sent a comm message. Handled between [`FromChild::CommBegin`] and [`FromChild::CommEnd`].
    Comm {
        /// The number by which both refer to it.
        request: u64,
        /// The message.
        message: CommMessage,
    },
}

/// Child → kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromChild {
    /// The course library is loaded; the child waits for cells.
    Ready,
    /// Show a bundle. The child waits for [`ToChild::Drained`] with the same number.
    Display {
        /// Counts the displays of this child.
        sequence: u64,
        /// What to show.
        bundle: Bundle,
        /// The handle under which it can be updated.
        display_id: Option<String>,
        /// Replace the earlier display of that handle instead of adding one.
        update: bool,
    },
    /// The value of the cell's last expression. Acknowledged like a display.
    Result {
        /// Counts with the displays.
        sequence: u64,
        /// The value, shown.
        bundle: Bundle,
    },
    /// Clear the cell's output, at once or when the next output arrives. Acknowledged like a display.
    ClearOutput {
        /// Counts with the displays.
        sequence: u64,
        /// Wait for the next output.
        wait: bool,
    },
    /// Ask the learner for a line. Answered by [`ToChild::Input`].
    Input {
        /// What to show before the field.
        prompt: String,
        /// Hide what is typed.
        password: bool,
    },
    /// The cell is over.
    Finished {
        /// `None` when it ran to its end.
        failure: Option<Failure>,
        /// Every variable stored after the cell.
        variables: Vec<StoreEntry>,
    },
    /// The answer to [`ToChild::Variables`].
    Variables {
        /// Every stored variable.
        variables: Vec<StoreEntry>,
    },
    /// A comm message for the page.
    Comm {
        /// The message.
        message: CommMessage,
    },
    /// Comms that the page opens for this target are passed on from now on.
    CommTarget {
        /// The target's name.
        name: String,
    },
    /// The callbacks of a comm message run from here. Acknowledged like a display.
    CommBegin {
        /// Counts with the displays.
        sequence: u64,
        /// The message's number.
        request: u64,
        /// The output area, by its comm, that takes what they print.
        output: Option<String>,
    },
    /// They have run. Acknowledged like a display.
    CommEnd {
        /// Counts with the displays.
        sequence: u64,
        /// The message's number.
        request: u64,
        /// Why one of them failed, if one did.
        failure: Option<Failure>,
    },
    /// What is printed and displayed goes into this output area from now on. Acknowledged like a display.
    Capture {
        /// Counts with the displays.
        sequence: u64,
        /// The output area, by its comm; `None` ends it.
        output: Option<String>,
    },
}

/// Why a cell did not run to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// `Panic`, `Interrupted`, or the type of the error that `?` met.
    pub name: String,
    /// The message.
    pub message: String,
    /// Where a panic happened.
    pub place: Option<Place>,
    /// The frames of the panic's backtrace that lie in cells, innermost first.
    #[serde(default)]
    pub frames: Vec<Place>,
}

/// A place in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The cell's number.
    pub cell: u32,
    /// The line in it, from 1.
    pub line: u32,
    /// The column in that line, from 1, where it is known.
    pub column: Option<u32>,
}

/// A stored variable as `:vars` lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoreEntry {
    /// Its name.
    pub name: String,
    /// `std::any::type_name` of its value.
    pub type_name: String,
    /// Bytes of the value itself, without what it points to.
    pub size: usize,
}
