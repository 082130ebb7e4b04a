//! Positions told by distance: a number for each head and each distance, learned, and added to the attention scores.
//!
//! Near distances have a number each; farther ones share them in groups that widen (Raffel et al., 2019, section 2.1). T5 and MPNet do it.

use candle_core::Tensor;

use crate::Result;
use crate::nn::{Embedding, Init, Scope};

/// The numbers, `(buckets, heads)`, and how distances find theirs.
pub(super) struct RelativeBias {
    table: Embedding,
    buckets: usize,
    max_distance: usize,
    /// Whether a token also looks ahead: half of the buckets are for what comes later.
    both_ways: bool,
}

impl RelativeBias {
    pub(super) fn new(
        scope: &Scope,
        heads: usize,
        buckets: usize,
        max_distance: usize,
        both_ways: bool,
        init: Init,
    ) -> Result<Self> {
        let table = Embedding::new(&scope.pp("relative_attention_bias"), buckets, heads, init)?;
        Ok(Self { table, buckets, max_distance, both_ways })
    }

    /// What is added to the scores: `(1, heads, queries, keys)`; the last query stands where the last key does.
    pub(super) fn forward(&self, queries: usize, keys: usize) -> Result<Tensor> {
        let before = keys.saturating_sub(queries);
        let bucket =
            |query, key| bucket(key as i64 - (before + query) as i64, self.buckets, self.max_distance, self.both_ways);
        let buckets = (0..queries).flat_map(|query| (0..keys).map(move |key| bucket(query, key))).collect::<Vec<_>>();
        let buckets = Tensor::from_vec(buckets, (queries, keys), self.table.weight().var.device())?;
        Ok(self.table.forward(&buckets)?.permute((2, 0, 1))?.unsqueeze(0)?.contiguous()?)
    }
}

/// The bucket of the distance from a query to a key.
fn bucket(distance: i64, buckets: usize, max_distance: usize, both_ways: bool) -> u32 {
    let (buckets, first, distance) = if both_ways {
        let half = buckets / 2;
        (half, if distance > 0 { half } else { 0 }, distance.unsigned_abs())
    } else {
        (buckets, 0, (-distance).max(0) as u64)
    };
    let exact = buckets / 2;
    let within = if (distance as usize) < exact {
        distance as usize
    } else {
        // In single precision, as there: where a group ends depends on it.
        let share = (distance as f32 / exact as f32).ln() / ((max_distance as f64 / exact as f64).ln() as f32);
        (exact + (share * (buckets - exact) as f32) as usize).min(buckets.saturating_sub(1))
    };
    (first + within) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `T5Attention._relative_position_bucket` in transformers 5.24.
    #[test]
    fn buckets_are_those_of_t5() {
        let of = |distances: &[i64], both_ways| {
            distances.iter().map(|distance| bucket(*distance, 32, 128, both_ways)).collect::<Vec<_>>()
        };
        assert_eq!(of(&[-200, -128, -20, -9, -8, -7, -1, 0, 1, 7, 8, 9, 20, 300], true), BOTH_WAYS);
        assert_eq!(of(&[-300, -128, -64, -17, -16, -15, -1, 0, 1, 50], false), BACKWARD);
    }

    const BOTH_WAYS: [u32; 14] = [15, 15, 10, 8, 8, 7, 1, 0, 17, 23, 24, 24, 26, 31];
    const BACKWARD: [u32; 10] = [31, 31, 26, 16, 16, 15, 1, 0, 0, 0];
}
