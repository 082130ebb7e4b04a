//! One row of a dataset.

use std::fmt;
use std::sync::{Arc, OnceLock};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::arrays::read;
use crate::table::Block;
use crate::value::{NULL, quoted};
use crate::{Error, Features, FromValue, Result, Value};

/// One row: the names of the columns in order, and a value for each.
///
/// A row of a dataset is a view: a value is read when it is asked for, and [`Row::str`] does not copy the text at all.
/// `row["text"]` gives a [`Value`], missing where there is no such column; [`Row::get`] gives a Rust type, or an error that says why not.
///
/// ```
/// use course_datasets::row;
/// let mut row = row! { "text" => "good", "stars" => 5 };
/// row.set("length", row.str("text")?.len());
/// assert_eq!(row.get::<i64>("stars")?, 5);
/// assert_eq!(row.to_string(), "{'text': 'good', 'stars': 5, 'length': 4}");
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Row {
    cells: Vec<Cell>,
    view: Option<View>,
}

/// Where the values are that nobody asked for yet.
#[derive(Clone)]
struct View {
    block: Arc<Block>,
    features: Arc<Features>,
    index: usize,
    /// The row's number in the dataset, for error messages.
    number: usize,
}

#[derive(Clone)]
struct Cell {
    name: Arc<str>,
    value: OnceLock<Value>,
    /// The column of the view that it is, while it is unchanged.
    column: Option<usize>,
}

impl Row {
    /// A row without columns.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn view(block: Arc<Block>, features: Arc<Features>, index: usize, number: usize) -> Self {
        let cell = |(column, name): (usize, &Arc<str>)| Cell {
            name: name.clone(),
            value: OnceLock::new(),
            column: Some(column),
        };
        let cells = features.name_arcs().enumerate().map(cell).collect();
        Self { cells, view: Some(View { block, features, index, number }) }
    }

    /// The value of the column, where there is one.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn value(&self, name: &str) -> Result<&Value> {
        Ok(self.of(self.cell(name)?))
    }

    /// The value of the column as a Rust type, such as `row.get::<f64>("score")?`.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it is of another type; ask for `Option<f64>` where values may be missing.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T> {
        let value = self.value(name)?;
        T::from_value(value).ok_or_else(|| self.wrong(name, value, T::wanted()))
    }

    /// The text of the column, not copied.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it is missing or no text.
    pub fn str(&self, name: &str) -> Result<&str> {
        let cell = self.cell(name)?;
        if cell.value.get().is_none()
            && let Some((view, column)) = self.view.as_ref().zip(cell.column)
            && let Some(array) = view.block.columns.get(column)
            && view.index < array.len()
            && array.is_valid(view.index)
        {
            match array.data_type() {
                DataType::Utf8 => return Ok(array.as_string::<i32>().value(view.index)),
                DataType::LargeUtf8 => return Ok(array.as_string::<i64>().value(view.index)),
                DataType::Utf8View => return Ok(array.as_string_view().value(view.index)),
                _ => {}
            }
        }
        let value = self.of(cell);
        value.as_str().ok_or_else(|| self.wrong(name, value, "a string".to_owned()))
    }

    /// Gives the column a value; a column of that name that is not there yet comes last.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = OnceLock::from(value.into());
        match self.cells.iter_mut().find(|cell| &*cell.name == name) {
            Some(cell) => {
                cell.value = value;
                cell.column = None;
            }
            None => self.cells.push(Cell { name: name.into(), value, column: None }),
        }
    }

    /// The row with the column set to this value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Takes the column out, and gives its value; missing where there was no such column.
    pub fn remove(&mut self, name: &str) -> Value {
        match self.cells.iter().position(|cell| &*cell.name == name) {
            Some(index) => {
                let cell = self.cells.remove(index);
                self.of(&cell).clone()
            }
            None => Value::Null,
        }
    }

    /// The names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(|cell| &*cell.name)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.cells.iter().map(|cell| (&*cell.name, self.of(cell)))
    }

    /// How many columns it has.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether it has no column.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Whether there is such a column.
    pub fn contains(&self, name: &str) -> bool {
        self.cells.iter().any(|cell| &*cell.name == name)
    }

    /// The row's number in its dataset; `None` for a row made by hand.
    pub fn number(&self) -> Option<usize> {
        self.view.as_ref().map(|view| view.number)
    }

    /// Whether it is the row `index` of `block`, with whatever was changed in it since.
    pub(crate) fn is_of(&self, block: &Arc<Block>, index: usize) -> bool {
        self.view.as_ref().is_some_and(|view| Arc::ptr_eq(&view.block, block) && view.index == index)
    }

    /// The row with a place by which [`Row::is_of`] knows it again; a view has one already.
    pub(crate) fn with_place(mut self, number: usize) -> (Self, Arc<Block>, usize) {
        let view = self.view.get_or_insert_with(|| {
            let block = Arc::new(Block { columns: Vec::new(), rows: 0 });
            View { block, features: Arc::default(), index: 0, number }
        });
        let (block, index) = (view.block.clone(), view.index);
        (self, block, index)
    }

    pub(crate) fn into_fields(self) -> Vec<(Arc<str>, Value)> {
        let values: Vec<Value> = self.cells.iter().map(|cell| self.of(cell).clone()).collect();
        self.cells.into_iter().map(|cell| cell.name).zip(values).collect()
    }

    /// The value of the column, or the column of `block` of which it is an unchanged view.
    pub(crate) fn part<'r>(&'r self, name: &str, block: &Arc<Block>) -> Option<Part<'r>> {
        let cell = self.cells.iter().find(|cell| &*cell.name == name)?;
        let same = self.view.as_ref().is_some_and(|view| Arc::ptr_eq(&view.block, block));
        Some(match cell.column {
            Some(column) if same => Part::Unchanged(column),
            _ => Part::Value(self.of(cell)),
        })
    }

    fn cell(&self, name: &str) -> Result<&Cell> {
        let found = self.cells.iter().find(|cell| &*cell.name == name);
        found.ok_or_else(|| Error::no_column(name, self.names()))
    }

    fn of<'r>(&'r self, cell: &'r Cell) -> &'r Value {
        cell.value.get_or_init(|| {
            let Some((view, column)) = self.view.as_ref().zip(cell.column) else { return Value::Null };
            match (view.block.columns.get(column), view.features.at(column)) {
                (Some(array), Some((_, feature))) => read(array, view.index, feature),
                _ => Value::Null,
            }
        })
    }

    fn wrong(&self, name: &str, value: &Value, wanted: String) -> Error {
        let row = self.view.as_ref().map_or_else(String::new, |view| format!(", row {},", view.number));
        let hint = if value.is_null() {
            "; a value that may be missing is asked for with `Option`, or `row[…].is_null()`"
        } else {
            ""
        };
        Error::WrongType {
            place: format!("column {name:?}{row}"),
            found: format!("{} ({})", value.kind(), value.brief()),
            wanted: format!("{wanted}{hint}"),
        }
    }
}

/// What a column of a row is: see [`Row::part`].
pub(crate) enum Part<'r> {
    Value(&'r Value),
    Unchanged(usize),
}

impl std::ops::Index<&str> for Row {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        self.cells.iter().find(|cell| &*cell.name == name).map_or(&NULL, |cell| self.of(cell))
    }
}

impl<N: AsRef<str>, V: Into<Value>> FromIterator<(N, V)> for Row {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut row = Self::new();
        for (name, value) in entries {
            row.set(name.as_ref(), value);
        }
        row
    }
}

impl<N: AsRef<str>, V: Into<Value>, const COUNT: usize> From<[(N, V); COUNT]> for Row {
    fn from(entries: [(N, V); COUNT]) -> Self {
        entries.into_iter().collect()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            write!(formatter, "{}{}: {value}", if index == 0 { "" } else { ", " }, quoted(name))?;
        }
        formatter.write_str("}")
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl course_display::Rich for Row {
    /// One line for each column, as a page is not as wide as a row is long.
    fn rich(&self) -> course_display::Bundle {
        let lines: Vec<String> = self.iter().map(|(name, value)| format!("{}: {value}", quoted(name))).collect();
        course_display::Bundle::text(format!("{{{}}}", lines.join(",\n ")))
    }
}

/// A [`Row`] of names and values: `row! { "text" => "good", "stars" => 5 }`.
#[macro_export]
macro_rules! row {
    ($($name:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut row = $crate::Row::new();
        $(row.set($name, $value);)*
        row
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_is_asked_for_and_does_not_have() {
        let row = row! { "text" => "good", "stars" => Option::<i64>::None };
        assert_eq!(row.str("text").unwrap(), "good");
        assert!(row["nothing"].is_null());
        assert_eq!(row.get::<Option<i64>>("stars").unwrap(), None);
        let error = row.get::<i64>("stars").unwrap_err().to_string();
        assert!(
            error.starts_with(
                "column \"stars\" holds a missing value (None), not a whole number (i64); a value that may"
            ),
            "{error}"
        );
        let error = row.str("txt").unwrap_err().to_string();
        assert!(error.contains("did you mean \"text\"?"), "{error}");
    }

    #[test]
    fn columns_are_set_and_removed() {
        let mut row = row! { "a" => 1, "b" => "x" };
        row.set("a", vec![1, 2]);
        assert_eq!(row.remove("b"), "x");
        assert_eq!(row.to_string(), "{'a': [1, 2]}");
        assert_eq!(serde_json::to_string(&row).unwrap(), "{\"a\":[1,2]}");
        assert_eq!(row, Row::from([("a", Value::from([1, 2]))]));
    }
}
