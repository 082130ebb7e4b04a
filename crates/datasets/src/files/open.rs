//! Opening a text file: unpacked and as UTF-8, whatever it is on disk.

use std::fs::File;
use std::io::{self, Read};

use super::encoding::{Encoding, NotText};
use super::packing::{Packing, broken, unpacked};
use super::{DataFile, Meter};
use crate::readers::BadData;
use crate::{Error, Result};

/// An opened text file.
pub(crate) struct TextInput {
    file: DataFile,
    packing: Packing,
    bytes: Box<dyn Read + Send>,
    /// Bytes that were looked at and are still to be read.
    start: io::Cursor<Vec<u8>>,
}

/// Opens a file for reading as UTF-8; packed with gzip or zstd, it is unpacked on the way. A byte order mark is left out.
///
/// # Errors
/// [`Error::BadData`] for packings that are not opened here and for text in UTF-16 that is read as UTF-8; [`Error::Io`].
pub(crate) fn open_text(file: &DataFile, encoding: Encoding, allowed: Option<u64>, meter: &Meter) -> Result<TextInput> {
    let packing = Packing::of(file)?;
    let open = File::open(&file.path).map_err(Error::io("opening", &file.path))?;
    let bytes = unpacked(file, packing, Metered { inner: open, meter: meter.clone() }, allowed)?;
    let bytes: Box<dyn Read + Send> = if encoding.is_utf8() { bytes } else { Box::new(encoding.decode(bytes)) };
    let mut input = TextInput { file: file.clone(), packing, bytes, start: io::Cursor::default() };
    let mut start = Vec::new();
    input.fill(&mut start, 4)?;
    if encoding.is_utf8() && (start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff")) {
        let name = if start.starts_with(b"\xff") { "utf-16le" } else { "utf-16be" };
        let problem =
            format!("it is text in UTF-16, not UTF-8 (it begins with the mark {:02x} {:02x})", start[0], start[1]);
        return Err(BadData::new(&file.name, problem, format!("Read it with `.encoding(\"{name}\")`."))
            .at(1, Some(1))
            .into());
    }
    if start.starts_with("\u{feff}".as_bytes()) {
        start.drain(..3);
    }
    input.start = io::Cursor::new(start);
    Ok(input)
}

impl TextInput {
    /// The name of the file, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.file.name
    }

    /// Appends up to `count` bytes; fewer only at the end. Returns how many came.
    ///
    /// # Errors
    /// [`Error::BadData`] for damaged files, bombs and bytes that are not text; [`Error::Io`].
    pub(crate) fn fill(&mut self, buffer: &mut Vec<u8>, count: usize) -> Result<usize> {
        let before = buffer.len();
        let limit = count as u64;
        let mut source = (&mut self.start).chain(&mut self.bytes).take(limit);
        // `read_to_end` keeps what came before an error, which then waits for nobody.
        match source.read_to_end(buffer) {
            Ok(_) => Ok(buffer.len() - before),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Gives bytes back that are to be read again, before all others.
    pub(crate) fn unread(&mut self, mut bytes: Vec<u8>) {
        let read = self.start.position() as usize;
        bytes.extend_from_slice(self.start.get_ref().get(read..).unwrap_or_default());
        self.start = io::Cursor::new(bytes);
    }

    fn explain(&self, error: io::Error) -> Error {
        match error.get_ref().and_then(|cause| cause.downcast_ref::<NotText>()) {
            Some(place) => BadData::new(
                &self.file.name,
                place.to_string(),
                "Give the encoding the file was written in, such as `.encoding(\"windows-1252\")`.",
            )
            .at(place.line, Some(place.column))
            .into(),
            None => broken(&self.file, self.packing, error),
        }
    }
}

/// Counts the bytes that come from the disk.
struct Metered {
    inner: File,
    meter: Meter,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.meter.add(count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], encoding: &str) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, bytes).unwrap();
        let meter = Meter::default();
        let mut input = open_text(&DataFile::named(path, "a.txt"), Encoding::named(encoding)?, None, &meter)?;
        let mut text = Vec::new();
        while input.fill(&mut text, 3)? > 0 {}
        assert_eq!(meter.read(), bytes.len() as u64);
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn marks_and_packing_are_taken_off() {
        assert_eq!(all(b"\xef\xbb\xbfa,b\n", "utf-8").unwrap(), "a,b\n");
        assert_eq!(all(b"", "utf-8").unwrap(), "");
        assert_eq!(all(&zstd::encode_all(&b"packed"[..], 1).unwrap(), "utf-8").unwrap(), "packed");
        assert_eq!(all(b"\xff\xfea\0b\0", "utf-16le").unwrap(), "ab");
    }

    #[test]
    fn utf_16_is_recognized() {
        let error = all(b"\xff\xfea\0b\0", "utf-8").unwrap_err().to_string();
        assert_eq!(
            error,
            "a.txt, line 1, column 1: it is text in UTF-16, not UTF-8 (it begins with the mark ff fe)\n  Read it with `.encoding(\"utf-16le\")`."
        );
    }
}
