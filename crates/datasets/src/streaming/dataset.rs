//! The stream itself: where it comes from, and how it is read.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_data::transform::MutableArrayData;
use course_display::{Bundle, Rich};
use course_wire::interrupt;

use super::count::{Counted, Rebatched, Repeated};
use super::node::{Node, Part, Rows, Shared, Tables};
use super::shuffle;
use super::source::{RowReader, Source, TableReader};
use crate::random::Generator;
use crate::{Batch, Column, Dataset, Error, Features, Result, Row, Value};

/// Rows of a table that a dataset is read by, as in Python.
const TABLE: usize = 1000;
/// Rows between two looks at the interrupt.
const BETWEEN: usize = 64;

/// A stream of rows. It is a recipe: nothing is read until it is iterated, and each iteration reads from the beginning.
#[derive(Clone)]
pub struct IterableDataset {
    pub(super) node: Shared,
    pub(super) features: Option<Features>,
    epoch: u64,
}

impl IterableDataset {
    pub(super) fn new(node: Shared, features: Option<Features>) -> Self {
        Self { node, features, epoch: 0 }
    }

    /// The same with other rows.
    pub(super) fn with(&self, node: Shared, features: Option<Features>) -> Self {
        Self { node, features, epoch: self.epoch }
    }

    /// A stream of what a function makes. It is called each time the stream is read, and hands out an iterator over the rows.
    pub fn from_generator<I>(rows: impl Fn() -> I + Send + Sync + 'static) -> Self
    where
        I: Iterator<Item = Result<Row>> + 'static,
    {
        let reader = move || Box::new(rows()) as Rows;
        Self::new(Arc::new(Source::Rows(vec![Arc::new(reader)])), None)
    }

    /// A stream of tables, in shards: a function for each that reads it from its beginning.
    pub fn from_readers(features: Features, shards: Vec<TableReader>) -> Self {
        Self::new(Arc::new(Source::Tables(shards)), Some(features))
    }

    /// The names and types of the columns, where they are known before a row is read: after `map` they are not.
    pub fn features(&self) -> Option<&Features> {
        self.features.as_ref()
    }

    /// The shards it is read from: files, mostly.
    pub fn num_shards(&self) -> usize {
        self.node.shards()
    }

    /// The first `rows` rows.
    #[must_use]
    pub fn take(&self, rows: usize) -> Self {
        let node = Counted { below: self.node.clone(), rows: rows as u64, keep: true };
        self.with(Arc::new(node), self.features.clone())
    }

    /// All rows but the first `rows`.
    #[must_use]
    pub fn skip(&self, rows: usize) -> Self {
        let node = Counted { below: self.node.clone(), rows: rows as u64, keep: false };
        self.with(Arc::new(node), self.features.clone())
    }

    /// The rows `times` times over; for ever where it is `None`.
    #[must_use]
    pub fn repeat(&self, times: impl Into<Option<u64>>) -> Self {
        let node = Repeated { below: self.node.clone(), times: times.into() };
        self.with(Arc::new(node), self.features.clone())
    }

    /// The rows in random order, as far as a buffer of `buffer_size` rows can mix them: it is filled, shuffled, and half of it handed
    /// out, again and again. The files are read in random order too, up to ten at once, unless rows were taken or skipped before.
    ///
    /// Seed and size give the order that they give in Python's `datasets` 5.2.
    #[must_use]
    pub fn shuffle(&self, seed: u64, buffer_size: usize) -> Self {
        let node = shuffle::shuffled(self.node.clone(), Generator::new(seed), buffer_size.max(1));
        self.with(node, self.features.clone())
    }

    /// Shuffles anew for each epoch: a stream that was shuffled has another order for every number but 0, which leaves it as it is.
    #[must_use]
    pub fn set_epoch(&self, epoch: u64) -> Self {
        Self { epoch, ..self.clone() }
    }

    /// One of `count` parts of its shards, the first being 0.
    ///
    /// # Errors
    /// When there is no such part, or there are fewer shards than parts.
    pub fn shard(&self, count: usize, index: usize) -> Result<Self> {
        if index >= count || count > self.num_shards() {
            return Err(Error::Argument(format!(
                "part {index} of {count} cannot be had from a stream of {} shards: the number must be below {count}, \
                 and there must be at least as many shards",
                self.num_shards()
            )));
        }
        Ok(self.with(self.node.shard(Part::of(index, count)), self.features.clone()))
    }

    /// Reads it from the beginning, row by row. It stops with an error when the learner presses ■.
    pub fn iter(&self) -> StreamRows {
        StreamRows { rows: self.prepared().open().rows(), read: 0 }
    }

    /// Reads it in batches of `rows` rows; the last may have fewer.
    pub fn batches(&self, rows: usize) -> StreamBatches {
        let (node, size) = (self.prepared(), rows.max(1));
        if node.has_tables() {
            StreamBatches::Tables(Rebatched { below: node, size }.open().tables())
        } else {
            StreamBatches::Rows(StreamRows { rows: node.open().rows(), read: 0 }, size)
        }
    }

    /// The first rows as a batch, which shows itself as a table.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn head(&self, rows: usize) -> Result<Batch> {
        let rows = self.take(rows);
        match rows.batches(usize::MAX).next() {
            Some(batch) => batch,
            None => Ok(Batch::new()),
        }
    }

    /// Reads all of it into a dataset in memory: take some first.
    ///
    /// # Errors
    /// When rows cannot be read, or differ in their types.
    pub fn collect(&self) -> Result<Dataset> {
        let node = self.prepared();
        match (&self.features, node.has_tables()) {
            (Some(features), true) => {
                let tables: Vec<RecordBatch> = Checked(node.open().tables()).collect::<Result<_>>()?;
                Dataset::from_batches(features.clone(), tables)
            }
            _ => Dataset::from_rows(self.iter().collect::<Result<Vec<Row>>>()?),
        }
    }

    /// What is read in this epoch.
    fn prepared(&self) -> Shared {
        match self.epoch {
            0 => self.node.clone(),
            epoch => {
                let other_order = self.node.shuffled(&Generator::new(epoch));
                other_order.unwrap_or_else(|| self.node.clone()).shifted(epoch)
            }
        }
    }
}

impl Dataset {
    /// The dataset as a stream; `to_iterable_dataset` in Python. Its rows go through the dataset's transform, if it has one.
    pub fn to_iterable(&self) -> IterableDataset {
        stream(self, vec![self.clone()])
    }

    /// The same in so many shards, which are read in random order once it is shuffled.
    ///
    /// # Errors
    /// When there are more shards than rows, or none.
    pub fn to_iterable_shards(&self, count: usize) -> Result<IterableDataset> {
        if count == 0 || count > self.len() {
            return Err(Error::Argument(format!("a dataset of {} rows cannot be cut into {count} shards", self.len())));
        }
        let rows = self.len();
        let part = |index| {
            let rows = Part::of(index, count).of_shards(rows);
            let begin = rows.first().copied().unwrap_or(0);
            self.range(begin..begin + rows.len())
        };
        Ok(stream(self, (0..count).map(part).collect()))
    }
}

/// A stream of the dataset in these shards. Rows go through its transform one by one, and are what comes of it.
fn stream(whole: &Dataset, shards: Vec<Dataset>) -> IterableDataset {
    if whole.transform().is_none() {
        return IterableDataset::from_readers(whole.features().clone(), shards.into_iter().map(reader).collect());
    }
    let rows = |data: Dataset| -> RowReader { Arc::new(move || Box::new(data.iter())) };
    IterableDataset::new(Arc::new(Source::Rows(shards.into_iter().map(rows).collect())), None)
}

fn reader(data: Dataset) -> TableReader {
    let mapped = data.dataset_size() > 0;
    Arc::new(move || {
        Ok(Box::new(data.batches(TABLE).map(move |batch| {
            let table = batch?.to_record_batch()?;
            if mapped { copied(&table) } else { Ok(table) }
        })))
    })
}

/// The table in memory of its own. The walk gives the pages of a file back behind itself, and a table that waits in a shuffle buffer would
/// fetch its pages again when it is looked at, with nobody left to give those back.
fn copied(table: &RecordBatch) -> Result<RecordBatch> {
    const READING: &str = "reading a dataset as a stream";
    let copy = |column: &ArrayRef| {
        let data = column.to_data();
        let mut copy = MutableArrayData::new(vec![&data], false, data.len());
        copy.try_extend(0, 0, data.len()).map_err(Error::arrow(READING))?;
        Ok(make_array(copy.freeze()))
    };
    let columns = table.columns().iter().map(copy).collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(table.num_rows()));
    RecordBatch::try_new_with_options(table.schema(), columns, &options).map_err(Error::arrow(READING))
}

impl IntoIterator for &IterableDataset {
    type Item = Result<Row>;
    type IntoIter = StreamRows;

    fn into_iter(self) -> StreamRows {
        self.iter()
    }
}

/// The rows of a stream.
pub struct StreamRows {
    rows: Rows,
    read: usize,
}

impl Iterator for StreamRows {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read += 1;
        if self.read % BETWEEN == 1
            && let Err(interrupted) = interrupt::check()
        {
            return Some(Err(interrupted.into()));
        }
        self.rows.next()
    }
}

/// Tables, with a look at the interrupt before each.
struct Checked(Tables);

impl Iterator for Checked {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        match interrupt::check() {
            Ok(()) => self.0.next(),
            Err(interrupted) => Some(Err(interrupted.into())),
        }
    }
}

/// The batches of a stream.
pub enum StreamBatches {
    #[doc(hidden)]
    Tables(Box<dyn Iterator<Item = Result<RecordBatch>>>),
    #[doc(hidden)]
    Rows(StreamRows, usize),
}

impl Iterator for StreamBatches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Tables(tables) => {
                if let Err(interrupted) = interrupt::check() {
                    return Some(Err(interrupted.into()));
                }
                Some(tables.next()?.and_then(|table| Batch::from_record_batch(&table)))
            }
            Self::Rows(rows, size) => {
                let rows: Result<Vec<Row>> = rows.by_ref().take(*size).collect();
                match rows {
                    Ok(rows) if rows.is_empty() => None,
                    rows => Some(rows.and_then(|rows| batch_of(&rows, 0))),
                }
            }
        }
    }
}

/// Rows as a batch; the types of the columns are found out.
pub(crate) fn batch_of(rows: &[Row], first: usize) -> Result<Batch> {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        // Nearly always all rows have the same names.
        if !row.names().eq(names.iter().copied()) {
            let new: Vec<&str> = row.names().filter(|name| !names.contains(name)).collect();
            names.extend(new);
        }
    }
    let (mut features, mut arrays) = (Features::new(), Vec::new());
    for name in names {
        let values: Vec<&Value> = rows.iter().map(|row| &row[name]).collect();
        let column = Column::build(name, &values, None)?;
        features.insert(name, column.feature().clone());
        arrays.push(column.to_array()?);
    }
    Ok(Batch::of(&features, arrays, first))
}

impl std::fmt::Display for IterableDataset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let features = match &self.features {
            Some(features) => {
                let names: Vec<String> = features.names().map(|name| format!("'{name}'")).collect();
                format!("[{}]", names.join(", "))
            }
            None => "Unknown".to_owned(),
        };
        write!(formatter, "IterableDataset({{\n    features: {features},\n    num_shards: {}\n}})", self.num_shards())
    }
}

impl std::fmt::Debug for IterableDataset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

impl Rich for IterableDataset {
    fn rich(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}
