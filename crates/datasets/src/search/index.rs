//! An index of either kind.

use std::path::Path;

use course_display::{Bundle, Rich, Table};

use super::{FlatIndex, HnswConfig, HnswIndex, Metric, Neighbour, Vectors, file};
use crate::Result;

/// An index of either kind: exact or approximate.
///
/// ```
/// use course_datasets::search::{Index, Metric, Vectors};
///
/// let index = Index::flat(Vectors::from_rows([[1.0, 0.0], [0.0, 1.0]])?, Metric::InnerProduct);
/// assert_eq!(index.nearest(&[0.2, 0.9], 1)?[0].row, 1);
/// assert_eq!(index.to_string(), "exact index of 2 vectors of 2 numbers by inner product (larger is nearer)");
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Debug, Clone)]
pub enum Index {
    /// Compares with every vector.
    Flat(FlatIndex),
    /// Walks a graph.
    Hnsw(HnswIndex),
}

impl Index {
    /// The exact index.
    pub fn flat(vectors: Vectors, metric: Metric) -> Self {
        Self::Flat(FlatIndex::new(vectors, metric))
    }

    /// The approximate index.
    ///
    /// # Errors
    /// When a setting is out of its range, or the learner pressed ■.
    pub fn hnsw(vectors: Vectors, metric: Metric, config: HnswConfig) -> Result<Self> {
        HnswIndex::build(vectors, metric, config).map(Self::Hnsw)
    }

    /// Reads an index from a file of faiss's format: flat or HNSW, by L2, inner product or cosine.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or holds an index of another kind.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        file::load(path.as_ref())
    }

    /// Writes it to a file that faiss reads, vectors and all. By cosine, the vectors in the file are brought to length 1.
    ///
    /// # Errors
    /// When the file cannot be written; what was there before is then still there.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(self, path.as_ref())
    }

    /// The `count` nearest vectors, the nearest first.
    ///
    /// # Errors
    /// When the query is not as long as the vectors, or holds a NaN or an infinity.
    pub fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<Neighbour>> {
        match self {
            Self::Flat(index) => index.nearest(query, count),
            Self::Hnsw(index) => index.nearest(query, count),
        }
    }

    /// The same for each of several queries, on all cores.
    ///
    /// # Errors
    /// As [`nearest`](Self::nearest).
    pub fn nearest_batch(&self, queries: &Vectors, count: usize) -> Result<Vec<Vec<Neighbour>>> {
        match self {
            Self::Flat(index) => index.nearest_batch(queries, count),
            Self::Hnsw(index) => index.nearest_batch(queries, count),
        }
    }

    /// The vectors, in order.
    pub fn vectors(&self) -> &Vectors {
        &self.flat_part().vectors
    }

    /// What near means here.
    pub fn metric(&self) -> Metric {
        self.flat_part().metric
    }

    pub(super) fn flat_part(&self) -> &FlatIndex {
        match self {
            Self::Flat(index) => index,
            Self::Hnsw(index) => &index.flat,
        }
    }
}

impl std::fmt::Display for Index {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (vectors, metric) = (self.vectors(), self.metric());
        let kind = match self {
            Self::Flat(_) => "exact index".to_owned(),
            Self::Hnsw(index) => format!(
                "HNSW index ({} layers, {} links, {} candidates in a search)",
                index.layers(),
                index.config.connections,
                index.config.ef_search
            ),
        };
        write!(formatter, "{kind} of {} vectors of {} numbers by {metric}", vectors.len(), vectors.dimension())
    }
}

impl Rich for Index {
    fn rich(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}

impl Rich for Neighbour {
    fn rich(&self) -> Bundle {
        Bundle::text(format!("row {}, score {}", self.row, self.score))
    }
}

/// What was found, as a table: rank, row and score.
pub fn neighbours_table(found: &[Neighbour], metric: Metric) -> Table {
    let rows = found.iter().zip(1..);
    rows.fold(Table::new(["rank", "row", metric.name()]), |table, (found, rank)| {
        table.row((rank, found.row, found.score))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_shows_as_a_table() {
        let index = Index::flat(Vectors::from_rows([[3.0, 4.0], [1.0, 0.0]]).unwrap(), Metric::L2);
        let found = index.nearest(&[0.0, 0.0], 2).unwrap();
        let text = neighbours_table(&found, index.metric()).rich().plain().to_owned();
        assert_eq!(
            text,
            "rank  row  squared distance\n────  ───  ────────────────\n   1    1                 1\n   2    0                25"
        );
    }
}
