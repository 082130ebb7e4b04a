//! Arrow IPC files: memory-mapped and read without copying, written whole or not at all.
//!
//! A mapped file is pages of the disk cache that the process may look at: opening one reads only the heads of its record batches, and what
//! is read later can be given back to the system at any time ([`ArrowFile::release`]), since the file still has it.

use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::writer::StreamWriter;
use arrow_ipc::{Block, MessageHeader, MetadataVersion, root_as_footer, root_as_message};
use arrow_schema::{DataType, Schema, SchemaRef};
use memmap2::{Mmap, UncheckedAdvice};

use crate::{Error, Features, Result};

/// The first and last bytes of Arrow's file format; the stream format has none.
const MAGIC: &[u8] = b"ARROW1";

/// A mapped Arrow file, in the stream or the file format, and where its record batches lie.
pub(crate) struct ArrowFile {
    path: PathBuf,
    map: Arc<Mmap>,
    bytes: Buffer,
    decoder: FileDecoder,
    /// Whether columns refer to dictionaries, which only `decoder` knows.
    has_dictionaries: bool,
    version: MetadataVersion,
    schema: SchemaRef,
    batches: Vec<BatchAt>,
}

/// Where a record batch lies, in bytes, and how many rows it has.
#[derive(Clone, Copy)]
struct BatchAt {
    offset: usize,
    head: usize,
    body: usize,
    rows: usize,
}

impl ArrowFile {
    /// Maps the file and finds its record batches.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::BadFile`] with the byte where the file stops making sense.
    pub(crate) fn open(path: &Path) -> Result<Arc<Self>> {
        let file = File::open(path).map_err(Error::io("opening", path))?;
        let length = file.metadata().map_err(Error::io("reading", path))?.len();
        let length = usize::try_from(length).map_err(|_| bad(path, "it is larger than memory can address"))?;
        if length == 0 {
            return Err(bad(path, "the file is empty, and no Arrow file is; write it anew"));
        }
        // SAFETY: the mapping is read-only. A file that somebody else cuts or overwrites while it is mapped could fail under it; this crate
        // writes every file under a temporary name and renames it, so files it made are never changed in place.
        let map = Arc::new(unsafe { Mmap::map(&file) }.map_err(Error::io("mapping", path))?);
        let start = NonNull::new(map.as_ptr().cast_mut()).ok_or_else(|| bad(path, "it could not be mapped"))?;
        // SAFETY: the pointer and the length are those of the mapping, which the buffer keeps alive by its second owner.
        let bytes = unsafe { Buffer::from_custom_allocation(start, length, map.clone()) };
        let scan = Scan { path, file: &file, length };
        let found = if map.starts_with(MAGIC) { scan.file_format(&map)? } else { scan.stream_format()? };
        let mut decoder = FileDecoder::new(found.schema.clone(), found.version);
        for place in &found.dictionaries {
            let data = slice(&bytes, place, path)?;
            decoder.read_dictionary(&place.block(), &data).map_err(|error| {
                bad(path, &format!("byte {}: the dictionary cannot be read: {error}", place.offset))
            })?;
        }
        Ok(Arc::new(Self {
            path: path.to_owned(),
            map,
            bytes,
            decoder,
            has_dictionaries: !found.dictionaries.is_empty(),
            version: found.version,
            schema: found.schema,
            batches: found.batches,
        }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How many rows each record batch has.
    pub(crate) fn rows(&self) -> impl Iterator<Item = usize> {
        self.batches.iter().map(|batch| batch.rows)
    }

    /// The record batch of this number; its arrays lie in the mapping, and hold it.
    pub(crate) fn read(&self, index: usize) -> Result<RecordBatch> {
        self.read_with(index, &self.decoder)
    }

    /// One column of the record batch, without a look at the others: checking texts means reading them all.
    pub(crate) fn read_column(&self, index: usize, column: usize) -> Result<ArrayRef> {
        let missing = || bad(&self.path, &format!("there is no column {column}"));
        if self.has_dictionaries || column >= self.schema.fields().len() {
            return self.read(index)?.columns().get(column).cloned().ok_or_else(missing);
        }
        let decoder = FileDecoder::new(self.schema.clone(), self.version).with_projection(vec![column]);
        self.read_with(index, &decoder)?.columns().first().cloned().ok_or_else(missing)
    }

    fn read_with(&self, index: usize, decoder: &FileDecoder) -> Result<RecordBatch> {
        let place = self.batches.get(index).ok_or_else(|| bad(&self.path, "there are fewer record batches"))?;
        let data = slice(&self.bytes, place, &self.path)?;
        let problem = |error: &str| {
            bad(&self.path, &format!("byte {}: record batch {index} cannot be read: {error}", place.offset))
        };
        check_buffers(&data, place.head, &self.schema).map_err(problem)?;
        // Arrow checks much of what it decodes, but meets some damage with a panic.
        let decode = || decoder.read_record_batch(&place.block(), &data);
        let batch = std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode))
            .map_err(|_| problem("it is damaged"))?
            .map_err(|error| problem(&error.to_string()))?;
        batch.ok_or_else(|| problem("it is no record batch"))
    }

    /// The bytes of the file in which the record batch lies.
    pub(crate) fn range(&self, index: usize) -> Range<usize> {
        self.batches.get(index).map_or(0..0, |place| place.offset..place.offset + place.head + place.body)
    }

    /// Gives the pages of these bytes back to the system; who looks at them again gets them again.
    pub(crate) fn release(&self, range: Range<usize>) {
        const PAGE: usize = 4096;
        // Pages at the ends may be in use by a neighbour, who would only have to fetch them again.
        let start = range.start / PAGE * PAGE;
        let end = range.end.min(self.map.len());
        if start < end {
            // SAFETY: for a shared, read-only mapping of a file, dropping pages changes no content: the next look maps them again.
            // An error (a system that does not know the advice) leaves everything as it was.
            let _ = unsafe { self.map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start) };
        }
    }
}

impl BatchAt {
    fn block(&self) -> Block {
        Block::new(
            i64::try_from(self.offset).unwrap_or(i64::MAX),
            i32::try_from(self.head).unwrap_or(i32::MAX),
            i64::try_from(self.body).unwrap_or(i64::MAX),
        )
    }
}

fn bad(path: &Path, problem: &str) -> Error {
    Error::BadFile { place: path.display().to_string(), problem: problem.to_owned() }
}

fn slice(bytes: &Buffer, place: &BatchAt, path: &Path) -> Result<Buffer> {
    let length = place.head + place.body;
    match place.offset.checked_add(length) {
        Some(end) if end <= bytes.len() => Ok(bytes.slice_with_length(place.offset, length)),
        _ => Err(cut(path, place.offset, bytes.len())),
    }
}

fn cut(path: &Path, offset: usize, length: usize) -> Error {
    bad(
        path,
        &format!(
            "the file was cut off: what begins at byte {offset} goes on beyond its {length} bytes; write or fetch it anew"
        ),
    )
}

/// Arrow's decoder trusts the places and lengths of buffers; a damaged file may lie about them.
fn check_buffers(data: &Buffer, head: usize, schema: &Schema) -> Result<(), &'static str> {
    let body = data.len().saturating_sub(head);
    let message = message_of(data.get(..head).unwrap_or_default())?;
    let batch = message.header_as_record_batch().ok_or("it is no record batch")?;
    let mut widths = Vec::new();
    schema.fields().iter().for_each(|field| buffer_widths(field.data_type(), &mut widths));
    // Views have any number of buffers, and compressed ones any length.
    let known = batch.variadicBufferCounts().is_none_or(|counts| counts.is_empty()) && batch.compression().is_none();
    for (index, buffer) in batch.buffers().iter().flatten().enumerate() {
        let end = buffer.offset().checked_add(buffer.length()).and_then(|end| usize::try_from(end).ok());
        if buffer.offset() < 0 || buffer.length() < 0 || end.is_none_or(|end| end > body) {
            return Err("one of its buffers lies outside of it");
        }
        let width = widths.get(index).copied().unwrap_or(1);
        if known && buffer.length() % width != 0 {
            return Err("one of its buffers has a length that does not fit its type");
        }
    }
    Ok(())
}

/// The size in bytes of an item of each buffer that an array of this type has, in the order in which they are written.
fn buffer_widths(data_type: &DataType, widths: &mut Vec<i64>) {
    let layout = arrow_data::layout(data_type);
    if layout.can_contain_null_mask {
        widths.push(1);
    }
    widths.extend(layout.buffers.iter().map(|buffer| match buffer {
        arrow_data::BufferSpec::FixedWidth { byte_width, .. } => i64::try_from(*byte_width).unwrap_or(1).max(1),
        _ => 1,
    }));
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => buffer_widths(item.data_type(), widths),
        DataType::Struct(fields) => fields.iter().for_each(|field| buffer_widths(field.data_type(), widths)),
        DataType::Union(fields, _) => fields.iter().for_each(|(_, field)| buffer_widths(field.data_type(), widths)),
        DataType::RunEndEncoded(ends, values) => {
            buffer_widths(ends.data_type(), widths);
            buffer_widths(values.data_type(), widths);
        }
        _ => {}
    }
}

fn message_of(head: &[u8]) -> Result<arrow_ipc::Message<'_>, &'static str> {
    let start = if head.starts_with(&[0xff; 4]) { 8 } else { 4 };
    root_as_message(head.get(start..).unwrap_or_default()).map_err(|_| "its head is damaged")
}

struct Scan<'s> {
    path: &'s Path,
    file: &'s File,
    length: usize,
}

struct Found {
    schema: SchemaRef,
    version: MetadataVersion,
    batches: Vec<BatchAt>,
    dictionaries: Vec<BatchAt>,
}

impl Scan<'_> {
    /// The head of the message at `offset`, with the bytes that introduce it; `None` at the end of the stream.
    ///
    /// Read and not mapped: of thousands of batches, mapping would bring sixteen pages each into memory.
    fn head(&self, offset: usize) -> Result<Option<Vec<u8>>> {
        let mut first = [0; 8];
        let there = self.length.saturating_sub(offset).min(8);
        if there < 4 {
            return if there == 0 { Ok(None) } else { Err(cut(self.path, offset, self.length)) };
        }
        let first = first.get_mut(..there).unwrap_or_default();
        self.read(first, offset)?;
        let number = |bytes: Option<&[u8]>| bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes);
        let (intro, length) = match number(first.get(..4)) {
            -1 => (8, number(first.get(4..8))),
            length => (4, length),
        };
        let length = usize::try_from(length).map_err(|_| self.not_arrow(offset))?;
        if length == 0 {
            return Ok(None);
        }
        if offset + intro + length > self.length {
            return Err(if offset == 0 { self.not_arrow(0) } else { cut(self.path, offset, self.length) });
        }
        let mut head = vec![0; intro + length];
        self.read(&mut head, offset)?;
        Ok(Some(head))
    }

    fn read(&self, into: &mut [u8], offset: usize) -> Result<()> {
        self.file.read_exact_at(into, offset as u64).map_err(Error::io("reading", self.path))
    }

    fn not_arrow(&self, offset: usize) -> Error {
        bad(
            self.path,
            &format!("byte {offset}: this is no Arrow IPC data; if it is Parquet, CSV or JSON, load it as that"),
        )
    }

    fn stream_format(&self) -> Result<Found> {
        let mut offset = 0;
        let mut found: Option<Found> = None;
        while let Some(head) = self.head(offset)? {
            let message = message_of(&head).map_err(|_| self.not_arrow(offset))?;
            let body = usize::try_from(message.bodyLength()).map_err(|_| self.not_arrow(offset))?;
            let end = offset.checked_add(head.len() + body).filter(|end| *end <= self.length);
            let end = end.ok_or_else(|| cut(self.path, offset, self.length))?;
            let mut place = BatchAt { offset, head: head.len(), body, rows: 0 };
            match (message.header_type(), &mut found) {
                (MessageHeader::Schema, None) => {
                    let schema = message.header_as_schema().ok_or_else(|| self.not_arrow(offset))?;
                    let schema = try_fb_to_schema(schema).map_err(|_| self.not_arrow(offset))?;
                    found = Some(Found {
                        schema: Arc::new(schema),
                        version: message.version(),
                        batches: Vec::new(),
                        dictionaries: Vec::new(),
                    });
                }
                (MessageHeader::RecordBatch, Some(found)) => {
                    let rows = message.header_as_record_batch().map_or(-1, |batch| batch.length());
                    place.rows = usize::try_from(rows).map_err(|_| self.not_arrow(offset))?;
                    found.batches.push(place);
                }
                (MessageHeader::DictionaryBatch, Some(found)) => found.dictionaries.push(place),
                _ => return Err(self.not_arrow(offset)),
            }
            offset = end;
        }
        found.ok_or_else(|| self.not_arrow(0))
    }

    fn file_format(&self, map: &[u8]) -> Result<Found> {
        let damaged =
            || bad(self.path, "the end of the file is damaged or missing, so its record batches cannot be found");
        let tail = self.length.checked_sub(10).ok_or_else(damaged)?;
        let (size, magic) = map.get(tail..).and_then(|tail| tail.split_at_checked(4)).ok_or_else(damaged)?;
        let size = size.try_into().map(i32::from_le_bytes).ok().and_then(|size| usize::try_from(size).ok());
        let start = size.and_then(|size| tail.checked_sub(size)).filter(|_| magic == MAGIC).ok_or_else(damaged)?;
        let footer = root_as_footer(map.get(start..tail).unwrap_or_default()).map_err(|_| damaged())?;
        let schema = try_fb_to_schema(footer.schema().ok_or_else(damaged)?).map_err(|_| damaged())?;
        let place = |block: &Block| -> Result<BatchAt> {
            let number = |number: i64| usize::try_from(number).map_err(|_| damaged());
            let (offset, body) = (number(block.offset())?, number(block.bodyLength())?);
            let mut place = BatchAt { offset, head: number(i64::from(block.metaDataLength()))?, body, rows: 0 };
            let head = self.head(offset)?.ok_or_else(damaged)?;
            let rows =
                message_of(&head).map_err(|_| damaged())?.header_as_record_batch().map_or(0, |batch| batch.length());
            place.rows = number(rows)?;
            Ok(place)
        };
        Ok(Found {
            schema: Arc::new(schema),
            version: footer.version(),
            batches: footer.recordBatches().iter().flatten().map(place).collect::<Result<_>>()?,
            dictionaries: footer.dictionaries().iter().flatten().map(place).collect::<Result<_>>()?,
        })
    }
}

/// Writes an Arrow file in the stream format, as Python's `datasets` does.
///
/// It is written under a temporary name beside its place and takes its name in [`ArrowWriter::finish`]: nobody ever sees half of it, and a
/// writer that is dropped before leaves nothing.
pub struct ArrowWriter {
    path: PathBuf,
    features: Features,
    schema: SchemaRef,
    rows: usize,
    writer: StreamWriter<BufWriter<tempfile::NamedTempFile>>,
}

impl ArrowWriter {
    /// A writer of rows with these features, for the file at `path`; folders on the way are made.
    ///
    /// # Errors
    /// [`Error::Io`] where the folder cannot be written to.
    pub fn create(path: impl AsRef<Path>, features: &Features) -> Result<Self> {
        let path = path.as_ref();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        let file = tempfile::Builder::new().prefix(".writing-").suffix(".arrow").tempfile_in(folder);
        let file = BufWriter::with_capacity(1 << 20, file.map_err(Error::io("writing", folder))?);
        let schema = features.to_arrow_schema();
        let writer = StreamWriter::try_new(file, &schema).map_err(Error::arrow(writing(path)))?;
        Ok(Self { path: path.to_owned(), features: features.clone(), schema, rows: 0, writer })
    }

    /// Writes the rows of `batch`, whose columns come in the order of the features.
    ///
    /// # Errors
    /// [`Error::Arrow`] where the disk is full, [`Error::Cast`] where a column is of another type.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns = crate::table::conform(batch.columns(), &self.features)?;
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(Error::arrow(writing(&self.path)))?;
        self.writer.write(&batch).map_err(|error| disk(error, &self.path))?;
        self.rows += batch.num_rows();
        Ok(())
    }

    /// How many rows were written so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Ends the file and gives it its name; returns how many rows it has.
    ///
    /// # Errors
    /// [`Error::Arrow`] where the disk is full, [`Error::Io`] where the file cannot be renamed.
    pub fn finish(mut self) -> Result<usize> {
        self.writer.finish().map_err(|error| disk(error, &self.path))?;
        let file = self.writer.into_inner().map_err(|error| disk(error, &self.path))?;
        let file = file.into_inner().map_err(|error| error.into_error()).map_err(Error::io("writing", &self.path))?;
        persist(file, &self.path)?;
        Ok(self.rows)
    }
}

/// Gives a file that was written whole its name, readable for whoever may read the folder's other files.
pub(crate) fn persist(file: tempfile::NamedTempFile, path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // A temporary file is for its owner only.
    let permissions = std::fs::Permissions::from_mode(0o644);
    file.as_file().set_permissions(permissions).map_err(Error::io("writing", path))?;
    file.persist(path).map_err(|error| error.error).map_err(Error::io("writing", path))?;
    Ok(())
}

fn writing(path: &Path) -> String {
    format!("writing {}", path.display())
}

/// Arrow wraps errors of the file in its own; the plain one says more.
fn disk(error: arrow_schema::ArrowError, path: &Path) -> Error {
    match error {
        arrow_schema::ArrowError::IoError(_, source) => Error::Io { path: path.to_owned(), doing: "writing", source },
        other => Error::arrow(writing(path))(other),
    }
}
