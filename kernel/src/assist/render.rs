//! An entry as text and as HTML that reads in light and dark.

use super::inspect::Entry;
use super::lex::{Kind, lex};
use crate::engine::dylib::commands::escape;

/// A heading's words that mean: this part is worth showing at first glance.
const SHAPES: [&str; 4] = ["shape", "shapes", "arguments", "panics"];
const KEYWORD: &str = "color:var(--jp-mirror-editor-keyword-color,inherit);font-weight:600";
const TEXT: &str = "color:var(--jp-mirror-editor-string-color,inherit)";
const COMMENT: &str = "color:var(--jp-mirror-editor-comment-color,inherit);font-style:italic;opacity:.85";
const NUMBER: &str = "color:var(--jp-mirror-editor-number-color,inherit)";

/// A piece of Markdown.
#[derive(Debug, PartialEq)]
enum Block<'a> {
    Heading(&'a str),
    Paragraph(String),
    Item(String),
    Code(String),
}

/// The entry as plain text; in short: the first paragraph, the shapes, an example.
pub fn text(entry: &Entry, whole: bool) -> String {
    let mut text = format!("{}\n{}", entry.signature, entry.place);
    for block in chosen(&entry.docs, whole) {
        let (gap, part) = match block {
            Block::Heading(heading) => ("\n\n", heading.to_owned()),
            Block::Paragraph(paragraph) => ("\n\n", paragraph),
            Block::Item(item) => ("\n", format!("  • {item}")),
            Block::Code(code) => {
                ("\n\n", code.lines().map(|line| format!("    {line}\n")).collect::<String>().trim_end().to_owned())
            }
        };
        text.push_str(gap);
        text.push_str(&part);
    }
    text
}

/// The entry as HTML.
pub fn html(entry: &Entry, whole: bool) -> String {
    let mut html = format!(
        "<div><pre style=\"margin:0 0 .2em;white-space:pre-wrap\"><code>{}</code></pre><div style=\"opacity:.7;font-size:.9em\">{}</div>",
        highlighted(&entry.signature),
        escape(&entry.place)
    );
    let mut in_list = false;
    for block in chosen(&entry.docs, whole) {
        let item = matches!(block, Block::Item(_));
        if item != in_list {
            html.push_str(if item { "<ul style=\"margin:.3em 0\">" } else { "</ul>" });
            in_list = item;
        }
        html.push_str(&match block {
            Block::Heading(heading) => format!("<p style=\"margin:.6em 0 .2em\"><b>{}</b></p>", inline(heading)),
            Block::Paragraph(paragraph) => format!("<p style=\"margin:.5em 0\">{}</p>", inline(&paragraph)),
            Block::Item(item) => format!("<li>{}</li>", inline(&item)),
            Block::Code(code) => {
                format!("<pre style=\"margin:.4em 0;padding-left:.8em;border-left:3px solid #8a8f98;white-space:pre-wrap\"><code>{}</code></pre>", highlighted(&code))
            }
        });
    }
    html.push_str(if in_list { "</ul></div>" } else { "</div>" });
    html
}

/// The blocks to show.
fn chosen(docs: &str, whole: bool) -> Vec<Block<'_>> {
    let all = blocks(docs);
    if whole {
        return all;
    }
    let mut chosen = Vec::new();
    let (mut heading, mut example) = (None, false);
    for (index, block) in all.into_iter().enumerate() {
        match block {
            Block::Heading(text) => heading = Some(text),
            Block::Code(code) if !example => {
                example = true;
                chosen.push(Block::Code(code));
            }
            Block::Code(_) => {}
            block => {
                let shapes = heading.filter(|text| SHAPES.contains(&text.to_lowercase().as_str()));
                if index == 0 {
                    chosen.push(block);
                } else if let Some(text) = shapes {
                    if !chosen.contains(&Block::Heading(text)) {
                        chosen.push(Block::Heading(text));
                    }
                    chosen.push(block);
                }
            }
        }
    }
    chosen
}

/// Markdown's blocks, as far as documentation uses them.
fn blocks(docs: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut code: Option<(String, bool)> = None;
    let mut open = false;
    for line in docs.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            match code.take() {
                Some((text, _)) => blocks.push(Block::Code(text.trim_end().to_owned())),
                None => {
                    let language = trimmed.trim_start_matches('`').trim();
                    let rust = language.is_empty()
                        || language.split([',', ' ']).all(|word| {
                            ["rust", "no_run", "ignore", "should_panic", "compile_fail", "edition2021", "edition2024"]
                                .contains(&word)
                        });
                    code = Some((String::new(), rust));
                }
            }
            open = false;
            continue;
        }
        if let Some((text, rust)) = &mut code {
            // Lines that an example hides.
            if !(*rust && (trimmed == "#" || trimmed.starts_with("# "))) {
                text.push_str(line);
                text.push('\n');
            }
            continue;
        }
        if trimmed.is_empty() || trimmed.starts_with("|--") || trimmed.starts_with("| --") {
            open = open && !trimmed.is_empty();
        } else if trimmed.starts_with('#') && trimmed.trim_start_matches('#').starts_with(' ') {
            blocks.push(Block::Heading(trimmed.trim_start_matches('#').trim()));
            open = false;
        } else if let Some(item) = ["- ", "* ", "| "].iter().find_map(|mark| trimmed.strip_prefix(mark)) {
            blocks.push(Block::Item(item.trim_end_matches('|').trim().to_owned()));
            open = true;
        } else {
            match blocks.last_mut().filter(|_| open) {
                Some(Block::Paragraph(text) | Block::Item(text)) => {
                    text.push(' ');
                    text.push_str(trimmed);
                }
                _ => blocks.push(Block::Paragraph(trimmed.to_owned())),
            }
            open = true;
        }
    }
    if let Some((text, _)) = code {
        blocks.push(Block::Code(text.trim_end().to_owned()));
    }
    blocks
}

/// `` `code` ``, `**bold**`, `*emphasis*`; of a link only its text.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in unlinked(text).split('`').enumerate() {
        if index % 2 == 1 {
            html.push_str(&format!("<code>{}</code>", escape(part)));
            continue;
        }
        let mut plain = escape(part);
        for (mark, tag) in [("**", "b"), ("*", "i")] {
            let mut pieces = plain.split(mark);
            let mut marked = pieces.next().unwrap_or_default().to_owned();
            let pieces: Vec<&str> = pieces.collect();
            for (index, piece) in pieces.iter().enumerate() {
                // A last mark without a partner is a star.
                let alone = index % 2 == 0 && index + 1 == pieces.len();
                match (alone, index % 2) {
                    (true, _) => marked.push_str(mark),
                    (false, 0) => marked.push_str(&format!("<{tag}>")),
                    (false, _) => marked.push_str(&format!("</{tag}>")),
                }
                marked.push_str(piece);
            }
            plain = marked;
        }
        html.push_str(&plain);
    }
    html
}

/// `[text](address)`, `[text][reference]` and `[text]` as the text.
fn unlinked(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        let Some(close) = from.find(']') else { break };
        let (inside, after) = (&from[1..close], &from[close + 1..]);
        plain.push_str(before);
        let linked = |start: char, end: char| {
            after.strip_prefix(start).and_then(|address| address.split_once(end)).map(|(_, rest)| rest)
        };
        match linked('(', ')').or_else(|| linked('[', ']')) {
            Some(further) => {
                plain.push_str(inside);
                rest = further;
            }
            // `[`Tensor`]` is a link; `[1, 2]` is not.
            None if inside.starts_with('`') && inside.ends_with('`') => {
                plain.push_str(inside);
                rest = after;
            }
            None => {
                plain.push_str(&from[..close + 1]);
                rest = after;
            }
        }
    }
    plain + rest
}

/// Rust code with its keywords, texts, numbers and comments set apart.
fn highlighted(code: &str) -> String {
    let mut html = String::new();
    let mut at = 0;
    for token in lex(code) {
        html.push_str(&escape(code.get(at..token.start).unwrap_or_default()));
        let keyword = || super::keywords::KEYWORDS.iter().any(|(word, ..)| *word == token.text);
        let style = match token.kind {
            Kind::Comment => Some(COMMENT),
            Kind::Text | Kind::Character => Some(TEXT),
            Kind::Number => Some(NUMBER),
            Kind::Word if keyword() => Some(KEYWORD),
            _ => None,
        };
        let text = escape(token.text);
        html.push_str(&style.map_or_else(|| text.clone(), |style| format!("<span style=\"{style}\">{text}</span>")));
        at = token.end();
    }
    html + &escape(code.get(at..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            signature: "fn matmul(&self, rhs: &Self) -> Result<Self>".into(),
            place: "candle_core::tensor::Tensor".into(),
            docs: "Multiplies two\nmatrices, see [`Tensor`] and [that](https://x).\n\nMore on *it*.\n\n# Shapes\n\n- `(m, k)` and `(k, n)`\n\n\
                   # Examples\n\n```rust\n# use hidden;\nlet c = a.matmul(&b)?; // <c>\n```\n"
                .into(),
        }
    }

    #[test]
    fn the_short_text_has_the_first_paragraph_the_shapes_and_an_example() {
        let short = text(&entry(), false);
        assert!(
            short.starts_with(
                "fn matmul(&self, rhs: &Self) -> Result<Self>\ncandle_core::tensor::Tensor\n\nMultiplies two matrices"
            ),
            "{short}"
        );
        assert!(short.contains("Shapes\n  • `(m, k)`") && short.contains("    let c = a.matmul(&b)?;"), "{short}");
        assert!(!short.contains("More on") && !short.contains("hidden"), "{short}");
        assert!(text(&entry(), true).contains("More on"));
    }

    #[test]
    fn the_html_has_no_links_and_nothing_unescaped() {
        let shown = html(&entry(), true);
        assert!(shown.contains("<code>Tensor</code> and that.") && shown.contains("More on <i>it</i>."), "{shown}");
        assert!(shown.contains("// &lt;c&gt;") && !shown.contains("href") && !shown.contains("<c>"), "{shown}");
        assert_eq!(inline("2 * 3 and **b** [1, 2]"), "2 * 3 and <b>b</b> [1, 2]");
    }

    proptest::proptest! {
        #[test]
        fn any_documentation_can_be_shown(docs in "[-a-c`*#\\[\\]()|\n <]{0,80}") {
            let entry = Entry { docs, ..Entry::default() };
            for whole in [false, true] {
                text(&entry, whole);
                html(&entry, whole);
            }
        }
    }
}
