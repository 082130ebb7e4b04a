//! Telling a column's type from its first cells, as pandas does, and saying why.

use arrow_schema::DataType;

use super::cell::{Nulls, boolean, float, integer, unsigned};
use super::records::Records;
use crate::readers::{InferredColumn, shortened};

/// What has been seen of a column.
#[derive(Debug, Default)]
struct Seen {
    cells: usize,
    empty: usize,
    booleans: usize,
    integers: usize,
    /// Whole numbers that need all 64 bits.
    unsigned: usize,
    negative: bool,
    numbers: usize,
    /// The first cell that is no number, and its line.
    text: Option<(String, u64)>,
}

impl Seen {
    fn add(&mut self, cell: &str, nulls: &Nulls, line: impl FnOnce() -> u64) {
        self.cells += 1;
        if nulls.is_null(cell) {
            self.empty += 1;
        } else if let Some(number) = integer(cell) {
            self.integers += 1;
            self.negative |= number < 0;
        } else if unsigned(cell).is_some() {
            self.unsigned += 1;
        } else if boolean(cell).is_some() {
            self.booleans += 1;
        } else if float(cell).is_some() && !is_whole(cell) {
            self.numbers += 1;
        } else if self.text.is_none() {
            self.text = Some((shortened(cell), line()));
        }
    }

    fn decide(&self) -> (DataType, String) {
        let filled = self.cells - self.empty;
        let whole = self.integers + self.unsigned;
        let and_empty = match self.empty {
            0 => String::new(),
            1 => " and 1 empty cell".to_owned(),
            count => format!(" and {count} empty cells"),
        };
        if filled == 0 {
            return (DataType::Float64, "all cells are empty".to_owned());
        }
        if self.booleans == filled {
            return (DataType::Boolean, format!("true or false{and_empty}"));
        }
        if whole == filled && !(self.unsigned > 0 && self.negative) {
            return match (self.empty, self.unsigned) {
                (0, 0) => (DataType::Int64, "whole numbers".to_owned()),
                (0, _) => (DataType::UInt64, "whole numbers, some above 2⁶³".to_owned()),
                _ => (DataType::Float64, format!("whole numbers{and_empty}, which pandas reads as floats")),
            };
        }
        if whole == filled {
            return (DataType::Utf8, "whole numbers too far apart for 64 bits, kept digit for digit".to_owned());
        }
        if whole + self.numbers == filled {
            return (DataType::Float64, format!("numbers{and_empty}"));
        }
        let numbers = whole + self.numbers;
        let why = match &self.text {
            Some((text, line)) if numbers * 2 > filled => {
                format!("mixed: {numbers} of {filled} cells are numbers, but {text} in line {line} is not")
            }
            None => "mixed: true and false among other things".to_owned(),
            Some(_) => format!("text{and_empty}"),
        };
        (DataType::Utf8, why)
    }
}

/// Whether a number is written as a whole one: one that did not fit 64 bits is kept as text, digit for digit.
fn is_whole(cell: &str) -> bool {
    let digits = cell.trim().trim_start_matches(['-', '+']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The types of the columns of some records, told from the first `most` of them; and how many were looked at.
pub(super) fn infer(
    names: &[String],
    sample: &[Records],
    most: usize,
    nulls: &Nulls,
) -> (Vec<(InferredColumn, DataType)>, usize) {
    let rows = sample.iter().map(Records::len).sum::<usize>().min(most);
    let columns = names.iter().enumerate().map(|(column, name)| {
        let mut seen = Seen::default();
        let mut left = most;
        for records in sample {
            for (row, cell) in records.column(column).take(left).enumerate() {
                seen.add(&cell, nulls, || records.line_of(row));
            }
            left = left.saturating_sub(records.len());
        }
        let (data_type, why) = seen.decide();
        (InferredColumn { name: name.clone(), feature: String::new(), why }, data_type)
    });
    (columns.collect(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(cells: &[&str]) -> (DataType, String) {
        let mut seen = Seen::default();
        for (row, cell) in cells.iter().enumerate() {
            seen.add(cell, &Nulls::default(), || row as u64 + 2);
        }
        seen.decide()
    }

    #[test]
    fn types_are_those_of_pandas() {
        let types = |cells: &[&str]| decide(cells).0;
        assert_eq!(types(&["1", "2"]), DataType::Int64);
        assert_eq!(types(&["1", "", "3"]), DataType::Float64);
        assert_eq!(types(&["1", "1.5"]), DataType::Float64);
        assert_eq!(types(&["True", "", "FALSE"]), DataType::Boolean);
        assert_eq!(types(&["True", "1"]), DataType::Utf8);
        assert_eq!(types(&["", ""]), DataType::Float64);
        assert_eq!(types(&["inf", "1", "nan"]), DataType::Float64);
        assert_eq!(types(&["9223372036854775808", "1"]), DataType::UInt64);
        assert_eq!(types(&["9223372036854775808", "-1"]), DataType::Utf8);
        assert_eq!(types(&["99999999999999999999", "1"]), DataType::Utf8);
        assert_eq!(types(&["2020-01-01"]), DataType::Utf8);
    }

    #[test]
    fn the_reason_is_given() {
        assert_eq!(decide(&["1", "2", "x?", "4"]).1, "mixed: 3 of 4 cells are numbers, but \"x?\" in line 4 is not");
        assert_eq!(decide(&["1", ""]).1, "whole numbers and 1 empty cell, which pandas reads as floats");
        assert_eq!(decide(&["a", "NA", "n/a"]).1, "text and 2 empty cells");
    }
}
