//! Splits and parts of them as Python writes them: `train`, `train[:10%]`, `test[100:200]`, `train+test[-50:]`.

use std::ops::Range;

use crate::{Error, Result};

/// Part of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slice {
    /// The split's name.
    pub(crate) split: String,
    from: Option<Bound>,
    to: Option<Bound>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Rows(i64),
    Percent(i64),
}

impl Slice {
    /// The parts that a text names.
    ///
    /// # Errors
    /// [`Error::Argument`] for what cannot be read.
    pub(crate) fn parse(text: &str) -> Result<Vec<Self>> {
        text.split('+').map(|part| Self::parse_one(part.trim())).collect()
    }

    fn parse_one(text: &str) -> Result<Self> {
        let wrong = || {
            Error::Argument(format!(
                "{text:?} does not name a split: write \"train\", or a part of it such as \"train[:10%]\" or \"train[100:200]\""
            ))
        };
        let Some((split, bounds)) = text.split_once('[') else {
            return if text.is_empty() || text.contains([']', ':']) {
                Err(wrong())
            } else {
                Ok(Self { split: text.to_owned(), from: None, to: None })
            };
        };
        let (from, to) = bounds.strip_suffix(']').and_then(|bounds| bounds.split_once(':')).ok_or_else(wrong)?;
        let bound = |text: &str| match text.trim() {
            "" => Ok(None),
            text => Bound::parse(text).map(Some).ok_or_else(wrong),
        };
        if split.is_empty() {
            return Err(wrong());
        }
        Ok(Self { split: split.trim().to_owned(), from: bound(from)?, to: bound(to)? })
    }

    /// The rows it takes of a split of so many.
    ///
    /// # Errors
    /// [`Error::Argument`] for a share above 100 percent.
    pub(crate) fn rows(&self, rows: usize) -> Result<Range<usize>> {
        let from = self.from.map_or(Ok(0), |bound| bound.row(rows))?;
        let to = self.to.map_or(Ok(rows), |bound| bound.row(rows))?;
        Ok(from..to.max(from))
    }

    /// Whether it takes all rows.
    pub(crate) fn is_whole(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(percent) => percent.trim().parse().ok().map(Self::Percent),
            None => text.replace('_', "").parse().ok().map(Self::Rows),
        }
    }

    fn row(self, rows: usize) -> Result<usize> {
        let total = rows as i64;
        let row = match self {
            Self::Percent(percent) if !(-100..=100).contains(&percent) => {
                return Err(Error::Argument(format!("{percent}% of a split: a share lies between -100% and 100%")));
            }
            // Halves go to the even neighbour, as in Python.
            Self::Percent(percent) => (percent as f64 * rows as f64 / 100.0).round_ties_even() as i64,
            Self::Rows(row) => row,
        };
        Ok(if row < 0 { total.saturating_add(row).max(0) } else { row.min(total) } as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, total: usize) -> Range<usize> {
        Slice::parse(text).unwrap()[0].rows(total).unwrap()
    }

    #[test]
    fn parts_are_those_of_python() {
        assert_eq!(rows("train", 7), 0..7);
        assert_eq!(rows("train[:10%]", 105), 0..10);
        assert_eq!(rows("train[:50%]", 5), 0..2);
        assert_eq!(rows("train[:50%]", 7), 0..4);
        assert_eq!(rows("train[-3:]", 10), 7..10);
        assert_eq!(rows("train[-20%:-10%]", 10), 8..9);
        assert_eq!(rows("train[2:100]", 10), 2..10);
        assert_eq!(rows("train[5:2]", 10), 5..5);
        let both = Slice::parse("train + test[:1]").unwrap();
        assert_eq!((both[0].split.as_str(), both[1].split.as_str()), ("train", "test"));
    }

    #[test]
    fn what_is_no_part_is_said() {
        for text in ["", "train[", "train[1]", "train[a:b]", "[:1]", "train]", "a+"] {
            assert!(Slice::parse(text).is_err(), "{text:?}");
        }
        assert!(Slice::parse("train[:101%]").unwrap()[0].rows(10).is_err());
    }
}
