//! Whether bytes are the right ones: SHA-256, and git's own hash for the small files that the Hub keeps in git.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use course_wire::interrupt;
use sha2::{Digest, Sha256};

use crate::{HubError, Result};

const CHUNK: usize = 1 << 20;

/// The hash that an ETag of the Hub turns out to be, fed as bytes arrive.
pub(crate) enum Checksum {
    /// Of a large file: the SHA-256 of its bytes.
    Sha256(Sha256),
    /// Of a file in git: the SHA-1 of `blob <length>\0` and its bytes.
    GitBlob(sha1_smol::Sha1),
    /// The ETag is something else; only the length can be checked.
    LengthOnly,
}

impl Checksum {
    /// The hash that `etag` is, by its length, for a file of `size` bytes.
    pub(crate) fn for_etag(etag: &str, size: u64) -> Self {
        let hexadecimal = etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        match etag.len() {
            64 if hexadecimal => Self::Sha256(Sha256::new()),
            40 if hexadecimal => {
                let mut sha1 = sha1_smol::Sha1::new();
                sha1.update(format!("blob {size}\0").as_bytes());
                Self::GitBlob(sha1)
            }
            _ => Self::LengthOnly,
        }
    }

    /// Takes in the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(sha256) => sha256.update(bytes),
            Self::GitBlob(sha1) => sha1.update(bytes),
            Self::LengthOnly => {}
        }
    }

    /// Takes in everything that `reader` still has; returns how many bytes that were.
    ///
    /// # Errors
    /// [`HubError::Io`] about `path`, or [`HubError::Interrupted`].
    pub(crate) fn update_from(&mut self, mut reader: impl Read, path: &Path) -> Result<u64> {
        let mut buffer = vec![0; CHUNK];
        let mut total = 0;
        loop {
            interrupt::check()?;
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(total),
                Ok(count) => {
                    self.update(&buffer[..count]);
                    total += count as u64;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(HubError::io("read", path)(error)),
            }
        }
    }

    /// Whether what was taken in is what `etag` stands for.
    pub(crate) fn matches(self, etag: &str) -> bool {
        match self {
            Self::Sha256(sha256) => hexadecimal(&sha256.finalize()).eq_ignore_ascii_case(etag),
            Self::GitBlob(sha1) => sha1.digest().to_string().eq_ignore_ascii_case(etag),
            Self::LengthOnly => true,
        }
    }
}

/// The SHA-256 of a file, as hexadecimal digits.
///
/// # Errors
/// [`HubError::Io`], or [`HubError::Interrupted`].
pub(crate) fn sha256_of_file(path: &Path) -> Result<String> {
    let file = File::open(path).map_err(HubError::io("open", path))?;
    let mut sha256 = Checksum::Sha256(Sha256::new());
    sha256.update_from(file, path)?;
    match sha256 {
        Checksum::Sha256(sha256) => Ok(hexadecimal(&sha256.finalize())),
        _ => Ok(String::new()),
    }
}

/// The SHA-256 of bytes, as hexadecimal digits.
///
/// # Errors
/// [`HubError::Interrupted`].
pub(crate) fn sha256_of(bytes: &[u8]) -> Result<String> {
    let mut sha256 = Sha256::new();
    for part in bytes.chunks(CHUNK) {
        interrupt::check()?;
        sha256.update(part);
    }
    Ok(hexadecimal(&sha256.finalize()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(etag: &str, bytes: &[u8]) -> bool {
        let mut checksum = Checksum::for_etag(etag, bytes.len() as u64);
        checksum.update_from(bytes, Path::new("memory")).unwrap();
        checksum.matches(etag)
    }

    #[test]
    fn a_large_file_is_known_by_its_sha256() {
        let etag = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        assert!(matches(etag, b"hello"));
        assert!(!matches(etag, b"hallo"));
    }

    #[test]
    fn a_small_file_is_known_by_the_hash_git_gives_it() {
        // printf hello | git hash-object --stdin
        let etag = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0";
        assert!(matches(etag, b"hello"));
        assert!(!matches(etag, b"hello "));
    }

    #[test]
    fn any_other_etag_proves_nothing() {
        assert!(matches("some-etag", b"hello"));
    }
}
