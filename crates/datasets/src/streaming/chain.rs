//! Streams one after the other.

use std::sync::Arc;

use super::node::{Node, Part, Reading, Shared};
use crate::random::Generator;

/// Streams one after the other.
pub(super) struct Chain {
    pub(super) parts: Vec<Shared>,
}

impl Chain {
    /// Every shard of every stream on its own.
    fn single_shards(&self) -> Vec<Shared> {
        let shards = |part: &Shared| {
            let (part, count) = (part.clone(), part.shards());
            (0..count).map(move |index| part.shard(Part::of(index, count)))
        };
        self.parts.iter().flat_map(shards).collect()
    }
}

impl Node for Chain {
    fn open(&self) -> Reading {
        let parts = self.parts.clone().into_iter();
        if self.has_tables() {
            Reading::Tables(Box::new(parts.flat_map(|part| part.open().tables())))
        } else {
            Reading::Rows(Box::new(parts.flat_map(|part| part.open().rows())))
        }
    }

    fn has_tables(&self) -> bool {
        self.parts.iter().all(|part| part.has_tables())
    }

    fn shards(&self) -> usize {
        self.parts.iter().map(|part| part.shards()).sum()
    }

    fn shard(&self, part: Part) -> Shared {
        let singles = self.single_shards();
        let kept = part.of_shards(singles.len()).into_iter().filter_map(|shard| singles.get(shard).cloned());
        Arc::new(Self { parts: kept.collect() })
    }

    fn shuffled(&self, dice: &Generator) -> Option<Shared> {
        let mut singles = self.single_shards();
        dice.clone().shuffle(&mut singles);
        Some(Arc::new(Self { parts: singles }))
    }

    fn shifted(&self, epoch: u64) -> Shared {
        Arc::new(Self { parts: self.parts.iter().map(|part| part.shifted(epoch)).collect() })
    }
}
