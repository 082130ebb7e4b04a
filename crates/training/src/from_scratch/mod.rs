//! What the Trainer does, in the plainest code: AdamW as it stands in its paper, and the training loop.

mod adamw;

pub use adamw::AdamW;
