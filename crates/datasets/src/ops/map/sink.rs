//! Where the rows of a new dataset go: into memory while they are few, into a file beyond that.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::types::{align, widen};
use crate::{ArrowWriter, Batch, Dataset, Error, Features, Fingerprint, Result};

/// Rows in memory beyond this many bytes move to a file.
const IN_MEMORY: usize = 64 << 20;
/// Batches smaller than this many rows are joined, so that a file does not fall into crumbs.
const SMALLEST: usize = 512;

/// Takes batches and becomes a dataset.
pub(crate) struct Sink {
    /// The file it is for; without one, what outgrows the memory goes to a temporary file.
    target: Option<PathBuf>,
    /// The features so far; a later batch may widen them.
    features: Option<Features>,
    fixed: bool,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
    parts: Vec<Part>,
}

/// Batches of one set of features.
struct Part {
    features: Features,
    batches: Vec<RecordBatch>,
    writer: Option<(ArrowWriter, Arc<tempfile::TempPath>)>,
}

impl Sink {
    /// A sink for the file at `target`, or for memory. With `features` given, every batch is brought to them.
    pub(crate) fn new(target: Option<PathBuf>, features: Option<Features>) -> Self {
        Self { target, fixed: features.is_some(), features, waiting: Vec::new(), waiting_bytes: 0, parts: Vec::new() }
    }

    /// Adds a batch. Whole numbers may become numbers with a point, and columns of nothing may become anything; other changes of type
    /// are errors.
    pub(crate) fn write(&mut self, batch: &Batch) -> Result<()> {
        if batch.is_empty() && self.features.is_some() {
            return Ok(());
        }
        let features = batch.features();
        let merged = match &self.features {
            None => features,
            Some(known) if self.fixed || *known == features => known.clone(),
            Some(known) => widen(known, &features)?,
        };
        if self.features.as_ref() != Some(&merged) {
            self.flush()?;
            self.features = Some(merged);
        }
        let features = self.features.clone().unwrap_or_default();
        let batch = align(batch, &features)?.to_record_batch()?;
        self.waiting_bytes += batch.get_array_memory_size();
        self.waiting.push(batch);
        let rows: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
        if rows >= SMALLEST || self.waiting_bytes > IN_MEMORY / 8 {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let Some(features) = self.features.clone() else { return Ok(()) };
        let batch = match self.waiting.as_slice() {
            [] => return Ok(()),
            [one] => one.clone(),
            many => arrow_select::concat::concat_batches(&features.to_arrow_schema(), many)
                .map_err(Error::arrow("joining batches"))?,
        };
        self.waiting.clear();
        self.waiting_bytes = 0;
        let (target, whole) = (self.target.clone(), self.in_memory() + batch.get_array_memory_size());
        if self.parts.last().is_none_or(|part| part.features != features) {
            self.parts.push(Part { features, batches: Vec::new(), writer: None });
        }
        let Some(part) = self.parts.last_mut() else { return Ok(()) };
        if let Some((writer, _)) = &mut part.writer {
            return writer.write(&batch);
        }
        part.batches.push(batch);
        if target.is_some() || whole > IN_MEMORY {
            part.spill(target.as_deref())?;
        }
        Ok(())
    }

    fn in_memory(&self) -> usize {
        let batches = self.parts.iter().flat_map(|part| &part.batches);
        batches.map(RecordBatch::get_array_memory_size).sum()
    }

    /// The dataset of all that was written.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be finished.
    pub(crate) fn finish(mut self) -> Result<Dataset> {
        self.flush()?;
        let features = self.features.clone().unwrap_or_default();
        let mut datasets = Vec::with_capacity(self.parts.len());
        for part in self.parts {
            datasets.push(part.finish()?);
        }
        let dataset = match datasets.as_slice() {
            [one] => one.clone(),
            parts => {
                // The types widened on the way: everything is written once more, as the last ones.
                let mut sink = Self::new(None, Some(features.clone()));
                for batch in parts.iter().flat_map(|part| part.batches(1000)) {
                    sink.write(&batch?)?;
                }
                match sink.parts.is_empty() && sink.waiting.is_empty() {
                    true => Dataset::from_batches(features.clone(), Vec::new())?,
                    false => sink.finish()?,
                }
            }
        };
        let Some(target) = self.target else { return Ok(dataset) };
        match dataset.scratch.first() {
            // Written already, under another name.
            Some(path) if dataset.table.mapped() > 0 => {
                std::fs::rename(&**path, &target).map_err(Error::io("renaming", &target))?;
            }
            _ => {
                let mut writer = ArrowWriter::create(&target, &features)?;
                for batch in dataset.batches(1000) {
                    writer.write(&batch?.to_record_batch()?)?;
                }
                writer.finish()?;
            }
        }
        Dataset::from_arrow_files(&[target], Some(features), None)
    }
}

impl Part {
    /// Moves what is in memory to a temporary file, beside the target where there is one.
    fn spill(&mut self, target: Option<&Path>) -> Result<()> {
        let folder = match target.and_then(Path::parent) {
            Some(folder) => folder.to_owned(),
            None => crate::cache::scratch()?,
        };
        std::fs::create_dir_all(&folder).map_err(Error::io("making the folder", &folder))?;
        let path = tempfile::Builder::new()
            .prefix(".rows-")
            .suffix(".arrow")
            .tempfile_in(&folder)
            .map_err(Error::io("writing", &folder))?
            .into_temp_path();
        let mut writer = ArrowWriter::create(&path, &self.features)?;
        for batch in self.batches.drain(..) {
            writer.write(&batch)?;
        }
        self.writer = Some((writer, Arc::new(path)));
        Ok(())
    }

    fn finish(self) -> Result<Dataset> {
        match self.writer {
            // Whoever asked for the dataset knows what it is.
            None => Dataset::from_known_batches(self.features, &self.batches, Fingerprint::unique()),
            Some((writer, path)) => {
                writer.finish()?;
                let mut dataset = Dataset::from_arrow_files(&[&**path], Some(self.features), None)?;
                // Of a file that goes with it, whose name no other has.
                dataset.fingerprint = Fingerprint::unique();
                dataset.scratch.push(path);
                Ok(dataset)
            }
        }
    }
}
