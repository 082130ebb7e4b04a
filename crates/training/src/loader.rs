//! In what order the rows of a dataset come, and in what batches.

use std::ops::Range;

use course_datasets::random::Generator;
use course_datasets::{Batch, Dataset};
use course_models::Philox;

use crate::arguments::SamplingStrategy;
use crate::{Error, Result};

/// Hands out a dataset in batches, in an order that depends on seed and epoch alone: going on from the middle needs no memory.
#[derive(Debug, Clone)]
pub struct DataLoader {
    dataset: Dataset,
    batch_size: usize,
    sampling: SamplingStrategy,
    seed: u64,
    drop_last: bool,
    lengths: Vec<usize>,
}

impl DataLoader {
    /// The rows as they are, in batches of `batch_size`.
    ///
    /// # Errors
    /// [`Error::Data`] for a dataset without rows.
    pub fn new(dataset: &Dataset, batch_size: usize) -> Result<Self> {
        if dataset.is_empty() {
            return Err(Error::data("the dataset", "it has no rows; did a filter let none pass?"));
        }
        let (sampling, dataset) = (SamplingStrategy::Sequential, dataset.clone());
        Ok(Self { dataset, batch_size: batch_size.max(1), sampling, seed: 0, drop_last: false, lengths: Vec::new() })
    }

    /// Another order, from this seed.
    ///
    /// # Errors
    /// [`Error::Data`] where rows are to be grouped by length and have none.
    pub fn sampling(mut self, sampling: SamplingStrategy, seed: u64) -> Result<Self> {
        (self.sampling, self.seed) = (sampling, seed);
        if sampling == SamplingStrategy::GroupByLength {
            self.lengths = lengths(&self.dataset)?;
        }
        Ok(self)
    }

    /// Leaves out the last batch where it is smaller.
    ///
    /// # Errors
    /// [`Error::Data`] where that leaves none.
    pub fn drop_last(mut self, on: bool) -> Result<Self> {
        self.drop_last = on;
        if self.is_empty() {
            let rows = self.dataset.len();
            let problem =
                format!("it has {rows} rows, less than one batch of {}, and the last is left out", self.batch_size);
            return Err(Error::data("the dataset", problem));
        }
        Ok(self)
    }

    /// How many batches an epoch has.
    pub fn len(&self) -> usize {
        let rows = self.dataset.len();
        if self.drop_last { rows / self.batch_size } else { rows.div_ceil(self.batch_size) }
    }

    /// Whether there is no batch.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows of a batch; the last may have fewer.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The dataset.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The numbers of the rows in the order of an epoch.
    pub fn order(&self, epoch: u64) -> Vec<u64> {
        let rows = self.dataset.len();
        // Epochs are far apart in the generator's space of seeds.
        let mut generator = Generator::new(self.seed.wrapping_add(epoch.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        match self.sampling {
            SamplingStrategy::Sequential => (0..rows as u64).collect(),
            SamplingStrategy::Random => generator.permutation(rows),
            SamplingStrategy::GroupByLength => grouped(generator.permutation(rows), &self.lengths, self.batch_size),
        }
    }

    /// The rows of one batch of an epoch, given its order.
    ///
    /// # Errors
    /// [`Error::Dataset`] where they cannot be read.
    pub fn batch(&self, order: &[u64], number: usize) -> Result<Batch> {
        let rows = self.range(number);
        let rows = order.get(rows).unwrap_or_default();
        let indices = rows.iter().filter_map(|row| usize::try_from(*row).ok());
        let chosen = self.dataset.select(indices)?;
        Ok(chosen.slice(0..chosen.len())?)
    }

    fn range(&self, number: usize) -> Range<usize> {
        let start = (number * self.batch_size).min(self.dataset.len());
        start..(start + self.batch_size).min(self.dataset.len())
    }

    /// The random numbers of one batch: a masking collator hides the same tokens whether the run was interrupted before or not.
    pub fn random(&self, epoch: u64, number: usize) -> Philox {
        Philox::with_stream(self.seed, (epoch << 40) ^ number as u64 ^ (1 << 63))
    }
}

/// The lengths of the rows: the column `length`, or that of `input_ids`.
fn lengths(dataset: &Dataset) -> Result<Vec<usize>> {
    if dataset.features().get("length").is_some() {
        return Ok(dataset.values::<usize>("length")?);
    }
    if dataset.features().get("input_ids").is_none() {
        let names = dataset.column_names();
        let problem = format!("to group rows by length it needs a column input_ids or length; there are {names:?}");
        return Err(Error::data("the dataset", problem));
    }
    Ok(dataset.column("input_ids")?.iter().map(|row| row.len()).collect())
}

/// Batches of rows of about one length: the shuffled rows in pieces of up to 50 batches, each from long to short, and the longest row first, so that a
/// batch that does not fit the memory shows at once.
fn grouped(order: Vec<u64>, lengths: &[usize], batch_size: usize) -> Vec<u64> {
    let length = |row: u64| usize::try_from(row).ok().and_then(|row| lengths.get(row)).copied().unwrap_or(0);
    let piece = batch_size * (order.len() / (batch_size * 4)).clamp(1, 50);
    let mut order = order;
    for rows in order.chunks_mut(piece) {
        rows.sort_by_key(|row| std::cmp::Reverse(length(*row)));
    }
    let longest = (0..order.len()).step_by(piece).max_by_key(|place| order.get(*place).map_or(0, |row| length(*row)));
    order.swap(0, longest.unwrap_or(0));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(rows: usize) -> Dataset {
        let ids: Vec<Vec<i64>> = (0..rows).map(|row| vec![1; 1 + row * 7 % 13]).collect();
        Dataset::from_columns([("input_ids", course_datasets::Column::from(ids))]).unwrap()
    }

    #[test]
    fn every_row_comes_once_in_an_order_of_its_epoch() {
        for sampling in [SamplingStrategy::Random, SamplingStrategy::GroupByLength] {
            let loader = DataLoader::new(&data(103), 8).unwrap().sampling(sampling, 1).unwrap();
            let (first, second) = (loader.order(0), loader.order(1));
            assert_ne!(first, second);
            assert_eq!(first, loader.order(0));
            let mut sorted = second.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..103).collect::<Vec<u64>>());
            let lengths: Vec<usize> = (0..loader.len()).map(|n| loader.batch(&first, n).unwrap().len()).collect();
            assert_eq!((lengths.iter().sum::<usize>(), lengths.len(), lengths[12]), (103, 13, 7));
        }
        let dropped = DataLoader::new(&data(103), 8).unwrap().drop_last(true).unwrap();
        assert_eq!(dropped.len(), 12);
        assert!(DataLoader::new(&data(3), 8).unwrap().drop_last(true).is_err());
        assert!(DataLoader::new(&data(0), 8).unwrap_err().to_string().contains("no rows"));
    }

    #[test]
    fn grouping_by_length_pads_less_and_begins_with_the_longest() {
        let padding = |loader: &DataLoader| -> usize {
            let order = loader.order(0);
            (0..loader.len())
                .map(|number| {
                    let lengths: Vec<usize> = loader
                        .batch(&order, number)
                        .unwrap()
                        .get::<Vec<i64>>("input_ids")
                        .unwrap()
                        .iter()
                        .map(Vec::len)
                        .collect();
                    lengths.iter().max().unwrap() * lengths.len() - lengths.iter().sum::<usize>()
                })
                .sum()
        };
        let of = |sampling| DataLoader::new(&data(400), 8).unwrap().sampling(sampling, 3).unwrap();
        let grouped = of(SamplingStrategy::GroupByLength);
        assert!(padding(&grouped) * 3 < padding(&of(SamplingStrategy::Random)));
        assert_eq!(grouped.batch(&grouped.order(0), 0).unwrap().get::<Vec<i64>>("input_ids").unwrap()[0].len(), 13);
        let none = Dataset::from_columns([("text", course_datasets::Column::from(vec!["a"]))]).unwrap();
        let error = DataLoader::new(&none, 1).unwrap().sampling(SamplingStrategy::GroupByLength, 0).unwrap_err();
        assert!(error.to_string().contains("needs a column input_ids or length"), "{error}");
    }
}
