//! What a file says about a tensor without loading it, and how a list of them shows itself.

use std::fmt;

use course_display::{Bundle, Rich, Table};
use serde::Serialize;

use crate::text;

/// One tensor of a file, without its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    /// Its name.
    pub name: String,
    /// Its number format, such as `F32` or `Q4_1`.
    pub format: String,
    /// Its shape, outermost dimension first.
    pub shape: Vec<usize>,
    /// Its size in the file, in bytes.
    pub bytes: u64,
}

impl TensorEntry {
    /// How many numbers it has.
    pub fn element_count(&self) -> usize {
        self.shape.iter().product()
    }
}

impl fmt::Display for TensorEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:?} {} ({})", self.name, self.shape, self.format, text::size(self.bytes))
    }
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    shape: String,
    format: &'a str,
    size: String,
}

/// A table of the tensors under a heading line.
pub(crate) fn table(heading: &str, entries: &[TensorEntry]) -> Bundle {
    let rows: Vec<Row<'_>> = entries
        .iter()
        .map(|entry| Row {
            name: &entry.name,
            shape: entry.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × "),
            format: &entry.format,
            size: text::size(entry.bytes),
        })
        .collect();
    match Table::of(&rows) {
        Ok(table) => table.caption(heading).rich(),
        Err(error) => Bundle::text(format!("{heading}\n{error}")),
    }
}

/// `30 tensors, 134,515,008 numbers, 98.4 MB`.
pub(crate) fn summary(entries: &[TensorEntry]) -> String {
    let numbers: usize = entries.iter().map(TensorEntry::element_count).sum();
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    format!("{} tensors, {} numbers, {}", entries.len(), grouped(numbers), text::size(bytes))
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_numbers_and_bytes() {
        let entry = TensorEntry { name: "w".into(), format: "F32".into(), shape: vec![1000, 20], bytes: 80_000 };
        assert_eq!(entry.to_string(), "w [1000, 20] F32 (80.0 kB)");
        assert_eq!(summary(&[entry.clone(), entry]), "2 tensors, 40,000 numbers, 160.0 kB");
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
