//! Text in other encodings than UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult};

use crate::readers::lines_in;
use crate::{Error, Result};

/// The encoding of a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Default for Encoding {
    fn default() -> Self {
        Self(encoding_rs::UTF_8)
    }
}

impl Encoding {
    /// The encoding of a name such as `utf-8`, `latin-1`, `windows-1252`, `utf-16le`, `shift_jis`, as Python or the web spell it.
    ///
    /// # Errors
    /// [`Error::Argument`] for a name that is not known.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let plain = name.trim().to_ascii_lowercase().replace('_', "-");
        // The web takes Latin-1 to be Windows-1252, which differs in characters that Latin-1 has no letters for.
        let label = match plain.as_str() {
            "utf8" | "u8" => "utf-8",
            "latin-1" | "latin" | "iso8859-1" => "iso-8859-1",
            "cp1252" => "windows-1252",
            "utf-16-le" => "utf-16le",
            "utf-16-be" => "utf-16be",
            "sjis" => "shift-jis",
            other => other,
        };
        let known = encoding_rs::Encoding::for_label(label.as_bytes())
            .or_else(|| encoding_rs::Encoding::for_label(label.replace('-', "_").as_bytes()));
        known.map(Self).ok_or_else(|| {
            Error::Argument(format!(
                "{name:?} is not an encoding known here; there are utf-8, latin-1, windows-1252, utf-16le, utf-16be, shift_jis, gbk, koi8-r and more"
            ))
        })
    }

    pub(crate) fn is_utf8(self) -> bool {
        self.0 == encoding_rs::UTF_8
    }

    /// `bytes` in this encoding as UTF-8.
    pub(crate) fn decode<R: Read>(self, bytes: R) -> Decoded<R> {
        Decoded {
            bytes,
            encoding: self.0,
            decoder: self.0.new_decoder_without_bom_handling(),
            input: vec![0; 64 << 10],
            filled: 0,
            begin: 0,
            ended: false,
            output: Vec::new(),
            given: 0,
            line: 1,
        }
    }
}

/// Bytes of another encoding, read as UTF-8.
pub(crate) struct Decoded<R> {
    bytes: R,
    encoding: &'static encoding_rs::Encoding,
    decoder: Decoder,
    input: Vec<u8>,
    begin: usize,
    filled: usize,
    ended: bool,
    output: Vec<u8>,
    given: usize,
    line: u64,
}

/// A byte that the encoding does not have.
#[derive(Debug, thiserror::Error)]
#[error("the bytes {bytes} are not text in {encoding}")]
pub(crate) struct NotText {
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) bytes: String,
    pub(crate) encoding: &'static str,
}

impl<R: Read> Decoded<R> {
    fn refill(&mut self) -> io::Result<()> {
        self.line += lines_in(&self.output);
        self.output.clear();
        self.given = 0;
        while self.output.is_empty() && !(self.ended && self.begin == self.filled) {
            if self.begin == self.filled && !self.ended {
                self.filled = self.bytes.read(&mut self.input)?;
                self.begin = 0;
                self.ended = self.filled == 0;
            }
            self.decode_some()?;
            if self.ended {
                break;
            }
        }
        Ok(())
    }

    fn decode_some(&mut self) -> io::Result<()> {
        let input = self.input.get(self.begin..self.filled).unwrap_or_default();
        let room = self.decoder.max_utf8_buffer_length_without_replacement(input.len()).unwrap_or(input.len() * 3 + 16);
        self.output.resize(room, 0);
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(input, &mut self.output, self.ended);
        self.output.truncate(written);
        self.begin += read;
        match result {
            DecoderResult::InputEmpty | DecoderResult::OutputFull => Ok(()),
            DecoderResult::Malformed(length, _) => {
                let end = self.begin;
                let wrong = self.input.get(end.saturating_sub(usize::from(length))..end).unwrap_or_default();
                let (line, column) = crate::readers::locate(&self.output, self.line, self.output.len());
                let bytes = wrong.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
                Err(io::Error::other(NotText { line, column, bytes, encoding: self.encoding.name() }))
            }
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.output.len() {
            self.refill()?;
        }
        let ready = self.output.get(self.given..).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(target), Some(source)) = (buffer.get_mut(..count), ready.get(..count)) {
            target.copy_from_slice(source);
        }
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(name: &str, bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        Encoding::named(name).unwrap().decode(bytes).read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn text_of_other_encodings_is_read() {
        assert_eq!(decoded("latin-1", b"caf\xe9\n").unwrap(), "café\n");
        assert_eq!(decoded("utf-16le", b"a\0\xe9\0").unwrap(), "aé");
        assert_eq!(decoded("shift_jis", b"\x93\xfa\x96\x7b").unwrap(), "日本");
        let long = vec![b'\xe4'; 200_000];
        assert_eq!(decoded("cp1252", &long).unwrap(), "ä".repeat(200_000));
        assert!(Encoding::named("klingon").unwrap_err().to_string().contains("klingon"));
    }

    #[test]
    fn a_byte_that_is_no_text_is_found() {
        let error = decoded("shift_jis", b"ab\nc\x81\x00").unwrap_err();
        let place = error.get_ref().and_then(|cause| cause.downcast_ref::<NotText>()).unwrap();
        assert_eq!((place.line, place.column), (2, 2));
    }
}
