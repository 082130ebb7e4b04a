//! Walks through the rows, one by one or in batches.

use std::ops::Range;
use std::sync::Arc;

use super::Rows;
use crate::table::Block;
use crate::{Batch, Dataset, Result, Row};

impl Dataset {
    /// The rows one after the other. Pages of a mapped file that were passed are given back, so that a walk through any number of
    /// gigabytes needs little memory.
    ///
    /// An item is an error only where a file is damaged.
    pub fn iter(&self) -> RowIter {
        self.iter_from(0)
    }

    /// The same from a row on.
    pub(crate) fn iter_from(&self, row: usize) -> RowIter {
        RowIter { dataset: self.clone(), next: row, block: None, passed: row }
    }

    /// The rows in batches of `size`, the last of which may be smaller. Nothing is copied where batches and record batches of the file
    /// fall together.
    pub fn batches(&self, size: usize) -> BatchIter {
        BatchIter { dataset: self.clone(), size: size.max(1), next: 0, passed: 0 }
    }

    /// Gives back the pages of rows up to `now` that a walk has left behind; `passed` says up to where that was done.
    fn give_back(&self, passed: &mut usize, now: usize) {
        const STEP: usize = 4096;
        if now - *passed >= STEP || now == self.len() {
            self.let_go(*passed..now);
            *passed = now;
        }
    }

    /// Gives back the pages of rows that are not looked at again soon.
    pub(crate) fn let_go(&self, rows: Range<usize>) {
        if let Rows::Range(range) = &self.rows {
            self.table.passed(range.start + rows.start..range.start + rows.end);
        }
    }
}

/// The rows of a dataset: see [`Dataset::iter`].
pub struct RowIter {
    dataset: Dataset,
    next: usize,
    /// The block of the row before, and the rows of the table that it has.
    block: Option<(Arc<Block>, Range<usize>)>,
    passed: usize,
}

impl RowIter {
    fn find(&mut self, row: usize) -> Result<(Arc<Block>, usize)> {
        if let Some((block, range)) = &self.block
            && range.contains(&row)
        {
            return Ok((block.clone(), row - range.start));
        }
        let (block, within) = self.dataset.table.locate(row)?;
        let block = block.clone();
        let start = row - within;
        self.block = Some((block.clone(), start..start + block.rows));
        Ok((block, within))
    }
}

impl Iterator for RowIter {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.dataset.rows.at(self.next)?;
        let number = self.next;
        self.next += 1;
        if self.dataset.transform().is_some() {
            self.dataset.give_back(&mut self.passed, number);
            return Some(self.dataset.row(number));
        }
        let found = self.find(row);
        match &self.dataset.rows {
            Rows::Range(_) => self.dataset.give_back(&mut self.passed, number),
            Rows::List(..) => self.dataset.table.touched(1),
        }
        Some(found.map(|(block, within)| Row::view(block, self.dataset.features.clone(), within, number)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = self.dataset.len() - self.next;
        (rest, Some(rest))
    }
}

/// The rows of a dataset in batches: see [`Dataset::batches`].
pub struct BatchIter {
    dataset: Dataset,
    size: usize,
    next: usize,
    passed: usize,
}

impl Iterator for BatchIter {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.dataset.len() {
            return None;
        }
        self.dataset.give_back(&mut self.passed, self.next);
        let start = self.next;
        self.next = start.saturating_add(self.size).min(self.dataset.len());
        Some(self.dataset.slice(start..self.next))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = (self.dataset.len() - self.next).div_ceil(self.size);
        (rest, Some(rest))
    }
}

impl IntoIterator for &Dataset {
    type Item = Result<Row>;
    type IntoIter = RowIter;

    fn into_iter(self) -> RowIter {
        self.iter()
    }
}
