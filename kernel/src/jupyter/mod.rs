//! The Jupyter side of the kernel: sockets, messages, and the order in which a front end hears of things.
//!
//! One [`session`] serves one front end's notebook. Its parts run at the same time, so a client gets answers while a cell
//! runs: [`shell`] and [`control`] read requests, [`execute`] takes cells one after another, [`worker`] is the thread that
//! the engine lives on, [`comms`] are what widgets talk over, [`iopub`] tells everyone what happens, [`stdin`] asks the learner for a line.

mod answers;
mod capture;
mod comms;
mod complete;
mod connection;
mod control;
mod decode;
mod error;
mod execute;
mod expressions;
#[cfg(test)]
pub mod fuzzed;
mod heartbeat;
mod history;
mod interrupt;
mod iopub;
mod is_complete;
mod kernel_info;
mod log;
mod message;
mod model;
mod output;
mod pager;
mod router;
mod scan;
mod session;
mod shell;
mod source;
mod stdin;
#[cfg(test)]
mod tests;
mod worker;

pub use connection::read as read_connection_file;
pub use kernel_info::RustVersion;
pub use log::log;
pub use session::{Config, serve};
#[cfg(test)]
pub use source::on_deep_stack;
pub use worker::EngineFactory;
