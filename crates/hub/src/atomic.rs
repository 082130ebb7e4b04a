//! Files that are there whole or not at all: written under another name beside their place, synced, renamed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{HubError, Result};

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A name beside `path` that nobody else uses, in this process or another.
pub(crate) fn temporary_beside(path: &Path) -> PathBuf {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}-{number}.part", std::process::id()))
}

/// Makes the folder that `path` lies in.
pub(crate) fn make_parent(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) => std::fs::create_dir_all(parent).map_err(HubError::io("make the folder", parent)),
        None => Ok(()),
    }
}

/// Puts a finished file in its place: its bytes, then its name, are on disk when this returns.
pub(crate) fn sync_and_rename(from: &Path, to: &Path) -> Result<()> {
    File::open(from).and_then(|file| file.sync_all()).map_err(HubError::io("write", from))?;
    std::fs::rename(from, to).map_err(HubError::io("write", to))?;
    if let Some(folder) = to.parent() {
        // Some file systems cannot sync a folder; the rename is then as durable as they make it.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// Writes a file whole or not at all.
///
/// # Errors
/// [`HubError::Io`]; the temporary file is removed.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    make_parent(path)?;
    let temporary = temporary_beside(path);
    let done = fill(&temporary).and_then(|()| sync_and_rename(&temporary, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    done
}

/// Writes a small file whole or not at all, and makes the folder it lies in.
///
/// # Errors
/// [`HubError::Io`].
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, |temporary| {
        File::create(temporary).and_then(|mut file| file.write_all(bytes)).map_err(HubError::io("write", path))
    })
}

/// Makes or replaces a symbolic link in one step.
pub(crate) fn link(target: &Path, link: &Path) -> Result<()> {
    make_parent(link)?;
    let temporary = temporary_beside(link);
    std::os::unix::fs::symlink(target, &temporary).map_err(HubError::io("link", link))?;
    std::fs::rename(&temporary, link).map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        HubError::io("link", link)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/config.json");
        write_bytes(&path, b"old").unwrap();
        let failed = write(&path, |temporary| {
            std::fs::write(temporary, b"half").unwrap();
            Err(HubError::bad_file(&path, "broke"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_is_replaced_in_one_step() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("b"), "b").unwrap();
        let place = folder.path().join("link");
        link(Path::new("a"), &place).unwrap();
        link(Path::new("b"), &place).unwrap();
        assert_eq!(std::fs::read_to_string(place).unwrap(), "b");
    }
}
