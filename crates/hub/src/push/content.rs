//! What is uploaded: bytes, or a file that is read piece by piece.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::{HubError, Result, checksum};

/// How much of a file the Hub is shown, to tell text from bytes.
const SAMPLE: u64 = 512;
/// How much is read and handed on at once.
const PIECE: u64 = 1 << 18;

/// What a file of a commit holds. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Content {
    /// These bytes.
    Bytes(Bytes),
    /// What the file on this machine holds; it must stay as it is until the commit is done.
    File(Arc<PathBuf>),
}

impl Content {
    /// Bytes, or a text.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(Bytes::from(bytes.into()))
    }

    /// A file on this machine.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(Arc::new(path.into()))
    }

    pub(super) fn size(&self) -> Result<u64> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
            Self::File(path) => Ok(std::fs::metadata(&**path).map_err(HubError::io("read", &**path))?.len()),
        }
    }

    /// The first bytes.
    pub(super) fn sample(&self) -> Result<Vec<u8>> {
        self.part(0, SAMPLE)
    }

    /// All of it.
    pub(super) fn whole(&self) -> Result<Vec<u8>> {
        self.part(0, u64::MAX)
    }

    fn part(&self, start: u64, length: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for piece in self.pieces(start, length, Arc::default()) {
            bytes.extend_from_slice(&piece.map_err(self.cannot_read())?);
        }
        Ok(bytes)
    }

    pub(super) fn sha256(&self) -> Result<String> {
        match self {
            Self::Bytes(bytes) => checksum::sha256_of(bytes),
            Self::File(path) => checksum::sha256_of_file(path),
        }
    }

    fn cannot_read(&self) -> impl FnOnce(std::io::Error) -> HubError {
        let path = match self {
            Self::Bytes(_) => PathBuf::new(),
            Self::File(path) => path.to_path_buf(),
        };
        HubError::io("read", path)
    }

    /// The bytes from `start` on, `length` of them at most, in pieces that are read when they are asked for; `passed` counts them.
    pub(super) fn pieces(
        &self,
        start: u64,
        length: u64,
        passed: Arc<AtomicU64>,
    ) -> impl Iterator<Item = std::io::Result<Bytes>> + Send + 'static {
        let content = self.clone();
        let (mut at, mut left, mut open) = (start, length, None);
        std::iter::from_fn(move || {
            let piece = content.piece(&mut open, at, left.min(PIECE));
            match &piece {
                Ok(bytes) if bytes.is_empty() => return None,
                Ok(bytes) => {
                    at += bytes.len() as u64;
                    left -= bytes.len() as u64;
                    passed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                }
                Err(_) => left = 0,
            }
            Some(piece)
        })
    }

    fn piece(&self, open: &mut Option<File>, start: u64, length: u64) -> std::io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => {
                let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(place(start)..place(start.saturating_add(length))))
            }
            Self::File(path) => {
                if open.is_none() {
                    let mut file = File::open(&**path)?;
                    file.seek(SeekFrom::Start(start))?;
                    *open = Some(file);
                }
                let mut bytes = Vec::new();
                if let Some(file) = open {
                    file.take(length).read_to_end(&mut bytes)?;
                }
                Ok(bytes.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_files_come_in_the_same_pieces() {
        let bytes: Vec<u8> = (0..PIECE as usize * 2 + 5).map(|n| (n % 251) as u8).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, &bytes).unwrap();
        for content in [Content::bytes(bytes.clone()), Content::file(&path)] {
            assert_eq!(content.size().unwrap(), bytes.len() as u64);
            assert_eq!(content.sample().unwrap(), bytes[..512]);
            assert_eq!(content.whole().unwrap(), bytes);
            assert_eq!(content.part(7, PIECE + 1).unwrap(), bytes[7..PIECE as usize + 8]);
            let passed = Arc::new(AtomicU64::new(0));
            assert_eq!(content.pieces(3, u64::MAX, passed.clone()).count(), 3);
            assert_eq!(passed.load(Ordering::Relaxed), bytes.len() as u64 - 3);
            assert_eq!(content.sha256().unwrap(), checksum::sha256_of(&bytes).unwrap());
        }
        let error = Content::file(folder.path().join("none")).size().unwrap_err().to_string();
        assert!(error.contains("cannot read") && error.contains("none"), "{error}");
    }
}
