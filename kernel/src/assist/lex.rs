//! Rust source as tokens, with what is unfinished left as it is: a cell is completed while it is being typed.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Word,
    /// A number.
    Number,
    /// A string of any kind.
    Text,
    /// A character.
    Character,
    /// A lifetime or label.
    Lifetime,
    /// A comment.
    Comment,
    /// Punctuation: one character, or one of `::`, `->`, `=>`, `..`.
    Mark,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its text.
    pub text: &'a str,
    /// Its first byte.
    pub start: usize,
    /// A string or comment that has not ended.
    pub open: bool,
}

impl Token<'_> {
    /// The byte after it.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this punctuation.
    pub fn is(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it is this word.
    pub fn word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }
}

/// The tokens of `source`, comments too.
pub fn lex(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &source[at..];
        let (kind, length, open) = token(rest, first);
        // Never nothing: an empty token would be found for ever.
        let length = length.max(first.len_utf8()).min(rest.len());
        tokens.push(Token { kind, text: &rest[..length], start: at, open });
        at += length;
    }
    tokens
}

fn token(rest: &str, first: char) -> (Kind, usize, bool) {
    if rest.starts_with("//") {
        // The end of the line ends it, so at the very end of the source one is still in it.
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()), !rest.contains('\n'));
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if let Some(found) = text(rest) {
        return found;
    }
    if is_word_start(first) {
        let raw = if rest.starts_with("r#") && rest[2..].starts_with(is_word_start) { 2 } else { 0 };
        return (Kind::Word, raw + span(&rest[raw..], is_word_part), false);
    }
    if first.is_ascii_digit() {
        return (Kind::Number, number(rest), false);
    }
    if first == '\'' {
        return quote(rest);
    }
    let double = ["::", "->", "=>", ".."].iter().any(|mark| rest.starts_with(mark));
    (Kind::Mark, if double { 2 } else { first.len_utf8() }, false)
}

/// Whether a name can begin with it.
pub fn is_word_start(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

/// Whether a name can go on with it.
pub fn is_word_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn span(text: &str, within: impl Fn(char) -> bool) -> usize {
    text.find(|character| !within(character)).unwrap_or(text.len())
}

fn number(rest: &str) -> usize {
    let whole = span(rest, is_word_part);
    let after = &rest[whole..];
    // `1.5` goes on, `1.max(2)`, `1..2` and `x.0.1` do not.
    match after.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|c: char| c.is_ascii_digit()) => {
            whole + 1 + span(fraction, is_word_part)
        }
        Some(fraction) if !fraction.starts_with(|c: char| is_word_start(c) || c == '.') && !fraction.is_empty() => {
            whole + 1
        }
        _ => whole,
    }
}

fn block_comment(rest: &str) -> (Kind, usize, bool) {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return (Kind::Comment, at, false);
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    (Kind::Comment, rest.len(), true)
}

/// A string, raw or not, if one begins here.
fn text(rest: &str) -> Option<(Kind, usize, bool)> {
    let prefix = ["", "b", "c", "r", "br", "cr"].into_iter().rev().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|after| {
            after.starts_with('"')
                || prefix.ends_with('r') && after.trim_start_matches('#').starts_with('"') && !after.is_empty()
        })
    })?;
    let after = &rest[prefix.len()..];
    if prefix.ends_with('r') {
        let hashes = span(after, |c| c == '#');
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = prefix.len() + hashes + 1;
        return Some(match rest[inside..].find(&end) {
            Some(at) => (Kind::Text, inside + at + end.len(), false),
            None => (Kind::Text, rest.len(), true),
        });
    }
    let mut escaped = false;
    for (at, character) in after.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((Kind::Text, prefix.len() + at + 1, false)),
            _ => {}
        }
    }
    Some((Kind::Text, rest.len(), true))
}

/// `'a'` or `'a`.
fn quote(rest: &str) -> (Kind, usize, bool) {
    let mut inside = rest.char_indices().skip(1);
    match (inside.next(), inside.next()) {
        (Some((_, '\\')), _) => {
            let end = rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'' || *c == '\n');
            (Kind::Character, end.map_or(rest.len(), |(at, _)| 2 + at + 1), false)
        }
        (Some(_), Some((at, '\''))) => (Kind::Character, at + 1, false),
        _ => (Kind::Lifetime, 1 + span(&rest[1..], is_word_part), false),
    }
}

/// The opening bracket that `tokens[close]` closes.
pub fn opening(tokens: &[Token<'_>], close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().take(close + 1).rev() {
        if token.kind == Kind::Mark {
            match token.text {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

/// The bracket that closes `tokens[open]`.
pub fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.kind == Kind::Mark {
            match token.text {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_told_apart() {
        let cases: [(&str, &[&str]); 8] = [
            ("x.matmul(&y)?.t", &["x", ".", "matmul", "(", "&", "y", ")", "?", ".", "t"]),
            (
                "1.5+x.0.1 1.max(2) 0..3 2.",
                &["1.5", "+", "x", ".", "0.1", "1", ".", "max", "(", "2", ")", "0", "..", "3", "2", "."],
            ),
            ("a::<'b>('c', '\\n')", &["a", "::", "<", "'b", ">", "(", "'c'", ",", "'\\n'", ")"]),
            ("r#\"a\"b\"# r#type b\"\\\"\"", &["r#\"a\"b\"#", "r#type", "b\"\\\"\""]),
            ("/* a /* b */ c */ d // e", &["/* a /* b */ c */", "d", "// e"]),
            ("größe→é", &["größe", "→", "é"]),
            ("\"open", &["\"open"]),
            ("'", &["'"]),
        ];
        for (source, expected) in cases {
            assert_eq!(lex(source).iter().map(|token| token.text).collect::<Vec<_>>(), expected, "{source}");
        }
        assert!(
            lex("\"open").last().unwrap().open
                && lex("// x").last().unwrap().open
                && !lex("// x\n").last().unwrap().open
        );
    }

    proptest! {
        #[test]
        fn tokens_cover_what_is_typed(source in "[-a-c'\"\\\\r#/*(){}\\[\\]\n.:0-9\u{e9} ]{0,60}") {
            let tokens = lex(&source);
            let together: String = tokens.iter().map(|token| token.text).collect();
            let typed: String = source.chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(together.chars().filter(|c| !c.is_whitespace()).collect::<String>(), typed);
        }
    }
}
