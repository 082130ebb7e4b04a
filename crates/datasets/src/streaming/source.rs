//! Where rows come from: shards that are read as tables or row by row.

use std::sync::Arc;

use arrow_array::RecordBatch;

use super::node::{Node, Part, Reading, Shared};
use crate::random::Generator;
use crate::{Result, Row};

/// Reads a shard from its beginning, as tables.
pub type TableReader = Arc<dyn Fn() -> Result<Box<dyn Iterator<Item = Result<RecordBatch>> + Send>> + Send + Sync>;
/// Reads a shard from its beginning, row by row.
pub type RowReader = Arc<dyn Fn() -> Box<dyn Iterator<Item = Result<Row>>> + Send + Sync>;

/// Shards of one kind.
#[derive(Clone)]
pub(super) enum Source {
    Tables(Vec<TableReader>),
    Rows(Vec<RowReader>),
}

impl Source {
    fn pick(&self, shards: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Tables(readers) => Self::Tables(shards.filter_map(|shard| readers.get(shard).cloned()).collect()),
            Self::Rows(readers) => Self::Rows(shards.filter_map(|shard| readers.get(shard).cloned()).collect()),
        }
    }
}

impl Node for Source {
    fn open(&self) -> Reading {
        match self {
            // A shard is opened when the one before it has ended, so that one file is open at a time.
            Self::Tables(readers) => Reading::Tables(Box::new(
                readers
                    .clone()
                    .into_iter()
                    .flat_map(|reader| reader().unwrap_or_else(|error| Box::new(std::iter::once(Err(error))))),
            )),
            Self::Rows(readers) => Reading::Rows(Box::new(readers.clone().into_iter().flat_map(|reader| reader()))),
        }
    }

    fn has_tables(&self) -> bool {
        matches!(self, Self::Tables(_))
    }

    fn shards(&self) -> usize {
        match self {
            Self::Tables(readers) => readers.len(),
            Self::Rows(readers) => readers.len(),
        }
    }

    fn shard(&self, part: Part) -> Shared {
        Arc::new(self.pick(part.of_shards(self.shards()).into_iter()))
    }

    fn shuffled(&self, dice: &Generator) -> Option<Shared> {
        let mut order: Vec<usize> = (0..self.shards()).collect();
        dice.clone().shuffle(&mut order);
        Some(Arc::new(self.pick(order.into_iter())))
    }

    fn shifted(&self, _epoch: u64) -> Shared {
        Arc::new(self.clone())
    }
}
