//! A data file that is not what it should be: which file, which line, which column, what is wrong, what to do.

use std::fmt;

use crate::Error;

/// A place in a data file that cannot be read, and what to do about it.
///
/// Shown as `reviews.csv, line 7, column 3 ("rating"): … `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadData {
    /// The file as it was named; for a file of an archive, `archive.zip: file.csv`.
    pub file: String,
    /// The line, counted from 1.
    pub line: Option<u64>,
    /// In a table the number of the field, elsewhere that of the character in the line; counted from 1.
    pub column: Option<u64>,
    /// The name of the column, or the path in a nested value.
    pub name: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

impl BadData {
    /// A problem with a whole file.
    pub(crate) fn new(file: impl Into<String>, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        let (problem, advice) = (problem.into(), advice.into());
        Self { file: file.into(), line: None, column: None, name: None, problem, advice }
    }

    /// Places it in a line and column, both counted from 1.
    pub(crate) fn at(mut self, line: u64, column: Option<u64>) -> Self {
        self.line = Some(line);
        self.column = column;
        self
    }

    /// Names the column.
    pub(crate) fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl fmt::Display for BadData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(formatter, ", column {column}")?;
        }
        match (&self.name, self.column) {
            (Some(name), Some(_)) => write!(formatter, " ({name:?})")?,
            (Some(name), None) => write!(formatter, ", column {name:?}")?,
            (None, _) => {}
        }
        write!(formatter, ": {}", self.problem)?;
        if self.advice.is_empty() { Ok(()) } else { write!(formatter, "\n  {}", self.advice) }
    }
}

impl std::error::Error for BadData {}

impl From<BadData> for Error {
    fn from(problem: BadData) -> Self {
        Self::BadData(Box::new(problem))
    }
}

/// The line and the character in it of a place in `text`, which begins with line `first_line`; all counted from 1.
pub(crate) fn locate(text: &[u8], first_line: u64, place: usize) -> (u64, u64) {
    let before = text.get(..place).unwrap_or(text);
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let in_line = before.get(line_start..).unwrap_or_default();
    (first_line + lines_in(before), String::from_utf8_lossy(in_line).chars().count() as u64 + 1)
}

/// How many lines end in `text`.
pub(crate) fn lines_in(text: &[u8]) -> u64 {
    let newlines = text.iter().filter(|byte| **byte == b'\n').count();
    // Files of old Macs end their lines with a carriage return alone.
    let count = if newlines == 0 { text.iter().filter(|byte| **byte == b'\r').count() } else { newlines };
    count as u64
}

/// The start of a text, for messages.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{:?} …", &text[..cut]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_it_is_and_what_to_do() {
        let problem = BadData::new("reviews.csv", "\"n/a?\" is not a number", "Read the column as text.");
        assert_eq!(
            problem.clone().at(7, Some(3)).named("rating").to_string(),
            "reviews.csv, line 7, column 3 (\"rating\"): \"n/a?\" is not a number\n  Read the column as text."
        );
        let whole = problem.named("rating").to_string();
        assert!(whole.starts_with("reviews.csv, column \"rating\": \"n/a?\" is not a number\n"), "{whole}");
    }

    #[test]
    fn a_place_is_a_line_and_a_character() {
        let text = "eins\nzwölf x\n".as_bytes();
        assert_eq!(locate(text, 10, 0), (10, 1));
        assert_eq!(locate(text, 10, text.len() - 2), (11, 7));
        assert_eq!(lines_in(b"a\rb\rc"), 2);
    }
}
