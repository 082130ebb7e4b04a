//! Rows of Arrow arrays in chunks: mapped from files, held in memory, or derived from other chunks when they are looked at.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use arrow_array::{Array, ArrayRef, RecordBatch, UInt64Array};
use arrow_schema::DataType;

use crate::arrow_file::ArrowFile;
use crate::{Error, Features, Result};

/// Tables with less in files than this keep their pages.
const KEEPS_PAGES: usize = 64 << 20;
/// The system maps the pages around one that is looked at, too.
const MAPPED_AROUND: usize = 64 << 10;

/// The columns of a chunk, in memory or in a mapped file; cheap to clone.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) rows: usize,
}

/// Makes a block out of that of another chunk.
type Derive = Arc<dyn Fn(&Block) -> Result<Block> + Send + Sync>;

enum Source {
    Memory,
    File { file: Arc<ArrowFile>, index: usize, features: Arc<Features> },
    Derived { from: Arc<Chunk>, by: Derive },
    Beside { left: Arc<Chunk>, right: Arc<Chunk> },
}

pub(crate) struct Chunk {
    rows: usize,
    source: Source,
    block: OnceLock<Arc<Block>>,
    /// Columns of a file that were looked at alone.
    columns: OnceLock<Box<[OnceLock<ArrayRef>]>>,
}

impl Chunk {
    fn new(rows: usize, source: Source) -> Arc<Self> {
        Arc::new(Self { rows, source, block: OnceLock::new(), columns: OnceLock::new() })
    }

    fn memory(block: Block) -> Arc<Self> {
        let rows = block.rows;
        let block = OnceLock::from(Arc::new(block));
        Arc::new(Self { rows, source: Source::Memory, block, columns: OnceLock::new() })
    }

    /// The columns. Those of a file are checked when they are first looked at, not when it is opened.
    pub(crate) fn block(&self) -> Result<&Arc<Block>> {
        if let Some(block) = self.block.get() {
            return Ok(block);
        }
        let block = match &self.source {
            Source::Memory => Block { columns: Vec::new(), rows: self.rows },
            Source::File { file, index, features } => {
                let batch = file.read(*index)?;
                Block { columns: conform(batch.columns(), features)?, rows: self.rows }
            }
            Source::Derived { from, by } => by(from.block()?)?,
            Source::Beside { left, right } => {
                let columns = left.block()?.columns.iter().chain(&right.block()?.columns).cloned().collect();
                Block { columns, rows: self.rows }
            }
        };
        Ok(self.block.get_or_init(|| Arc::new(block)))
    }

    /// One column. Of a file, the others are not looked at.
    pub(crate) fn column(&self, index: usize) -> Result<Option<ArrayRef>> {
        let (None, Source::File { file, index: batch, features }) = (self.block.get(), &self.source) else {
            return Ok(self.block()?.columns.get(index).cloned());
        };
        let columns = self.columns.get_or_init(|| features.iter().map(|_| OnceLock::new()).collect());
        let Some(((name, feature), place)) = features.at(index).zip(columns.get(index)) else { return Ok(None) };
        if let Some(column) = place.get() {
            return Ok(Some(column.clone()));
        }
        let column = conform_one(name, feature, &file.read_column(*batch, index)?)?;
        Ok(Some(place.get_or_init(|| column).clone()))
    }

    /// Gives the pages of files under it back to the system.
    fn release(&self) {
        match &self.source {
            Source::Memory => {}
            Source::File { file, index, .. } => file.release(file.range(*index)),
            Source::Derived { from, .. } => from.release(),
            Source::Beside { left, right } => {
                left.release();
                right.release();
            }
        }
    }

    fn files(&self, files: &mut Vec<Arc<ArrowFile>>) {
        match &self.source {
            Source::Memory => {}
            // Chunks of one file follow each other.
            Source::File { file, .. } if files.last().is_some_and(|last| Arc::ptr_eq(last, file)) => {}
            Source::File { file, .. } => files.push(file.clone()),
            Source::Derived { from, .. } => from.files(files),
            Source::Beside { left, right } => {
                left.files(files);
                right.files(files);
            }
        }
    }
}

/// Chunks one after the other.
pub(crate) struct Table {
    chunks: Vec<Arc<Chunk>>,
    /// The row at which each chunk begins, and at the end the number of rows.
    starts: Vec<usize>,
    /// The bytes of the files under it.
    mapped: usize,
    files: Vec<Arc<ArrowFile>>,
    /// Rows looked at out of order since the pages were last given back.
    touched: AtomicUsize,
}

impl Table {
    fn new(chunks: Vec<Arc<Chunk>>) -> Self {
        let chunks: Vec<Arc<Chunk>> = chunks.into_iter().filter(|chunk| chunk.rows > 0).collect();
        let mut starts = Vec::with_capacity(chunks.len() + 1);
        let mut files = Vec::new();
        let mut row = 0;
        for chunk in &chunks {
            starts.push(row);
            row += chunk.rows;
            chunk.files(&mut files);
        }
        starts.push(row);
        let mut seen = HashMap::new();
        files.retain(|file| seen.insert(Arc::as_ptr(file), ()).is_none());
        let mapped = files.iter().map(|file| file.size()).sum();
        Self { chunks, starts, mapped, files, touched: AtomicUsize::new(0) }
    }

    /// The record batches, brought to the types of `features`.
    pub(crate) fn from_batches(batches: &[RecordBatch], features: &Features) -> Result<Self> {
        let block = |batch: &RecordBatch| {
            Ok(Chunk::memory(Block { columns: conform(batch.columns(), features)?, rows: batch.num_rows() }))
        };
        Ok(Self::new(batches.iter().map(block).collect::<Result<_>>()?))
    }

    /// The columns of one chunk in memory.
    pub(crate) fn from_columns(columns: Vec<ArrayRef>, rows: usize) -> Self {
        Self::new(vec![Chunk::memory(Block { columns, rows })])
    }

    /// The files one after the other, their columns brought to the types of `features`.
    pub(crate) fn from_files(files: &[Arc<ArrowFile>], features: &Features) -> Self {
        let features = Arc::new(features.clone());
        let chunks = files.iter().flat_map(|file| {
            let features = features.clone();
            file.rows().enumerate().map(move |(index, rows)| {
                Chunk::new(rows, Source::File { file: file.clone(), index, features: features.clone() })
            })
        });
        Self::new(chunks.collect())
    }

    /// Tables one below the other; they have the same columns.
    pub(crate) fn concatenate<'t>(tables: impl IntoIterator<Item = &'t Self>) -> Self {
        Self::new(tables.into_iter().flat_map(|table| table.chunks.iter().cloned()).collect())
    }

    /// Two tables of as many rows side by side.
    pub(crate) fn beside(&self, other: &Self) -> Self {
        let mut cuts: Vec<usize> = self.starts.iter().chain(&other.starts).copied().collect();
        cuts.sort_unstable();
        cuts.dedup();
        let pairs = cuts.windows(2).filter_map(|cut| {
            let &[start, end] = cut else { return None };
            let (left, right) = (self.piece(start..end)?, other.piece(start..end)?);
            Some(Chunk::new(end - start, Source::Beside { left, right }))
        });
        Self::new(pairs.collect())
    }

    /// The rows of one chunk, as a chunk.
    fn piece(&self, rows: Range<usize>) -> Option<Arc<Chunk>> {
        let index = self.chunk_of(rows.start)?;
        let (chunk, start) = (self.chunks.get(index)?, self.starts.get(index)?);
        Some(Self::cut(chunk, rows.start - start..rows.end - start))
    }

    fn cut(chunk: &Arc<Chunk>, rows: Range<usize>) -> Arc<Chunk> {
        if chunk.rows == rows.len() {
            return chunk.clone();
        }
        let (offset, length) = (rows.start, rows.len());
        let by = move |block: &Block| {
            Ok(Block {
                columns: block.columns.iter().map(|column| column.slice(offset, length)).collect(),
                rows: length,
            })
        };
        Chunk::new(length, Source::Derived { from: chunk.clone(), by: Arc::new(by) })
    }

    /// The table of a run of rows.
    pub(crate) fn range(&self, rows: Range<usize>) -> Self {
        let piece = |(chunk, within): (&Arc<Chunk>, Range<usize>)| Self::cut(chunk, within);
        Self::new(self.pieces(rows).map(piece).collect())
    }

    /// A table whose chunks `by` makes out of this one's when they are looked at; it leaves the number of rows.
    pub(crate) fn derive(&self, by: impl Fn(&Block) -> Result<Block> + Send + Sync + 'static) -> Self {
        let by: Derive = Arc::new(by);
        let chunk =
            |chunk: &Arc<Chunk>| Chunk::new(chunk.rows, Source::Derived { from: chunk.clone(), by: by.clone() });
        Self::new(self.chunks.iter().map(chunk).collect())
    }

    /// The columns of these numbers.
    pub(crate) fn project(&self, columns: Vec<usize>) -> Self {
        self.derive(move |block| {
            let columns = columns.iter().filter_map(|&column| block.columns.get(column).cloned()).collect();
            Ok(Block { columns, rows: block.rows })
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The bytes of the files under it.
    pub(crate) fn mapped(&self) -> usize {
        self.mapped
    }

    /// How many bytes the rows take: those of the files, or those in memory.
    pub(crate) fn bytes(&self) -> usize {
        if self.mapped > 0 {
            return self.mapped;
        }
        let blocks = self.chunks.iter().filter_map(|chunk| chunk.block.get());
        blocks.flat_map(|block| &block.columns).map(|column| column.get_array_memory_size()).sum()
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.files.iter().map(|file| file.path().to_owned())
    }

    fn chunk_of(&self, row: usize) -> Option<usize> {
        if row >= self.rows() {
            return None;
        }
        // Files are written in batches of one size, so the first guess is nearly always right.
        let first = self.chunks.first().map_or(1, |chunk| chunk.rows);
        let guess = row / first;
        if self.starts.get(guess).is_some_and(|start| *start <= row)
            && self.starts.get(guess + 1).is_some_and(|end| row < *end)
        {
            return Some(guess);
        }
        self.starts.partition_point(|start| *start <= row).checked_sub(1)
    }

    /// The block in which the row stands, and its number there.
    pub(crate) fn locate(&self, row: usize) -> Result<(&Arc<Block>, usize)> {
        let missing = || Error::NoRow { index: row, rows: self.rows() };
        let index = self.chunk_of(row).ok_or_else(missing)?;
        match (self.chunks.get(index), self.starts.get(index)) {
            (Some(chunk), Some(start)) => Ok((chunk.block()?, row - start)),
            _ => Err(missing()),
        }
    }

    /// The pieces of chunks that these rows are, as (chunk, rows in it).
    pub(crate) fn pieces(&self, rows: Range<usize>) -> impl Iterator<Item = (&Arc<Chunk>, Range<usize>)> {
        let first = self.chunk_of(rows.start).unwrap_or(self.chunks.len());
        let from_first = self.chunks.iter().zip(&self.starts).skip(first);
        let (begin, end) = (rows.start, rows.end);
        from_first
            .take_while(move |(_, start)| **start < end)
            .map(move |(chunk, start)| (chunk, begin.saturating_sub(*start)..chunk.rows.min(end - start)))
    }

    /// The rows as one array a column; without copying where they lie in one chunk.
    pub(crate) fn slice(&self, rows: Range<usize>, columns: &Columns) -> Result<Vec<ArrayRef>> {
        let pieces: Vec<(&Arc<Block>, Range<usize>)> =
            self.pieces(rows).map(|(chunk, rows)| Ok((chunk.block()?, rows))).collect::<Result<_>>()?;
        let column = |index: usize| {
            let arrays: Vec<ArrayRef> = pieces
                .iter()
                .filter_map(|(block, rows)| Some(block.columns.get(index)?.slice(rows.start, rows.len())))
                .collect();
            match arrays.as_slice() {
                [] => Ok(arrow_array::new_empty_array(columns.type_of(index))),
                [one] => Ok(one.clone()),
                many => {
                    let many: Vec<&dyn Array> = many.iter().map(AsRef::as_ref).collect();
                    arrow_select::concat::concat(&many).map_err(Error::arrow("joining record batches"))
                }
            }
        };
        columns.indices().map(column).collect()
    }

    /// The rows of these numbers, in this order, as one array a column.
    pub(crate) fn gather(&self, rows: &[u64], columns: &Columns) -> Result<Vec<ArrayRef>> {
        let mut places: Vec<(usize, usize)> = Vec::with_capacity(rows.len());
        let mut chunks: Vec<&Arc<Chunk>> = Vec::new();
        let mut numbers: HashMap<usize, usize> = HashMap::new();
        let mut last = (usize::MAX, 0);
        for &row in rows {
            let missing = || Error::NoRow { index: usize::try_from(row).unwrap_or(usize::MAX), rows: self.rows() };
            let row = usize::try_from(row).map_err(|_| missing())?;
            let index = self.chunk_of(row).ok_or_else(missing)?;
            if last.0 != index {
                let number = match numbers.get(&index) {
                    Some(&number) => number,
                    None => {
                        let chunk = self.chunks.get(index).ok_or_else(missing)?;
                        if columns.only.is_none() {
                            chunk.block()?;
                        }
                        chunks.push(chunk);
                        numbers.insert(index, chunks.len() - 1);
                        chunks.len() - 1
                    }
                };
                last = (index, number);
            }
            places.push((last.1, row - self.starts.get(index).copied().unwrap_or(0)));
        }
        let column = |index: usize| -> Result<ArrayRef> {
            let arrays: Vec<ArrayRef> =
                chunks.iter().filter_map(|chunk| chunk.column(index).transpose()).collect::<Result<_>>()?;
            let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
            match arrays.as_slice() {
                [] => Ok(arrow_array::new_empty_array(columns.type_of(index))),
                [one] => {
                    let rows = UInt64Array::from_iter_values(places.iter().map(|(_, row)| *row as u64));
                    arrow_select::take::take(*one, &rows, None).map_err(Error::arrow("gathering rows"))
                }
                many => arrow_select::interleave::interleave(many, &places).map_err(Error::arrow("gathering rows")),
            }
        };
        let gathered = columns.indices().map(column).collect();
        self.touched(rows.len());
        gathered
    }

    /// Counts rows looked at out of order, and gives the pages back when they have become many.
    pub(crate) fn touched(&self, rows: usize) {
        if self.mapped < KEEPS_PAGES {
            return;
        }
        let touched = self.touched.fetch_add(rows, Ordering::Relaxed) + rows;
        if touched * MAPPED_AROUND > KEEPS_PAGES {
            self.touched.store(0, Ordering::Relaxed);
            for file in &self.files {
                file.release(0..file.size());
            }
        }
    }

    /// Gives back the pages of chunks that a run through the table has left behind: those that end in `rows`.
    pub(crate) fn passed(&self, rows: Range<usize>) {
        if self.mapped < KEEPS_PAGES || rows.is_empty() {
            return;
        }
        for (chunk, within) in self.pieces(rows) {
            if within.end == chunk.rows {
                chunk.release();
            }
        }
    }
}

/// Which columns are wanted, and their types where there is no array to take them from.
pub(crate) struct Columns<'f> {
    features: &'f Features,
    only: Option<usize>,
    types: Vec<DataType>,
}

impl<'f> Columns<'f> {
    pub(crate) fn all(features: &'f Features) -> Self {
        Self { features, only: None, types: features.iter().map(|(_, feature)| feature.arrow_type()).collect() }
    }

    pub(crate) fn one(features: &'f Features, index: usize) -> Self {
        Self { only: Some(index), ..Self::all(features) }
    }

    fn indices(&self) -> Range<usize> {
        match self.only {
            Some(index) => index..index + 1,
            None => 0..self.features.len(),
        }
    }

    fn type_of(&self, index: usize) -> &DataType {
        self.types.get(index).unwrap_or(&DataType::Null)
    }
}

/// The columns with exactly the types of `features`: names of list items, dictionaries and views of lists are brought into line.
pub(crate) fn conform(columns: &[ArrayRef], features: &Features) -> Result<Vec<ArrayRef>> {
    if columns.len() != features.len() {
        return Err(Error::Argument(format!(
            "a record batch has {} columns, its dataset {}",
            columns.len(),
            features.len()
        )));
    }
    features.iter().zip(columns).map(|((name, feature), array)| conform_one(name, feature, array)).collect()
}

fn conform_one(name: &str, feature: &crate::Feature, array: &ArrayRef) -> Result<ArrayRef> {
    let wanted = feature.arrow_type();
    if *array.data_type() == wanted {
        return Ok(array.clone());
    }
    let options = arrow_cast::CastOptions { safe: false, ..Default::default() };
    arrow_cast::cast_with_options(array, &wanted, &options).map_err(|error| Error::Cast {
        column: name.to_owned(),
        from: crate::Feature::from_arrow(array.data_type()).to_string(),
        to: feature.to_string(),
        why: error.to_string(),
    })
}
