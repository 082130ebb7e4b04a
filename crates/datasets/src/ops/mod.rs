//! What a dataset can do, one kind a file.

pub(crate) mod code;
mod columns;
mod concatenate;
mod filter;
mod kept;
mod map;
mod order;
mod radix;
mod rows;
mod types;
mod unique;

pub use concatenate::{concatenate_columns, concatenate_datasets};
pub use filter::Filter;
pub use map::{Map, MapItem};
pub(crate) use map::{Sink, cast_column};
pub use order::{Order, SortBy};
pub use unique::ValueCounts;
