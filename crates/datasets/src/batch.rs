//! Some rows of a dataset, column by column.

use std::fmt;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};

use crate::table::Block;
use crate::{Column, Error, Features, FromValue, Result, Row, Value};

/// Some rows, column by column: what [`Dataset::map_batched`](crate::Dataset::map_batched) hands to its function and gets back.
///
/// ```
/// use course_datasets::{Batch, Column, batch};
/// let mut batch = batch! { "text" => ["good", "bad"] };
/// let lengths: Vec<i64> = batch.strs("text")?.iter().map(|text| text.len() as i64).collect();
/// batch.set("length", lengths);
/// assert_eq!(batch.column("length")?.to_vec::<i64>()?, [4, 3]);
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Batch {
    columns: Vec<(Arc<str>, Column)>,
    /// The number of its first row in the dataset it is from.
    first: usize,
    /// Which batch handed to a function it is, with whatever the function changed in it; 0 for one of the function's own.
    handed: u64,
}

impl Batch {
    /// A batch without columns.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn of(features: &Features, arrays: Vec<ArrayRef>, first: usize) -> Self {
        let columns = features.name_arcs().zip(features.iter()).zip(arrays);
        let columns = columns
            .map(|((name, (_, feature)), array)| (name.clone(), Column::of(feature.clone(), vec![array])))
            .collect();
        Self { columns, first, handed: 0 }
    }

    /// A batch of Arrow's record batch.
    pub fn from_record_batch(batch: &RecordBatch) -> Result<Self> {
        let features = Features::from_arrow_schema(batch.schema_ref());
        let arrays = crate::table::conform(batch.columns(), &features)?;
        Ok(Self::of(&features, arrays, 0))
    }

    /// How many rows it has: the length of its first column.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of its first row in the dataset it is from.
    pub fn first_row(&self) -> usize {
        self.first
    }

    /// The batch as one whose first row has this number.
    pub(crate) fn beginning_at(mut self, first: usize) -> Self {
        self.first = first;
        self
    }

    /// The names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| &**name)
    }

    /// Names and columns in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.iter().map(|(name, column)| (&**name, column))
    }

    /// Marks it as handed to a function; [`Batch::was_handed`] then knows whether it came back.
    pub(crate) fn hand_over(&mut self) -> u64 {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        self.handed = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.handed
    }

    /// Says that the batch is whole: nothing of what went in is to be put under it.
    pub(crate) fn set_merged(&mut self) {
        self.handed = u64::MAX;
    }

    /// Says that it is what a transform made of the rows, and not the rows.
    pub(crate) fn set_foreign(&mut self) {
        self.handed = u64::MAX - 1;
    }

    /// Whether [`Batch::set_foreign`] was said.
    pub(crate) fn is_foreign(&self) -> bool {
        self.handed == u64::MAX - 1
    }

    /// Whether [`Batch::set_merged`] was said.
    pub(crate) fn is_merged(&self) -> bool {
        self.handed == u64::MAX
    }

    /// Whether it is the batch of this mark.
    pub(crate) fn was_handed(&self, mark: u64) -> bool {
        self.handed == mark
    }

    pub(crate) fn into_columns(self) -> Vec<(Arc<str>, Column)> {
        self.columns
    }

    /// What the columns hold.
    pub fn features(&self) -> Features {
        self.columns.iter().map(|(name, column)| (name.clone(), column.feature().clone())).collect()
    }

    /// The column of this name.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn column(&self, name: &str) -> Result<&Column> {
        let found = self.columns.iter().find(|(known, _)| &**known == name);
        found.map(|(_, column)| column).ok_or_else(|| Error::no_column(name, self.names()))
    }

    /// The column's Arrow array.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn array(&self, name: &str) -> Result<ArrayRef> {
        self.column(name)?.to_array()
    }

    /// The texts of a column, not copied.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it holds something else or one is missing.
    pub fn strs(&self, name: &str) -> Result<Vec<&str>> {
        self.column(name)?.strs().map_err(|error| named(error, name))
    }

    /// The texts of a column, not copied; `None` where one is missing.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it holds something else.
    pub fn optional_strs(&self, name: &str) -> Result<Vec<Option<&str>>> {
        self.column(name)?.optional_strs().map_err(|error| named(error, name))
    }

    /// The values of a column as a Rust type.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`].
    pub fn get<T: FromValue>(&self, name: &str) -> Result<Vec<T>> {
        self.column(name)?.to_vec().map_err(|error| named(error, name))
    }

    /// One row.
    ///
    /// # Errors
    /// [`Error::NoRow`].
    pub fn row(&self, index: usize) -> Result<Row> {
        if index >= self.len() {
            return Err(Error::NoRow { index, rows: self.len() });
        }
        self.columns.iter().map(|(name, column)| Ok((name, column.value(index)?))).collect()
    }

    /// The rows, one after the other.
    pub fn rows(&self) -> Result<Vec<Row>> {
        let block = Arc::new(self.block()?);
        let features = Arc::new(self.features());
        Ok((0..self.len()).map(|row| Row::view(block.clone(), features.clone(), row, self.first + row)).collect())
    }

    /// Gives the batch a column, in the place of the one of that name where there is one.
    ///
    /// The lengths of the columns may differ until the batch goes back to the dataset.
    pub fn set(&mut self, name: &str, column: impl Into<Column>) {
        let column = column.into();
        match self.columns.iter_mut().find(|(known, _)| &**known == name) {
            Some((_, place)) => *place = column,
            None => self.columns.push((name.into(), column)),
        }
    }

    /// The batch with the column set.
    #[must_use]
    pub fn with(mut self, name: &str, column: impl Into<Column>) -> Self {
        self.set(name, column);
        self
    }

    /// Gives the batch a column of values, whose type is found out.
    ///
    /// # Errors
    /// [`Error::MixedTypes`].
    pub fn set_values(&mut self, name: &str, values: Vec<Value>) -> Result<()> {
        let column = Column::build(name, &values.iter().collect::<Vec<_>>(), None)?;
        self.set(name, column);
        Ok(())
    }

    /// Takes a column out.
    pub fn remove(&mut self, name: &str) -> Option<Column> {
        let index = self.columns.iter().position(|(known, _)| &**known == name)?;
        Some(self.columns.remove(index).1)
    }

    /// The rows of these numbers, in this order: picked, left out, or more than once.
    ///
    /// # Errors
    /// [`Error::NoRow`].
    pub fn take(&self, rows: impl IntoIterator<Item = usize>) -> Result<Self> {
        let rows: Vec<u64> = rows.into_iter().map(|row| row as u64).collect();
        let length = self.check_lengths(self.len())?;
        if let Some(&row) = rows.iter().find(|row| **row >= length as u64) {
            return Err(Error::NoRow { index: usize::try_from(row).unwrap_or(usize::MAX), rows: length });
        }
        let rows = arrow_array::UInt64Array::from(rows);
        let take = |(name, column): &(Arc<str>, Column)| {
            let taken =
                arrow_select::take::take(&column.to_array()?, &rows, None).map_err(Error::arrow("taking rows"))?;
            Ok((name.clone(), Column::of(column.feature().clone(), vec![taken])))
        };
        Ok(Self { columns: self.columns.iter().map(take).collect::<Result<_>>()?, first: self.first, handed: 0 })
    }

    /// Checks that all columns are of one length; `before` is how many rows went in.
    pub(crate) fn check_lengths(&self, before: usize) -> Result<usize> {
        let expected = self.len();
        for (index, (name, column)) in self.columns.iter().enumerate() {
            if column.len() != expected {
                return Err(Error::ColumnLengths {
                    index,
                    column: name.to_string(),
                    expected,
                    found: column.len(),
                    old: before,
                });
            }
        }
        Ok(expected)
    }

    pub(crate) fn block(&self) -> Result<Block> {
        let rows = self.check_lengths(self.len())?;
        let columns = self.columns.iter().map(|(_, column)| column.to_array()).collect::<Result<_>>()?;
        Ok(Block { columns, rows })
    }

    /// Arrow's record batch of the same columns.
    ///
    /// # Errors
    /// [`Error::ColumnLengths`] where the columns differ in length.
    pub fn to_record_batch(&self) -> Result<RecordBatch> {
        let Block { columns, rows } = self.block()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.features().to_arrow_schema(), columns, &options)
            .map_err(Error::arrow("making a record batch"))
    }
}

/// Says which column an error of [`Column`] is about.
fn named(error: Error, column: &str) -> Error {
    match error {
        Error::WrongType { place, found, wanted } => {
            Error::WrongType { place: place.replace("the column", &format!("column {column:?}")), found, wanted }
        }
        other => other,
    }
}

impl<N: AsRef<str>, C: Into<Column>> FromIterator<(N, C)> for Batch {
    fn from_iter<I: IntoIterator<Item = (N, C)>>(columns: I) -> Self {
        let mut batch = Self::new();
        for (name, column) in columns {
            batch.set(name.as_ref(), column);
        }
        batch
    }
}

impl<N: AsRef<str>, C: Into<Column>, const COUNT: usize> From<[(N, C); COUNT]> for Batch {
    fn from(columns: [(N, C); COUNT]) -> Self {
        columns.into_iter().collect()
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("{")?;
        for (index, (name, column)) in self.iter().enumerate() {
            let values: Vec<String> = column.iter().map(|value| value.to_string()).collect();
            write!(
                formatter,
                "{}{}: [{}]",
                if index == 0 { "" } else { ", " },
                crate::value::quoted(name),
                values.join(", ")
            )?;
        }
        formatter.write_str("}")
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A [`Batch`] of names and columns: `batch! { "text" => ["good", "bad"], "stars" => [5, 1] }`.
#[macro_export]
macro_rules! batch {
    ($($name:expr => $column:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut batch = $crate::Batch::new();
        $(batch.set($name, $column);)*
        batch
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_different_lengths_are_told_as_python_tells_them() {
        let batch = batch! { "input_ids" => vec![1, 2, 3], "condition" => vec!["a", "b"] };
        let error = batch.check_lengths(2).unwrap_err().to_string();
        assert!(error.starts_with("Column 1 named condition expected length 3 but got length 2\n"), "{error}");
        assert!(batch.to_record_batch().is_err());
    }

    #[test]
    fn a_batch_is_rows_too() {
        let batch = batch! { "text" => ["a", "b"], "n" => [1, 2] };
        assert_eq!(batch.rows().unwrap()[1].to_string(), "{'text': 'b', 'n': 2}");
        assert_eq!(batch.row(0).unwrap().str("text").unwrap(), "a");
        assert!(batch.row(2).is_err());
        assert_eq!(batch.take([1, 1, 0]).unwrap().to_string(), "{'text': ['b', 'b', 'a'], 'n': [2, 2, 1]}");
        assert!(batch.take([2]).is_err());
        assert_eq!(batch.to_string(), "{'text': ['a', 'b'], 'n': [1, 2]}");
        assert_eq!(Batch::from_record_batch(&batch.to_record_batch().unwrap()).unwrap().features(), batch.features());
    }

    #[test]
    fn an_error_of_a_column_names_it() {
        let batch = batch! { "n" => [1, 2] };
        let error = batch.strs("n").unwrap_err().to_string();
        assert_eq!(error, "column \"n\" holds Value('int32'), not texts");
    }
}
