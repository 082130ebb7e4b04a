//! Regions of a cell between two marks: `// BEGIN SOLUTION` … `// END SOLUTION`.

use std::ops::Range;

/// A pair of marks. A line that contains one is one, as nbgrader has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Begins a region.
    pub begin: &'static str,
    /// Ends it.
    pub end: &'static str,
}

/// Around what a learner is to write.
pub const SOLUTION: Marks = Marks { begin: "BEGIN SOLUTION", end: "END SOLUTION" };

/// Around tests that learners do not see.
pub const HIDDEN_TESTS: Marks = Marks { begin: "BEGIN HIDDEN TESTS", end: "END HIDDEN TESTS" };

/// The lines of each region, marks included, counted from 0.
///
/// # Errors
/// The line, from 1, and what is wrong with it.
pub fn find(source: &str, marks: Marks) -> Result<Vec<Range<usize>>, (usize, String)> {
    let mut regions = Vec::new();
    let mut open = None;
    for (index, line) in source.split('\n').enumerate() {
        if line.contains(marks.begin) {
            if let Some(start) = open.replace(index) {
                let what = format!("`{}` inside the region that line {} begins", marks.begin, start + 1);
                return Err((index + 1, what));
            }
        } else if line.contains(marks.end) {
            let Some(start) = open.take() else {
                return Err((index + 1, format!("`{}` without a `{}` above it", marks.end, marks.begin)));
            };
            regions.push(start..index + 1);
        }
    }
    match open {
        Some(start) => Err((start + 1, format!("`{}` without a `{}` below it", marks.begin, marks.end))),
        None => Ok(regions),
    }
}

/// The source with each region replaced by what `stub` says, given the indentation of its first line.
pub fn replace(source: &str, regions: &[Range<usize>], stub: impl Fn(&str) -> Option<String>) -> String {
    let mut lines = Vec::new();
    for (index, line) in source.split('\n').enumerate() {
        match regions.iter().find(|region| region.contains(&index)) {
            None => lines.push(line.to_owned()),
            Some(region) if region.start == index => {
                let indent = line.len() - line.trim_start().len();
                lines.extend(stub(line.get(..indent).unwrap_or("")));
            }
            Some(_) => {}
        }
    }
    lines.join("\n")
}

/// The source without the lines that are marks.
pub fn without_marks(source: &str, marks: Marks) -> String {
    let is_mark = |line: &&str| line.contains(marks.begin) || line.contains(marks.end);
    source.split('\n').filter(|line| !is_mark(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_found_and_replaced_with_their_indentation() {
        let source =
            "fn f() {\n    // BEGIN SOLUTION\n    1;\n    // END SOLUTION\n}\n// BEGIN SOLUTION\n// END SOLUTION";
        let regions = find(source, SOLUTION).unwrap();
        assert_eq!(regions, [1..4, 5..7]);
        let stubbed = replace(source, &regions, |indent| Some(format!("{indent}stub")));
        assert_eq!(stubbed, "fn f() {\n    stub\n}\nstub");
        assert_eq!(replace(source, &regions, |_| None), "fn f() {\n}");
        assert_eq!(without_marks(source, SOLUTION), "fn f() {\n    1;\n}");
    }

    #[test]
    fn marks_without_a_partner_name_their_line() {
        for (source, line, said) in [
            ("a\n// BEGIN SOLUTION\nb", 2, "without a `END SOLUTION` below"),
            ("// END SOLUTION", 1, "without a `BEGIN SOLUTION` above"),
            ("// BEGIN SOLUTION\n// BEGIN SOLUTION\n// END SOLUTION", 2, "inside the region that line 1 begins"),
        ] {
            let (at, what) = find(source, SOLUTION).unwrap_err();
            assert_eq!(at, line, "{source}");
            assert!(what.contains(said), "{what}");
        }
    }
}
