//! How much memory this process has at the moment.

use std::fmt;
use std::path::Path;

use course_display::{Bundle, Rich, escape};

use crate::{Error, Result};

/// The memory of this process that is in the machine's RAM now, in bytes.
///
/// Python's course reads the same number by `psutil.Process().memory_info().rss`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of it: the resident set size.
    pub resident: u64,
    /// What belongs to this process alone: its vectors, strings, stacks. Without swap it cannot be taken away.
    pub anonymous: u64,
    /// Pages of files that are mapped, a dataset's among them. The system takes them back when it needs room.
    pub mapped: u64,
    /// The most that `resident` has been since the process began, or since [`forget_peak`].
    pub peak: u64,
}

/// The memory of this process now.
///
/// ```
/// let before = course_datasets::memory::resident_memory()?;
/// let block = vec![1u8; 50_000_000];
/// let after = course_datasets::memory::resident_memory()?;
/// assert!(after.resident > before.resident + 40_000_000);
/// # drop(block);
/// # Ok::<(), course_datasets::Error>(())
/// ```
///
/// # Errors
/// Where the system has no `/proc/self/status`, such as macOS.
pub fn resident_memory() -> Result<Memory> {
    let path = Path::new("/proc/self/status");
    parse(&std::fs::read_to_string(path).map_err(Error::io("reading", path))?)
        .ok_or_else(|| Error::BadFile { place: path.display().to_string(), problem: "it does not say VmRSS".into() })
}

/// Lets [`Memory::peak`] begin anew from here.
///
/// # Errors
/// Where the system has no `/proc/self/clear_refs`.
pub fn forget_peak() -> Result<()> {
    let path = Path::new("/proc/self/clear_refs");
    std::fs::write(path, "5").map_err(Error::io("writing", path))
}

fn parse(status: &str) -> Option<Memory> {
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    };
    Some(Memory {
        resident: value("VmRSS")?,
        anonymous: value("RssAnon")?,
        mapped: value("RssFile")? + value("RssShmem").unwrap_or(0),
        peak: value("VmHWM")?,
    })
}

impl Memory {
    /// All of it in megabytes of 10⁶ bytes.
    pub fn megabytes(&self) -> f64 {
        self.resident as f64 / 1e6
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} resident: {} its own, {} of mapped files",
            size(self.resident),
            size(self.anonymous),
            size(self.mapped)
        )
    }
}

impl Rich for Memory {
    fn rich(&self) -> Bundle {
        let text = self.to_string();
        Bundle::html(format!("<code>{}</code>", escape(&text)), text)
    }
}

/// `1.35 kB`, `200 MB`, `19.5 GB`: three digits, units of 1000.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    let decimals = if unit == "B" || value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t   3000 kB\nVmRSS:\t    2048 kB\nRssAnon:\t    1024 kB\nRssFile:\t     1000 kB\nRssShmem:\t      24 kB\n";
        let memory = parse(status).unwrap();
        assert_eq!(
            (memory.resident, memory.anonymous, memory.mapped, memory.peak),
            (2 << 20, 1 << 20, 1 << 20, 3072000)
        );
        assert_eq!(memory.to_string(), "2.10 MB resident: 1.05 MB its own, 1.05 MB of mapped files");
        assert!(parse("Name: x").is_none());
    }

    #[test]
    fn sizes_have_three_digits() {
        let cases = [(0, "0 B"), (999, "999 B"), (1350, "1.35 kB"), (99_960, "100 kB"), (200_000_000, "200 MB")];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(size(20_979_437_051), "21.0 GB");
        assert_eq!(size(999_999), "1.00 MB");
    }
}
