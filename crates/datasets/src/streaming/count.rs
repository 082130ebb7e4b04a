//! Steps that count rows: take, skip, repeat, tables of one size.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;

use super::node::{Node, Part, Reading, Shared, Step, Tables};
use crate::random::Generator;
use crate::{Error, Result};

/// The first rows, or all but the first.
pub(super) struct Counted {
    pub(super) below: Shared,
    pub(super) rows: u64,
    /// Whether the first rows are kept, or left out.
    pub(super) keep: bool,
}

impl Node for Counted {
    fn open(&self) -> Reading {
        let (rows, keep) = (self.rows, self.keep);
        if keep && rows == 0 {
            return Reading::Rows(Box::new(std::iter::empty())).like(self.has_tables());
        }
        match self.below.open() {
            Reading::Rows(all) if keep => Reading::Rows(Box::new(all.take(rows as usize))),
            Reading::Rows(all) => Reading::Rows(Box::new(all.skip(rows as usize))),
            Reading::Tables(tables) => Reading::Tables(Box::new(Cut { tables, left: rows, keep })),
        }
    }

    fn has_tables(&self) -> bool {
        self.below.has_tables()
    }

    fn shards(&self) -> usize {
        self.below.shards()
    }

    fn shard(&self, part: Part) -> Shared {
        let rows = part.of_rows(self.rows, self.below.shards());
        Arc::new(Self { below: self.below.shard(part), rows, keep: self.keep })
    }

    fn shuffled(&self, _dice: &Generator) -> Option<Shared> {
        // In another order of the shards, these would be the first rows of another shard.
        None
    }

    fn shifted(&self, epoch: u64) -> Shared {
        Arc::new(Self { below: self.below.shifted(epoch), rows: self.rows, keep: self.keep })
    }
}

impl Reading {
    /// An empty reading of the right kind.
    fn like(self, tables: bool) -> Self {
        if tables { Self::Tables(Box::new(std::iter::empty())) } else { self }
    }
}

/// Tables cut after so many rows.
struct Cut {
    tables: Tables,
    left: u64,
    keep: bool,
}

impl Iterator for Cut {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            // Nothing more is read once all wanted rows are there.
            if self.keep && self.left == 0 {
                return None;
            }
            let table = match self.tables.next()? {
                Ok(table) => table,
                error => return Some(error),
            };
            let length = table.num_rows() as u64;
            let first = self.left.min(length) as usize;
            self.left -= first as u64;
            let cut = if self.keep { table.slice(0, first) } else { table.slice(first, length as usize - first) };
            if cut.num_rows() > 0 {
                return Some(Ok(cut));
            }
        }
    }
}

/// The rows again and again.
pub(super) struct Repeated {
    pub(super) below: Shared,
    /// How often; `None` for ever, unless there is nothing to repeat.
    pub(super) times: Option<u64>,
}

impl Step for Repeated {
    fn below(&self) -> &Shared {
        &self.below
    }

    fn over(&self, below: Shared) -> Shared {
        Arc::new(Self { below, times: self.times })
    }

    fn read(&self) -> Reading {
        if self.has_tables() {
            let below = self.below.clone();
            Reading::Tables(Box::new(Again::new(self.times, move || below.open().tables())))
        } else {
            let below = self.below.clone();
            Reading::Rows(Box::new(Again::new(self.times, move || below.open().rows())))
        }
    }
}

struct Again<T, F> {
    open: F,
    now: Option<Box<dyn Iterator<Item = T>>>,
    left: Option<u64>,
    empty: bool,
}

impl<T, F: Fn() -> Box<dyn Iterator<Item = T>>> Again<T, F> {
    fn new(times: Option<u64>, open: F) -> Self {
        Self { open, now: None, left: times, empty: false }
    }
}

impl<T, F: Fn() -> Box<dyn Iterator<Item = T>>> Iterator for Again<T, F> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        loop {
            if let Some(now) = &mut self.now {
                if let Some(item) = now.next() {
                    self.empty = false;
                    return Some(item);
                }
                self.now = None;
                if self.empty {
                    return None;
                }
            }
            match &mut self.left {
                Some(0) => return None,
                Some(left) => *left -= 1,
                None => {}
            }
            self.empty = true;
            self.now = Some((self.open)());
        }
    }
}

/// The same rows in tables of one size, the last one smaller.
pub(super) struct Rebatched {
    pub(super) below: Shared,
    pub(super) size: usize,
}

impl Step for Rebatched {
    fn below(&self) -> &Shared {
        &self.below
    }

    fn over(&self, below: Shared) -> Shared {
        Arc::new(Self { below, size: self.size })
    }

    fn read(&self) -> Reading {
        match self.below.open() {
            Reading::Tables(tables) => {
                Reading::Tables(Box::new(Resized { tables, size: self.size.max(1), waiting: Vec::new(), rows: 0 }))
            }
            rows => rows,
        }
    }
}

struct Resized {
    tables: Tables,
    size: usize,
    /// Read and not handed out.
    waiting: Vec<RecordBatch>,
    rows: usize,
}

impl Resized {
    /// The first so many of the waiting rows as one table.
    fn hand_out(&mut self, count: usize) -> Result<RecordBatch> {
        let (mut parts, mut left) = (Vec::new(), count);
        let mut rest = Vec::new();
        for table in std::mem::take(&mut self.waiting) {
            let taken = left.min(table.num_rows());
            if taken > 0 {
                parts.push(table.slice(0, taken));
            }
            if taken < table.num_rows() {
                rest.push(table.slice(taken, table.num_rows() - taken));
            }
            left -= taken;
        }
        self.waiting = rest;
        self.rows -= count;
        match parts.as_slice() {
            [only] => Ok(only.clone()),
            [first, ..] => concat_batches(&first.schema(), &parts).map_err(Error::arrow("joining tables")),
            [] => Err(Error::Argument("there is no table to hand out".into())),
        }
    }
}

impl Iterator for Resized {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.rows < self.size {
            match self.tables.next() {
                Some(Ok(table)) if table.num_rows() == 0 => {}
                Some(Ok(table)) => {
                    self.rows += table.num_rows();
                    self.waiting.push(table);
                }
                Some(error) => return Some(error),
                None if self.rows == 0 => return None,
                None => return Some(self.hand_out(self.rows)),
            }
        }
        Some(self.hand_out(self.size))
    }
}
