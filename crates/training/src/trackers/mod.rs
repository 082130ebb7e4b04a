//! Who gets the log: a file of JSON lines, TensorBoard, the page.

mod jsonl;
mod live;
pub mod tensorboard;

pub use jsonl::JsonLines;
pub(crate) use live::Live;
pub use tensorboard::TensorBoard;
