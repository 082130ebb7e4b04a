//! The exact index: every vector is looked at.

use rayon::prelude::*;

use super::best::{Best, Candidate};
use super::metric::{dot, inverse_norm, squared_distance};
use super::{Metric, Neighbour, Vectors};
use crate::Result;

/// Vectors that one thread looks at before it hands on its best.
const PIECE: usize = 4096;
/// Vectors that stay in the processor's cache while every query of a batch looks at them.
const BLOCK: usize = 64;

/// The exact index: it compares a query with every vector, so it never misses one.
///
/// Time and memory grow with the number of vectors: a million of 384 numbers are 1.5 GB, and a query reads all of it.
///
/// ```
/// use course_datasets::search::{FlatIndex, Metric, Vectors};
///
/// let index = FlatIndex::new(Vectors::from_rows([[0.0, 1.0], [3.0, 4.0], [1.0, 0.0]])?, Metric::Cosine);
/// let nearest = index.nearest(&[1.0, 0.1], 2)?;
/// assert_eq!(nearest.iter().map(|found| found.row).collect::<Vec<_>>(), [2, 1]);
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FlatIndex {
    pub(super) vectors: Vectors,
    pub(super) metric: Metric,
    /// For the cosine: one over each vector's length. Empty for the others.
    inverse_norms: Vec<f32>,
}

impl FlatIndex {
    /// An index of these vectors.
    pub fn new(vectors: Vectors, metric: Metric) -> Self {
        let inverse_norms = match metric {
            Metric::Cosine => vectors.rows().map(inverse_norm).collect(),
            Metric::L2 | Metric::InnerProduct => Vec::new(),
        };
        Self { vectors, metric, inverse_norms }
    }

    /// The vectors, in order.
    pub fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// What near means here.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The `count` nearest vectors, the nearest first; fewer if there are not as many.
    ///
    /// # Errors
    /// When the query is not as long as the vectors, or holds a NaN or an infinity.
    pub fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<Neighbour>> {
        self.vectors.check_query(query)?;
        let scale = self.scale(query);
        let pieces: Vec<usize> = (0..self.vectors.len()).step_by(PIECE).collect();
        let search = |begin: usize| {
            let mut best = Best::new(count);
            self.search_block(query, scale, begin, begin + PIECE, &mut best);
            best
        };
        let best = match pieces.as_slice() {
            // Waking threads costs more than a few thousand vectors.
            [only] => search(*only),
            _ => pieces.into_par_iter().map(search).reduce(|| Best::new(count), Best::merge),
        };
        Ok(best.neighbours(self.metric, count))
    }

    /// The same for each of several queries.
    ///
    /// # Errors
    /// As [`nearest`](Self::nearest).
    pub fn nearest_batch(&self, queries: &Vectors, count: usize) -> Result<Vec<Vec<Neighbour>>> {
        queries.rows().try_for_each(|query| self.vectors.check_query(query))?;
        let queries: Vec<&[f32]> = queries.rows().collect();
        // One group of queries a thread, each group goes through the vectors once.
        let group = queries.len().div_ceil(rayon::current_num_threads().max(1)).max(1);
        let answers = queries.par_chunks(group).flat_map_iter(|queries| {
            let scales: Vec<f32> = queries.iter().map(|query| self.scale(query)).collect();
            let mut best = vec![Best::new(count); queries.len()];
            for begin in (0..self.vectors.len()).step_by(BLOCK) {
                for ((query, &scale), best) in queries.iter().zip(&scales).zip(&mut best) {
                    self.search_block(query, scale, begin, begin + BLOCK, best);
                }
            }
            best.into_iter().map(|best| best.neighbours(self.metric, count))
        });
        Ok(answers.collect())
    }

    /// The score of one vector for a query that fits; `None` past the last.
    pub(super) fn rank(&self, query: &[f32], scale: f32, row: usize) -> Option<f32> {
        let vector = self.vectors.row(row)?;
        let score = match self.metric {
            Metric::L2 => squared_distance(query, vector),
            Metric::InnerProduct => dot(query, vector),
            Metric::Cosine => dot(query, vector) * scale * self.inverse_norms.get(row)?,
        };
        Some(self.metric.rank(score))
    }

    /// For the cosine: one over the query's length.
    pub(super) fn scale(&self, query: &[f32]) -> f32 {
        if self.metric == Metric::Cosine { inverse_norm(query) } else { 1.0 }
    }

    fn search_block(&self, query: &[f32], scale: f32, begin: usize, end: usize, best: &mut Best) {
        for row in begin..end.min(self.vectors.len()) {
            if let Some(rank) = self.rank(query, scale, row) {
                best.offer(Candidate { rank, row: row as u32 });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vectors(count: usize, dimension: usize, seed: u64) -> Vectors {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        Vectors::new((0..count * dimension).map(|_| next()).collect(), dimension).unwrap()
    }

    /// Every score, sorted the plain way.
    fn plainly(index: &FlatIndex, query: &[f32], count: usize) -> Vec<usize> {
        let mut all: Vec<(f32, usize)> =
            index.vectors.rows().map(|row| index.metric.score(query, row)).zip(0..).collect();
        all.sort_by(|one, other| {
            index.metric.rank(one.0).total_cmp(&index.metric.rank(other.0)).then(one.1.cmp(&other.1))
        });
        all.into_iter().take(count).map(|(_, row)| row).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_nearest_are_those_of_a_plain_sort(count in 1usize..200, dimension in 1usize..70, wanted in 0usize..20, seed: u64) {
            let queries = vectors(3, dimension, !seed);
            for metric in [Metric::L2, Metric::InnerProduct, Metric::Cosine] {
                let index = FlatIndex::new(vectors(count, dimension, seed), metric);
                let batch = index.nearest_batch(&queries, wanted).unwrap();
                for (query, batch) in queries.rows().zip(batch) {
                    let found = index.nearest(query, wanted).unwrap();
                    prop_assert_eq!(&found, &batch);
                    prop_assert_eq!(found.len(), wanted.min(count));
                    let rows: Vec<usize> = found.iter().map(|found| found.row).collect();
                    let expected = plainly(&index, query, wanted);
                    if metric == Metric::Cosine {
                        // The same product in another order: ties within rounding may swap.
                        for (found, row) in found.iter().zip(expected) {
                            let score = metric.score(query, index.vectors.row(row).unwrap());
                            prop_assert!((score - found.score).abs() < 1e-5);
                        }
                    } else {
                        prop_assert_eq!(rows, expected);
                    }
                }
            }
        }
    }

    #[test]
    fn many_vectors_are_searched_in_pieces_with_the_same_result() {
        let index = FlatIndex::new(vectors(3 * PIECE + 5, 8, 1), Metric::L2);
        let queries = vectors(5, 8, 2);
        let batch = index.nearest_batch(&queries, 7).unwrap();
        for (query, batch) in queries.rows().zip(batch) {
            let rows = |found: Vec<Neighbour>| found.iter().map(|found| found.row).collect::<Vec<_>>();
            assert_eq!(rows(batch), plainly(&index, query, 7));
            assert_eq!(rows(index.nearest(query, 7).unwrap()), plainly(&index, query, 7));
        }
    }

    #[test]
    fn a_wrong_query_is_refused() {
        let index = FlatIndex::new(vectors(4, 3, 3), Metric::L2);
        assert!(index.nearest(&[1.0], 1).is_err());
        assert!(index.nearest_batch(&vectors(2, 4, 3), 1).is_err());
    }
}
