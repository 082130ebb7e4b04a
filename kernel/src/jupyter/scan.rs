//! A first look at Rust source: which delimiters, strings and comments are still open at its end.
//!
//! It knows just enough of the lexical grammar not to be fooled by a bracket in a string, and it does not recurse, so
//! nothing that is typed can exhaust its stack.

/// What is open at the end of a piece of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// Nothing.
    Balanced,
    /// Brackets; `levels` counts the lines that opened one, which is how deep the next line is indented.
    Brackets {
        /// Lines with an open bracket.
        levels: usize,
    },
    /// A string or a block comment: what follows is text.
    Text,
    /// A bracket closes what was never opened.
    Mismatched,
}

/// Scans `source` from its start.
pub fn scan(source: &str) -> Scan {
    let chars: Vec<char> = source.chars().collect();
    Scanner { chars: &chars, at: 0, line: 0 }.run()
}

struct Scanner<'a> {
    chars: &'a [char],
    at: usize,
    line: usize,
}

impl Scanner<'_> {
    fn run(mut self) -> Scan {
        let mut open: Vec<(char, usize)> = Vec::new();
        while let Some(c) = self.peek(0) {
            let closed = match c {
                '/' if self.peek(1) == Some('/') => self.skip_line(),
                '/' if self.peek(1) == Some('*') => self.skip_block_comment(),
                '"' => self.skip_string(),
                '\'' => self.skip_quote(),
                _ if c.is_alphabetic() || c == '_' => self.skip_word(),
                '(' | '[' | '{' => {
                    open.push((c, self.line));
                    self.bump()
                }
                ')' | ']' | '}' => {
                    let matches = matches!(
                        (open.pop(), c),
                        (Some(('(', _)), ')') | (Some(('[', _)), ']') | (Some(('{', _)), '}')
                    );
                    if !matches {
                        return Scan::Mismatched;
                    }
                    self.bump()
                }
                _ => self.bump(),
            };
            if !closed {
                return Scan::Text;
            }
        }
        open.dedup_by_key(|(_, line)| *line);
        if open.is_empty() { Scan::Balanced } else { Scan::Brackets { levels: open.len() } }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Steps over one character; like all skips, `true` means that what began here also ended.
    fn bump(&mut self) -> bool {
        if self.peek(0) == Some('\n') {
            self.line += 1;
        }
        self.at += 1;
        true
    }

    fn skip_line(&mut self) -> bool {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.at += 1;
        }
        true
    }

    fn skip_block_comment(&mut self) -> bool {
        let mut depth = 0;
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('*')) => {
                    depth += 1;
                    self.at += 2;
                }
                ('*', Some('/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return true;
                    }
                }
                _ => {
                    self.bump();
                }
            }
        }
        false
    }

    fn skip_string(&mut self) -> bool {
        self.at += 1;
        while let Some(c) = self.peek(0) {
            self.bump();
            match c {
                '"' => return true,
                '\\' => {
                    self.bump();
                }
                _ => {}
            }
        }
        false
    }

    /// A character such as `'a'` or `'\u{1F980}'`, or a lifetime such as `'a`.
    fn skip_quote(&mut self) -> bool {
        if self.peek(1) == Some('\\') {
            self.at += 3;
            while self.peek(0).is_some_and(|c| c != '\'' && c != '\n') {
                self.at += 1;
            }
            self.at += 1;
        } else if self.peek(2) == Some('\'') {
            self.at += 3;
        } else {
            self.at += 1;
        }
        true
    }

    /// An identifier, or the raw string that `r`, `br` and `cr` begin.
    fn skip_word(&mut self) -> bool {
        let start = self.at;
        while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        let word = &self.chars[start..self.at];
        if !matches!(word, ['r'] | ['b' | 'c', 'r']) {
            return true;
        }
        let hashes = self.chars[self.at..].iter().take_while(|&&c| c == '#').count();
        if self.peek(hashes) != Some('"') {
            self.at += hashes;
            return true;
        }
        self.at += hashes + 1;
        while let Some(c) = self.peek(0) {
            self.bump();
            if c == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                self.at += hashes;
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn brackets_in_text_do_not_count() {
        for source in [
            r#"let s = "({[";"#,
            r##"let s = r#"a " ( "#;"##,
            "let c = '('; let d = '\\''; let e = '\\u{28}';",
            "// ( \n/* { /* [ */ */ 1",
            "fn f<'a>(x: &'a str) -> &'a str { x }",
            "let r#type = br\"(\";",
            "\"\\\\\"",
        ] {
            assert_eq!(scan(source), Scan::Balanced, "{source}");
        }
    }

    #[test]
    fn what_is_open_is_named() {
        assert_eq!(scan("fn f() {"), Scan::Brackets { levels: 1 });
        assert_eq!(scan("fn f() {\n  call(a, [\n"), Scan::Brackets { levels: 2 });
        assert_eq!(scan("\"abc \\\""), Scan::Text);
        assert_eq!(scan("r##\"abc\"#"), Scan::Text);
        assert_eq!(scan("1 /* /* */"), Scan::Text);
        assert_eq!(scan("f(]"), Scan::Mismatched);
        assert_eq!(scan("}"), Scan::Mismatched);
    }

    proptest! {
        #[test]
        fn nothing_that_is_typed_fails(source in "[-a-c'\"\\\\r#/*(){}\\[\\]\n\u{e9} ]{0,60}") {
            scan(&source);
        }
    }
}
