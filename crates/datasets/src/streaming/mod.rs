//! Streams: rows that are read when they are asked for, and never all at once.
//!
//! ```
//! use course_datasets::{IterableDataset, row};
//!
//! let numbers = IterableDataset::from_generator(|| (0..).map(|n: i64| Ok(row! { "n" => n })));
//! let squares = numbers.map(|mut row| {
//!     let n: i64 = row.get("n")?;
//!     row.set("square", n * n);
//!     Ok(row)
//! });
//! let large = squares.filter(|row| Ok(row.get::<i64>("square")? > 50)).take(2);
//! let squares: Vec<i64> = large.iter().map(|row| row?.get("square")).collect::<Result<_, _>>()?;
//! assert_eq!(squares, [64, 81]);
//! # Ok::<(), course_datasets::Error>(())
//! ```
//!
//! Nothing runs until [`iter`](IterableDataset::iter) is called; the numbers above have no end, and three steps of them are read ten rows.
//! The order of a stream that was shuffled or interleaved is that of Python's `datasets` 5.2 for the same seed.

mod chain;
mod count;
mod cycle;
mod dataset;
mod interleave;
mod load;
mod node;
mod shuffle;
mod source;
mod steps;
mod transform;

pub use cycle::Stopping;
pub(crate) use dataset::batch_of;
pub use dataset::{IterableDataset, StreamBatches, StreamRows};
pub use interleave::{Interleave, interleave_datasets};
pub use source::{RowReader, TableReader};
