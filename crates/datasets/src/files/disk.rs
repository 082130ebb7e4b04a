//! Whether a disk has room for what is about to be written.

use std::path::{Path, PathBuf};

use crate::Error;

/// How much is left free for everything else on the machine.
const KEPT_FREE: u64 = 64 << 20;

/// The bytes that may still be written to the disk that holds `path`; `None` where the system does not say. The path itself
/// need not exist yet.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = nearest_existing(path)?;
    let name = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut stat = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `name` is a string that ends in 0, `stat` is large enough, and zeroed bytes are a valid `statvfs`.
    let stat = unsafe {
        if libc::statvfs(name.as_ptr(), stat.as_mut_ptr()) != 0 {
            return None;
        }
        stat.assume_init()
    };
    #[allow(clippy::unnecessary_cast, reason = "the fields are narrower on other systems")]
    Some((stat.f_bavail as u64).saturating_mul(stat.f_frsize as u64))
}

fn nearest_existing(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find(|ancestor| ancestor.exists()).map(Path::to_path_buf)
}

/// Checks that `needed` more bytes fit beside `path`; `what` is named in the error.
///
/// # Errors
/// [`Error::DiskFull`].
pub(crate) fn check(what: &str, path: &Path, needed: u64) -> crate::Result<()> {
    match free_bytes(path) {
        Some(free) if needed > free.saturating_sub(KEPT_FREE) => Err(Error::DiskFull {
            what: what.to_owned(),
            folder: path.to_path_buf(),
            needed: size(needed),
            free: size(free),
        }),
        _ => Ok(()),
    }
}

/// A number of bytes in words, such as `3.4 GB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let (mut amount, mut unit) = (bytes as f64 / 1e3, 0);
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1e3;
        unit += 1;
    }
    let decimals = usize::from(amount < 99.95);
    format!("{amount:.decimals$} {}", UNITS.get(unit).unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_is_free_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("not/there/yet");
        assert!(free_bytes(&place).unwrap() > 0);
        check("data.csv", &place, 1).unwrap();
        let error = check("data.csv", &place, 5 << 50).unwrap_err().to_string();
        assert!(error.contains("data.csv") && error.contains("5.6 PB"), "{error}");
    }

    #[test]
    fn sizes_are_written_with_two_or_three_digits() {
        assert_eq!(size(12), "12 bytes");
        assert_eq!(size(1500), "1.5 kB");
        assert_eq!(size(123_456_789), "123 MB");
        assert_eq!(size(999_900_000), "1.0 GB");
    }
}
