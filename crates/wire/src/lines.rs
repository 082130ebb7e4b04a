//! Where the lines of a compiled cell come from.

use serde::{Deserialize, Serialize};

/// A run of lines in a generated source file that stand, whole and in order, in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSpan {
    /// First line in the generated file, from 1.
    pub generated: u32,
    /// How many lines.
    pub count: u32,
    /// The number of the cell they come from.
    pub cell: u32,
    /// The line in that cell, from 1, that the first of them is.
    pub line: u32,
}

/// The map of one generated file: its spans, sorted, without overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineMap {
    /// The spans.
    pub spans: Vec<LineSpan>,
}

impl LineMap {
    /// The cell and the line in it for a line of the generated file; `None` for a line no cell wrote.
    pub fn place(&self, generated: u32) -> Option<(u32, u32)> {
        let after = self.spans.partition_point(|span| span.generated <= generated);
        let span = self.spans.get(after.checked_sub(1)?)?;
        let offset = generated - span.generated;
        (offset < span.count).then_some((span.cell, span.line + offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_map_to_their_cells_and_generated_ones_to_none() {
        let map = LineMap {
            spans: vec![
                LineSpan { generated: 5, count: 3, cell: 2, line: 1 },
                LineSpan { generated: 10, count: 2, cell: 7, line: 4 },
            ],
        };
        assert_eq!(map.place(4), None);
        assert_eq!(map.place(5), Some((2, 1)));
        assert_eq!(map.place(7), Some((2, 3)));
        assert_eq!(map.place(8), None);
        assert_eq!(map.place(11), Some((7, 5)));
        assert_eq!(map.place(12), None);
    }
}
