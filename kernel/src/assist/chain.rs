//! Where expressions begin and end, by their tokens.

use super::lex::{Kind as Lexeme, Token, opening};

/// The first token of the expression that ends before `end`: `x.matmul(&y)?` of `let z = x.matmul(&y)?`.
pub fn chain_start(tokens: &[Token<'_>], end: usize) -> usize {
    let mut at = end;
    loop {
        let Some(last) = at.checked_sub(1).and_then(|last| tokens.get(last)) else { return at };
        if last.is("?") {
            at -= 1;
            continue;
        }
        if last.is(")") || last.is("]") || last.is("}") {
            let Some(open) = opening(tokens, at - 1) else { return at };
            let before = open.checked_sub(1).and_then(|before| tokens.get(before));
            match before {
                Some(before) if before.is("!") => at = open - 1,
                Some(before) if before.is(">") && !last.is("}") => {
                    let Some(less) = opening_angle(tokens, open - 1) else { return open };
                    at = less
                        .checked_sub(1)
                        .filter(|&colons| tokens.get(colons).is_some_and(|token| token.is("::")))
                        .unwrap_or(less);
                }
                Some(before) if before.kind == Lexeme::Word && !is_keyword(before.text) => at = open,
                Some(before) if !last.is("}") && (before.is(")") || before.is("]") || before.is("?")) => {
                    at = open;
                    continue;
                }
                _ => {
                    at = open;
                    return at;
                }
            }
            continue;
        }
        if last.is(">") {
            // `Vec::<f32>` before `::new`.
            let Some(less) = opening_angle(tokens, at - 1) else { return at };
            at = less;
            if at > 0 && tokens.get(at - 1).is_some_and(|token| token.is("::")) {
                at -= 1;
            }
            continue;
        }
        if !matches!(last.kind, Lexeme::Word | Lexeme::Number | Lexeme::Text | Lexeme::Character)
            || is_keyword(last.text)
        {
            return at;
        }
        at -= 1;
        match at.checked_sub(1).and_then(|before| tokens.get(before)) {
            Some(before) if before.is(".") || before.is("::") => at -= 1,
            _ => return at,
        }
    }
}

/// The `<` that the `>` at `close` closes; what is no `>` stands for itself.
pub fn opening_angle(tokens: &[Token<'_>], close: usize) -> Option<usize> {
    let mut depth = 0;
    for at in (0..=close).rev() {
        let token = tokens.get(at)?;
        depth += i32::from(token.is(">")) - i32::from(token.is("<"));
        if depth == 0 {
            return Some(at);
        }
        if token.is(";") || token.is("{") {
            return None;
        }
    }
    None
}

/// Whether a word ends what stands before it, so that an expression begins behind.
pub fn is_keyword(word: &str) -> bool {
    [
        "return", "in", "if", "match", "while", "else", "let", "mut", "move", "as", "break", "ref", "for", "loop",
        "unsafe",
    ]
    .contains(&word)
}

/// The first of `marks` outside all brackets.
pub fn outside(tokens: &[Token<'_>], marks: &[&str]) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Lexeme::Mark) {
        if depth == 0 && marks.contains(&token.text) {
            // `==`, `<=` and their like are not the `=` of a binding.
            let next = tokens.get(at + 1).is_some_and(|next| next.is("=") && next.start == token.end());
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            let after =
                before.is_some_and(|before| before.end() == token.start && ["=", "!", "<", ">"].contains(&before.text));
            if !(token.is("=") && (next || after)) {
                return Some(at);
            }
        }
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}
