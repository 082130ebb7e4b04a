//! Cutting a dataset into rows to train on and rows to test on, the rows Python's `train_test_split` takes.

mod stratified;

use crate::random::Generator;
use crate::{Dataset, DatasetDict, Error, Result};

/// How large one side of a split is: a number of rows (`100`) or a share of all rows (`0.2`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Size {
    /// So many rows.
    Rows(usize),
    /// A share of all rows, between 0 and 1.
    Share(f64),
}

impl From<usize> for Size {
    fn from(rows: usize) -> Self {
        Self::Rows(rows)
    }
}

impl From<f64> for Size {
    fn from(share: f64) -> Self {
        Self::Share(share)
    }
}

/// How to cut a dataset in two: sizes, seed, and whether both sides keep the classes' proportions.
///
/// ```
/// use course_datasets::Split;
///
/// let split = Split::train(0.8).seed(42);
/// let with_both = Split::test(100).train_size(1000).stratify_by("label");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    train_size: Option<Size>,
    test_size: Option<Size>,
    seed: Option<u64>,
    shuffle: bool,
    stratify_by: Option<String>,
}

impl Default for Split {
    /// A quarter of the rows to test on, in random order.
    fn default() -> Self {
        Self { train_size: None, test_size: None, seed: None, shuffle: true, stratify_by: None }
    }
}

impl Split {
    /// A split with so much to train on, the rest to test on.
    pub fn train(size: impl Into<Size>) -> Self {
        Self::default().train_size(size)
    }

    /// A split with so much to test on, the rest to train on.
    pub fn test(size: impl Into<Size>) -> Self {
        Self::default().test_size(size)
    }

    /// Sets how much to train on; a share is rounded down to whole rows.
    #[must_use]
    pub fn train_size(mut self, size: impl Into<Size>) -> Self {
        self.train_size = Some(size.into());
        self
    }

    /// Sets how much to test on; a share is rounded up to whole rows.
    #[must_use]
    pub fn test_size(mut self, size: impl Into<Size>) -> Self {
        self.test_size = Some(size.into());
        self
    }

    /// The same seed gives the same rows, here and in Python; without one they differ from run to run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Whether the rows are shuffled first (they are, unless this says `false`).
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Keeps the proportions of the classes in this `ClassLabel` column the same on both sides.
    #[must_use]
    pub fn stratify_by(mut self, column: impl Into<String>) -> Self {
        self.stratify_by = Some(column.into());
        self
    }

    /// The row counts of both sides, out of `rows`.
    fn counts(&self, rows: usize) -> Result<(usize, usize)> {
        let checked = |name: &str, size: Option<Size>| match size {
            Some(Size::Rows(0)) => Err(Error::split(format!("{name} is 0 rows; ask for at least one"))),
            Some(Size::Rows(count)) if count >= rows => Err(Error::split(format!(
                "{name} is {count} rows, but there are only {rows} in all, and the other side needs some; ask for fewer"
            ))),
            Some(Size::Share(share)) if !(share > 0.0 && share < 1.0) => Err(Error::split(format!(
                "{name} is the share {share:?}; a share lies between 0 and 1, such as 0.2. For a number of rows, give a whole number, such as 200"
            ))),
            size => Ok(size),
        };
        let train = checked("train_size", self.train_size)?;
        let mut test = checked("test_size", self.test_size)?;
        if train.is_none() && test.is_none() {
            test = Some(Size::Share(0.25));
        }
        if let (Some(Size::Share(train)), Some(Size::Share(test))) = (train, test)
            && train + test > 1.0
        {
            return Err(Error::split(format!(
                "train_size {train:?} and test_size {test:?} add up to more than 1; make one of them smaller"
            )));
        }
        let of = |size: Size, round: fn(f64) -> f64| match size {
            Size::Rows(count) => count,
            Size::Share(share) => round(share * rows as f64) as usize,
        };
        let (train, test) = match (train.map(|size| of(size, f64::floor)), test.map(|size| of(size, f64::ceil))) {
            (Some(train), Some(test)) => (train, test),
            (Some(train), None) => (train, rows.saturating_sub(train)),
            (None, Some(test)) => (rows.saturating_sub(test), test),
            (None, None) => (rows, 0),
        };
        if train + test > rows {
            return Err(Error::split(format!(
                "{train} rows to train on and {test} to test on are more than the {rows} there are; make one side smaller"
            )));
        }
        if train == 0 {
            return Err(Error::split(format!(
                "of {rows} rows, {test} go to the test side and none are left to train on; make test_size smaller, or train_size larger"
            )));
        }
        Ok((train, test))
    }

    /// The row numbers of both sides. `labels` are the class of each row, when the split keeps proportions.
    ///
    /// # Errors
    /// [`Error::Split`] when the sizes do not fit, or a class is too small.
    fn indices(&self, rows: usize, labels: Option<&[i64]>) -> Result<(Vec<u64>, Vec<u64>)> {
        let (train, test) = self.counts(rows)?;
        if !self.shuffle {
            if self.stratify_by.is_some() {
                return Err(Error::split(
                    "a stratified split shuffles: leave out `shuffle(false)`, or leave out `stratify_by`",
                ));
            }
            let all: Vec<u64> = (0..(train + test) as u64).collect();
            let (train, test) = all.split_at(train);
            return Ok((train.to_vec(), test.to_vec()));
        }
        let mut generator = Generator::maybe_seeded(self.seed);
        if let Some(labels) = labels {
            return stratified::indices(labels, train, test, &mut generator).map_err(|problem| {
                let column = self.stratify_by.as_deref().unwrap_or_default();
                Error::split(format!("stratify_by(\"{column}\"): {problem}"))
            });
        }
        // Python takes the test rows from the front of the shuffled list.
        let mut order = generator.permutation(rows);
        order.truncate(test + train);
        let train = order.split_off(test);
        Ok((train, order))
    }
}

impl Dataset {
    /// Two datasets, `train` and `test`, with the very rows that Python's `train_test_split` takes for the same seed.
    ///
    /// ```
    /// use course_datasets::{Dataset, Split};
    ///
    /// let numbers = Dataset::from_columns([("n", (0..10_i64).collect::<Vec<_>>())])?;
    /// let parts = numbers.train_test_split(Split::test(0.3).seed(42))?;
    /// // Equivalent python code: Dataset.from_dict({"n": range(10)}).train_test_split(test_size=.3, seed=42)["test"]["n"]
    /// assert_eq!(parts.get("test")?.values::<i64>("n")?, [5, 6, 0]);
    /// # Ok::<(), course_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Split`] when the sizes do not fit the dataset, the column to stratify by is not a `ClassLabel` or has nulls, or
    /// a class has only one row.
    pub fn train_test_split(&self, split: Split) -> Result<DatasetDict> {
        let (train, test) = if self.is_empty() {
            (self.clone(), self.clone())
        } else {
            let labels = split.stratify_by.as_deref().map(|column| class_ids(self, column)).transpose()?;
            let (train, test) = split.indices(self.len(), labels.as_deref())?;
            (self.select_rows(train)?, self.select_rows(test)?)
        };
        Ok(DatasetDict::new([("train", train), ("test", test)]))
    }
}

/// The class of every row.
fn class_ids(data: &Dataset, column: &str) -> Result<Vec<i64>> {
    if data.features().column(column)?.as_class_label().is_none() {
        return Err(Error::split(format!(
            "stratify_by(\"{column}\"): the column is no ClassLabel; make it one with `class_encode_column(\"{column}\")`"
        )));
    }
    let classes: Vec<Option<i64>> = data.values(column)?;
    match classes.iter().position(Option::is_none) {
        Some(row) => Err(Error::split(format!(
            "stratify_by(\"{column}\"): row {row} has no class; leave such rows out with `filter`"
        ))),
        None => Ok(classes.into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests;
