//! Parquet files: columns are packed one by one, so they are unpacked side by side.

use std::fs::File;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use rayon::prelude::*;

use super::{BadData, Batches};
use crate::files::{DataFile, Meter};
use crate::{Error, Features, Result};

/// Rows in a batch.
const BATCH: usize = 8192;

/// A file whose columns are known.
pub(crate) struct ParquetFile {
    file: DataFile,
    metadata: ArrowReaderMetadata,
    /// The numbers of the columns to read, in the order wanted.
    columns: Vec<usize>,
    pub(crate) features: Features,
}

impl ParquetFile {
    /// Reads the footer. `columns` names those to read, all otherwise.
    ///
    /// # Errors
    /// [`Error::BadData`] for what is no parquet file or is cut off; [`Error::NoColumn`].
    pub(crate) fn open(file: &DataFile, columns: Option<&[String]>) -> Result<Self> {
        let open = File::open(&file.path).map_err(Error::io("opening", &file.path))?;
        let metadata =
            ArrowReaderMetadata::load(&open, Default::default()).map_err(|error| bad_footer(file, &error))?;
        let schema = metadata.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let place = |name: &String| {
            names.iter().position(|known| known == name).ok_or_else(|| Error::no_column(name, names.iter().copied()))
        };
        let columns = match columns {
            Some(wanted) => wanted.iter().map(place).collect::<Result<Vec<usize>>>()?,
            None => (0..names.len()).collect(),
        };
        let fields: Vec<FieldRef> = columns
            .iter()
            .filter_map(|column| schema.fields().get(*column))
            .map(|field| Arc::new(plain_field(field)))
            .collect();
        let features = Features::from_arrow_schema(&Schema::new_with_metadata(fields, schema.metadata().clone()));
        Ok(Self { file: file.clone(), metadata, columns, features })
    }

    /// All rows, with the columns of `features` in their order.
    ///
    /// # Errors
    /// [`Error::BadData`] when a column is missing.
    pub(crate) fn batches(mut self, features: &Features, meter: &Meter) -> Result<Batches> {
        let own: Vec<&str> = self.features.names().collect();
        let order = features.names().map(|name| own.iter().position(|known| *known == name).ok_or(name));
        let order: Vec<usize> = order.collect::<Result<_, _>>().map_err(|name| {
            let problem = format!("there is no column {name:?}; the file has {}", own.join(", "));
            BadData::new(&self.file.name, problem, "All files of a split have the same columns.")
        })?;
        self.columns = order.iter().filter_map(|place| self.columns.get(*place).copied()).collect();
        let total_rows: i64 = self.metadata.metadata().row_groups().iter().map(|group| group.num_rows()).sum();
        let readers = self.readers()?;
        let meter = meter.clone();
        let rows =
            Rows { file: self.file, readers, count: self.columns.len(), features: features.clone(), ended: false };
        let (size, total_rows) = (rows.file.size(), total_rows.max(1) as u64);
        Ok(Box::new(rows.inspect(move |batch| {
            if let Ok(batch) = batch {
                meter.add(size * batch.num_rows() as u64 / total_rows);
            }
        })))
    }

    /// A reader for each thread, with about the same number of bytes to unpack.
    fn readers(&self) -> Result<Vec<Reader>> {
        let mut sizes: Vec<(usize, u64)> =
            self.columns.iter().enumerate().map(|(place, column)| (place, self.size_of(*column))).collect();
        sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        let count = rayon::current_num_threads().clamp(1, self.columns.len().max(1));
        let mut shares: Vec<(u64, Vec<usize>)> = vec![(0, Vec::new()); count];
        for (place, size) in sizes {
            if let Some(least) = shares.iter_mut().min_by_key(|share| share.0) {
                least.0 += size.max(1);
                least.1.push(place);
            }
        }
        shares.into_iter().map(|(_, places)| self.reader(places)).collect()
    }

    /// The packed bytes of a column.
    fn size_of(&self, column: usize) -> u64 {
        let metadata = self.metadata.metadata();
        let schema = metadata.file_metadata().schema_descr();
        let leaves = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == column);
        leaves
            .flat_map(|leaf| {
                metadata.row_groups().iter().map(move |group| group.column(leaf).compressed_size().max(0) as u64)
            })
            .sum()
    }

    fn reader(&self, places: Vec<usize>) -> Result<Reader> {
        let open = File::open(&self.file.path).map_err(Error::io("opening", &self.file.path))?;
        let roots: Vec<usize> = places.iter().filter_map(|place| self.columns.get(*place).copied()).collect();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(open, self.metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
        let reader = builder.with_projection(mask).with_batch_size(BATCH).build();
        let reader = reader.map_err(|error| damaged(&self.file, error.to_string()))?;
        // What is read comes in the order of the file.
        let mut places = places;
        places.sort_by_key(|place| self.columns.get(*place).copied());
        Ok(Reader { places, reader })
    }
}

/// Reads some of the columns.
struct Reader {
    /// Where each column it reads goes.
    places: Vec<usize>,
    reader: ParquetRecordBatchReader,
}

impl Reader {
    /// The next rows. The library checks much of what a file says, not all: where it panics, the file is damaged.
    fn next(&mut self) -> Option<Result<RecordBatch, String>> {
        let reader = std::panic::AssertUnwindSafe(|| self.reader.next());
        match std::panic::catch_unwind(reader) {
            Ok(next) => next.map(|batch| batch.map_err(|error| error.to_string())),
            Err(_) => Some(Err("its pages do not hold what its footer says".to_owned())),
        }
    }
}

/// The batches of all readers, put together.
struct Rows {
    file: DataFile,
    readers: Vec<Reader>,
    count: usize,
    features: Features,
    ended: bool,
}

impl Rows {
    fn step(&mut self) -> Result<Option<RecordBatch>> {
        course_wire::interrupt::check()?;
        let parts: Vec<_> = self.readers.par_iter_mut().map(Reader::next).collect();
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.count];
        let mut rows = None;
        for (part, reader) in parts.into_iter().zip(&self.readers) {
            let Some(part) = part else { return Ok(None) };
            let part = part.map_err(|error| damaged(&self.file, error))?;
            if rows.is_some_and(|rows| rows != part.num_rows()) {
                return Err(damaged(&self.file, "its columns have different lengths".to_owned()));
            }
            rows = Some(part.num_rows());
            for (column, place) in part.columns().iter().zip(&reader.places) {
                if let Some(slot) = columns.get_mut(*place) {
                    *slot = Some(column.clone());
                }
            }
        }
        let Some(rows) = rows else { return Ok(None) };
        let columns: Vec<ArrayRef> = columns.into_iter().flatten().collect();
        let columns = crate::table::conform(&columns, &self.features)?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.features.to_arrow_schema(), columns, &options);
        batch.map(Some).map_err(Error::arrow("reading parquet"))
    }
}

impl Iterator for Rows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let step = self.step().transpose();
        self.ended = !matches!(step, Some(Ok(_)));
        step
    }
}

/// A field without Arrow's newer layouts of text, which other readers of our files do not know.
fn plain_field(field: &Field) -> Field {
    field.clone().with_data_type(plain_type(field.data_type()))
}

fn plain_type(data_type: &DataType) -> DataType {
    let item = |field: &FieldRef| Arc::new(plain_field(field));
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => plain_type(values),
        DataType::List(field) | DataType::ListView(field) => DataType::List(item(field)),
        DataType::LargeList(field) | DataType::LargeListView(field) => DataType::LargeList(item(field)),
        DataType::FixedSizeList(field, size) => DataType::FixedSizeList(item(field), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(item).collect()),
        other => other.clone(),
    }
}

fn bad_footer(file: &DataFile, error: &ParquetError) -> Error {
    use std::io::Read;
    let size = file.size();
    let mut start = [0; 4];
    let begins_right =
        File::open(&file.path).and_then(|mut open| open.read_exact(&mut start)).is_ok() && &start == b"PAR1";
    let (problem, advice) = match (size, begins_right) {
        (0, _) => ("the file is empty".to_owned(), "Copy or download it again."),
        (_, true) => (
            format!("the file is cut off or damaged: after its {size} bytes there is no readable footer ({error})"),
            "Copy or download it again; a parquet file ends with a footer that says where its columns are.",
        ),
        (_, false) => (
            format!("this is not a parquet file: it begins with {:?}, not \"PAR1\"", String::from_utf8_lossy(&start)),
            "Check that it is the right file; one that begins with \"<!DO\" or \"vers\" is a web page or a pointer in place of the data.",
        ),
    };
    BadData::new(&file.name, problem, advice).into()
}

fn damaged(file: &DataFile, error: String) -> Error {
    let advice = if error.contains("feature") || error.contains("brotli") || error.contains("lz4") {
        "Its columns are packed in a way that is not opened here: write it again with snappy, zstd or gzip."
    } else {
        "The file is damaged: copy or download it again. Nothing of it has been kept."
    };
    BadData::new(&file.name, format!("a column cannot be read ({error})"), advice).into()
}
