//! What property tests try random input on.

pub use super::answers::Answers;
pub use super::decode::Decoder;
pub use super::is_complete::{Completeness, is_complete};
pub use super::message::Request;
pub use super::scan::scan;
pub use super::source::without_commands;
