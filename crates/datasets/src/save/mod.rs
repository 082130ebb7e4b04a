//! Datasets as folders that Python's `datasets` reads, and its folders read here: today's layout and the older one.
//!
//! ```text
//! reviews/                        a DatasetDict
//!   dataset_dict.json             {"splits": ["train", "test"]}
//!   train/                        a Dataset
//!     data-00000-of-00002.arrow   rows, in Arrow's stream format, at most 500 MB a file
//!     data-00001-of-00002.arrow
//!     state.json                  the files in order, the fingerprint, the split
//!     dataset_info.json           the features, description, citation, licence
//!   test/ …
//! ```
//!
//! The older layout has one `dataset.arrow`, and `indices.arrow` with the numbers of the rows that were selected.

mod export;
mod folder;
mod parquet;
mod read;

pub use read::load_from_disk;
pub(crate) use read::numbers;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use self::folder::NewFolder;
use crate::{ArrowWriter, Dataset, DatasetDict, Error, Result};

/// How large a file of a saved dataset becomes.
const SHARD_BYTES: usize = 500_000_000;
/// How many rows a record batch has.
const BATCH_ROWS: usize = 1000;

const STATE: &str = "state.json";
const INFO: &str = "dataset_info.json";
const DICT: &str = "dataset_dict.json";

impl Dataset {
    /// Saves the dataset into the folder `path`, where [`Dataset::load_from_disk`] and Python's `load_from_disk` find it.
    ///
    /// Selected rows are written in their order. The folder appears whole or not at all; one that is there is replaced file by file.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written; `Interrupted` after ■.
    pub fn save_to_disk(&self, path: impl AsRef<Path>) -> Result<()> {
        let bytes = self.bytes();
        self.save_in_shards(path, (bytes / SHARD_BYTES + 1).min(self.len()))
    }

    /// The same in this many files.
    ///
    /// # Errors
    /// As for [`Dataset::save_to_disk`].
    pub fn save_in_shards(&self, path: impl AsRef<Path>, shards: usize) -> Result<()> {
        let folder = NewFolder::beside(path.as_ref())?;
        self.write(folder.path(), shards.max(1))?;
        folder.take_place()
    }

    fn write(&self, folder: &Path, shards: usize) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        let bar = course_display::Progress::rows(self.len() as u64, format!("Saving the dataset ({shards} shards)"));
        let names: Vec<String> = (0..shards).map(|shard| format!("data-{shard:05}-of-{shards:05}.arrow")).collect();
        for (shard, name) in names.iter().enumerate() {
            let mut writer = ArrowWriter::create(folder.join(name), &self.features)?;
            for batch in self.plain().shard(shards, shard)?.batches(BATCH_ROWS) {
                let batch = batch?.to_record_batch()?;
                writer.write(&batch)?;
                bar.inc(batch.num_rows() as u64)?;
            }
            writer.finish()?;
        }
        bar.finish();
        let files: Vec<Json> = names.iter().map(|name| json!({ "filename": name })).collect();
        let state = json!({
            "_data_files": files,
            "_fingerprint": self.fingerprint(),
            "_format_columns": self.plain().format.columns(),
            "_format_kwargs": {},
            "_format_type": self.format.python_name(),
            "_output_all_columns": false,
            "_split": self.split,
        });
        write_json(&folder.join(STATE), &state)?;
        let mut info: Map<String, Json> = self.info.fields.clone();
        for name in ["citation", "description", "homepage", "license"] {
            info.entry(name).or_insert_with(|| "".into());
        }
        info.insert("features".to_owned(), self.features.to_json());
        info.sort_keys();
        write_json(&folder.join(INFO), &Json::Object(info))
    }

    /// How many bytes the rows take, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let all = self.table.rows().max(1) as f64;
        let share = self.len() as f64 / all;
        // Rows may be counted more than once, and more than memory can number is no size anybody has.
        (self.table.bytes() as f64 * share) as usize
    }
}

impl DatasetDict {
    /// Saves every split into a folder of its name within the folder `path`, where [`DatasetDict::load_from_disk`] and Python's
    /// `load_from_disk` find them.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written, [`Error::Argument`] for the name of a split that is no name of a folder; `Interrupted`
    /// after ■.
    pub fn save_to_disk(&self, path: impl AsRef<Path>) -> Result<()> {
        for name in self.names() {
            if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
                return Err(Error::Argument(format!(
                    "a split named {name:?} cannot be saved: it needs the name of a folder"
                )));
            }
        }
        let folder = NewFolder::beside(path.as_ref())?;
        for (name, dataset) in self.iter() {
            let shards = (dataset.bytes() / SHARD_BYTES + 1).min(dataset.len()).max(1);
            dataset.write(&folder.path().join(name), shards)?;
        }
        write_json(&folder.path().join(DICT), &json!({ "splits": self.names().collect::<Vec<_>>() }))?;
        folder.take_place()
    }
}

/// Written with the sorted keys and the indentation of Python's.
fn write_json(path: &PathBuf, json: &Json) -> Result<()> {
    let text = serde_json::to_string_pretty(json).unwrap_or_else(|_| json.to_string());
    std::fs::write(path, text).map_err(Error::io("writing", path))
}

#[cfg(test)]
mod tests;
