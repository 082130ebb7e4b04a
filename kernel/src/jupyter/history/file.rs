//! The file behind the history: a JSON line for each cell, and one more for its result.
//!
//! Kernels append under a lock, so lines stay whole. A line that cannot be read, such as the last one after a power cut, is passed
//! over. A file that has grown past [`LARGEST`] loses its older half when the next session begins.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Entry;

/// Bytes that the file may have when a session begins.
const LARGEST: u64 = 4 << 20;
/// How long to wait for another kernel that writes; one that is stopped must not stop this one.
const PATIENCE: Duration = Duration::from_millis(250);

/// A history file and its lock.
pub struct HistoryFile {
    path: PathBuf,
    lock: PathBuf,
}

/// A line of the file: the first about a cell has its input, a second its output. One with neither is a session's number, taken.
#[derive(Serialize, Deserialize)]
struct Line {
    session: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    line: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<String>,
}

fn is_zero(line: &u32) -> bool {
    *line == 0
}

impl HistoryFile {
    /// The history file of a folder, which is made when the first cell is written.
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join("cells.jsonl"), lock: folder.join("lock") }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the next session's number.
    pub fn new_session(&self) -> io::Result<u64> {
        let _lock = self.locked()?;
        let lines = self.lines()?;
        let session = lines.iter().map(|line| line.session).max().unwrap_or_default().saturating_add(1);
        if std::fs::metadata(&self.path).is_ok_and(|file| file.len() > LARGEST) {
            self.keep(&lines[lines.len() / 2..])?;
        }
        self.append(&Line { session, line: 0, input: None, output: None })?;
        Ok(session)
    }

    /// Adds a cell.
    pub fn append_input(&self, entry: &Entry) -> io::Result<()> {
        let _lock = self.locked()?;
        let Entry { session, line, input, .. } = entry;
        self.append(&Line { session: *session, line: *line, input: Some(input.clone()), output: None })
    }

    /// Adds a cell's result.
    pub fn append_output(&self, entry: &Entry) -> io::Result<()> {
        let _lock = self.locked()?;
        let Entry { session, line, output, .. } = entry;
        self.append(&Line { session: *session, line: *line, input: None, output: output.clone() })
    }

    /// All cells, in the order in which they were written.
    pub fn read(&self) -> io::Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        for Line { session, line, input, output } in self.lines()? {
            if let Some(input) = input {
                entries.push(Entry { session, line, input, output });
            } else if let Some(entry) =
                entries.iter_mut().rev().find(|entry| (entry.session, entry.line) == (session, line))
            {
                entry.output = output;
            }
        }
        Ok(entries)
    }

    fn lines(&self) -> io::Result<Vec<Line>> {
        let mut bytes = Vec::new();
        match File::open(&self.path) {
            Ok(mut file) => file.read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    fn append(&self, line: &Line) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(&self.path)?;
        let mut text = serde_json::to_string(line)? + "\n";
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(-1)).is_ok() {
            file.read_exact(&mut last)?;
        }
        // What a crash left behind spoils its own line only.
        if last != *b"\n" {
            text.insert(0, '\n');
        }
        file.write_all(text.as_bytes())
    }

    /// Writes a file of these lines alone.
    fn keep(&self, lines: &[Line]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        for line in lines {
            writeln!(file, "{}", serde_json::to_string(line)?)?;
        }
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Waits for the lock, which ends with the file that is returned. It is a file of its own, because the other is replaced.
    fn locked(&self) -> io::Result<File> {
        if let Some(folder) = self.lock.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.lock)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(2))
                }
                Err(TryLockError::WouldBlock) => return Err(io::Error::other("another kernel holds its lock")),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(session: u64, line: u32, input: &str) -> Entry {
        Entry { session, line, input: input.into(), output: None }
    }

    #[test]
    fn a_broken_line_costs_nothing_but_itself() {
        let folder = tempfile::tempdir().unwrap();
        let file = HistoryFile::new(folder.path());
        assert_eq!(file.new_session().unwrap(), 1);
        file.append_input(&entry(1, 1, "a\n\"b\"")).unwrap();
        let mut half = OpenOptions::new().append(true).open(file.path()).unwrap();
        half.write_all(b"\xff\xfe{\"session\":1,\"line\":2,\"inp").unwrap();
        file.append_input(&entry(1, 3, "c")).unwrap();
        assert_eq!(file.read().unwrap(), [entry(1, 1, "a\n\"b\""), entry(1, 3, "c")]);
        assert_eq!(HistoryFile::new(folder.path()).new_session().unwrap(), 2);
    }

    #[test]
    fn a_large_file_loses_its_older_half() {
        let folder = tempfile::tempdir().unwrap();
        let file = HistoryFile::new(folder.path());
        let long = "x".repeat(60_000);
        let session = file.new_session().unwrap();
        for line in 1..=80 {
            file.append_input(&entry(session, line, &long)).unwrap();
        }
        assert_eq!(file.new_session().unwrap(), session + 1);
        let kept = file.read().unwrap();
        assert_eq!((kept.len(), kept.last().map(|entry| entry.line)), (41, Some(80)));
    }

    #[test]
    fn a_lock_that_is_never_given_back_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = HistoryFile::new(folder.path());
        let held = file.locked().unwrap();
        assert!(file.new_session().is_err());
        drop(held);
        assert_eq!(file.new_session().unwrap(), 1);
    }
}
