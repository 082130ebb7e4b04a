//! What the Trainer does, in the plainest code: AdamW as it stands in its paper, and the training loop.

mod adamw;
mod training_loop;

pub use adamw::AdamW;
pub use training_loop::{accuracy, train};
