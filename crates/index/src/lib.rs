//! The API index: what completion and inspection know of a crate, in one file that is mapped and never read whole.
//!
//! `cargo xtask setup` writes one file for each crate that a cell can name, from rustdoc's output; the kernel maps them when the first question
//! comes. A file is text, one block of lines for each [`Item`], sorted by path, with two tables of offsets behind it: by path
//! and by last name. Looking a path up is a binary search that touches a handful of pages, so an index costs the kernel's start nothing
//! and its memory little.
//!
//! ```
//! use course_index::{Index, Item, Kind, write};
//!
//! let dot = Item { path: "maths::dot".into(), kind: Kind::Function, ..Item::default() };
//! let index = Index::from_bytes(write(vec![dot]))?;
//! assert_eq!(index.find("maths::dot")[0].kind, Kind::Function);
//! assert!(index.find("maths::cross").is_empty());
//! # Ok::<(), course_index::Error>(())
//! ```
//!
//! Types in it are texts with full paths and no spaces that are not needed: `core::option::Option<alloc::string::String>`.

mod item;
mod lines;
mod primitives;
mod read;
mod write;

pub use item::{Child, Impl, Item, Kind, Member, MemberKind};
pub use primitives::PRIMITIVES;
pub use read::{Error, Index};
pub use write::write;

/// The first line of every index; it changes with the format, so that an older file is made anew and not misread.
pub const FORMAT: &str = "course-index 1";
