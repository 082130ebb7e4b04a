//! Which rows of its table a dataset has.

use std::ops::Range;
use std::sync::Arc;

/// Which rows of the table the dataset has, and in what order.
#[derive(Clone)]
pub(crate) enum Rows {
    Range(Range<usize>),
    List(Arc<[u64]>, Range<usize>),
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Range(range) | Self::List(_, range) => range.len(),
        }
    }

    /// The row of the table that is the dataset's row of this number.
    pub(super) fn at(&self, index: usize) -> Option<usize> {
        if index >= self.len() {
            return None;
        }
        match self {
            Self::Range(range) => Some(range.start + index),
            Self::List(list, range) => list.get(range.start + index).and_then(|row| usize::try_from(*row).ok()),
        }
    }

    /// Those of these numbers.
    pub(crate) fn slice(&self, numbers: Range<usize>) -> Self {
        let within = |range: &Range<usize>| {
            let start = (range.start + numbers.start).min(range.end);
            start..(range.start + numbers.end).clamp(start, range.end)
        };
        match self {
            Self::Range(range) => Self::Range(within(range)),
            Self::List(list, range) => Self::List(list.clone(), within(range)),
        }
    }

    pub(crate) fn list(rows: Vec<u64>) -> Self {
        let range = 0..rows.len();
        Self::List(rows.into(), range)
    }

    /// The numbers of the list, where it is one.
    pub(crate) fn numbers(&self) -> Option<&[u64]> {
        match self {
            Self::Range(_) => None,
            Self::List(list, range) => list.get(range.clone()),
        }
    }
}
