//! A CSV file as blocks of whole records of equal width.

use std::borrow::Cow;

use super::BadRows;
use super::scan::{Dialect, Field, Scan, without_quotes};
use crate::Result;
use crate::files::TextInput;
use crate::readers::lines::{BLOCK, utf8};
use crate::readers::{BadData, disk_size, lines_in, locate};

/// No record may be longer: a quote that is never closed would fill the memory.
const LONGEST: usize = 1 << 30;

/// Records, cut into fields.
#[derive(Debug)]
pub(super) struct Records {
    text: String,
    fields: Vec<Field>,
    pub(super) width: usize,
    first_line: u64,
    quote: char,
}

impl Records {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.fields.len() / self.width.max(1)
    }

    /// A field; empty where there is none.
    #[inline]
    pub(super) fn field(&self, row: usize, column: usize) -> Cow<'_, str> {
        let Some(field) = self.fields.get(row * self.width + column) else { return Cow::Borrowed("") };
        let raw = self.text.get(field.range()).unwrap_or_default();
        if field.has_quotes() { Cow::Owned(without_quotes(raw, self.quote)) } else { Cow::Borrowed(raw) }
    }

    /// The fields of one column.
    #[inline]
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = Cow<'_, str>> {
        let fields = self.fields.get(column..).unwrap_or_default().iter().step_by(self.width.max(1));
        fields.map(|field| {
            let raw = self.text.get(field.range()).unwrap_or_default();
            if field.has_quotes() { Cow::Owned(without_quotes(raw, self.quote)) } else { Cow::Borrowed(raw) }
        })
    }

    /// About how many bytes the fields of a column take up.
    pub(super) fn size_hint(&self, column: usize) -> usize {
        self.fields.iter().skip(column).step_by(self.width.max(1)).map(|field| field.range().len()).sum()
    }

    /// The line that a record begins in.
    pub(super) fn line_of(&self, row: usize) -> u64 {
        let start = self.fields.get(row * self.width).map_or(0, |field| field.range().start);
        self.first_line + lines_in(self.text.as_bytes().get(..start).unwrap_or_default())
    }
}

/// Cuts a file into [`Records`].
pub(super) struct RecordBlocks {
    input: TextInput,
    dialect: Dialect,
    bad_rows: BadRows,
    /// How many fields a record has; `None` until the first one has been seen.
    width: Option<usize>,
    /// The names of the columns, for messages.
    names: Vec<String>,
    bytes: Vec<u8>,
    line: u64,
    ended: bool,
    /// How many records were left out for their width.
    left_out: u64,
}

impl RecordBlocks {
    pub(super) fn new(input: TextInput, dialect: Dialect, bad_rows: BadRows) -> Self {
        let (width, names, bytes) = (None, Vec::new(), Vec::new());
        Self { input, dialect, bad_rows, width, names, bytes, line: 1, ended: false, left_out: 0 }
    }

    pub(super) fn file(&self) -> &str {
        self.input.name()
    }

    /// Says which columns there are.
    pub(super) fn set_names(&mut self, names: Vec<String>) {
        self.width = Some(names.len());
        self.names = names;
    }

    /// Passes over so many lines at the start.
    pub(super) fn skip_lines(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            loop {
                if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                    self.bytes.drain(..=end);
                    self.line += 1;
                    break;
                }
                if self.ended {
                    self.bytes.clear();
                    return Ok(());
                }
                self.fill(BLOCK)?;
            }
        }
        Ok(())
    }

    /// The next record alone; `None` at the end.
    pub(super) fn one(&mut self) -> Result<Option<Records>> {
        self.some(1)
    }

    /// The records of the next block; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Records>> {
        self.some(usize::MAX)
    }

    fn fill(&mut self, count: usize) -> Result<()> {
        self.bytes.reserve(count);
        if self.input.fill(&mut self.bytes, count)? == 0 {
            self.ended = true;
        }
        Ok(())
    }

    fn some(&mut self, most: usize) -> Result<Option<Records>> {
        let mut fields = Vec::with_capacity(self.width.unwrap_or(1).saturating_mul(most.min(4096)));
        let (mut at, mut records) = (0, 0);
        let mut wanted = if self.bytes.len() < BLOCK { BLOCK } else { 0 };
        loop {
            if wanted > 0 && !self.ended {
                self.fill(wanted)?;
            }
            while records < most {
                let Some(start) = self.dialect.skip_blank(&self.bytes, at, self.ended) else { break };
                if start == self.bytes.len() {
                    at = start;
                    break;
                }
                let before = fields.len();
                match self.dialect.record(&self.bytes, start, self.ended, &mut fields) {
                    Scan::Record(next) => {
                        at = next;
                        if self.fits(&mut fields, before, start)? {
                            records += 1;
                        }
                    }
                    Scan::Incomplete => {
                        fields.truncate(before);
                        break;
                    }
                    Scan::Unclosed(quote) => return Err(self.unclosed(quote)),
                }
            }
            if records > 0 || (self.ended && at == self.bytes.len()) {
                break;
            }
            if self.bytes.len() - at > LONGEST {
                let problem = format!("this record is longer than {}", disk_size(LONGEST as u64));
                let line = locate(&self.bytes, self.line, at).0;
                return Err(BadData::new(self.file(), problem, "Is a quote opened in it that is never closed?")
                    .at(line, None)
                    .into());
            }
            // A record that does not end in what was read is read again with as much again after it.
            wanted = BLOCK.max(self.bytes.len());
        }
        if records == 0 {
            return Ok(None);
        }
        let rest = self.bytes.split_off(at);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let first_line = self.line;
        self.line += lines_in(&bytes);
        let text = utf8(bytes, first_line, self.input.name())?;
        let width = self.width.unwrap_or(fields.len());
        Ok(Some(Records { text, fields, width, first_line, quote: self.dialect.quote.map_or('"', char::from) }))
    }

    /// Whether the record just read has the width of the others; makes it so, leaves it out or refuses it otherwise.
    #[inline]
    fn fits(&mut self, fields: &mut Vec<Field>, before: usize, start: usize) -> Result<bool> {
        let Some(width) = self.width else { return Ok(true) };
        let found = fields.len() - before;
        if found == width {
            return Ok(true);
        }
        match self.bad_rows {
            BadRows::Fill if found < width => {
                fields.resize(before + width, Field::default());
                Ok(true)
            }
            BadRows::Skip => {
                fields.truncate(before);
                self.left_out += 1;
                Ok(false)
            }
            _ => Err(self.ragged(found, width, start)),
        }
    }

    fn ragged(&self, found: usize, width: usize, start: usize) -> crate::Error {
        let line = locate(&self.bytes, self.line, start).0;
        let fields = |count: usize| if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
        let problem =
            format!("this row has {}, and the table has {width} columns ({})", fields(found), self.names.join(", "));
        let advice = if found > width {
            "If a text has the delimiter in it, put it in quotes: \"…\". `.delimiter(b'\\t')` reads tabs; `.on_bad_rows(BadRows::Skip)` leaves such rows out."
        } else {
            "`.on_bad_rows(BadRows::Fill)` takes what is missing for empty, `BadRows::Skip` leaves such rows out."
        };
        BadData::new(self.file(), problem, advice).at(line, Some(found.min(width) as u64 + 1)).into()
    }

    fn unclosed(&self, quote: usize) -> crate::Error {
        let (line, column) = locate(&self.bytes, self.line, quote);
        let problem = "the quote that is opened here is never closed";
        let advice =
            "Close it, write it twice inside a quoted text (\"\"), or read quotes as letters with `.no_quotes()`.";
        BadData::new(self.file(), problem, advice).at(line, Some(column)).into()
    }

    /// How many records were left out for their width.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }
}
