//! The numbers of cells.

use std::fmt;

/// Set in the numbers of cells that have no execution count: silent ones, ones kept out of the history, a front end's expressions.
pub const UNCOUNTED: u32 = 1 << 31;

/// A cell as errors name it: `cell [7]`, or `a silent cell`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellName(pub u32);

impl fmt::Display for CellName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            number if number & UNCOUNTED == 0 => write!(formatter, "cell [{number}]"),
            _ => formatter.write_str("a silent cell"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_named_by_its_count() {
        assert_eq!(CellName(7).to_string(), "cell [7]");
        assert_eq!(CellName(UNCOUNTED | 7).to_string(), "a silent cell");
    }
}
