//! Datasets as CSV and JSON files.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::value::{Value, python_float};
use crate::{Dataset, Error, MomentKind, Result};

/// How many rows go at once.
const ROWS: usize = 1000;

impl Dataset {
    /// Writes the rows as CSV with a header, as pandas does: a missing value is an empty cell. A name that ends in `.gz` or `.zst` is compressed.
    /// Lists and structs are written as JSON. Returns how many bytes were written.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be written; `Interrupted` after ■, with nothing left behind.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<u64> {
        self.to_csv_with(path, b',')
    }

    /// The same with another separator, such as `b'\t'`.
    ///
    /// # Errors
    /// As for [`Dataset::to_csv`].
    pub fn to_csv_with(&self, path: impl AsRef<Path>, separator: u8) -> Result<u64> {
        let path = path.as_ref();
        let failed =
            |error: csv::Error| Error::BadFile { place: path.display().to_string(), problem: error.to_string() };
        self.export(path, "Creating CSV from Arrow format", |out, first, data| {
            let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(out);
            if first {
                writer.write_record(data.features().names()).map_err(failed)?;
            }
            for row in data.iter() {
                let row = row?;
                writer.write_record(row.iter().map(|(_, value)| csv_cell(value))).map_err(failed)?;
            }
            writer.flush().map_err(Error::io("writing", path))
        })
    }

    /// Writes one JSON object a line (JSON Lines). A name that ends in `.gz` or `.zst` is compressed. Returns how many bytes were written.
    ///
    /// # Errors
    /// As for [`Dataset::to_csv`].
    pub fn to_json(&self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        self.export(path, "Creating json from Arrow format", |out, _, data| {
            for row in data.iter() {
                let row = row?;
                serde_json::to_writer(&mut *out, &row).map_err(|error| Error::io("writing", path)(error.into()))?;
                out.write_all(b"\n").map_err(Error::io("writing", path))?;
            }
            Ok(())
        })
    }

    /// Writes part after part of the rows to a new file through `write`, which is told whether it is the first.
    fn export(
        &self,
        path: &Path,
        label: &str,
        mut write: impl FnMut(&mut dyn Write, bool, &Dataset) -> Result<()>,
    ) -> Result<u64> {
        let new = NewFile::create(path)?;
        let file = BufWriter::with_capacity(1 << 18, new.file()?);
        let mut out = Out::new(file, path)?;
        let bar = course_display::Progress::rows(self.len() as u64, label);
        let mut start = 0;
        let data = self.plain();
        loop {
            let part = data.range(start..start + ROWS);
            write(&mut out, start == 0, &part)?;
            bar.inc(part.len() as u64)?;
            start += ROWS;
            if start >= self.len() {
                break;
            }
        }
        out.finish().map_err(Error::io("writing", path))?;
        bar.finish();
        new.take_place()
    }
}

/// A file that appears whole or not at all.
pub(super) struct NewFile {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl NewFile {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        let file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder);
        Ok(Self { path: path.to_owned(), file: file.map_err(Error::io("writing", folder))? })
    }

    /// To write to.
    pub(super) fn file(&self) -> Result<File> {
        self.file.as_file().try_clone().map_err(Error::io("writing", &self.path))
    }

    pub(super) fn take_place(self) -> Result<u64> {
        let bytes = self.file.as_file().metadata().map_err(Error::io("writing", &self.path))?.len();
        crate::arrow_file::persist(self.file, &self.path)?;
        Ok(bytes)
    }
}

/// The file, compressed as its name says.
enum Out {
    Plain(BufWriter<File>),
    Gzip(flate2::write::GzEncoder<BufWriter<File>>),
    Zstd(zstd::stream::write::Encoder<'static, BufWriter<File>>),
}

impl Out {
    fn new(file: BufWriter<File>, path: &Path) -> Result<Self> {
        Ok(match path.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip(flate2::write::GzEncoder::new(file, flate2::Compression::default())),
            Some("zst") => Self::Zstd(zstd::stream::write::Encoder::new(file, 0).map_err(Error::io("writing", path))?),
            _ => Self::Plain(file),
        })
    }

    fn finish(self) -> std::io::Result<()> {
        match self {
            Self::Plain(mut file) => file.flush(),
            Self::Gzip(encoder) => encoder.finish()?.flush(),
            Self::Zstd(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        // What is compressed is flushed at its end, or it would compress badly.
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(_) | Self::Zstd(_) => Ok(()),
        }
    }
}

/// A value as pandas writes it into a cell.
fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) | Value::Decimal(text) => text.clone(),
        Value::Float(number) if number.is_nan() => String::new(),
        Value::Float(number) => python_float(*number),
        Value::Moment(moment) if matches!(moment.kind(), MomentKind::Timestamp(..)) => {
            moment.iso().replacen('T', " ", 1)
        }
        Value::Moment(moment) => moment.iso(),
        Value::List(_) | Value::Struct(_) => value.to_json().to_string(),
        other => other.to_string(),
    }
}
