//! Tables on disk that behave like lists of rows: loading, mapping, shuffling, saving, searching.
//!
//! A [`Dataset`] is rows of named columns in Arrow's layout, mapped from files or held in memory; a [`DatasetDict`] is its splits. A column's
//! type is its [`Feature`]. Methods give new datasets and leave the old ones as they were, but for four:
//! [`Dataset::set_format`], [`Dataset::reset_format`], [`DatasetDict::insert`] and [`DatasetDict::remove`].
//!
//! Rows that are read when they are asked for are in [`streaming`], the nearest vectors in [`search`], NumPy's random numbers in [`random`].
//!
//! ```
//! use course_datasets::{Dataset, row};
//! let reviews = Dataset::from_rows([
//!     row! { "text" => "A joy from start to end.", "stars" => 5 },
//!     row! { "text" => "I want my evening back.", "stars" => 1 },
//! ])?;
//! println!("{reviews}");
//! let liked = reviews.filter(|row| row["stars"].as_i64() >= Some(4))?;
//! assert_eq!(liked.row(0)?.str("text")?, "A joy from start to end.");
//! # Ok::<(), course_datasets::Error>(())
//! ```

mod arrays;
mod arrow_file;
mod batch;
mod cache;
mod column;
pub mod corpus;
mod dataset;
mod dataset_dict;
mod error;
mod explore;
mod features;
mod files;
mod fingerprint;
mod format;
mod info;
mod load;
pub mod loopback;
pub mod memory;
mod moment;
mod ops;
mod outcome;
mod polars;
mod push;
pub mod random;
mod readers;
mod row;
pub mod samples;
mod save;
pub mod search;
mod show;
mod split;
pub mod streaming;
mod table;
mod tensor;
mod threads;
mod tokenize;
mod transform;
mod value;

pub use arrow_file::ArrowWriter;
pub use batch::Batch;
pub use column::{Column, ColumnItem};
pub use dataset::{BatchIter, Dataset, RowIter};
pub use dataset_dict::DatasetDict;
pub use error::{Error, Result, RowError};
pub use explore::Explorer;
pub use features::{ClassLabel, Feature, Features, ValueType};
pub(crate) use fingerprint::Fingerprint;
pub use format::{Format, FormatKind, Formatted};
pub use info::Info;
pub use load::{DataFiles, FileEntry, Load, load_dataset};
pub use moment::{Moment, MomentKind};
pub(crate) use ops::Sink;
pub use ops::{Filter, Map, MapItem, Order, SortBy, ValueCounts, concatenate_columns, concatenate_datasets};
pub use outcome::Outcome;
pub use push::PushToHub;
pub use readers::{BadData, BadRows, Inferred, InferredColumn, SampleBy};
pub use row::Row;
pub use save::load_from_disk;
pub use split::{Size, Split};
pub use streaming::{IterableDataset, interleave_datasets};
pub use value::{FromValue, Value};
