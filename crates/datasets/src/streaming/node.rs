//! What a stream is made of: nodes that hand on what the node below them hands out.
//!
//! The tree is that of Python's `datasets` (`iterable_dataset.py`, 5.2), because the order of a shuffled stream depends on it: on
//! whether rows come one by one or as tables, on how large those are, and on which shard each comes from.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::random::Generator;
use crate::table::{Block, conform};
use crate::{Features, Result, Row};

/// Tables, one after the other.
pub(super) type Tables = Box<dyn Iterator<Item = Result<RecordBatch>>>;
/// Rows, one after the other.
pub(super) type Rows = Box<dyn Iterator<Item = Result<Row>>>;
/// A node that others share.
pub(super) type Shared = Arc<dyn Node>;

/// A step of a stream. It holds no place in the stream: each reading begins anew.
pub(super) trait Node: Send + Sync {
    /// Reads it from the beginning.
    fn open(&self) -> Reading;

    /// Whether [`open`](Self::open) gives tables.
    fn has_tables(&self) -> bool;

    /// The pieces it can be taken apart into: files, for a source.
    fn shards(&self) -> usize;

    /// Those shards that the `index`-th of `count` parts gets.
    fn shard(&self, part: Part) -> Shared;

    /// The same with its shards in another order; `None` where something in it counts rows, and would count other ones then.
    fn shuffled(&self, dice: &Generator) -> Option<Shared>;

    /// The same with all dice thrown anew for another epoch.
    fn shifted(&self, epoch: u64) -> Shared;
}

/// A node over one other: whatever is asked for its shards is asked below, and the step put over the answer.
pub(super) trait Step: Send + Sync {
    /// The node whose rows it takes.
    fn below(&self) -> &Shared;

    /// The same step over another node.
    fn over(&self, below: Shared) -> Shared;

    /// What [`Node::open`] does.
    fn read(&self) -> Reading;

    /// Whether [`read`](Self::read) gives tables: as a rule where the node below does.
    fn reads_tables(&self) -> bool {
        self.below().has_tables()
    }

    /// The same step in another epoch, over a node that is in it.
    fn in_epoch(&self, below: Shared, _epoch: u64) -> Shared {
        self.over(below)
    }
}

impl<S: Step> Node for S {
    fn open(&self) -> Reading {
        self.read()
    }

    fn has_tables(&self) -> bool {
        self.reads_tables()
    }

    fn shards(&self) -> usize {
        self.below().shards()
    }

    fn shard(&self, part: Part) -> Shared {
        self.over(self.below().shard(part))
    }

    fn shuffled(&self, dice: &Generator) -> Option<Shared> {
        Some(self.over(self.below().shuffled(dice)?))
    }

    fn shifted(&self, epoch: u64) -> Shared {
        self.in_epoch(self.below().shifted(epoch), epoch)
    }
}

/// What a node hands out.
pub(super) enum Reading {
    Tables(Tables),
    Rows(Rows),
}

impl Reading {
    /// As rows, whatever they come as.
    pub(super) fn rows(self) -> Rows {
        match self {
            Self::Rows(rows) => rows,
            Self::Tables(tables) => {
                // Tables of one stream mostly share their schema.
                let mut known: Option<(SchemaRef, Arc<Features>)> = None;
                Box::new(tables.flat_map(move |table| -> Rows {
                    let table = match table {
                        Ok(table) => table,
                        Err(error) => return Box::new(std::iter::once(Err(error))),
                    };
                    let features = match &known {
                        Some((schema, features)) if Arc::ptr_eq(schema, table.schema_ref()) => features.clone(),
                        _ => {
                            let features = Arc::new(Features::from_arrow_schema(table.schema_ref()));
                            known = Some((table.schema(), features.clone()));
                            features
                        }
                    };
                    rows_of(&table, features)
                }))
            }
        }
    }

    /// The tables; none where there are only rows.
    pub(super) fn tables(self) -> Tables {
        match self {
            Self::Tables(tables) => tables,
            Self::Rows(_) => Box::new(std::iter::empty()),
        }
    }
}

/// The rows of a table.
fn rows_of(table: &RecordBatch, features: Arc<Features>) -> Rows {
    let columns = match conform(table.columns(), &features) {
        Ok(columns) => columns,
        Err(error) => return Box::new(std::iter::once(Err(error))),
    };
    let block = Arc::new(Block { columns, rows: table.num_rows() });
    Box::new((0..block.rows).map(move |row| Ok(Row::view(block.clone(), features.clone(), row, row))))
}

/// A part of the shards: one of `count`, the first being 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) count: usize,
    pub(super) index: usize,
    /// Shards beside each other rather than every so manieth.
    pub(super) contiguous: bool,
}

impl Part {
    /// One of `count` parts of neighbouring shards.
    pub(super) fn of(index: usize, count: usize) -> Self {
        Self { count, index, contiguous: true }
    }

    /// Which of so many shards are in the part.
    pub(super) fn of_shards(&self, shards: usize) -> Vec<usize> {
        let count = self.count.max(1);
        if !self.contiguous {
            return (self.index..shards).step_by(count).collect();
        }
        let (each, more) = (shards / count, shards % count);
        let begin = each * self.index + self.index.min(more);
        let end = begin + each + usize::from(self.index < more);
        (begin.min(shards)..end.min(shards)).collect()
    }

    /// The part's share of a number of rows.
    pub(super) fn of_rows(&self, rows: u64, shards: usize) -> u64 {
        let sources = self.count.min(shards).max(1);
        if self.index >= sources {
            return 0;
        }
        rows / sources as u64 + u64::from((self.index as u64) < rows % sources as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_all_shards_once() {
        for shards in 0..12 {
            for count in 1..8 {
                for contiguous in [true, false] {
                    let parts = (0..count).flat_map(|index| Part { count, index, contiguous }.of_shards(shards));
                    let mut all: Vec<usize> = parts.collect();
                    if contiguous {
                        assert!(all.is_sorted());
                    }
                    all.sort_unstable();
                    assert_eq!(all, (0..shards).collect::<Vec<_>>());
                }
                let rows: u64 = (0..count).map(|index| Part::of(index, count).of_rows(17, shards.max(1))).sum();
                assert_eq!(rows, 17);
            }
        }
    }
}
