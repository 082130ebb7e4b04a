//! The prose of a notebook without what is not prose: code, formulas, addresses, markup.

use crate::{CellType, Notebook};

/// Each line of prose: the cell's id, the line in it from 1, and its text with everything else blanked.
pub fn prose(notebook: &Notebook) -> Vec<(&str, usize, String)> {
    let mut found = Vec::new();
    for cell in notebook.cells.iter().filter(|cell| cell.cell_type == CellType::Markdown) {
        for (line, text) in lines(&cell.source) {
            let text = words(text);
            if !text.trim().is_empty() {
                found.push((cell.id.as_str(), line, text));
            }
        }
    }
    found
}

/// The lines outside of fenced code and display formulas, numbered from 1.
pub(super) fn lines(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in source.split('\n').enumerate() {
        let start = line.trim_start();
        let mark = ["```", "~~~", "$$"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            // `$$ … $$` on one line.
            (None, Some("$$")) if start.trim_end().len() > 2 && start.trim_end().ends_with("$$") => {}
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => found.push((index + 1, line)),
        }
    }
    found
}

/// A line without code spans, inline formulas, tags, addresses and the targets of links.
fn words(line: &str) -> String {
    let mut text = line.to_owned();
    for (open, close) in [("`", "`"), ("$", "$"), ("](", ")"), ("<", ">"), ("https://", " "), ("http://", " ")] {
        text = without(&text, open, close);
    }
    text
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        // An opening without an end is a character like others, but for an address, which ends with the line.
        let Some((_, end)) = after.split_once(close).or((close == " ").then_some(("", ""))) else { break };
        kept.push_str(before);
        kept.push(' ');
        rest = end;
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;

    #[test]
    fn prose_is_what_remains_without_code_formulas_and_addresses() {
        let source = "Some `code` and [a link](x/y.md) to <b>bold</b> $x < 3$.\n```rust\nlet hidden;\n```\n$$\ny\n$$\nSee https://x.org/y and that.\n$$ z $$\n3 < 4";
        let notebook = Notebook::new(vec![Cell::code("code", "let x;"), Cell::markdown("text", source)]);
        let found: Vec<(usize, String)> = prose(&notebook)
            .into_iter()
            .map(|(_, line, text)| (line, text.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        let expected = [(1, "Some and [a link to bold ."), (8, "See and that."), (10, "3 < 4")];
        assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
    }
}
