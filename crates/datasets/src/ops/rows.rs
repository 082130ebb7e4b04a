//! Choosing rows: only their numbers are noted.

use std::ops::Range;

use crate::dataset::Rows;
use crate::{Dataset, Error, Result};

impl Dataset {
    /// The rows of these numbers, in this order; a number may come more than once.
    ///
    /// # Errors
    /// [`Error::NoRow`].
    pub fn select(&self, rows: impl IntoIterator<Item = usize>) -> Result<Self> {
        self.select_rows(rows.into_iter().map(|row| row as u64).collect())
    }

    /// The same for numbers as they come from generators of random ones.
    pub(crate) fn select_rows(&self, mut rows: Vec<u64>) -> Result<Self> {
        let size = self.len() as u64;
        if let Some(&row) = rows.iter().find(|row| **row >= size) {
            return Err(Error::NoRow { index: usize::try_from(row).unwrap_or(usize::MAX), rows: self.len() });
        }
        let in_order = rows.windows(2).all(|pair| matches!(pair, [one, next] if one + 1 == *next));
        if let (true, Some(&first)) = (in_order, rows.first()) {
            let first = usize::try_from(first).unwrap_or(usize::MAX);
            return Ok(self.range(first..first + rows.len()));
        }
        match &self.rows {
            Rows::Range(range) => rows.iter_mut().for_each(|row| *row += range.start as u64),
            Rows::List(..) => {
                let numbers = self.rows.numbers().unwrap_or_default();
                for row in &mut rows {
                    // Checked above.
                    *row = usize::try_from(*row).ok().and_then(|row| numbers.get(row)).copied().unwrap_or_default();
                }
            }
        }
        // Only to tell choices apart, so a quick hash does (FxHash's step).
        let step = |hash: u64, row: &u64| (hash.rotate_left(5) ^ row).wrapping_mul(0x517c_c1b7_2722_0a95);
        let hash = rows.iter().fold(rows.len() as u64, step);
        Ok(self.with_rows(Rows::list(rows), "select", &format!("{hash:x}")))
    }

    /// The rows of a range; what lies beyond the end is left out.
    #[must_use]
    pub fn range(&self, rows: Range<usize>) -> Self {
        self.with_rows(self.rows.slice(rows.clone()), "range", &format!("{rows:?}"))
    }

    /// The first `rows` rows, or all where there are fewer.
    #[must_use]
    pub fn take(&self, rows: usize) -> Self {
        self.range(0..rows)
    }

    /// All rows but the first `rows`.
    #[must_use]
    pub fn skip(&self, rows: usize) -> Self {
        self.range(rows..self.len().max(rows))
    }

    /// All rows `times` times over.
    ///
    /// # Errors
    /// [`Error::Argument`] where that is more than memory can number.
    pub fn repeat(&self, times: usize) -> Result<Self> {
        let total = self.len().checked_mul(times);
        let total = total.ok_or_else(|| Error::Argument(format!("{times} times {} rows is too many", self.len())))?;
        if times == 1 {
            return Ok(self.clone());
        }
        let size = self.len().max(1) as u64;
        self.select_rows((0..total as u64).map(|row| row % size).collect())
    }

    /// Part `index` of `shards` of nearly equal size, each a run of rows: the first ones have one more where it does not come out even.
    ///
    /// # Errors
    /// [`Error::Argument`] where `index` is not below `shards`.
    pub fn shard(&self, shards: usize, index: usize) -> Result<Self> {
        check_shard(shards, index)?;
        let (size, more) = (self.len() / shards, self.len() % shards);
        let start = size * index + index.min(more);
        Ok(self.range(start..start + size + usize::from(index < more)))
    }

    /// Part `index` of `shards` that takes every `shards`-th row.
    ///
    /// # Errors
    /// [`Error::Argument`] where `index` is not below `shards`.
    pub fn shard_interleaved(&self, shards: usize, index: usize) -> Result<Self> {
        check_shard(shards, index)?;
        self.select((index..self.len()).step_by(shards))
    }
}

fn check_shard(shards: usize, index: usize) -> Result<()> {
    if index < shards {
        return Ok(());
    }
    Err(Error::Argument(format!("there is no part {index} of {shards}; they are numbered from 0")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    fn numbers(count: i64) -> Dataset {
        Dataset::from_columns([("n", Column::from((0..count).collect::<Vec<i64>>()))]).unwrap()
    }

    fn n(data: &Dataset) -> Vec<i64> {
        data.values("n").unwrap()
    }

    #[test]
    fn rows_are_chosen_by_number() {
        let data = numbers(10);
        assert_eq!(n(&data.select([3, 1, 1]).unwrap()), [3, 1, 1]);
        assert_eq!(n(&data.select([9, 8, 7, 6]).unwrap().select([1, 2]).unwrap()), [8, 7]);
        assert_eq!(n(&data.range(4..6).select([1, 0]).unwrap()), [5, 4]);
        assert_eq!(
            data.select([10]).unwrap_err().to_string(),
            "there is no row 10: the dataset has 10 rows, numbered from 0"
        );
        assert_eq!(n(&data.select([]).unwrap()), [0_i64; 0]);
        assert_eq!(n(&data.skip(8)), [8, 9]);
        assert_eq!(n(&data.skip(80)), [0_i64; 0]);
        assert_eq!(n(&data.take(80)).len(), 10);
        assert_eq!(n(&data.take(2).repeat(2).unwrap()), [0, 1, 0, 1]);
        assert!(data.repeat(usize::MAX).is_err());
        assert_eq!(data.row(3).unwrap()["n"], 3);
        assert_eq!(
            data.select([5, 2]).unwrap().iter().map(|row| row.unwrap()["n"].as_i64().unwrap()).collect::<Vec<_>>(),
            [5, 2]
        );
    }

    #[test]
    fn shards_are_those_of_python() {
        let data = numbers(10);
        assert_eq!(n(&data.shard(3, 0).unwrap()), [0, 1, 2, 3]);
        assert_eq!(n(&data.shard(3, 2).unwrap()), [7, 8, 9]);
        assert_eq!(n(&data.shard_interleaved(3, 1).unwrap()), [1, 4, 7]);
        assert!(data.shard(3, 3).is_err());
    }

    #[test]
    fn equal_choices_have_equal_fingerprints() {
        let data = numbers(10);
        assert_eq!(data.select([1, 0]).unwrap().fingerprint(), data.select([1, 0]).unwrap().fingerprint());
        assert_ne!(data.select([1, 0]).unwrap().fingerprint(), data.select([2, 0]).unwrap().fingerprint());
        assert_eq!(numbers(10).fingerprint(), data.fingerprint());
        assert_ne!(numbers(11).fingerprint(), data.fingerprint());
    }
}
