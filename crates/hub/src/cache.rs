//! One model's part of the Hugging Face cache, in the layout that Python's `huggingface_hub` reads and writes:
//!
//! ```text
//! models--org--name/refs/main                   the commit that `main` was
//! models--org--name/blobs/<etag>                the bytes, once
//! models--org--name/snapshots/<commit>/<file>   a link to them
//! models--org--name/.no_exist/<commit>/<file>   the Hub has no such file
//! .locks/models--org--name/<etag>.lock          who is downloading
//! ```

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use course_wire::interrupt;

use crate::{HubConfig, HubError, Result, atomic, name};

/// One model's part of the Hugging Face cache.
#[derive(Debug, Clone)]
pub(crate) struct ModelCache {
    folder: PathBuf,
    locks: PathBuf,
}

/// Held by the one process that downloads a file; given back when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl ModelCache {
    pub(crate) fn new(config: &HubConfig, model: &str) -> Self {
        let folder = name::cache_folder(model);
        Self { locks: config.hub_cache.join(".locks").join(&folder), folder: config.hub_cache.join(folder) }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// The commit that a revision was when it was last asked for, if its snapshot is here.
    pub(crate) fn commit_of(&self, revision: &str) -> Option<String> {
        let commit = if name::is_commit(revision) {
            revision.to_owned()
        } else if name::is_safe_file(revision) {
            std::fs::read_to_string(self.folder.join("refs").join(revision)).ok()?.trim().to_owned()
        } else {
            return None;
        };
        (is_safe_part(&commit) && self.snapshot(&commit).is_dir()).then_some(commit)
    }

    pub(crate) fn write_ref(&self, revision: &str, commit: &str) -> Result<()> {
        if name::is_commit(revision) || !name::is_safe_file(revision) {
            return Ok(());
        }
        let path = self.folder.join("refs").join(revision);
        if std::fs::read_to_string(&path).is_ok_and(|known| known == commit) {
            return Ok(());
        }
        atomic::write_bytes(&path, commit.as_bytes())
    }

    /// A file of a snapshot, if its bytes are here.
    pub(crate) fn file(&self, commit: &str, file: &str) -> Option<PathBuf> {
        let path = self.snapshot(commit).join(file);
        path.is_file().then_some(path)
    }

    pub(crate) fn is_known_missing(&self, commit: &str, file: &str) -> bool {
        self.missing_mark(commit, file).exists()
    }

    /// Remembers that the Hub has no such file, as Python does; not being able to is no error.
    pub(crate) fn mark_missing(&self, commit: &str, file: &str) {
        let _ = atomic::write_bytes(&self.missing_mark(commit, file), b"");
    }

    fn missing_mark(&self, commit: &str, file: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit).join(file)
    }

    /// The files of a snapshot whose bytes are here, sorted.
    pub(crate) fn files(&self, commit: &str) -> Vec<String> {
        files_below(&self.snapshot(commit))
    }

    pub(crate) fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// Where a download grows, under a name that Python's tools know as unfinished.
    pub(crate) fn partial(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{etag}.incomplete"))
    }

    /// Makes the blob a file of the snapshot.
    pub(crate) fn publish(&self, commit: &str, file: &str, etag: &str) -> Result<PathBuf> {
        let up = "../".repeat(2 + file.matches('/').count());
        let link = self.snapshot(commit).join(file);
        atomic::link(Path::new(&format!("{up}blobs/{etag}")), &link)?;
        Ok(link)
    }

    /// Waits until nobody else downloads these bytes; `None` where the file system has no locks.
    ///
    /// # Errors
    /// [`HubError::Io`]; [`HubError::Interrupted`].
    pub(crate) fn lock(&self, etag: &str) -> Result<Option<Lock>> {
        let path = self.locks.join(format!("{etag}.lock"));
        atomic::make_parent(&path)?;
        let file = File::create(&path).map_err(HubError::io("make", &path))?;
        loop {
            interrupt::check()?;
            match file.try_lock() {
                Ok(()) => return Ok(Some(Lock { _file: file })),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(50)),
                Err(TryLockError::Error(error)) if has_no_locks(&error) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(HubError::io("lock", &path)(error)),
            }
        }
    }
}

/// Network file systems may know no locks, and say so in several ways.
fn has_no_locks(error: &std::io::Error) -> bool {
    const NO_LOCK: i32 = if cfg!(target_os = "macos") { 77 } else { 37 };
    error.kind() == std::io::ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCK)
}

/// Whether an ETag or a commit can be a file's name here: the Hub's always can.
pub(crate) fn is_safe_part(part: &str) -> bool {
    !part.is_empty()
        && part.len() <= 128
        && !part.starts_with('.')
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Every file below a folder, as sorted paths with `/`; links are followed, dead ones and hidden names left out.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut open = vec![(folder.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let own_name = entry.file_name().to_string_lossy().into_owned();
            if own_name.starts_with('.') {
                continue;
            }
            let (name, path) = (format!("{prefix}{own_name}"), entry.path());
            if path.is_file() {
                files.push(name);
            } else if path.is_dir() {
                open.push((path, format!("{name}/")));
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(folder: &Path) -> ModelCache {
        let mut config = HubConfig::from_variables(|_| None);
        config.hub_cache = folder.to_path_buf();
        ModelCache::new(&config, "org/model")
    }

    #[test]
    fn a_published_blob_is_a_file_of_its_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        let commit = "c".repeat(40);
        assert_eq!(cache.commit_of("main"), None);
        atomic::write_bytes(&cache.blob("abc"), b"pooling").unwrap();
        let path = cache.publish(&commit, "1_Pooling/config.json", "abc").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"pooling");
        assert_eq!(std::fs::read_link(&path).unwrap(), Path::new("../../../blobs/abc"));
        cache.write_ref("main", &commit).unwrap();
        assert_eq!(cache.commit_of("main").as_deref(), Some(commit.as_str()));
        assert_eq!(cache.commit_of(&commit).as_deref(), Some(commit.as_str()));
        assert_eq!(cache.files(&commit), ["1_Pooling/config.json"]);
        std::fs::remove_file(cache.blob("abc")).unwrap();
        assert_eq!(cache.file(&commit, "1_Pooling/config.json"), None);
        assert_eq!(cache.files(&commit), Vec::<String>::new());
    }

    #[test]
    fn a_ref_cannot_lead_out_of_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        atomic::write_bytes(&cache.folder().join("refs/main"), b"../../elsewhere").unwrap();
        assert_eq!(cache.commit_of("main"), None);
        assert_eq!(cache.commit_of("../../main"), None);
    }

    #[test]
    fn only_one_downloads_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        let held = cache.lock("abc").unwrap();
        let other = cache.clone();
        let waiting = std::thread::spawn(move || other.lock("abc").map(drop));
        std::thread::sleep(Duration::from_millis(120));
        assert!(!waiting.is_finished());
        drop(held);
        waiting.join().unwrap().unwrap();
    }
}
