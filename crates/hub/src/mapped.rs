//! A file mapped into memory, read-only. The only unsafe code of this crate.

use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::{HubError, Result};

/// A file's bytes, read from disk as they are touched.
#[derive(Debug)]
pub(crate) struct Mapped {
    path: PathBuf,
    map: Mmap,
}

impl Mapped {
    /// Maps a file; its length is that of the moment.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(HubError::io("open", path))?;
        if file.metadata().map_err(HubError::io("read", path))?.is_dir() {
            return Err(HubError::bad_file(
                path,
                "is a folder, not a file. To load a model from a folder, resolve the folder",
            ));
        }
        // SAFETY: the bytes would change under us only if someone wrote into the file while it is mapped. Whatever the
        // course and Python's libraries put into a cache is written under another name and renamed, so that a mapped file
        // is replaced, never changed; the old one lives on until it is unmapped. A learner's own file is safe unless they
        // truncate it in place while its tensors are being read.
        let map = unsafe { Mmap::map(&file) }.map_err(HubError::io("read", path))?;
        Ok(Self { path: path.to_path_buf(), map })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}
