//! Compiled cells that outlive their session: what rustc once made of a text, it need not make again.
//!
//! An entry is one file, named by the hash of all that rustc was given. It holds what rustc said and the library it made, behind a
//! hash of both that is checked before use: a damaged entry is as good as none. Entries are written under another name and renamed,
//! so kernels may share the folder; the ones longest unused go when it has grown past its limit.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use course_wire::size;
use serde::{Deserialize, Serialize};

use super::compile::{Compiled, Diagnostic};

/// Bytes the folder may hold unless `COURSE_CELL_CACHE` says otherwise: some thousand cells.
const LIMIT: u64 = 500_000_000;

/// What entries begin with; changes when their form does.
const MAGIC: &[u8; 8] = b"cells\0\0\x01";

const HASH: usize = blake3::OUT_LEN;

/// A folder of compiled cells.
#[derive(Debug)]
pub struct CellCache {
    folder: PathBuf,
    limit: u64,
    /// Bytes that may still be written before the folder's size is looked at again: other kernels write into it too.
    allowance: AtomicU64,
}

/// What rustc said, beside the library.
#[derive(Serialize, Deserialize)]
struct Said {
    diagnostics: Vec<Diagnostic>,
    compiles: bool,
}

/// An entry as `course-kernel cells list` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The hash it is named by.
    pub key: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last used.
    pub used: SystemTime,
}

impl CellCache {
    /// The cache in `folder`, which need not be there yet, of at most `limit` bytes.
    pub fn new(folder: impl Into<PathBuf>, limit: u64) -> Self {
        // So that the first entry written has the folder looked at.
        Self { folder: folder.into(), limit, allowance: AtomicU64::new(0) }
    }

    /// The cache as `COURSE_CELL_CACHE` wants it: none for `off`, a limit such as `200 MB`, or 500 MB.
    pub fn from_environment() -> Option<Self> {
        let folder = crate::commands::cache_folder()?.join("cells");
        let Some(wanted) = std::env::var("COURSE_CELL_CACHE").ok().filter(|text| !text.is_empty()) else {
            return Some(Self::new(folder, LIMIT));
        };
        if let Some(limit) = size::parse(&wanted) {
            return limit.map(|bytes| Self::new(folder, bytes));
        }
        crate::jupyter::log(format_args!(
            "COURSE_CELL_CACHE={wanted} is neither `off` nor a size such as `200 MB`; the cell cache holds {}",
            size::text(LIMIT)
        ));
        Some(Self::new(folder, LIMIT))
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(key.get(..2).unwrap_or("__")).join(key)
    }

    /// What was made of `key`, with its library written to `library`; nothing where there is no whole entry.
    pub fn get(&self, key: &str, library: &Path) -> Option<Compiled> {
        let path = self.path(key);
        let bytes = fs::read(&path).ok()?;
        let Some((said, code)) = open(&bytes) else {
            let _ = fs::remove_file(&path);
            return None;
        };
        if said.compiles {
            fs::write(library, code).ok()?;
        }
        if let Ok(file) = fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        let library = said.compiles.then(|| library.to_owned());
        Some(Compiled { library, diagnostics: said.diagnostics, other: String::new() })
    }

    /// Keeps what was made of `key`. A cache that cannot be written only makes later cells slower, so errors are not reported.
    pub fn put(&self, key: &str, compiled: &Compiled) {
        let code = match &compiled.library {
            Some(library) => fs::read(library).unwrap_or_default(),
            None => Vec::new(),
        };
        let compiles = compiled.library.is_some();
        if compiles && code.is_empty() {
            return;
        }
        let said = Said { diagnostics: compiled.diagnostics.clone(), compiles };
        let Some(bytes) = close(&said, &code) else { return };
        if write(&self.path(key), &bytes).is_err() {
            return;
        }
        let size = bytes.len() as u64;
        if self.allowance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(size)).is_err() {
            self.shrink();
        }
    }

    /// Every entry, last used first.
    pub fn list(&self) -> Vec<Listed> {
        let folders = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
        let mut entries: Vec<Listed> = files
            .filter_map(|file| {
                let about = file.metadata().ok()?;
                let key = file.file_name().into_string().ok().filter(|name| !name.contains('.'))?;
                Some(Listed { key, bytes: about.len(), used: about.modified().ok()? })
            })
            .collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.used));
        entries
    }

    /// Removes every entry.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn clear(&self) -> std::io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes it may hold.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Removes what was longest unused until a tenth of the limit is free, if there is more than the limit.
    fn shrink(&self) {
        let entries = self.list();
        let mut held: u64 = entries.iter().map(|entry| entry.bytes).sum();
        if held > self.limit {
            for entry in entries.iter().rev() {
                if held <= self.limit - self.limit / 10 {
                    break;
                }
                held -= entry.bytes;
                let _ = fs::remove_file(self.path(&entry.key));
            }
        }
        self.allowance.store(self.limit.saturating_sub(held).min(self.limit / 8), Ordering::Relaxed);
    }
}

/// An entry's bytes.
fn close(said: &Said, code: &[u8]) -> Option<Vec<u8>> {
    let said = serde_json::to_vec(said).ok()?;
    let mut body = Vec::with_capacity(8 + said.len() + code.len());
    body.extend((said.len() as u64).to_le_bytes());
    body.extend(&said);
    body.extend(code);
    let mut entry = Vec::with_capacity(MAGIC.len() + HASH + body.len());
    entry.extend(MAGIC);
    entry.extend(blake3::hash(&body).as_bytes());
    entry.append(&mut body);
    Some(entry)
}

/// What is in an entry, if its hash is right.
fn open(entry: &[u8]) -> Option<(Said, &[u8])> {
    let (hash, body) = entry.strip_prefix(MAGIC)?.split_at_checked(HASH)?;
    if blake3::hash(body).as_bytes() != hash {
        return None;
    }
    let (length, rest) = body.split_first_chunk()?;
    let (said, code) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    Some((serde_json::from_slice(said).ok()?, code))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // A name with a dot is no entry; if the disk is full, the file goes when it is dropped.
    let mut file = tempfile::Builder::new().prefix(".").suffix(".new").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(message: &str) -> Diagnostic {
        let text = format!(r#"{{"message":"{message}","code":{{"code":"E0425"}},"level":"error","spans":[]}}"#);
        serde_json::from_str(&text).unwrap()
    }

    fn made(folder: &Path, code: &[u8]) -> Compiled {
        let library = folder.join("made.so");
        fs::write(&library, code).unwrap();
        Compiled { library: Some(library), diagnostics: vec![diagnostic("a warning")], other: String::new() }
    }

    #[test]
    fn what_was_put_comes_back_in_another_session() {
        let folder = tempfile::tempdir().unwrap();
        let key = "ab12";
        CellCache::new(folder.path().join("cells"), 1 << 20).put(key, &made(folder.path(), b"code"));

        let later = CellCache::new(folder.path().join("cells"), 1 << 20);
        let library = folder.path().join("loaded.so");
        let compiled = later.get(key, &library).unwrap();
        assert_eq!(compiled.library.as_deref(), Some(library.as_path()));
        assert_eq!(fs::read(library).unwrap(), b"code");
        assert_eq!(compiled.diagnostics[0].message, "a warning");
        assert!(later.get("ab13", Path::new("unused")).is_none());

        later.clear().unwrap();
        assert!(later.get(key, Path::new("unused")).is_none() && later.list().is_empty());
        later.clear().unwrap();
    }

    #[test]
    fn an_error_is_kept_without_a_library() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CellCache::new(folder.path(), 1 << 20);
        let failed = Compiled { library: None, diagnostics: vec![diagnostic("no such name")], other: String::new() };
        cache.put("cd34", &failed);
        let compiled = cache.get("cd34", Path::new("unused")).unwrap();
        assert!(compiled.library.is_none());
        assert_eq!(compiled.diagnostics[0].code(), "E0425");
    }

    #[test]
    fn a_damaged_entry_is_none_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CellCache::new(folder.path().join("cells"), 1 << 20);
        let library = folder.path().join("loaded.so");
        cache.put("ab12", &made(folder.path(), &[7; 1000]));
        let path = cache.path("ab12");
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).unwrap();
            assert!(cache.get("ab12", &library).is_none(), "byte {at} is not checked");
            assert!(!path.exists());
        }
        for length in [0, 7, 8, 39, 40, 47, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(cache.get("ab12", &library).is_none(), "{length} bytes are taken for a whole entry");
        }
        fs::write(&path, whole).unwrap();
        assert!(cache.get("ab12", &library).is_some());
    }

    #[test]
    fn the_longest_unused_go_when_it_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CellCache::new(folder.path().join("cells"), 40_000);
        let code = vec![1; 9_000];
        for (index, key) in ["a1", "b2", "c3", "d4"].into_iter().enumerate() {
            cache.put(key, &made(folder.path(), &code));
            let used = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000 + index as u64);
            fs::File::options().append(true).open(cache.path(key)).unwrap().set_modified(used).unwrap();
        }
        cache.get("a1", &folder.path().join("loaded.so")).unwrap();
        cache.put("e5", &made(folder.path(), &code));
        let mut keys: Vec<String> = cache.list().into_iter().map(|entry| entry.key).collect();
        keys.sort();
        assert_eq!(keys, ["a1", "d4", "e5"]);
    }
}
