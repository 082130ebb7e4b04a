//! Pieces of a text marked in it: names in their colours, an answer in its context.

use course_display::{Bundle, Table, escape};

/// A tint behind a piece, which keeps the page's own colour of letters: readable in light and dark.
const TINTS: [&str; 7] =
    ["59,130,214", "34,160,90", "220,120,30", "160,90,200", "200,60,90", "20,150,160", "150,120,40"];

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span<'a> {
    /// The byte at which it begins.
    pub(crate) start: usize,
    /// The byte before which it ends.
    pub(crate) end: usize,
    /// What it is; nothing is written for an empty one.
    pub(crate) label: &'a str,
    /// Which tint it has.
    pub(crate) tint: usize,
}

/// The text as HTML and as plain text, with its pieces marked; of pieces that overlap the first.
pub(crate) fn marked(text: &str, spans: &[Span<'_>]) -> (String, String) {
    let mut spans = spans.to_vec();
    spans.sort_by_key(|span| span.start);
    let (mut html, mut plain, mut at) = (String::new(), String::new(), 0);
    for span in spans {
        let (Some(before), Some(piece)) = (text.get(at..span.start), text.get(span.start..span.end)) else { continue };
        if piece.is_empty() {
            continue;
        }
        let tint = TINTS[span.tint % TINTS.len()];
        let (small, label) = match span.label {
            "" => (String::new(), String::new()),
            label => (
                format!("<sub style=\"font-size:70%;font-weight:600;padding-left:4px\">{}</sub>", escape(label)),
                format!(" {label}"),
            ),
        };
        html += &format!(
            "{}<span style=\"background:rgba({tint},0.25);border-radius:4px;padding:1px 3px\">{}{small}</span>",
            escape(before),
            escape(piece)
        );
        plain += &format!("{before}[{piece}{label}]");
        at = span.end;
    }
    let rest = text.get(at..).unwrap_or_default();
    html += &escape(rest);
    plain += rest;
    (format!("<div style=\"white-space:pre-wrap;line-height:2;max-width:90ch\">{html}</div>"), plain)
}

/// Marked texts with a table below them.
pub(crate) fn with_table(texts: &[(String, String)], table: &Bundle) -> Bundle {
    let html: String = texts.iter().map(|(html, _)| html.as_str()).collect();
    let mut plain: Vec<&str> = texts.iter().map(|(_, plain)| plain.as_str()).collect();
    plain.push(table.plain());
    let table = table.data.get("text/html").and_then(|html| html.as_str()).unwrap_or_default();
    Bundle::html(format!("{html}{table}"), plain.join("\n"))
}

/// A table whose first column counts the texts where there are several.
pub(crate) fn counted(texts: usize, headers: &[&str]) -> Table {
    let first = (texts > 1).then_some("text");
    Table::new(first.into_iter().chain(headers.iter().copied()))
}

/// A row of such a table.
pub(crate) fn counted_row<const N: usize>(
    table: Table,
    texts: usize,
    text: usize,
    cells: [serde_json::Value; N],
) -> Table {
    let first = (texts > 1).then(|| serde_json::Value::from(text + 1));
    table.row(first.into_iter().chain(cells).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_marked_where_they_are_and_markup_stays_text() {
        let span = |start, end, label| Span { start, end, label, tint: 8 };
        let (html, plain) = marked("Zoë <b> Bern", &[span(9, 13, "LOC"), span(0, 4, ""), span(2, 9, "no")]);
        assert_eq!(plain, "[Zoë] <b> [Bern LOC]");
        assert!(html.contains("34,160,90") && html.contains("&lt;b&gt;") && html.contains(">LOC</sub>"), "{html}");
    }

    #[test]
    fn what_is_no_piece_of_the_text_is_left_out() {
        let span = |start, end| Span { start, end, label: "x", tint: 0 };
        assert_eq!(marked("Zoë", &[span(2, 3), span(1, 99), span(1, 1)]).1, "Zoë");
    }
}
