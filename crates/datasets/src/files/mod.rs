//! From what a learner writes (a path, a pattern, an address, an archive) to files of this machine that a reader opens.

mod archive;
pub(crate) mod disk;
mod encoding;
mod limits;
mod open;
mod packing;
mod pattern;
mod remote;
mod split_names;

pub(crate) use archive::unpack;
pub(crate) use encoding::Encoding;
pub(crate) use open::{TextInput, open_text};
pub(crate) use packing::unpacked_copy;
pub(crate) use pattern::{files_in, is_pattern, matching};
pub(crate) use remote::{download, is_address};
pub(crate) use split_names::splits_by_name;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The files of each split, by its name.
pub(crate) type Splits = Vec<(String, Vec<DataFile>)>;

/// A file on this machine and the name that messages give it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DataFile {
    /// What the learner knows it by.
    pub(crate) name: String,
    /// Where its bytes are.
    pub(crate) path: PathBuf,
}

impl DataFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { name: path.display().to_string(), path }
    }

    pub(crate) fn named(path: impl Into<PathBuf>, name: impl Into<String>) -> Self {
        Self { name: name.into(), path: path.into() }
    }

    /// The size in bytes; 0 where it cannot be told.
    pub(crate) fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// The extension in small letters, without those of packing: `csv` for `Reviews.CSV.gz`.
    pub(crate) fn extension(&self) -> Option<String> {
        extension_of(&self.name)
    }
}

/// The extension of a name in small letters, without those of packing.
pub(crate) fn extension_of(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    let bare = [".gz", ".zst", ".bz2", ".xz"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
    let extension = Path::new(bare).extension()?.to_str()?.to_owned();
    Some(extension)
}

/// How many bytes of the files on disk have been read; shared with the progress bar.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(crate) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
