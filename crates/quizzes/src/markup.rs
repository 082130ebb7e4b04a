//! The little markup of quiz texts: `` `code` ``, `*emphasis*`, `**strong**`, and a blank line between paragraphs.
//!
//! ```
//! use course_quizzes::markup;
//!
//! assert_eq!(markup::to_html("Is `a < b` *always* true?"), "Is <code>a &lt; b</code> <em>always</em> true?");
//! assert_eq!(markup::to_text("Is `a < b` *always* true?"), "Is `a < b` always true?");
//! ```

/// A stretch of text of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span<'a> {
    Plain(&'a str),
    Code(&'a str),
    Emphasis(&'a str),
    Strong(&'a str),
}

/// The text as HTML: phrases only, so that it can stand in a label or a legend; a paragraph after the first begins with a break.
pub fn to_html(text: &str) -> String {
    let paragraphs = paragraphs(text).map(|paragraph| {
        let spans = spans(&paragraph).into_iter().map(|span| match span {
            Span::Plain(text) => escape(text),
            Span::Code(text) => format!("<code>{}</code>", escape(text)),
            Span::Emphasis(text) => format!("<em>{}</em>", escape(text)),
            Span::Strong(text) => format!("<strong>{}</strong>", escape(text)),
        });
        spans.collect::<String>()
    });
    paragraphs.collect::<Vec<_>>().join("<br><br>")
}

/// The text without marks, but for those around code.
pub fn to_text(text: &str) -> String {
    let paragraphs = paragraphs(text).map(|paragraph| {
        let spans = spans(&paragraph).into_iter().map(|span| match span {
            Span::Code(text) => format!("`{text}`"),
            Span::Plain(text) | Span::Emphasis(text) | Span::Strong(text) => text.to_owned(),
        });
        spans.collect::<String>()
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// Replaces the characters that mean something in HTML.
pub fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

/// The paragraphs, each on one line.
fn paragraphs(text: &str) -> impl Iterator<Item = String> {
    let paragraphs = text.trim().split("\n\n");
    paragraphs.map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "))
}

fn spans(mut text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    while let Some(at) = text.find(['`', '*']) {
        let (before, rest) = text.split_at(at);
        let mark = ["**", "`", "*"].into_iter().find(|mark| rest.starts_with(mark)).unwrap_or("*");
        let inside = rest.strip_prefix(mark).and_then(|rest| rest.split_once(mark));
        // `2 * 3 * 4` is arithmetic: emphasis touches its text.
        let marked = inside.filter(|(inside, _)| mark == "`" || inside.trim() == *inside);
        let Some((inside, after)) = marked.filter(|(inside, _)| !inside.is_empty()) else {
            let (plain, after) = text.split_at(at + mark.len());
            spans.push(Span::Plain(plain));
            text = after;
            continue;
        };
        spans.push(Span::Plain(before));
        spans.push(match mark {
            "`" => Span::Code(inside),
            "*" => Span::Emphasis(inside),
            _ => Span::Strong(inside),
        });
        text = after;
    }
    spans.push(Span::Plain(text));
    spans.retain(|span| *span != Span::Plain(""));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_html_and_everything_else_is_escaped() {
        for (text, html) in [
            ("plain", "plain"),
            ("a `Vec<u8>` **and** *more*", "a <code>Vec&lt;u8&gt;</code> <strong>and</strong> <em>more</em>"),
            ("`*a*` stays", "<code>*a*</code> stays"),
            ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
            ("an open ` and an open *star", "an open ` and an open *star"),
            ("first\nline\n\nsecond", "first line<br><br>second"),
            ("<script>\"'&", "&lt;script&gt;&quot;&#39;&amp;"),
            ("``", "``"),
        ] {
            assert_eq!(to_html(text), html, "{text}");
        }
    }

    #[test]
    fn text_keeps_its_letters() {
        assert_eq!(to_text("a *b* `c`\n\n**d**"), "a b `c`\nd");
    }
}
