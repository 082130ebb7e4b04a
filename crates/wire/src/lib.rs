//! What the kernel and the running child say to each other: message types, framing, the interrupt flag.
//!
//! The kernel compiles a cell and sends its library to the child ([`ToChild::Run`]); the child runs it and answers with
//! displays and one [`FromChild::Finished`]. What a cell prints does not travel here: it goes through the pipes on file
//! descriptors 1 and 2. A [`FromChild::Display`] is acknowledged by [`ToChild::Drained`] once the kernel has read the pipes
//! up to it, which is what keeps prints and displays in order.
//!
//! Every crate of the course may poll [`interrupt`] and write to [`link`]; neither does anything outside a notebook.

mod bundle;
mod cell;
pub mod comm;
pub mod frame;
pub mod html;
pub mod interrupt;
mod lines;
pub mod link;
mod message;
pub mod size;
pub mod steady;

pub use bundle::Bundle;
pub use cell::{CellName, UNCOUNTED};
pub use comm::{Buffer, CommKind, CommMessage};
pub use interrupt::Interrupted;
pub use lines::{LineMap, LineSpan};
pub use message::{Failure, FromChild, Place, StoreEntry, ToChild};

/// What the child writes to stderr when the stack that cells run on has overflowed; the kernel's report is then of recursion.
pub const STACK_OVERFLOW: &str = "the stack of the cell has overflowed";

/// What the child writes to stderr before it ends because code under a check goes on for ever where it cannot be parked.
pub const ENDLESS_CHECK: &str = "the code under the check could not be stopped";
