//! The approximate index: a graph that is walked, not a list that is read.

use std::collections::HashSet;

use course_display::Progress;
use course_wire::interrupt;
use hnsw_rs::prelude::{Distance, Hnsw};
use rayon::prelude::*;

use super::graph::Graph;
use super::metric::{dot, inverse_norm, squared_distance};
use super::{FlatIndex, Metric, Neighbour, Vectors};
use crate::{Error, Result};

/// Vectors added between two looks at the interrupt.
const CHUNK: usize = 64;
/// More vectors than this show a bar.
const SHOW_BAR: usize = 5_000;
/// The most layers that the builder makes.
const MOST_LAYERS: usize = 16;

/// How a graph is built and searched.
///
/// ```
/// use course_datasets::search::HnswConfig;
///
/// let careful = HnswConfig::new().connections(32).ef_construction(400).ef_search(200);
/// assert_eq!(careful.connections, 32);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HnswConfig {
    /// Links of a vector in each layer, M in the paper (16); twice as many in the bottom one. More cost memory and find more.
    pub connections: usize,
    /// Candidates kept while a vector is added (200). More make a better graph, more slowly.
    pub ef_construction: usize,
    /// Candidates kept while a query is answered (64). More find more, more slowly; can be changed after the graph is built.
    pub ef_search: usize,
    /// Whether all cores add vectors at once (no). It is faster, and two runs then build two graphs.
    pub parallel: bool,
}

impl Default for HnswConfig {
    fn default() -> Self {
        Self { connections: 16, ef_construction: 200, ef_search: 64, parallel: false }
    }
}

impl HnswConfig {
    /// The defaults: 16 links, 200 candidates to build, 64 to search, one core.
    pub fn new() -> Self {
        Self::default()
    }

    /// Links of a vector in each layer: 2 to 128.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Candidates kept while a vector is added.
    #[must_use]
    pub fn ef_construction(mut self, candidates: usize) -> Self {
        self.ef_construction = candidates;
        self
    }

    /// Candidates kept while a query is answered.
    #[must_use]
    pub fn ef_search(mut self, candidates: usize) -> Self {
        self.ef_search = candidates;
        self
    }

    /// Whether all cores add vectors at once.
    #[must_use]
    pub fn parallel(mut self, parallel: bool) -> Self {
        self.parallel = parallel;
        self
    }

    fn check(&self) -> Result<()> {
        if !(2..=128).contains(&self.connections) {
            return Err(Error::index_setting("`connections`", self.connections, "from 2 to 128"));
        }
        if self.ef_construction == 0 || self.ef_search == 0 {
            return Err(Error::index_setting("the number of candidates", 0, "at least 1"));
        }
        Ok(())
    }
}

/// The approximate index: a hierarchical navigable small world, built by `hnsw_rs`. A query looks at some hundred vectors instead
/// of all of them, and may miss one.
///
/// [`recall`](super::recall) measures how many it misses.
///
/// ```
/// use course_datasets::search::{HnswConfig, HnswIndex, Metric, Vectors};
///
/// let rows = (0..500).map(|i| [(i as f32).sin(), (i as f32).cos()]);
/// let index = HnswIndex::build(Vectors::from_rows(rows)?, Metric::Cosine, HnswConfig::new())?;
/// let nearest = index.nearest(&[0.0, 1.0], 3)?;
/// assert_eq!(nearest[0].row, 0); // sin 0 = 0, cos 0 = 1
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct HnswIndex {
    /// The vectors, and what near means.
    pub(super) flat: FlatIndex,
    pub(super) graph: Graph,
    pub(super) config: HnswConfig,
}

impl HnswIndex {
    /// Builds the graph. Ten thousand vectors of 384 numbers take seconds; a bar shows how far it is.
    ///
    /// # Errors
    /// When a setting is out of its range, or the learner pressed ■.
    pub fn build(vectors: Vectors, metric: Metric, config: HnswConfig) -> Result<Self> {
        config.check()?;
        let graph = build(&vectors, metric, &config)?;
        Ok(Self { flat: FlatIndex::new(vectors, metric), graph, config })
    }

    /// An index from parts that were read from a file and checked.
    pub(super) fn from_parts(flat: FlatIndex, graph: Graph, config: HnswConfig) -> Result<Self, String> {
        config.check().map_err(|error| error.to_string())?;
        if graph.levels.len() != flat.vectors.len() {
            return Err(format!("the graph has {} nodes for {} vectors", graph.levels.len(), flat.vectors.len()));
        }
        graph.check()?;
        Ok(Self { flat, graph, config })
    }

    /// The vectors, in order.
    pub fn vectors(&self) -> &Vectors {
        &self.flat.vectors
    }

    /// What near means here.
    pub fn metric(&self) -> Metric {
        self.flat.metric
    }

    /// How it was built and is searched.
    pub fn config(&self) -> &HnswConfig {
        &self.config
    }

    /// The number of layers.
    pub fn layers(&self) -> usize {
        self.graph.layers()
    }

    /// The vectors that one vector is linked to in a layer, 0 at the bottom; none where it is not in that layer.
    pub fn links(&self, row: usize, layer: usize) -> Vec<usize> {
        self.graph.neighbours(row as u32, layer).map(|row| row as usize).collect()
    }

    /// Keeps so many candidates while a query is answered: more find more, more slowly.
    ///
    /// # Errors
    /// When it is 0.
    pub fn set_ef_search(&mut self, candidates: usize) -> Result<()> {
        let config = self.config.clone().ef_search(candidates);
        config.check()?;
        self.config = config;
        Ok(())
    }

    /// The `count` nearest vectors that the walk comes by, the nearest first.
    ///
    /// # Errors
    /// When the query is not as long as the vectors, or holds a NaN or an infinity.
    pub fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<Neighbour>> {
        self.flat.vectors.check_query(query)?;
        Ok(self.walk(query, count))
    }

    /// The same for each of several queries, on all cores.
    ///
    /// # Errors
    /// As [`nearest`](Self::nearest).
    pub fn nearest_batch(&self, queries: &Vectors, count: usize) -> Result<Vec<Vec<Neighbour>>> {
        queries.rows().try_for_each(|query| self.flat.vectors.check_query(query))?;
        let queries: Vec<&[f32]> = queries.rows().collect();
        Ok(queries.into_par_iter().map(|query| self.walk(query, count)).collect())
    }

    fn walk(&self, query: &[f32], count: usize) -> Vec<Neighbour> {
        let scale = self.flat.scale(query);
        // A node that is not there is infinitely far; a checked graph has none.
        let rank = |row: u32| self.flat.rank(query, scale, row as usize).unwrap_or(f32::INFINITY);
        self.graph.search(self.config.ef_search.max(count), rank).neighbours(self.flat.metric, count)
    }
}

/// The share of the truly nearest rows that an approximate search found, from 0 to 1.
pub fn recall(exact: &[Neighbour], found: &[Neighbour]) -> f64 {
    if exact.is_empty() {
        return 1.0;
    }
    let rows: HashSet<usize> = found.iter().map(|found| found.row).collect();
    exact.iter().filter(|exact| rows.contains(&exact.row)).count() as f64 / exact.len() as f64
}

/// The builder's distance: the squared Euclidean one, whatever the metric; [`embedded`] sees to it that the order is the metric's.
struct SquaredDistance;

impl Distance<f32> for SquaredDistance {
    fn eval(&self, one: &[f32], other: &[f32]) -> f32 {
        squared_distance(one, other)
    }
}

/// Vectors whose Euclidean distances to a query are in the metric's order.
///
/// For the cosine they are brought to length 1. For the inner product each gets one more number, so that all become as long as the
/// longest, R: then |x − q|² = R² + |q|² − 2 x·q for a query with a 0 there, and the nearest is the one with the largest product
/// (Bachrach et al. 2014).
fn embedded(vectors: &Vectors, metric: Metric) -> Vec<Vec<f32>> {
    match metric {
        Metric::L2 => vectors.rows().map(<[f32]>::to_vec).collect(),
        Metric::Cosine => {
            let unit = |row: &[f32]| {
                let scale = inverse_norm(row);
                row.iter().map(|number| number * scale).collect()
            };
            vectors.rows().map(unit).collect()
        }
        Metric::InnerProduct => {
            let squared: Vec<f32> = vectors.rows().map(|row| dot(row, row)).collect();
            let longest = squared.iter().copied().fold(0.0, f32::max);
            let longer = |(row, squared): (&[f32], &f32)| {
                row.iter().copied().chain([(longest - squared).max(0.0).sqrt()]).collect()
            };
            vectors.rows().zip(&squared).map(longer).collect()
        }
    }
}

fn build(vectors: &Vectors, metric: Metric, config: &HnswConfig) -> Result<Graph> {
    let rows = embedded(vectors, metric);
    let built = Hnsw::<f32, SquaredDistance>::new(
        config.connections,
        rows.len(),
        MOST_LAYERS,
        config.ef_construction,
        SquaredDistance,
    );
    let bar = (rows.len() > SHOW_BAR).then(|| Progress::new(rows.len() as u64, "building the graph"));
    for (chunk, first) in rows.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
        interrupt::check()?;
        let numbered = chunk.iter().zip(first..);
        // The first few one by one: threads that all meet an empty graph would leave islands.
        if config.parallel && first > 0 {
            built.parallel_insert(&numbered.collect::<Vec<_>>());
        } else {
            numbered.for_each(|(row, number)| built.insert((row.as_slice(), number)));
        }
        if let Some(bar) = &bar {
            bar.inc(chunk.len() as u64)?;
        }
    }
    Ok(copied(&built, rows.len(), config.connections))
}

/// The graph that was built, as plain tables.
fn copied(built: &Hnsw<'_, f32, SquaredDistance>, count: usize, connections: usize) -> Graph {
    let points = built.get_point_indexation();
    let layers = points.get_max_level_observed() as usize + 1;
    let (mut levels, mut entry) = (vec![1u8; count], 0);
    for layer in 0..layers {
        for (place, point) in points.get_layer_iterator(layer).enumerate() {
            if let Some(level) = levels.get_mut(point.get_origin_id()) {
                *level = layer as u8 + 1;
            }
            // The first node that reached the top is the entry, and it stays it.
            if layer + 1 == layers && place == 0 {
                entry = point.get_origin_id() as u32;
            }
        }
    }
    let mut graph = Graph::new(connections, levels, entry);
    for layer in 0..layers {
        for point in points.get_layer_iterator(layer) {
            let node = point.get_origin_id();
            for (layer, others) in point.get_neighborhood_id().into_iter().enumerate().take(layer + 1) {
                let in_layer = |&other: &usize| {
                    graph.levels.get(other).is_some_and(|&level| (level as usize) > layer) && other != node
                };
                let others: Vec<usize> = others.iter().map(|other| other.get_origin_id()).filter(in_layer).collect();
                graph.link(node, layer, others.into_iter());
            }
        }
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors in clusters, as embeddings are.
    fn clustered(count: usize, dimension: usize, seed: u64) -> Vectors {
        let mut state = seed | 1;
        let mut next = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        let centres: Vec<Vec<f32>> = (0..20).map(|_| (0..dimension).map(|_| 2.0 * next()).collect()).collect();
        let rows = (0..count).map(|row| centres[row % 20].iter().map(|centre| centre + next()).collect::<Vec<f32>>());
        Vectors::from_rows(rows.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn it_finds_what_the_exact_index_finds() {
        let (vectors, queries) = (clustered(2000, 24, 1), clustered(50, 24, 2));
        for metric in [Metric::L2, Metric::InnerProduct, Metric::Cosine] {
            let exact = FlatIndex::new(vectors.clone(), metric);
            let index = HnswIndex::build(vectors.clone(), metric, HnswConfig::new()).unwrap();
            index.graph.check().unwrap();
            let exact = exact.nearest_batch(&queries, 10).unwrap();
            let found = index.nearest_batch(&queries, 10).unwrap();
            let recalls: f64 = exact.iter().zip(&found).map(|(exact, found)| recall(exact, found)).sum();
            assert!(recalls / 50.0 > 0.95, "{metric}: recall {}", recalls / 50.0);
            // The scores of what both found are the same numbers.
            for (exact, found) in exact.iter().zip(&found) {
                for exact in exact {
                    if let Some(same) = found.iter().find(|found| found.row == exact.row) {
                        assert_eq!(same.score, exact.score);
                    }
                }
            }
            assert_eq!(index.nearest(queries.row(0).unwrap(), 10).unwrap(), found[0]);
        }
    }

    #[test]
    fn a_wider_search_finds_no_less_and_all_of_a_small_set() {
        let (vectors, queries) = (clustered(1500, 16, 3), clustered(30, 16, 4));
        let exact = FlatIndex::new(vectors.clone(), Metric::L2).nearest_batch(&queries, 10).unwrap();
        let mut index =
            HnswIndex::build(vectors, Metric::L2, HnswConfig::new().connections(8).ef_construction(40)).unwrap();
        let mut recalls = Vec::new();
        for breadth in [10, 50, 1500] {
            index.set_ef_search(breadth).unwrap();
            let found = index.nearest_batch(&queries, 10).unwrap();
            recalls.push(exact.iter().zip(&found).map(|(exact, found)| recall(exact, found)).sum::<f64>() / 30.0);
        }
        assert!(recalls.is_sorted() && recalls[2] > 0.99, "{recalls:?}");
        assert!(index.set_ef_search(0).is_err());
    }

    #[test]
    fn two_builds_give_one_graph() {
        let build = || HnswIndex::build(clustered(400, 8, 5), Metric::Cosine, HnswConfig::new()).unwrap().graph;
        assert_eq!(build(), build());
    }

    #[test]
    fn all_cores_build_a_graph_that_finds_as_much() {
        let (vectors, queries) = (clustered(2000, 16, 6), clustered(30, 16, 7));
        let exact = FlatIndex::new(vectors.clone(), Metric::L2).nearest_batch(&queries, 10).unwrap();
        let index = HnswIndex::build(vectors, Metric::L2, HnswConfig::new().parallel(true)).unwrap();
        index.graph.check().unwrap();
        let found = index.nearest_batch(&queries, 10).unwrap();
        let recalls: f64 = exact.iter().zip(&found).map(|(exact, found)| recall(exact, found)).sum();
        assert!(recalls / 30.0 > 0.95, "recall {}", recalls / 30.0);
    }

    #[test]
    fn one_vector_two_equal_ones_and_odd_settings() {
        let one = HnswIndex::build(Vectors::from_rows([[1.0, 2.0]]).unwrap(), Metric::L2, HnswConfig::new()).unwrap();
        assert_eq!(one.nearest(&[1.0, 2.0], 5).unwrap(), [Neighbour { row: 0, score: 0.0 }]);
        let same = Vectors::from_rows([[1.0, 2.0]; 30]).unwrap();
        let index = HnswIndex::build(same, Metric::InnerProduct, HnswConfig::new()).unwrap();
        assert_eq!(index.nearest(&[1.0, 1.0], 4).unwrap().len(), 4);
        let error = |config| HnswIndex::build(clustered(5, 2, 8), Metric::L2, config).unwrap_err().to_string();
        assert!(error(HnswConfig::new().connections(1)).contains("`connections` is 1, and it must be from 2 to 128"));
        assert!(error(HnswConfig::new().ef_construction(0)).contains("at least 1"));
    }
}
