//! Search by meaning: the vectors nearest to a query, exactly or by a graph.
//!
//! ```
//! use course_datasets::search::{HnswConfig, Index, Metric, Vectors, recall};
//!
//! let rows = (0..1000).map(|i| [(i as f32 * 0.7).sin(), (i as f32 * 0.3).cos(), (i as f32 * 0.1).sin()]);
//! let vectors = Vectors::from_rows(rows)?;
//! let exact = Index::flat(vectors.clone(), Metric::Cosine);
//! let graph = Index::hnsw(vectors, Metric::Cosine, HnswConfig::new())?;
//!
//! let query = [0.5, 0.5, 0.1];
//! let (exact, found) = (exact.nearest(&query, 10)?, graph.nearest(&query, 10)?);
//! assert_eq!(exact[0], found[0]); // the nearest of all
//! assert!(recall(&exact, &found) >= 0.9); // and at least nine of the ten
//! # Ok::<(), course_datasets::Error>(())
//! ```
//!
//! | index | looks at | misses | use it for |
//! |---|---|---|---|
//! | [`FlatIndex`] | every vector | none | up to some hundred thousand vectors |
//! | [`HnswIndex`] | some hundred on a walk through a graph | few, see [`recall`] | more, or many queries |
//!
//! The [`Metric`] is always said: what is near by one measure may not be by another, and for two of the three the *largest* score is the
//! best. Answers come best first.

use std::path::Path;

use crate::Error;

mod best;
mod examples;
mod file;
mod flat;
mod graph;
mod hnsw;
mod index;
mod metric;
mod vectors;

pub use best::Neighbour;
pub use examples::{IndexedDataset, NearestExamples};
pub use flat::FlatIndex;
pub use hnsw::{HnswConfig, HnswIndex, recall};
pub use index::{Index, neighbours_table};
pub use metric::Metric;
pub use vectors::Vectors;

impl Error {
    /// Vectors, a query or an index that cannot be used.
    pub(crate) fn vectors(problem: impl Into<String>) -> Self {
        Self::Argument(problem.into())
    }

    /// An index file that cannot be used.
    pub(crate) fn index_file(path: &Path, problem: impl Into<String>) -> Self {
        Self::BadFile { place: path.display().to_string(), problem: problem.into() }
    }
}
