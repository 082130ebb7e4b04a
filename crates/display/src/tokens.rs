//! How a text was cut: each token in its own tint.

use course_wire::Bundle;

use crate::{Rich, escape, theme};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its text, as the vocabulary or the source text has it.
    pub text: String,
    /// Its number in the vocabulary.
    pub id: u32,
    /// Whether it stands for something other than text: `[CLS]`, `<|im_end|>`, padding.
    pub special: bool,
}

/// Tokens in alternating colours with their ids, special ones framed, white space visible.
///
/// ```
/// use course_display::{Rich, Tokens};
///
/// let tokens = Tokens::new([("[CLS]", 101, true), ("hello", 7592, false), ("[SEP]", 102, true)]);
/// assert_eq!(tokens.rich().plain(), "[CLS]  hello  [SEP]\n 101*   7592   102*\n3 tokens, 2 special (*)");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens(
    /// The tokens in order.
    pub Vec<Token>,
);

impl<T: Into<String>> From<(T, u32, bool)> for Token {
    fn from((text, id, special): (T, u32, bool)) -> Self {
        Self { text: text.into(), id, special }
    }
}

impl Tokens {
    /// Tokens, or tuples of text, id, and whether the token is special.
    pub fn new(tokens: impl IntoIterator<Item = impl Into<Token>>) -> Self {
        Self(tokens.into_iter().map(Into::into).collect())
    }
}

/// How many tokens are shown; a longer text is better looked at in part.
const LIMIT: usize = 1_000;
/// Width of the text form, in characters.
const WIDTH: usize = 80;

impl Tokens {
    fn shown(&self) -> &[Token] {
        &self.0[..self.0.len().min(LIMIT)]
    }

    /// "12 tokens, 2 of them special (*)".
    fn summary(&self) -> String {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        let mut text = format!("{} token{plural}", self.0.len());
        let special = self.0.iter().filter(|token| token.special).count();
        if special > 0 {
            text += &format!(", {special} special (*)");
        }
        if self.0.len() > LIMIT {
            text += &format!(", the first {LIMIT} shown");
        }
        text
    }

    fn html(&self) -> String {
        let mut html = format!("<div style=\"line-height:2.1;{}\">", theme::MONOSPACE);
        for (index, token) in self.shown().iter().enumerate() {
            let look = if token.special {
                "border:1px dashed currentColor;font-weight:600".to_owned()
            } else {
                format!("border:1px solid transparent;background:{}", theme::tint(index))
            };
            let kind = if token.special { "special token, id" } else { "id" };
            // The space between the spans lets lines break there, and keeps tokens apart where styles are stripped.
            html += &format!(
                "<span title=\"{kind} {id}\" style=\"{look};border-radius:4px;padding:1px 3px;white-space:pre-wrap\">\
                 {text}<sub style=\"font-size:70%;padding-left:3px\">{id}</sub></span> ",
                id = token.id,
                text = escape(&visible(&token.text)),
            );
        }
        html += &format!("</div><div style=\"{}\">{}</div>", theme::NOTE, escape(&self.summary()));
        html
    }

    fn text(&self) -> String {
        let mut lines = Vec::new();
        let (mut texts, mut ids) = (String::new(), String::new());
        for token in self.shown() {
            let text = visible(&token.text);
            let id = format!("{}{}", token.id, if token.special { "*" } else { "" });
            let width = text.chars().count().max(id.chars().count());
            if !texts.is_empty() && texts.chars().count() + 2 + width > WIDTH {
                lines.extend([std::mem::take(&mut texts), std::mem::take(&mut ids), String::new()]);
            }
            if !texts.is_empty() {
                texts += "  ";
                ids += "  ";
            }
            texts += &format!("{text:>width$}");
            ids += &format!("{id:>width$}");
        }
        if !texts.is_empty() {
            lines.extend([texts, ids]);
        }
        lines.push(self.summary());
        lines.join("\n")
    }
}

impl Rich for Tokens {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), self.text())
    }
}

/// White space and what has no shape of its own, as characters that can be seen: ` ` → `·`, a newline → `⏎`.
fn visible(text: &str) -> String {
    if text.is_empty() {
        return "∅".into();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' ' => shown.push('·'),
            '\n' => shown.push('⏎'),
            '\t' => shown.push('⇥'),
            '\r' => shown.push('␍'),
            '\u{a0}' => shown.push('⍽'),
            // Zero-width and direction marks would be invisible, or reorder what stands beside them.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                shown.extend(character.escape_unicode());
            }
            control if control.is_control() => shown.extend(control.escape_unicode()),
            other => shown.push(other),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_marks_are_seen() {
        assert_eq!(visible(" a\n\tb\r"), "·a⏎⇥b␍");
        assert_eq!(visible(""), "∅");
        assert_eq!(visible("\u{202e}\u{7}"), "\\u{202e}\\u{7}");
    }

    #[test]
    fn markup_in_a_token_stays_text() {
        let html = Tokens::new([("<script>\"", 1, false), ("<|im_end|>", 2, true)]).html();
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;&quot;"), "{html}");
        assert!(html.contains("&lt;|im_end|&gt;"), "{html}");
    }

    #[test]
    fn neighbours_differ_and_special_tokens_are_framed() {
        let bundle = Tokens::new([("<s>", 1, true), ("Hello", 5, false), (" world", 6, false)]).rich();
        insta::assert_snapshot!(bundle.data["text/html"].as_str().unwrap());
        insta::assert_snapshot!(bundle.plain(), @r"
        <s>  Hello  ·world
         1*      5       6
        3 tokens, 1 special (*)
        ");
    }

    #[test]
    fn long_texts_wrap_and_are_cut_with_a_count() {
        let tokens = Tokens::new((0..LIMIT as u32 + 1).map(|id| ("abcdefgh", id, false)));
        let text = tokens.rich().plain().to_owned();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.ends_with("1001 tokens, the first 1000 shown"));
        assert_eq!(Tokens::default().rich().plain(), "0 tokens");
    }
}
