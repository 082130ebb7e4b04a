//! A stream of files.

use std::sync::Arc;

use super::{IterableDataset, TableReader};
use crate::files::{DataFile, Meter};
use crate::readers::{self, ReadOptions};
use crate::{Dataset, Load, Result};

impl Load<Dataset> {
    /// The split as a stream: its files are read bit by bit when the stream is, each a shard; `streaming=True` in Python.
    ///
    /// Nothing is converted or kept on the disk, but packed files of an address are still fetched whole.
    ///
    /// ```no_run
    /// use course_datasets::load_dataset;
    ///
    /// let reviews = load_dataset("json").data_files("reviews-*.jsonl.gz").split("train").stream()?;
    /// for row in reviews.shuffle(42, 10_000).take(3).iter() {
    ///     println!("{}", row?);
    /// }
    /// # Ok::<(), course_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the files or the split are not found, or the beginning of the first file cannot be read; what is wrong further on comes out of
    /// the stream.
    pub fn stream(&self) -> Result<IterableDataset> {
        let (format, files, options) = self.sources()?;
        // The first file says what the columns hold; the others are read by it.
        let first = readers::open(format, files.clone(), Arc::new(options.clone()), &Meter::default())?;
        let features = first.features;
        let options = Arc::new(ReadOptions { features: Some(features.clone()), ..options });
        let shard = |file: DataFile| -> TableReader {
            let options = options.clone();
            Arc::new(move || Ok(readers::open(format, vec![file.clone()], options.clone(), &Meter::default())?.batches))
        };
        let shards = files.into_iter().map(shard).collect();
        Ok(IterableDataset::from_readers(features, shards))
    }
}
