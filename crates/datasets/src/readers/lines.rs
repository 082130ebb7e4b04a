//! A text file as blocks of whole lines.

use crate::Result;
use crate::files::TextInput;
use crate::readers::{BadData, disk_size, lines_in, locate};

/// How much is read at a time, in bytes.
pub(crate) const BLOCK: usize = 2 << 20;
/// No line may be longer: without its end, it would fill the memory.
const LONGEST: usize = 1 << 30;

/// Whole lines of a file, checked to be UTF-8.
#[derive(Debug)]
pub(crate) struct Block {
    /// The lines; the last one of a file may lack its end.
    pub(crate) text: String,
    /// The number of the first line, counted from 1.
    pub(crate) first_line: u64,
}

/// Cuts a file into blocks of whole lines.
pub(crate) struct LineBlocks {
    input: TextInput,
    rest: Vec<u8>,
    line: u64,
    ended: bool,
}

impl LineBlocks {
    pub(crate) fn new(input: TextInput) -> Self {
        Self { input, rest: Vec::new(), line: 1, ended: false }
    }

    /// The name of the file, for messages.
    pub(crate) fn name(&self) -> &str {
        self.input.name()
    }

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// [`Error::BadData`](crate::Error::BadData) for what is not UTF-8, lines longer than 1 GiB, and damaged files.
    pub(crate) fn next(&mut self) -> Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.reserve(BLOCK);
        let mut searched = 0;
        while !self.ended {
            if self.input.fill(&mut bytes, BLOCK)? == 0 {
                self.ended = true;
                break;
            }
            let end = bytes.get(searched..).unwrap_or_default().iter().rposition(|byte| *byte == b'\n');
            if let Some(end) = end {
                self.rest = bytes.split_off(searched + end + 1);
                break;
            }
            searched = bytes.len();
            if searched > LONGEST {
                let problem = format!("this line is longer than {}", disk_size(LONGEST as u64));
                return Err(BadData::new(self.name(), problem, "Is it a text file with one record on each line?")
                    .at(self.line, None)
                    .into());
            }
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let first_line = self.line;
        self.line += lines_in(&bytes);
        let text = utf8(bytes, first_line, self.input.name())?;
        Ok(Some(Block { text, first_line }))
    }
}

/// Bytes as text; `first_line` is the number of their first line.
///
/// # Errors
/// [`Error::BadData`](crate::Error::BadData) with the place of the first byte that is not UTF-8.
pub(crate) fn utf8(bytes: Vec<u8>, first_line: u64, file: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let (line, column) = locate(bytes, first_line, place);
        let byte = bytes.get(place).copied().unwrap_or_default();
        // In Latin-1 and its relatives each byte is a letter.
        let guess = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes.get(place..place + 1).unwrap_or_default()).0;
        let problem = format!("the byte {byte:02x} is not UTF-8, so the file is in another encoding, or damaged");
        let advice = format!(
            "If it should be {guess:?}, read it with `.encoding(\"windows-1252\")`; for files of other languages, such as `.encoding(\"shift_jis\")`."
        );
        BadData::new(file, problem, advice).at(line, Some(column)).into()
    })
}
