//! How near two vectors are: three measures, and which of their numbers is better.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// What "near" means. There is no default: the answer depends on how the vectors were trained.
///
/// ```
/// use course_datasets::search::Metric;
///
/// let (query, row) = ([1.0, 0.0], [3.0, 4.0]);
/// assert_eq!(Metric::L2.score(&query, &row), 20.0); // 2² + 4², smaller is nearer
/// assert_eq!(Metric::InnerProduct.score(&query, &row), 3.0); // larger is nearer
/// assert_eq!(Metric::Cosine.score(&query, &row), 0.6); // 3 / (1 · 5), larger is nearer
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// The *squared* Euclidean distance, as faiss gives it: **smaller is nearer**. `faiss.IndexFlat(n)` without a word about the
    /// metric is this one.
    L2,
    /// The inner product: **larger is nearer**. For models trained with dot products, such as `multi-qa-mpnet-base-dot-v1`.
    InnerProduct,
    /// The cosine of the angle, from −1 to 1: **larger is nearer**. A vector of zeros has no direction; its cosine counts as 0.
    Cosine,
}

impl Metric {
    /// The score of `row` for `query`; extra numbers of the longer of the two count for nothing.
    pub fn score(self, query: &[f32], row: &[f32]) -> f32 {
        match self {
            Self::L2 => squared_distance(query, row),
            Self::InnerProduct => dot(query, row),
            Self::Cosine => dot(query, row) * inverse_norm(query) * inverse_norm(row),
        }
    }

    /// Whether the best score is the largest.
    pub fn larger_is_better(self) -> bool {
        !matches!(self, Self::L2)
    }

    /// A number that falls as rows come nearer, from a score; and the way back, for it is its own inverse.
    pub(crate) fn rank(self, score: f32) -> f32 {
        if self.larger_is_better() { -score } else { score }
    }

    /// What stands above a column of scores.
    pub fn name(self) -> &'static str {
        match self {
            Self::L2 => "squared distance",
            Self::InnerProduct => "inner product",
            Self::Cosine => "cosine",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let better = if self.larger_is_better() { "larger is nearer" } else { "smaller is nearer" };
        write!(formatter, "{} ({better})", self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name.to_lowercase().replace(['_', ' ', '-'], "").as_str() {
            "l2" | "euclidean" | "squareddistance" => Ok(Self::L2),
            "ip" | "innerproduct" | "dot" => Ok(Self::InnerProduct),
            "cosine" | "cos" => Ok(Self::Cosine),
            _ => {
                Err(Error::vectors(format!("there is no metric {name:?}: use \"l2\", \"inner_product\" or \"cosine\"")))
            }
        }
    }
}

/// How many sums run side by side: enough for the processor to have work while an addition is under way.
const LANES: usize = 32;

/// The inner product of two vectors.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    sums(one, other, |sum, a, b| multiply_add(a, b, sum))
}

/// The squared Euclidean distance of two vectors.
pub(crate) fn squared_distance(one: &[f32], other: &[f32]) -> f32 {
    sums(one, other, |sum, a, b| {
        let difference = a - b;
        multiply_add(difference, difference, sum)
    })
}

/// One over the vector's length; 0 for a vector of zeros.
pub(crate) fn inverse_norm(vector: &[f32]) -> f32 {
    let squared = dot(vector, vector);
    if squared > 0.0 { 1.0 / squared.sqrt() } else { 0.0 }
}

/// Adds up over two vectors in [`LANES`] lanes, which the compiler turns into wide instructions.
#[inline(always)]
fn sums(one: &[f32], other: &[f32], step: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let length = one.len().min(other.len());
    let (one, other) = (&one[..length], &other[..length]);
    let (ones, others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    let rest = ones.remainder().iter().zip(others.remainder());
    for (one, other) in ones.zip(others) {
        for (lane, (&a, &b)) in lanes.iter_mut().zip(one.iter().zip(other)) {
            *lane = step(*lane, a, b);
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, a, b);
    }
    lanes.iter().sum()
}

/// One instruction where the processor has it; elsewhere `mul_add` would be a slow function call.
#[inline(always)]
fn multiply_add(a: f32, b: f32, sum: f32) -> f32 {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) { a.mul_add(b, sum) } else { a * b + sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lanes_add_up_to_the_plain_sums_at_every_length() {
        for length in 0..100 {
            let one: Vec<f32> = (0..length).map(|i| ((i * 7) % 13) as f32 - 6.0).collect();
            let other: Vec<f32> = (0..length).map(|i| ((i * 5) % 11) as f32 - 5.0).collect();
            let plain: f32 = one.iter().zip(&other).map(|(a, b)| a * b).sum();
            assert_eq!(dot(&one, &other), plain, "length {length}");
            let plain: f32 = one.iter().zip(&other).map(|(a, b)| (a - b) * (a - b)).sum();
            assert_eq!(squared_distance(&one, &other), plain, "length {length}");
        }
    }

    #[test]
    fn a_vector_of_zeros_has_a_cosine_of_zero() {
        assert_eq!(Metric::Cosine.score(&[0.0, 0.0], &[1.0, 2.0]), 0.0);
        assert_eq!(Metric::Cosine.score(&[1.0, 2.0], &[0.0, 0.0]), 0.0);
    }

    #[test]
    fn metrics_are_known_by_their_usual_names() {
        for (name, metric) in [("L2", Metric::L2), ("inner_product", Metric::InnerProduct), ("Cosine", Metric::Cosine)]
        {
            assert_eq!(name.parse::<Metric>().unwrap(), metric);
        }
        assert!("manhattan".parse::<Metric>().unwrap_err().to_string().contains("\"cosine\""));
        assert_eq!(Metric::L2.to_string(), "squared distance (smaller is nearer)");
    }
}
