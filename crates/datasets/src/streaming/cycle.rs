//! Several streams in turn, or one drawn by chance for each row.

use std::sync::Arc;

use super::node::{Node, Part, Reading, Shared};
use super::shuffle::shifted_dice;
use crate::Result;
use crate::random::Generator;

/// When streams that are interleaved come to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stopping {
    /// With the first stream that ends; what the others still have is left out. Python: `"first_exhausted"`.
    #[default]
    FirstExhausted,
    /// When every stream has ended once; those that end earlier begin again. Python: `"all_exhausted"`.
    AllExhausted,
    /// When every stream has ended; none begins again, so each row comes once. Python: `"all_exhausted_without_replacement"`.
    AllExhaustedOnce,
}

/// Streams in turn.
pub(super) struct Cycle {
    pub(super) parts: Vec<Shared>,
    pub(super) stopping: Stopping,
    /// Dice, and how likely each stream is; `None` to take one after the other.
    pub(super) chance: Option<Chance>,
}

/// Which stream is next is drawn.
#[derive(Clone)]
pub(super) struct Chance {
    pub(super) dice: Generator,
    pub(super) probabilities: Arc<[f64]>,
}

impl Cycle {
    fn over(&self, parts: Vec<Shared>, chance: Option<Chance>) -> Shared {
        Arc::new(Self { parts, stopping: self.stopping, chance })
    }

    fn open_as<T: 'static>(&self, open: fn(&Shared) -> Items<T>) -> InTurn<T> {
        let parts = self.parts.clone();
        let streams = parts
            .into_iter()
            .map(|part| Stream { now: open(&part), part, ahead: Ahead::Unknown, ended: false })
            .collect();
        InTurn { streams, open, stopping: self.stopping, picks: Picks::new(self.parts.len(), self.chance.clone()) }
    }
}

impl Node for Cycle {
    fn open(&self) -> Reading {
        if self.has_tables() {
            Reading::Tables(Box::new(self.open_as(|part| part.open().tables())))
        } else {
            Reading::Rows(Box::new(self.open_as(|part| part.open().rows())))
        }
    }

    fn has_tables(&self) -> bool {
        self.parts.iter().all(|part| part.has_tables())
    }

    fn shards(&self) -> usize {
        self.parts.iter().map(|part| part.shards()).min().unwrap_or(0)
    }

    fn shard(&self, part: Part) -> Shared {
        let shards = self.shards();
        let parts = if part.index < part.count.min(shards) {
            let part = Part { count: part.count.min(shards), ..part };
            self.parts.iter().map(|below| below.shard(part)).collect()
        } else {
            Vec::new()
        };
        self.over(parts, self.chance.clone())
    }

    fn shuffled(&self, dice: &Generator) -> Option<Shared> {
        let parts = self.parts.iter().map(|part| part.shuffled(dice)).collect::<Option<_>>()?;
        let chance = self.chance.as_ref().map(|chance| Chance { dice: dice.clone(), ..chance.clone() });
        Some(self.over(parts, chance))
    }

    fn shifted(&self, epoch: u64) -> Shared {
        let chance =
            self.chance.as_ref().map(|chance| Chance { dice: shifted_dice(&chance.dice, epoch), ..chance.clone() });
        self.over(self.parts.iter().map(|part| part.shifted(epoch)).collect(), chance)
    }
}

type Items<T> = Box<dyn Iterator<Item = Result<T>>>;

/// One of the streams.
struct Stream<T> {
    part: Shared,
    now: Items<T>,
    /// An item is read ahead, for only so is it known that the one before was the last.
    ahead: Ahead<T>,
    ended: bool,
}

enum Ahead<T> {
    Unknown,
    Item(Result<T>),
    End,
}

impl<T> Stream<T> {
    fn read(&mut self) -> Ahead<T> {
        self.now.next().map_or(Ahead::End, Ahead::Item)
    }
}

struct InTurn<T> {
    streams: Vec<Stream<T>>,
    open: fn(&Shared) -> Items<T>,
    stopping: Stopping,
    picks: Picks,
}

impl<T> Iterator for InTurn<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let over = match self.stopping {
                Stopping::FirstExhausted => self.streams.iter().any(|stream| stream.ended),
                Stopping::AllExhausted | Stopping::AllExhaustedOnce => self.streams.iter().all(|stream| stream.ended),
            };
            if over {
                return None;
            }
            let once = self.stopping == Stopping::AllExhaustedOnce;
            let stream = self.streams.get_mut(self.picks.next()?)?;
            if stream.ended && once {
                continue;
            }
            if matches!(stream.ahead, Ahead::Unknown) {
                stream.ahead = stream.read();
            }
            let next = stream.read();
            let item = std::mem::replace(&mut stream.ahead, next);
            if matches!(stream.ahead, Ahead::End) {
                stream.ended = true;
                if !once {
                    stream.now = (self.open)(&stream.part);
                    stream.ahead = Ahead::Unknown;
                }
            }
            if let Ahead::Item(item) = item {
                return Some(item);
            }
        }
    }
}

/// Which stream is next.
enum Picks {
    InOrder { next: usize, count: usize },
    ByChance(Chance),
}

impl Picks {
    fn new(count: usize, chance: Option<Chance>) -> Self {
        match chance {
            Some(chance) => Self::ByChance(chance),
            None => Self::InOrder { next: 0, count },
        }
    }

    fn next(&mut self) -> Option<usize> {
        match self {
            Self::InOrder { count: 0, .. } => None,
            Self::InOrder { next, count } => {
                let pick = *next;
                *next = (pick + 1) % *count;
                Some(pick)
            }
            Self::ByChance(chance) => chance.dice.weighted_choice(&chance.probabilities),
        }
    }
}
