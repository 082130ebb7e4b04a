//! Arrow files read from front to back, in the stream or the file format. Where they need no change they are mapped instead.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::{BadData, Batches};
use crate::files::{DataFile, Meter};
use crate::{Error, Features, Result};

/// A file whose columns are known.
pub(crate) struct ArrowInput {
    file: DataFile,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>,
    schema: SchemaRef,
    pub(crate) features: Features,
}

impl ArrowInput {
    /// Reads the schema.
    ///
    /// # Errors
    /// [`Error::BadData`] for what is no Arrow file or is cut off.
    pub(crate) fn open(file: &DataFile) -> Result<Self> {
        let open = File::open(&file.path).map_err(Error::io("opening", &file.path))?;
        let mut bytes = BufReader::with_capacity(1 << 20, open);
        let mut start = Vec::with_capacity(6);
        (&mut bytes).take(6).read_to_end(&mut start).map_err(Error::io("reading", &file.path))?;
        bytes.rewind().map_err(Error::io("reading", &file.path))?;
        let bad = |error: ArrowError| -> Error {
            let problem = if file.size() == 0 {
                "the file is empty".to_owned()
            } else {
                format!("this is not an Arrow file, or it is cut off ({error})")
            };
            BadData::new(&file.name, problem, "Copy or download it again, or check that it is the right file.").into()
        };
        let (schema, batches): (SchemaRef, Box<dyn Iterator<Item = _> + Send>) = if start == b"ARROW1" {
            let reader = FileReader::try_new(bytes, None).map_err(bad)?;
            (reader.schema(), Box::new(reader))
        } else {
            let reader = StreamReader::try_new(bytes, None).map_err(bad)?;
            (reader.schema(), Box::new(reader))
        };
        let features = Features::from_arrow_schema(&schema);
        Ok(Self { file: file.clone(), batches, schema, features })
    }

    /// All rows, with the columns of `features` in their order.
    ///
    /// # Errors
    /// [`Error::BadData`] when a column is missing.
    pub(crate) fn batches(self, features: &Features, meter: &Meter) -> Result<Batches> {
        let place = |name: &str| self.schema.index_of(name).map_err(|_| name.to_owned());
        let order: Vec<usize> = features.names().map(place).collect::<Result<_, _>>().map_err(|name| {
            BadData::new(
                &self.file.name,
                format!("there is no column {name:?}"),
                "All files of a split have the same columns.",
            )
        })?;
        let (features, file, meter) = (features.clone(), self.file, meter.clone());
        let mut batches = self.batches;
        // The library checks much of what a file says, not all: where it panics, the file is damaged.
        let next = move || {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| batches.next()))
                .unwrap_or_else(|_| Some(Err(ArrowError::IpcError("its parts do not fit together".to_owned()))))
        };
        Ok(Box::new(std::iter::from_fn(next).map(move |batch| {
            course_wire::interrupt::check()?;
            let batch = batch.and_then(|batch| batch.project(&order)).map_err(|error| {
                BadData::new(
                    &file.name,
                    format!("a batch of rows cannot be read ({error})"),
                    "The file is cut off or damaged: copy or download it again.",
                )
            })?;
            meter.add(batch.get_array_memory_size() as u64);
            let columns = crate::table::conform(batch.columns(), &features)?;
            let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(features.to_arrow_schema(), columns, &options)
                .map_err(Error::arrow("reading Arrow"))
        })))
    }
}
