//! Rust's side of the set-up: one cargo build, and what is made from its artifacts without building anything twice.

pub mod build;
pub mod command;
pub mod stage;
pub mod toolchain;
pub mod units;
