//! Small changes to a learner's text on its way into the generated file, and where they shift columns.

/// Text put in place of `remove` bytes from `at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The first byte it is about.
    pub at: usize,
    /// How many bytes go.
    pub remove: usize,
    /// What comes there.
    pub insert: String,
}

impl Edit {
    /// Text put in before byte `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { at, remove: 0, insert: text.into() }
    }
}

/// The text with the edits, and what was put in before the learner's text on a line: `(byte in the text, bytes put in)`.
///
/// An edit that overlaps an earlier one is left out.
pub fn apply(text: &str, mut edits: Vec<Edit>) -> (String, Vec<(usize, usize)>) {
    edits.sort_by_key(|edit| edit.at);
    let mut out = String::with_capacity(text.len());
    let mut inserted = Vec::new();
    let mut at = 0;
    for edit in edits {
        let Some(before) = text.get(at..edit.at) else { continue };
        if !text.is_char_boundary(edit.at + edit.remove) {
            continue;
        }
        out.push_str(before);
        out.push_str(&edit.insert);
        if edit.remove == 0 {
            inserted.push((edit.at, edit.insert.len()));
        }
        at = edit.at + edit.remove;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, inserted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_come_in_order_and_overlapping_ones_are_left_out() {
        let edits = vec![
            Edit::insert(7, "pub "),
            Edit { at: 0, remove: 3, insert: "x".into() },
            Edit { at: 1, remove: 4, insert: "y".into() },
            Edit::insert(11, "!"),
        ];
        assert_eq!(apply("abc def ghi", edits), ("x defpub  ghi!".to_owned(), vec![(7, 4), (11, 1)]));
    }
}
