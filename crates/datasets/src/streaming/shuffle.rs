//! Shuffling a stream: shards in another order, then a buffer from which rows are drawn.
//!
//! As `datasets` 5.2 does it: once the buffer is full, it is shuffled, half of it is handed out, and the other half stays to be
//! mixed with what comes. (Up to 4.x one row was drawn for each that came, so the same seed gave another order.)

use std::sync::Arc;

use arrow_array::{RecordBatch, UInt64Array};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;

use super::count::Rebatched;
use super::cycle::{Cycle, Stopping};
use super::node::{Node, Part, Reading, Shared, Step, Tables};
use crate::random::Generator;
use crate::{Error, Result};

/// Shards that feed the buffer at once.
const MOST_SHARDS: usize = 10;

/// The stream below, shuffled by a buffer of so many rows.
pub(super) fn shuffled(below: Shared, dice: Generator, buffer: usize) -> Shared {
    let (mut below, at_once) = match below.shuffled(&dice) {
        Some(other_order) => (other_order, MOST_SHARDS),
        None => (below, 1),
    };
    if below.has_tables() {
        below = Arc::new(Rebatched { below, size: (buffer / at_once).max(1) });
    }
    if at_once > 1 {
        below = Arc::new(Interleaved { below });
    }
    Arc::new(Buffered { below, buffer, dice })
}

/// Several shards at once, a table or a row of each in turn.
struct Interleaved {
    below: Shared,
}

impl Step for Interleaved {
    fn below(&self) -> &Shared {
        &self.below
    }

    fn over(&self, below: Shared) -> Shared {
        Arc::new(Self { below })
    }

    fn read(&self) -> Reading {
        let count = self.below.shards().min(MOST_SHARDS);
        if count == 0 {
            return self.below.open();
        }
        let parts = (0..count).map(|index| self.below.shard(Part::of(index, count))).collect();
        Cycle { parts, stopping: Stopping::AllExhaustedOnce, chance: None }.open()
    }
}

/// The buffer.
struct Buffered {
    below: Shared,
    buffer: usize,
    dice: Generator,
}

impl Step for Buffered {
    fn below(&self) -> &Shared {
        &self.below
    }

    fn over(&self, below: Shared) -> Shared {
        Arc::new(Self { below, buffer: self.buffer, dice: self.dice.clone() })
    }

    fn read(&self) -> Reading {
        let (dice, size) = (self.dice.clone(), self.buffer.max(1));
        match self.below.open() {
            Reading::Tables(tables) => {
                Reading::Tables(Box::new(TableBuffer { tables, dice, size, kept: Vec::new(), rows: 0 }))
            }
            Reading::Rows(rows) => {
                Reading::Rows(Box::new(RowBuffer { rows, dice, size, kept: Vec::new(), out: Vec::new().into_iter() }))
            }
        }
    }

    fn in_epoch(&self, below: Shared, epoch: u64) -> Shared {
        Arc::new(Self { below, buffer: self.buffer, dice: shifted_dice(&self.dice, epoch) })
    }
}

/// Dice for another epoch: seeded by what the old ones would throw, less the epoch.
pub(super) fn shifted_dice(dice: &Generator, epoch: u64) -> Generator {
    // Python: rng.integers(0, 1 << 63) - epoch.
    let seed = dice.clone().up_to(i64::MAX as u64);
    Generator::new(seed.saturating_sub(epoch))
}

/// Rows of which so many wait: half of a full buffer goes out at a time.
struct RowBuffer<T, I> {
    rows: I,
    dice: Generator,
    size: usize,
    kept: Vec<T>,
    out: std::vec::IntoIter<T>,
}

impl<T, I: Iterator<Item = Result<T>>> Iterator for RowBuffer<T, I> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.out.next() {
                return Some(Ok(row));
            }
            let ended = loop {
                if self.kept.len() >= self.size {
                    break false;
                }
                match self.rows.next() {
                    Some(Ok(row)) => self.kept.push(row),
                    Some(error) => return Some(error),
                    None => break true,
                }
            };
            if self.kept.is_empty() {
                return None;
            }
            let keep = if ended { 0 } else { self.size / 2 };
            let order = self.dice.permutation(self.kept.len());
            let mut rows: Vec<Option<T>> = std::mem::take(&mut self.kept).into_iter().map(Some).collect();
            let drawn: Vec<T> =
                order.into_iter().filter_map(|row| rows.get_mut(row as usize).and_then(Option::take)).collect();
            let mut drawn = drawn.into_iter();
            let out: Vec<T> = drawn.by_ref().take(rows.len() - keep).collect();
            self.kept = drawn.collect();
            self.out = out.into_iter();
        }
    }
}

/// The same for tables: the buffer is full once the last table has filled it, and may then hold a few rows more.
struct TableBuffer {
    tables: Tables,
    dice: Generator,
    size: usize,
    kept: Vec<RecordBatch>,
    rows: usize,
}

impl TableBuffer {
    fn draw(&mut self, keep: usize) -> Result<RecordBatch> {
        let failed = || Error::arrow("shuffling a buffer of rows");
        let kept = std::mem::take(&mut self.kept);
        let Some(first) = kept.first() else {
            return Err(Error::Argument("there is no row to shuffle".into()));
        };
        let all = concat_batches(&first.schema(), &kept).map_err(failed())?;
        // The rows are there twice now, and three times in a moment.
        drop(kept);
        let order = UInt64Array::from(self.dice.permutation(all.num_rows()));
        let drawn = take_record_batch(&all, &order).map_err(failed())?;
        let out = drawn.num_rows() - keep.min(drawn.num_rows());
        if keep > 0 {
            self.kept = vec![drawn.slice(out, keep)];
        }
        self.rows = keep;
        Ok(drawn.slice(0, out))
    }
}

impl Iterator for TableBuffer {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.rows < self.size {
            match self.tables.next() {
                Some(Ok(table)) => {
                    self.rows += table.num_rows();
                    self.kept.push(table);
                }
                Some(error) => return Some(error),
                None if self.rows == 0 => return None,
                None => return Some(self.draw(0)),
            }
        }
        Some(self.draw(self.size / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `datasets` 5.2 gives for `IterableDataset.from_generator` over 0..n.
    fn order(seed: u64, rows: u64, size: usize) -> Vec<u64> {
        let buffer = RowBuffer {
            rows: (0..rows).map(Ok),
            dice: Generator::new(seed),
            size,
            kept: Vec::new(),
            out: Vec::new().into_iter(),
        };
        buffer.map(Result::unwrap).collect()
    }

    #[test]
    fn every_row_comes_once_and_none_before_it_was_read() {
        for size in [1, 2, 3, 10, 100] {
            let order = order(42, 57, size);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..57).collect::<Vec<_>>());
            for (place, row) in order.iter().enumerate() {
                assert!(*row < (place + size) as u64, "size {size}: row {row} at {place}");
            }
        }
        assert_eq!(order(42, 20, 1), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_buffer_as_large_as_the_stream_is_a_permutation() {
        assert_eq!(order(42, 10, 10_000), [5, 6, 0, 7, 3, 2, 4, 9, 1, 8]);
    }
}
