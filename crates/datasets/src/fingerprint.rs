//! What data is and how it came to be, in one number.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use arrow_array::RecordBatch;
use arrow_data::ArrayData;

use crate::arrow_file::ArrowFile;

/// What the data is and how it came to be. Equal data made by equal steps has equal fingerprints, in this session and the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Fingerprint {
    number: u64,
    /// Whether the next session can come to the same number: not where one that nothing else has is in it.
    lasts: bool,
}

impl Fingerprint {
    fn finish(hasher: &blake3::Hasher, lasts: bool) -> Self {
        let hash = hasher.finalize();
        let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        Self { number: u64::from_be_bytes(first), lasts }
    }

    /// Whether the next session can come to the same one, so that what is kept under it may be found again.
    pub(crate) fn lasts(self) -> bool {
        self.lasts
    }

    /// Of bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(bytes);
        Self::finish(&hasher, true)
    }

    /// One that nothing else has.
    pub(crate) fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { lasts: false, ..Self::of(format!("{} {number} {now:?}", std::process::id()).as_bytes()) }
    }

    /// Of files: where they are, how long, and when they were last written, as reading gigabytes would take too long.
    pub(crate) fn of_files(files: &[Arc<ArrowFile>]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for file in files {
            let written = std::fs::metadata(file.path()).and_then(|metadata| metadata.modified());
            let written = written.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let path = std::path::absolute(file.path()).unwrap_or_else(|_| file.path().to_owned());
            hasher.update(path.as_os_str().as_encoded_bytes());
            hasher.update(format!("|{}|{:?}\n", file.size(), written).as_bytes());
        }
        Self::finish(&hasher, true)
    }

    /// Of data in memory: its types and bytes. Where there is so much of it that reading it would take a while, one that no other data has.
    pub(crate) fn of_batches(batches: &[RecordBatch]) -> Self {
        const MOST: usize = 32 << 20;
        if batches.iter().map(RecordBatch::get_array_memory_size).sum::<usize>() > MOST {
            return Self::unique();
        }
        let mut hasher = blake3::Hasher::new();
        for batch in batches {
            hasher.update(batch.schema_ref().to_string().as_bytes());
            for column in batch.columns() {
                add(&mut hasher, &column.to_data());
            }
        }
        Self::finish(&hasher, true)
    }

    /// After a step with these arguments.
    pub(crate) fn then(self, step: &str, arguments: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.number.to_be_bytes());
        hasher.update(step.as_bytes());
        hasher.update(b"\0");
        hasher.update(arguments.as_bytes());
        Self::finish(&hasher, self.lasts)
    }

    /// Of several after each other.
    pub(crate) fn of_all(parts: impl IntoIterator<Item = Self>, step: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        let mut lasts = true;
        for part in parts {
            hasher.update(&part.number.to_be_bytes());
            lasts &= part.lasts;
        }
        hasher.update(step.as_bytes());
        Self::finish(&hasher, lasts)
    }
}

fn add(hasher: &mut blake3::Hasher, data: &ArrayData) {
    hasher.update(format!("{}|{}|{}|", data.data_type(), data.len(), data.offset()).as_bytes());
    for buffer in data.buffers() {
        hasher.update(buffer);
    }
    if let Some(nulls) = data.nulls() {
        hasher.update(&nulls.iter().map(u8::from).collect::<Vec<_>>());
    }
    data.child_data().iter().for_each(|child| add(hasher, child));
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_a_number_of_its_own_does_not_last() {
        let known = Fingerprint::of(b"rows");
        assert!(known.then("map", "x").lasts());
        assert!(!Fingerprint::unique().then("map", "x").lasts());
        assert!(!Fingerprint::of_all([known, Fingerprint::unique()], "beside").lasts());
        assert_ne!(Fingerprint::unique(), Fingerprint::unique());
    }
}
