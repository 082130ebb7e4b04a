//! The kernel's folder for the files of cells, and what becomes of those that killed kernels left.
//!
//! A folder is in use for as long as someone holds a lock on it (`flock` on the folder itself), which the system lets go with the
//! process, however it ends. So a folder without a lock belongs to nobody, on any machine and after any crash.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

use super::warden;

/// What the folders' names begin with.
const PREFIX: &str = "llm-course-kernel-";

/// Where to go when the folder for temporary files is missing or cannot be written to.
const OTHERWISE: [&str; 2] = ["/tmp", "/var/tmp"];

/// A folder that is this process's for as long as it lives.
#[derive(Debug)]
pub struct Folder {
    directory: TempDir,
    // Held, not read.
    lock: File,
}

impl Folder {
    /// Makes a folder and has those that dead kernels left removed meanwhile.
    ///
    /// # Errors
    /// When there is nowhere to make one.
    pub fn new() -> anyhow::Result<Self> {
        let preferred = std::env::temp_dir();
        let mut first_error = None;
        for parent in std::iter::once(preferred.as_path()).chain(OTHERWISE.iter().map(Path::new)) {
            match Self::below(parent) {
                Ok(folder) => {
                    warden::folder(folder.path());
                    let parent = parent.to_owned();
                    let _ = std::thread::Builder::new().name("sweep".into()).spawn(move || sweep(&parent));
                    return Ok(folder);
                }
                Err(error) => drop(first_error.get_or_insert(error)),
            }
        }
        let error = first_error.unwrap_or_else(|| std::io::ErrorKind::NotFound.into());
        Err(error).with_context(|| {
            format!(
                "the kernel cannot make a folder for temporary files in {}; set TMPDIR to one it can write to",
                preferred.display()
            )
        })
    }

    fn below(parent: &Path) -> std::io::Result<Self> {
        loop {
            let directory = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            let lock = match File::open(directory.path()) {
                Ok(lock) => lock,
                // Swept already: see below.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            // Where locks are not to be had, nobody sweeps either: `sweep` needs the lock too.
            let taken = matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock));
            // Another kernel may have swept it before it was locked.
            if !taken && same(&lock, directory.path()) {
                return Ok(Self { directory, lock });
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Makes it anew if someone has removed it.
    ///
    /// # Errors
    /// When there is nowhere to make one.
    pub fn ensure(&mut self) -> anyhow::Result<()> {
        if !same(&self.lock, self.path()) {
            *self = Self::new()?;
        }
        Ok(())
    }

    /// Removes the files of cells, and what a compiler that was killed left.
    pub fn tidy(&self) {
        for entry in std::fs::read_dir(self.path()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("cell-") {
                let _ = std::fs::remove_file(entry.path());
            } else if name.starts_with("rustc") {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Whether `path` still is the folder that was opened.
fn same(opened: &File, path: &Path) -> bool {
    let there = std::fs::symlink_metadata(path).map(|data| (data.dev(), data.ino()));
    let held = opened.metadata().map(|data| (data.dev(), data.ino()));
    matches!((there, held), (Ok(there), Ok(held)) if there == held)
}

/// Removes the folders in `parent` that no living kernel holds.
fn sweep(parent: &Path) {
    for folder in abandoned(parent) {
        let Ok(lock) = File::open(&folder) else { continue };
        // Held while its contents go, so that no other kernel does the same.
        if lock.try_lock().is_ok() {
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
}

/// The folders that look like a kernel's; symbolic links are none.
fn abandoned(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_kernels_folder_stays_and_a_dead_ones_goes() {
        let parent = tempfile::tempdir().unwrap();
        let living = Folder::below(parent.path()).unwrap();
        let dead = parent.path().join(format!("{PREFIX}dead"));
        let other = parent.path().join("someone-elses");
        for folder in [&dead, &other] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("cell-1-0.so"), "").unwrap();
        }
        std::os::unix::fs::symlink(&other, parent.path().join(format!("{PREFIX}link"))).unwrap();
        sweep(parent.path());
        assert!(living.path().exists() && other.join("cell-1-0.so").exists());
        assert!(!dead.exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }

    #[test]
    fn kernels_that_start_at_once_do_not_sweep_each_others_folders() {
        let parent = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let folder = Folder::below(parent.path()).unwrap();
                        sweep(parent.path());
                        assert!(same(&folder.lock, folder.path()));
                    }
                });
            }
        });
        assert_eq!(abandoned(parent.path()), Vec::<PathBuf>::new());
    }

    #[test]
    fn tidying_leaves_what_is_not_a_cells() {
        let folder = Folder::new().unwrap();
        for file in ["cell-1-0.rs", "cell-1-0.so", "dependency.toml"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        std::fs::create_dir(folder.path().join("rustcAbC123")).unwrap();
        std::fs::write(folder.path().join("rustcAbC123/cell.o"), "").unwrap();
        folder.tidy();
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["dependency.toml"]);
    }

    #[test]
    fn a_folder_that_was_removed_is_made_anew() {
        let mut folder = Folder::new().unwrap();
        let before = folder.path().to_owned();
        folder.ensure().unwrap();
        assert_eq!(folder.path(), before);
        std::fs::remove_dir_all(&before).unwrap();
        folder.ensure().unwrap();
        assert!(folder.path().is_dir());
    }
}
