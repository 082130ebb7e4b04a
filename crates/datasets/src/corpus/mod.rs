//! Gigabytes of text to practise on, made up on the spot.
//!
//! The course's section on big data reads 20 GB of PubMed abstracts, which a machine without a network does not have. This makes
//! rows of the same shape and size, as many as wanted, the same ones every time, in the memory of one batch.

mod words;

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use course_display::{Bundle, Progress, Rich};
use course_wire::interrupt;
use rayon::prelude::*;

use self::words::{Random, Words};
use crate::memory::size;
use crate::{ArrowWriter, Dataset, Error, Feature, Features, IterableDataset, Result};

/// Rows of one record batch: as many as Python's `datasets` writes at once.
const BATCH: u64 = 1000;
/// Batches made at once, one a thread, before they are written in order.
const AT_ONCE: u64 = 8;
/// The mean size of a row in bytes, from a million of them.
const ROW: u64 = 1352;
/// More bytes than this show a bar.
const SHOW_BAR: u64 = 100_000_000;
/// Languages of the abstracts, and out of how many hundred the first so many are in them.
const LANGUAGES: [(&str, u64); 4] = [("eng", 88), ("ger", 93), ("fre", 97), ("spa", 100)];

/// A corpus of made-up abstracts: any number of rows, the same ones for the same seed.
///
/// | column | type | what |
/// |---|---|---|
/// | `meta` | `{"number": int64, "language": string}` | the row's number, and mostly `"eng"` |
/// | `text` | `string` | sentences of made-up words, about 1.35 kB |
///
/// ```
/// use course_datasets::corpus::Corpus;
///
/// let folder = tempfile::tempdir()?;
/// let corpus = Corpus::new(42).rows(3000);
/// let written = corpus.write(folder.path().join("abstracts.arrow"))?;
/// assert_eq!(written.rows, 3000);
/// assert!(corpus.text(0).starts_with(char::is_uppercase));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corpus {
    seed: u64,
    rows: u64,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The number of rows.
    pub rows: u64,
    /// The size of the file in bytes.
    pub bytes: u64,
}

impl Corpus {
    /// A corpus of 100,000 rows, about 135 MB.
    pub fn new(seed: u64) -> Self {
        Self { seed, rows: 100_000 }
    }

    /// With so many rows. A corpus with more rows begins with the same ones.
    #[must_use]
    pub fn rows(mut self, rows: u64) -> Self {
        self.rows = rows;
        self
    }

    /// With as many rows as come to about so many bytes.
    #[must_use]
    pub fn bytes(self, bytes: u64) -> Self {
        self.rows(bytes.div_ceil(ROW))
    }

    /// The number of rows.
    pub fn len(&self) -> u64 {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The text of one row, also past the corpus's end: a row needs none of those before it.
    pub fn text(&self, row: u64) -> String {
        let mut text = Vec::with_capacity(2 * ROW as usize);
        write_text(&mut Random::of(self.seed, row), &Words::shared(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The features of its rows.
    pub fn features() -> Features {
        let meta = Features::new().with("number", Feature::int64()).with("language", Feature::string());
        Features::new().with("meta", Feature::Struct(meta)).with("text", Feature::string())
    }

    /// Writes all rows to an Arrow file, in the memory of a few batches and on all cores.
    ///
    /// # Errors
    /// When the disk has not enough room, the file cannot be written (there is then none), or the learner pressed ■.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<Written> {
        let path = path.as_ref();
        self.check_room(path)?;
        let mut writer = ArrowWriter::create(path, &Self::features())?;
        let total = self.rows * ROW;
        let bar = (total > SHOW_BAR).then(|| Progress::new(self.rows, format!("writing {}", size(total))));
        let mut first = 0;
        while first < self.rows {
            interrupt::check()?;
            let begins = (first..self.rows).step_by(BATCH as usize).take(AT_ONCE as usize);
            let begins: Vec<u64> = begins.collect();
            let batches: Vec<RecordBatch> = begins
                .par_iter()
                .map(|&begin| self.batch(begin, (begin + BATCH).min(self.rows)))
                .collect::<Result<_>>()?;
            for batch in &batches {
                writer.write(batch)?;
                first += batch.num_rows() as u64;
            }
            if let Some(bar) = &bar {
                bar.set(first)?;
            }
        }
        writer.finish()?;
        let bytes = std::fs::metadata(path).map_err(Error::io("reading the size", path))?.len();
        Ok(Written { rows: self.rows, bytes })
    }

    /// The corpus as a dataset on disk: written to `path` if there is no file, mapped from there if there is.
    ///
    /// # Errors
    /// As [`write`](Self::write); also when the file that is there holds another number of rows.
    pub fn dataset(&self, path: impl AsRef<Path>) -> Result<Dataset> {
        let path = path.as_ref();
        if !path.exists() {
            self.write(path)?;
        }
        let dataset = Dataset::from_file(path)?;
        if dataset.len() as u64 != self.rows {
            return Err(Error::BadFile {
                place: path.display().to_string(),
                problem: format!(
                    "it holds {} rows and this corpus has {}: remove the file, or give another path",
                    dataset.len(),
                    self.rows
                ),
            });
        }
        Ok(dataset)
    }

    /// The rows one after the other, without a file.
    pub fn stream(&self) -> IterableDataset {
        let corpus = *self;
        let shard = move || {
            let begins = (0..corpus.rows).step_by(BATCH as usize);
            let batches = begins.map(move |begin| corpus.batch(begin, (begin + BATCH).min(corpus.rows)));
            Ok(Box::new(batches) as _)
        };
        IterableDataset::from_readers(Self::features(), vec![Arc::new(shard)])
    }

    /// The rows from `begin` to before `end`.
    pub(crate) fn batch(&self, begin: u64, end: u64) -> Result<RecordBatch> {
        let count = end.saturating_sub(begin) as usize;
        let words = Words::shared();
        let mut text = Vec::with_capacity(count * (ROW as usize + 32));
        let mut ends = Vec::with_capacity(count + 1);
        let mut languages = Vec::with_capacity(count);
        ends.push(0);
        for row in begin..end {
            let mut random = Random::of(self.seed, row);
            let drawn = random.below(100);
            languages.push(LANGUAGES.iter().find(|(_, share)| drawn < *share).map_or("eng", |(name, _)| name));
            write_text(&mut random, &words, &mut text);
            ends.push(text.len() as i32);
        }
        let failed = Error::arrow("making rows of the corpus");
        // The texts are ASCII, and this checks it again.
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        let text = StringArray::try_new(offsets, Buffer::from_vec(text), None);
        let batch = text.and_then(|text| {
            let schema = Self::features().to_arrow_schema();
            let numbers = Int64Array::from_iter_values((begin..end).map(|row| row as i64));
            let columns: Vec<ArrayRef> = vec![Arc::new(numbers), Arc::new(StringArray::from(languages))];
            let fields = match schema.field(0).data_type() {
                arrow_schema::DataType::Struct(fields) => fields.clone(),
                _ => arrow_schema::Fields::empty(),
            };
            let meta = StructArray::try_new(fields, columns, None)?;
            RecordBatch::try_new(schema, vec![Arc::new(meta), Arc::new(text)])
        });
        batch.map_err(failed)
    }

    fn check_room(&self, path: &Path) -> Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let needed = self.rows * ROW;
        match room(folder) {
            Some(room) if room < needed + needed / 20 => Err(Error::Argument(format!(
                "{}: {} are needed for {} rows and the disk has {} left; write fewer rows, or to another disk",
                path.display(),
                size(needed + needed / 20),
                self.rows,
                size(room)
            ))),
            _ => Ok(()),
        }
    }
}

/// The bytes that are left on the disk of a folder, where the system says.
fn room(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    // SAFETY: `statvfs` is plain numbers, for which zero is a value; the path ends with a zero byte, and both outlive the call.
    unsafe {
        let mut answer: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &mut answer) == 0).then(|| answer.f_bavail as u64 * answer.f_frsize as u64)
    }
}

/// Sentences until the text is as long as the row's dice say.
fn write_text(random: &mut Random, words: &Words, text: &mut Vec<u8>) {
    // The sum of three dice: most are near the mean, some short, some long.
    let wanted = (0..3).map(|_| random.below(870)).sum::<u64>() as usize;
    let begin = text.len();
    loop {
        words.sentence(random, text);
        if text.len() - begin >= wanted {
            return;
        }
        text.push(b' ');
    }
}

impl Rich for Written {
    fn rich(&self) -> Bundle {
        Bundle::text(format!("{} rows, {}", self.rows, size(self.bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;

    #[test]
    fn a_row_is_the_same_wherever_it_is_made() {
        let corpus = Corpus::new(7);
        let whole = corpus.batch(0, 50).unwrap();
        let part = corpus.batch(20, 30).unwrap();
        assert_eq!(whole.slice(20, 10), part);
        let texts = whole.column(1).as_string::<i32>();
        assert_eq!(texts.value(33).trim(), texts.value(33));
        assert_ne!(Corpus::new(8).batch(0, 50).unwrap(), whole);
    }

    #[test]
    fn rows_are_about_as_long_as_said_and_read_like_text() {
        let batch = Corpus::new(1).batch(0, 2000).unwrap();
        let texts = batch.column(1).as_string::<i32>();
        let mean = texts.value_data().len() as u64 / 2000;
        assert!(mean.abs_diff(ROW) < 40, "{mean}");
        for text in texts.iter().flatten() {
            assert!(text.is_ascii() && text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
        }
        let languages = batch.column(0).as_struct().column(1).as_string::<i32>();
        let english = languages.iter().flatten().filter(|&language| language == "eng").count();
        assert!((1700..1850).contains(&english), "{english}");
    }

    #[test]
    fn more_than_the_disk_has_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.arrow");
        let error = Corpus::new(0).bytes(1 << 50).write(&path).unwrap_err().to_string();
        assert!(error.contains("the disk has") && error.contains("huge.arrow"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
