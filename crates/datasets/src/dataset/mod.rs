//! A table that behaves like a list of rows.

mod make;
mod rows;
mod walk;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use self::rows::Rows;
pub use self::walk::{BatchIter, RowIter};
use crate::info::Info;
use crate::table::{Columns, Table};
use crate::{Batch, Column, Error, Features, Fingerprint, Format, FromValue, Result, Row};

/// A table that behaves like a list of rows, held in memory or mapped from Arrow files, so that it may be larger than the memory.
///
/// It never changes: every method gives a new dataset, and data is shared where it is the same. [`Dataset::select`] and everything
/// built on it (shuffling, sorting, splitting) only notes row numbers.
///
/// ```
/// use course_datasets::{Dataset, row};
/// let reviews = Dataset::from_rows([row! { "text" => "good", "stars" => 5 }, row! { "text" => "bad", "stars" => 1 }])?;
/// assert_eq!(reviews.to_string(), "Dataset({\n    features: ['text', 'stars'],\n    num_rows: 2\n})");
/// let best = reviews.filter(|row| Ok(row.get::<i64>("stars")? > 3))?;
/// assert_eq!(best.strings("text")?, ["good"]);
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone)]
pub struct Dataset {
    pub(crate) table: Arc<Table>,
    pub(crate) rows: Rows,
    pub(crate) features: Arc<Features>,
    pub(crate) split: Option<String>,
    pub(crate) info: Arc<Info>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) format: Format,
    /// A file that lives as long as the dataset.
    pub(crate) scratch: Vec<Arc<tempfile::TempPath>>,
}

impl Dataset {
    pub(crate) fn new(table: Table, features: Features, fingerprint: Fingerprint) -> Self {
        Self {
            rows: Rows::Range(0..table.rows()),
            table: Arc::new(table),
            features: Arc::new(features),
            split: None,
            info: Arc::default(),
            fingerprint,
            format: Format::default(),
            scratch: Vec::new(),
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The same under the name that Python gives it.
    pub fn num_rows(&self) -> usize {
        self.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many columns there are.
    pub fn num_columns(&self) -> usize {
        self.features.len()
    }

    /// What the columns hold.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The names of the columns.
    pub fn column_names(&self) -> Vec<String> {
        self.features.names().map(str::to_owned).collect()
    }

    /// The name of the split that it is, such as `train`.
    pub fn split(&self) -> Option<&str> {
        self.split.as_deref()
    }

    /// The dataset as the split of this name.
    #[must_use]
    pub fn with_split(mut self, split: &str) -> Self {
        self.split = Some(split.to_owned());
        self
    }

    /// What the data is and how it came to be, in 16 hexadecimal digits: equal data made in the same way has the same.
    pub fn fingerprint(&self) -> String {
        self.fingerprint.to_string()
    }

    /// The Arrow files that are mapped; none where everything is in memory.
    pub fn files(&self) -> Vec<PathBuf> {
        self.table.files().collect()
    }

    /// How many bytes the mapped files have.
    pub fn dataset_size(&self) -> usize {
        self.table.mapped()
    }

    /// One row.
    ///
    /// # Errors
    /// [`Error::NoRow`].
    pub fn row(&self, index: usize) -> Result<Row> {
        let row = self.rows.at(index).ok_or(Error::NoRow { index, rows: self.len() })?;
        if let Some(transform) = self.transform() {
            return transform.row(self.handed(self.plain_slice(index..index + 1)?));
        }
        let (block, within) = self.table.locate(row)?;
        self.table.touched(1);
        Ok(Row::view(block.clone(), self.features.clone(), within, index))
    }

    /// The first `rows` rows.
    ///
    /// # Errors
    /// [`Error::BadFile`] where the file is damaged.
    pub fn head(&self, rows: usize) -> Result<Batch> {
        self.slice(0..rows)
    }

    /// The rows of these numbers as one batch; what lies beyond the end is left out, as in Python.
    ///
    /// # Errors
    /// [`Error::BadFile`] where the file is damaged.
    pub fn slice(&self, rows: Range<usize>) -> Result<Batch> {
        self.through_transform(self.plain_slice(rows)?)
    }

    fn plain_slice(&self, rows: Range<usize>) -> Result<Batch> {
        let start = rows.start.min(self.len());
        let end = rows.end.clamp(start, self.len());
        let columns = Columns::all(&self.features);
        let arrays = self.arrays(start..end, &columns)?;
        Ok(Batch::of(&self.features, arrays, start))
    }

    fn arrays(&self, rows: Range<usize>, columns: &Columns) -> Result<Vec<arrow_array::ArrayRef>> {
        match self.rows.slice(rows) {
            Rows::Range(range) => self.table.slice(range, columns),
            Rows::List(list, range) => self.table.gather(list.get(range).unwrap_or_default(), columns),
        }
    }

    /// One column. Nothing is copied, unless rows were selected out of order.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn column(&self, name: &str) -> Result<Column> {
        let index = self.features.position(name)?;
        let feature = self.features.column(name)?.clone();
        let chunks = match &self.rows {
            Rows::Range(range) => self
                .table
                .pieces(range.clone())
                .map(|(chunk, rows)| {
                    let missing = || Error::no_column(name, self.features.names());
                    Ok(chunk.column(index)?.ok_or_else(missing)?.slice(rows.start, rows.len()))
                })
                .collect::<Result<_>>()?,
            Rows::List(list, range) => {
                let rows = list.get(range.clone()).unwrap_or_default();
                let columns = Columns::one(&self.features, index);
                // In parts, as one array of texts holds 2 GB at most.
                rows.chunks(1 << 17).map(|rows| self.table.gather(rows, &columns)).collect::<Result<Vec<_>>>()?.concat()
            }
        };
        Ok(Column::of(feature, chunks))
    }

    /// The texts of a column.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it holds something else or one is missing.
    pub fn strings(&self, name: &str) -> Result<Vec<String>> {
        self.values(name)
    }

    /// The values of a column as a Rust type: `data.values::<f64>("score")?`.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] naming the row.
    pub fn values<T: FromValue>(&self, name: &str) -> Result<Vec<T>> {
        self.column(name)?.to_vec().map_err(|error| match error {
            Error::WrongType { place, found, wanted } => {
                Error::WrongType { place: place.replace("the column", &format!("column {name:?}")), found, wanted }
            }
            other => other,
        })
    }

    /// The dataset with other rows of its table.
    pub(crate) fn with_rows(&self, rows: Rows, step: &str, arguments: &str) -> Self {
        Self { rows, fingerprint: self.fingerprint.then(step, arguments), ..self.clone() }
    }

    /// The dataset with other columns of as many rows.
    pub(crate) fn with_table(&self, table: Table, features: Features, step: &str, arguments: &str) -> Self {
        Self {
            table: Arc::new(table),
            features: Arc::new(features),
            fingerprint: self.fingerprint.then(step, arguments),
            ..self.clone()
        }
    }
}
