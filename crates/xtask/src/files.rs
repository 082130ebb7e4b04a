//! Files that are there whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};

/// Writes beside `path` and renames: a reader sees the old text or the new one.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.part", process::id()));
    let temporary = path.with_file_name(name);
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    written.inspect_err(|_| drop(fs::remove_file(&temporary))).with_context(|| format!("writing {}", path.display()))
}

/// Links a file that nobody writes to again; copies it where the two folders lie on different disks.
pub fn link_or_copy(from: &Path, to: &Path) -> Result<()> {
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
    }
    Ok(())
}

/// Adds a file's name, length and time of change to a hash: enough to see that cargo wrote it anew.
pub fn hash_identity(hash: &mut blake3::Hasher, path: &Path) -> Result<()> {
    let data = fs::metadata(path).with_context(|| format!("{} is missing", path.display()))?;
    let changed = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    hash.update(path.to_string_lossy().as_bytes());
    hash.update(&data.len().to_le_bytes()).update(&changed.as_nanos().to_le_bytes());
    Ok(())
}

/// Calls `each` for every file below `folder`; `target` and hidden folders are passed over.
pub fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            walk(&entry.path(), each)?;
        } else if kind.is_file() {
            each(&entry.path());
        }
    }
    Ok(())
}

/// A folder under construction, removed unless it is finished.
pub struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Makes an empty folder in `parent`; what a killed run left under a name of this kind is removed first.
    pub fn create(parent: &Path, kind: &str) -> Result<Self> {
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        let prefix = format!(".{kind}-");
        for entry in fs::read_dir(parent)?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.strip_prefix(&prefix).is_some_and(|owner| !is_running(owner)) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        let path = parent.join(format!("{prefix}{}", process::id()));
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?,
        }
        Ok(Self { path })
    }

    /// The folder while it is being filled.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its name.
    pub fn finish(self, name: &Path) -> Result<()> {
        fs::rename(&self.path, name).with_context(|| format!("naming {}", name.display()))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Whether a process of this number is there; where `/proc` is not, it is taken to be.
fn is_running(process: &str) -> bool {
    !Path::new("/proc/self").exists() || Path::new("/proc").join(process).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_folder_disappears_and_a_finished_one_stays() {
        let parent = tempfile::tempdir().unwrap();
        let gone = Unfinished::create(parent.path(), "new").unwrap();
        fs::write(gone.path().join("half"), "x").unwrap();
        drop(gone);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
        let kept = Unfinished::create(parent.path(), "new").unwrap();
        fs::write(kept.path().join("whole"), "x").unwrap();
        kept.finish(&parent.path().join("done")).unwrap();
        assert!(parent.path().join("done/whole").is_file());
    }

    #[test]
    fn what_a_killed_run_left_is_removed_by_the_next() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir_all(parent.path().join(".new-4294967295/deps")).unwrap();
        let _folder = Unfinished::create(parent.path(), "new").unwrap();
        assert!(!parent.path().join(".new-4294967295").exists());
    }

    #[test]
    fn an_atomic_write_leaves_one_file() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("current");
        write_atomically(&file, b"one").unwrap();
        write_atomically(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
