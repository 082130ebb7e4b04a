//! The API index: what the kernel's completion and inspection know of the crates that a cell can name.
//!
//! | file | what |
//! |---|---|
//! | [`make`](make()) | one index a crate, made from rustdoc's JSON only when the crate has changed |
//! | [`rustdoc`], [`declare`], [`types`] | from the JSON to the items of an index |
//! | [`std_library`], [`page`], [`html`] | std's index, which is made by a developer and lies in `crates/index/data` |
//!
//! docs/decisions/0006-api-index.md says why it is done this way.

mod declare;
mod html;
mod make;
mod page;
mod rustdoc;
mod std_library;
mod types;

pub use make::{make, prune};
pub use std_library::ship;

/// Changes with what an index is made of, so that one made by an older xtask is made anew.
pub const VERSION: &str = "2";
