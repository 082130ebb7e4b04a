//! A table that behaves like a list of rows.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::arrow_file::ArrowFile;
use crate::info::Info;
use crate::table::{Block, Columns, Table};
use crate::value::Value;
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
    fn at(&self, index: usize) -> Option<usize> {
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

    /// The rows of Arrow files (stream or file format) one after the other, mapped and not read.
    ///
    /// Without `features`, the metadata of the first file says them, or its types do.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::BadFile`] for what is no Arrow file, was cut off, or has other columns than the first.
    pub fn from_arrow_files(
        paths: &[impl AsRef<Path>],
        features: Option<Features>,
        split: Option<&str>,
    ) -> Result<Self> {
        let files: Vec<Arc<ArrowFile>> =
            paths.iter().map(|path| ArrowFile::open(path.as_ref())).collect::<Result<_>>()?;
        let features = match (features, files.first()) {
            (Some(features), _) => features,
            (None, Some(file)) => Features::from_arrow_schema(file.schema()),
            (None, None) => Features::new(),
        };
        for file in &files {
            let names = file.schema().fields().iter().map(|field| field.name().as_str());
            if !names.eq(features.names()) {
                let names: Vec<&String> = file.schema().fields().iter().map(|field| field.name()).collect();
                return Err(Error::BadFile {
                    place: file.path().display().to_string(),
                    problem: format!(
                        "its columns are {names:?}, but {:?} were expected",
                        features.names().collect::<Vec<_>>()
                    ),
                });
            }
        }
        let fingerprint = Fingerprint::of_files(&files);
        let mut dataset = Self::new(Table::from_files(&files, &features), features, fingerprint);
        dataset.split = split.map(str::to_owned);
        Ok(dataset)
    }

    /// The rows of one Arrow file, mapped and not read.
    ///
    /// # Errors
    /// Those of [`Dataset::from_arrow_files`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_arrow_files(&[path], None, None)
    }

    /// The rows of record batches in memory.
    ///
    /// # Errors
    /// [`Error::Cast`] where a column cannot be brought to its feature.
    pub fn from_batches(features: Features, batches: Vec<RecordBatch>) -> Result<Self> {
        let fingerprint = Fingerprint::of_batches(&batches);
        Self::from_known_batches(features, &batches, fingerprint)
    }

    /// The same where the fingerprint is known, or will be.
    pub(crate) fn from_known_batches(
        features: Features,
        batches: &[RecordBatch],
        fingerprint: Fingerprint,
    ) -> Result<Self> {
        Ok(Self::new(Table::from_batches(batches, &features)?, features, fingerprint))
    }

    /// A dataset of columns of one length.
    ///
    /// # Errors
    /// [`Error::ColumnLengths`].
    pub fn from_batch(batch: &Batch) -> Result<Self> {
        Self::from_batches(batch.features(), vec![batch.to_record_batch()?])
    }

    /// A dataset of columns: `Dataset::from_columns([("text", Column::from(texts))])`.
    ///
    /// # Errors
    /// [`Error::ColumnLengths`] where they differ in length.
    pub fn from_columns<N: AsRef<str>, C: Into<Column>>(columns: impl IntoIterator<Item = (N, C)>) -> Result<Self> {
        Self::from_batch(&columns.into_iter().collect())
    }

    /// A dataset of rows; the types are found out. A column that a row does not have is missing there.
    ///
    /// # Errors
    /// [`Error::MixedTypes`] naming the rows whose values do not go together.
    pub fn from_rows(rows: impl IntoIterator<Item = impl Into<Row>>) -> Result<Self> {
        let rows: Vec<Row> = rows.into_iter().map(Into::into).collect();
        let mut names: Vec<&str> = Vec::new();
        for row in &rows {
            for name in row.names() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let values: Vec<&Value> = rows.iter().map(|row| &row[name]).collect();
            columns.push((name, Column::build(name, &values, None)?));
        }
        Self::from_columns(columns)
    }

    /// A dataset of rows of the given features.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] naming the row whose value does not fit.
    pub fn from_rows_of(features: Features, rows: impl IntoIterator<Item = impl Into<Row>>) -> Result<Self> {
        let rows: Vec<Row> = rows.into_iter().map(Into::into).collect();
        let mut batch = Batch::new();
        for (name, feature) in features.iter() {
            let values: Vec<&Value> = rows.iter().map(|row| &row[name]).collect();
            batch.set(name, Column::build(name, &values, Some(feature))?);
        }
        Self::from_batch(&batch)
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
            if let Rows::Range(range) = &self.rows {
                self.table.passed(range.start + *passed..range.start + now);
            }
            *passed = now;
        }
    }

    /// Gives back the pages of rows that are not looked at again soon.
    pub(crate) fn let_go(&self, rows: Range<usize>) {
        if let Rows::Range(range) = &self.rows {
            self.table.passed(range.start + rows.start..range.start + rows.end);
        }
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
