//! A dataset with indices on its columns of vectors.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;

use course_display::{Bundle, Rich};

use super::{HnswConfig, Index, Metric, Neighbour, Vectors};
use crate::{Batch, Column, Dataset, Error, Result, Value, show};

/// A list of more numbers than this is no part of what is shown of a row: it is the vector itself.
const MOST_NUMBERS: usize = 16;

impl Dataset {
    /// Puts an exact index on a column of vectors; `add_faiss_index` in Python.
    ///
    /// ```
    /// use course_datasets::search::Metric;
    /// use course_datasets::{Dataset, row};
    ///
    /// let data = Dataset::from_rows([
    ///     row! { "text" => "a cat", "embedding" => vec![0.9, 0.1] },
    ///     row! { "text" => "a car", "embedding" => vec![0.1, 0.9] },
    /// ])?;
    /// let data = data.add_index("embedding", Metric::Cosine)?;
    /// let nearest = data.nearest_examples("embedding", &[1.0, 0.0], 1)?;
    /// assert_eq!(nearest.examples.strings("text")?, ["a cat"]);
    /// # Ok::<(), course_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such column, or it holds no vectors of one length.
    pub fn add_index(&self, column: &str, metric: Metric) -> Result<IndexedDataset> {
        IndexedDataset::new(self.clone()).add_index(column, metric)
    }

    /// Puts an approximate index on a column of vectors.
    ///
    /// # Errors
    /// As [`add_index`](Self::add_index); also when a setting is out of its range, or the learner pressed ■.
    pub fn add_hnsw_index(&self, column: &str, metric: Metric, config: HnswConfig) -> Result<IndexedDataset> {
        IndexedDataset::new(self.clone()).add_hnsw_index(column, metric, config)
    }

    /// The vectors in a column.
    ///
    /// # Errors
    /// When there is no such column, or it holds no vectors of one length.
    pub fn vectors(&self, column: &str) -> Result<Vectors> {
        let chunks = self.column(column)?.chunks().to_vec();
        Vectors::from_chunks(chunks).map_err(|error| match error {
            Error::Argument(problem) => Error::Argument(format!("column {column:?}: {problem}")),
            other => other,
        })
    }
}

/// A dataset with indices. It is still a [`Dataset`]: whatever makes other rows of it makes a dataset without them.
#[derive(Debug, Clone)]
pub struct IndexedDataset {
    data: Dataset,
    indices: BTreeMap<String, Index>,
}

impl Deref for IndexedDataset {
    type Target = Dataset;

    fn deref(&self) -> &Dataset {
        &self.data
    }
}

impl IndexedDataset {
    /// A dataset that has no index yet.
    pub fn new(data: Dataset) -> Self {
        Self { data, indices: BTreeMap::new() }
    }

    /// Puts an exact index on another column.
    ///
    /// # Errors
    /// As [`Dataset::add_index`].
    pub fn add_index(self, column: &str, metric: Metric) -> Result<Self> {
        let index = Index::flat(self.data.vectors(column)?, metric);
        self.with_index(column, index)
    }

    /// Puts an approximate index on another column.
    ///
    /// # Errors
    /// As [`Dataset::add_hnsw_index`].
    pub fn add_hnsw_index(self, column: &str, metric: Metric, config: HnswConfig) -> Result<Self> {
        let index = Index::hnsw(self.data.vectors(column)?, metric, config)?;
        self.with_index(column, index)
    }

    /// Takes an index that was made elsewhere, of one vector for each row.
    ///
    /// # Errors
    /// When the index has another number of vectors than the dataset has rows.
    pub fn with_index(mut self, name: &str, index: Index) -> Result<Self> {
        if index.vectors().len() != self.data.len() {
            return Err(Error::vectors(format!(
                "the index {name:?} has {} vectors and the dataset {} rows: an index belongs to the rows it was made of",
                index.vectors().len(),
                self.data.len()
            )));
        }
        self.indices.insert(name.to_owned(), index);
        Ok(self)
    }

    /// Reads an index from a file of faiss's format; `load_faiss_index` in Python.
    ///
    /// # Errors
    /// As [`Index::load`] and [`with_index`](Self::with_index).
    pub fn load_index(self, name: &str, path: impl AsRef<Path>) -> Result<Self> {
        self.with_index(name, Index::load(path)?)
    }

    /// Writes an index to a file that faiss reads; `save_faiss_index` in Python.
    ///
    /// # Errors
    /// When there is no index of this name, or the file cannot be written.
    pub fn save_index(&self, name: &str, path: impl AsRef<Path>) -> Result<()> {
        self.index(name)?.save(path)
    }

    /// Takes an index away.
    #[must_use]
    pub fn drop_index(mut self, name: &str) -> Self {
        self.indices.remove(name);
        self
    }

    /// The names of the indices.
    pub fn index_names(&self) -> Vec<&str> {
        self.indices.keys().map(String::as_str).collect()
    }

    /// An index by its name, which is its column's unless another was given.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn index(&self, name: &str) -> Result<&Index> {
        self.indices.get(name).ok_or_else(|| {
            let known = self.index_names();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Error::vectors(format!(
                "there is no index {name:?}; there is {known}. `add_index({name:?}, metric)` makes one"
            ))
        })
    }

    /// The numbers of the `count` rows nearest to the query, the nearest first; `search` in Python.
    ///
    /// # Errors
    /// When there is no index of this name, or the query does not fit it.
    pub fn search(&self, name: &str, query: &[f32], count: usize) -> Result<Vec<Neighbour>> {
        self.index(name)?.nearest(query, count)
    }

    /// The `count` rows nearest to the query, the nearest first; `get_nearest_examples` in Python.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn nearest_examples(&self, name: &str, query: &[f32], count: usize) -> Result<NearestExamples> {
        let index = self.index(name)?;
        self.examples(index.metric(), &index.nearest(query, count)?)
    }

    /// The same for each of several queries; `get_nearest_examples_batch` in Python.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn nearest_examples_batch(&self, name: &str, queries: &Vectors, count: usize) -> Result<Vec<NearestExamples>> {
        let index = self.index(name)?;
        index.nearest_batch(queries, count)?.iter().map(|found| self.examples(index.metric(), found)).collect()
    }

    fn examples(&self, metric: Metric, found: &[Neighbour]) -> Result<NearestExamples> {
        Ok(NearestExamples {
            metric,
            scores: found.iter().map(|found| found.score).collect(),
            indices: found.iter().map(|found| found.row).collect(),
            examples: self.data.select(found.iter().map(|found| found.row))?,
        })
    }
}

/// The rows that were found, the nearest first.
#[derive(Debug, Clone)]
pub struct NearestExamples {
    /// What near means.
    pub metric: Metric,
    /// The score of each.
    pub scores: Vec<f32>,
    /// The number of each in the dataset that was searched.
    pub indices: Vec<usize>,
    /// The rows themselves.
    pub examples: Dataset,
}

impl NearestExamples {
    /// How many were found.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Scores, numbers and columns; a column of vectors says nothing to the eye and is left out.
    fn batch(&self) -> Result<Batch> {
        let mut batch = Batch::new();
        batch.set(self.metric.name(), Column::from(self.scores.clone()));
        batch.set("row", Column::from(self.indices.iter().map(|&index| index as i64).collect::<Vec<_>>()));
        for (name, column) in self.examples.head(self.len())?.iter() {
            let vectors = column.iter().any(|value| value.as_list().is_some_and(is_vector));
            if !vectors {
                batch.set(name, column.clone());
            }
        }
        Ok(batch)
    }
}

fn is_vector(list: &[Value]) -> bool {
    list.len() > MOST_NUMBERS && list.iter().all(|value| value.as_f64().is_some())
}

impl Rich for NearestExamples {
    fn rich(&self) -> Bundle {
        let batch = match self.batch() {
            Ok(batch) => batch,
            Err(error) => return Bundle::text(error.to_string()),
        };
        let text = match batch.rows() {
            Ok(rows) => rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            Err(error) => error.to_string(),
        };
        Bundle::html(show::table(&batch, 0, &format!("the nearest first, by {}", self.metric)), text)
    }
}

impl Rich for IndexedDataset {
    fn rich(&self) -> Bundle {
        self.data.rich()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    fn data() -> Dataset {
        let rows = (0..40).map(|n| {
            let angle = n as f64 * 0.1;
            let embedding: Vec<f64> = (0..20).map(|k| (angle * k as f64).cos()).collect();
            row! { "name" => format!("row {n}"), "embedding" => embedding, "tags" => vec![n, n + 1] }
        });
        Dataset::from_rows(rows).unwrap()
    }

    #[test]
    fn rows_come_back_best_first_with_their_scores() {
        let data = data();
        let query = data.vectors("embedding").unwrap().row(7).unwrap().to_vec();
        let exact = data.add_index("embedding", Metric::L2).unwrap();
        let nearest = exact.nearest_examples("embedding", &query, 3).unwrap();
        assert_eq!((nearest.indices[0], nearest.scores[0]), (7, 0.0));
        assert!(nearest.scores.is_sorted());
        assert_eq!(nearest.examples.strings("name").unwrap()[0], "row 7");
        let approximate = data.add_hnsw_index("embedding", Metric::L2, HnswConfig::new()).unwrap();
        assert_eq!(approximate.nearest_examples("embedding", &query, 3).unwrap().indices, nearest.indices);
        let queries = Vectors::from_rows([&query, &query]).unwrap();
        assert_eq!(exact.nearest_examples_batch("embedding", &queries, 3).unwrap()[1].indices, nearest.indices);
        // The vector is not in the table, the short list is.
        let text = nearest.rich().plain().to_owned();
        assert!(text.starts_with("{'squared distance': 0.0, 'row': 7, 'name': 'row 7', 'tags': [7, 8]}"), "{text}");
    }

    #[test]
    fn indices_have_names_and_belong_to_their_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.faiss");
        let data = data();
        let indexed = data.add_index("embedding", Metric::InnerProduct).unwrap();
        indexed.save_index("embedding", &path).unwrap();
        let again = IndexedDataset::new(data.clone()).load_index("again", &path).unwrap();
        assert_eq!(again.index_names(), ["again"]);
        let error = again.index("embedding").unwrap_err().to_string();
        assert!(error.contains("there is no index \"embedding\"; there is again"), "{error}");
        assert!(again.drop_index("again").index_names().is_empty());
        let fewer = IndexedDataset::new(data.select(0..3).unwrap()).load_index("x", &path).unwrap_err().to_string();
        assert!(fewer.contains("40 vectors and the dataset 3 rows"), "{fewer}");
        let text = data.add_index("name", Metric::L2).unwrap_err().to_string();
        assert!(text.contains("column \"name\"") && text.contains("list of floats"), "{text}");
    }
}
