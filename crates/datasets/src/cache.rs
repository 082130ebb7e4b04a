//! Where datasets keep what they made.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::{Error, Result};

/// The folder of the course's cache for datasets.
pub(crate) fn folder() -> PathBuf {
    course_hub::HubConfig::from_env().course_cache.join("datasets")
}

/// This process's folder for files that live as long as the dataset they hold: on the disk of the cache, as the system's folder for
/// temporary files may be memory.
///
/// Such files go with the last dataset that has them, but a process that ends while it has datasets leaves them. So each process holds a
/// lock on its folder, which the system lets go with the process, and who comes next removes the folders that nobody holds.
///
/// # Errors
/// [`Error::Io`] where it cannot be made.
pub(crate) fn scratch() -> Result<PathBuf> {
    // The files of the locks stay open as long as the process runs.
    static OURS: LazyLock<Mutex<HashMap<PathBuf, (PathBuf, File)>>> = LazyLock::new(Mutex::default);
    let all = folder().join("scratch");
    let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((own, _)) = ours.get(&all)
        && own.is_dir()
    {
        return Ok(own.clone());
    }
    fs::create_dir_all(&all).map_err(Error::io("making the folder", &all))?;
    // One process at a time sweeps or makes a folder, or one could sweep what another has made and not locked yet.
    let turn = lock_file(&all.join("sweep.lock"))?;
    // Where files cannot be locked, nothing is swept.
    if turn.lock().is_ok() {
        sweep(&all);
    }
    let own = tempfile::Builder::new().prefix("of-").tempdir_in(&all).map_err(Error::io("writing into", &all))?.keep();
    let held = lock_file(&own.join(HELD))?;
    // As above: the folder is only not swept by others then.
    let _ = held.lock_shared();
    ours.insert(all, (own.clone(), held));
    Ok(own)
}

/// The file in a process's folder that the process has locked.
const HELD: &str = "held.lock";

fn lock_file(path: &Path) -> Result<File> {
    File::options().create(true).append(true).open(path).map_err(Error::io("writing", path))
}

/// Removes the folders of processes that have ended.
fn sweep(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        // No folder of a process, or of one that runs.
        let Ok(held) = File::options().append(true).open(entry.path().join(HELD)) else { continue };
        if held.try_lock().is_ok() {
            // What cannot be removed now is met again by the next process.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_nobody_holds_are_swept() {
        let all = tempfile::tempdir().unwrap();
        let (dead, living) = (all.path().join("of-dead"), all.path().join("of-living"));
        for folder in [&dead, &living] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(HELD), "").unwrap();
            fs::write(folder.join("rows.arrow"), "rows").unwrap();
        }
        let held = lock_file(&living.join(HELD)).unwrap();
        held.lock_shared().unwrap();
        fs::write(all.path().join("of-nobody"), "a file").unwrap();
        sweep(all.path());
        assert!(!dead.exists() && living.join("rows.arrow").is_file() && all.path().join("of-nobody").is_file());
        drop(held);
        sweep(all.path());
        assert!(!living.exists());
        assert_eq!(scratch().unwrap(), scratch().unwrap());
    }
}
