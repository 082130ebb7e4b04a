//! What stands before the cursor, and so what is being asked for.

use super::chain::{chain_start, opening_angle};
use super::lex::{Kind, Token, is_word_part, is_word_start, lex, opening};

/// What is to be completed. Every kind has the part of the word that is typed.
#[derive(Debug, PartialEq)]
pub enum Place<'a> {
    /// A comment, a number, the name of something new.
    Nothing,
    /// `:va` at the top of a cell.
    Command(&'a str),
    /// A path in a string; with what is typed of it.
    File(&'a str),
    /// `value.na`: the tokens of the value.
    Member(Vec<Token<'a>>, &'a str),
    /// `owner::na`.
    Path(String, &'a str),
    /// `use na`: a crate or a module of one's own.
    Crate(&'a str),
    /// `#[derive(Na`.
    Derive(&'a str),
    /// `Owner { done: 1, na`: the owner, the fields that are there, and what is typed.
    Field(String, Vec<String>, &'a str),
    /// A name by itself.
    Name(&'a str),
}

impl Place<'_> {
    /// What is typed of the word.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Nothing => "",
            Self::Command(prefix)
            | Self::File(prefix)
            | Self::Crate(prefix)
            | Self::Derive(prefix)
            | Self::Name(prefix) => prefix,
            Self::Member(_, prefix) | Self::Path(_, prefix) | Self::Field(_, _, prefix) => prefix,
        }
    }
}

/// Looks at the source before the cursor.
pub fn place(before: &str) -> Place<'_> {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let trimmed = line.trim_start();
    if trimmed.starts_with([':', '%']) && !trimmed.starts_with("::") {
        match trimmed.split_once(char::is_whitespace) {
            None => return Place::Command(trimmed),
            // `:doc Tensor::ma` is completed as code is.
            Some((_, argument)) if trimmed.starts_with(':') => return place_in(argument),
            Some(_) => {}
        }
    }
    if let Some(name) = trimmed.strip_prefix('?').filter(|_| at_top(before)) {
        return place_in(name);
    }
    if let Some(shell) = trimmed.strip_prefix('!').filter(|_| at_top(before)) {
        return Place::File(shell.rsplit(char::is_whitespace).next().unwrap_or_default());
    }
    place_in(before)
}

/// Only command lines and comments stand above the cursor's line.
fn at_top(before: &str) -> bool {
    let above = before.rsplit_once('\n').map_or("", |(above, _)| above);
    above.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with([':', '!', '%', '?', '/']))
}

fn place_in(before: &str) -> Place<'_> {
    let tokens = lex(before);
    let Some(last) = tokens.last() else { return Place::Name("") };
    let touches = last.end() == before.len();
    if last.open {
        if last.kind == Kind::Comment {
            return Place::Nothing;
        }
        return in_string(last.text);
    }
    let tokens: Vec<Token<'_>> = tokens.iter().filter(|token| token.kind != Kind::Comment).copied().collect();
    let word = tokens.last().filter(|last| touches && last.kind == Kind::Word);
    let prefix = word.map_or("", |word| word.text);
    let rest = &tokens[..tokens.len() - usize::from(word.is_some())];
    if word.is_none() && touches && matches!(last.kind, Kind::Number | Kind::Character | Kind::Text | Kind::Lifetime) {
        return Place::Nothing;
    }
    if let Some(used) = in_use(rest) {
        return if used.is_empty() { Place::Crate(prefix) } else { Place::Path(used, prefix) };
    }
    if in_derive(rest) {
        return Place::Derive(prefix);
    }
    match rest.last() {
        Some(dot) if dot.is(".") => {
            let value = rest.get(chain_start(rest, rest.len() - 1)..rest.len() - 1).unwrap_or_default();
            if value.is_empty() { Place::Nothing } else { Place::Member(value.to_vec(), prefix) }
        }
        Some(colons) if colons.is("::") => {
            let owner = rest.get(chain_start(rest, rest.len() - 1)..rest.len() - 1).unwrap_or_default();
            match owner.iter().map(|token| token.text).collect::<String>() {
                owner if owner.is_empty() => Place::Crate(prefix),
                owner => Place::Path(owner, prefix),
            }
        }
        Some(keyword)
            if ["fn", "struct", "enum", "trait", "mod", "type", "union"].iter().any(|word| keyword.word(word)) =>
        {
            Place::Nothing
        }
        _ => match in_literal(rest) {
            Some((owner, there)) => Place::Field(owner, there, prefix),
            None => Place::Name(prefix),
        },
    }
}

/// The type of the struct literal in which a field's name is to come, and the fields that it has.
fn in_literal(tokens: &[Token<'_>]) -> Option<(String, Vec<String>)> {
    if !tokens.last()?.is("{") && !tokens.last()?.is(",") {
        return None;
    }
    let mut depth = 0_usize;
    let mut open = None;
    for (at, token) in tokens.iter().enumerate().rev().filter(|(_, token)| token.kind == Kind::Mark) {
        match token.text {
            ")" | "]" | "}" => depth += 1,
            "{" if depth == 0 => {
                open = Some(at);
                break;
            }
            "(" | "[" | ";" if depth == 0 => return None,
            "(" | "[" | "{" => depth -= 1,
            _ => {}
        }
    }
    let open = open?;
    let start = chain_start(tokens, open);
    let owner: String = tokens.get(start..open)?.iter().map(|token| token.text).collect();
    let named = owner.rsplit("::").next()?.starts_with(char::is_uppercase);
    // What stands before a block that is no literal.
    let words = ["struct", "enum", "union", "trait", "impl", "for", "mod", "match", "if", "while", "in", "where"];
    // `impl<T> Owner<T> {`: what counts stands before the angles.
    let before = start.checked_sub(1).map(|before| opening_angle(tokens, before).unwrap_or(before));
    let before = before.and_then(|at| if at + 1 < start { at.checked_sub(1) } else { Some(at) });
    let before = before.and_then(|before| tokens.get(before));
    let block = before.is_some_and(|before| before.is("->") || words.iter().any(|word| before.word(word)));
    if !named || block {
        return None;
    }
    let inside = tokens.get(open + 1..)?;
    let there = super::source::parts(inside).into_iter().filter_map(|part| part.first());
    Some((owner, there.filter(|name| name.kind == Kind::Word).map(|name| name.text.to_owned()).collect()))
}

/// In a string: a capture such as `{na`, or a file's path.
fn in_string(text: &str) -> Place<'_> {
    let inside = text.find('"').map_or("", |quote| &text[quote + 1..]);
    if let Some(brace) = inside.rfind('{') {
        let name = &inside[brace + 1..];
        if name.chars().all(is_word_part)
            && (name.is_empty() || name.starts_with(is_word_start))
            && !inside[..brace].ends_with('{')
        {
            return Place::Name(name);
        }
    }
    if inside.contains('\n') || inside.len() > 4096 { Place::Nothing } else { Place::File(inside) }
}

/// The path before the cursor's segment, if the cursor is in a `use`.
fn in_use(tokens: &[Token<'_>]) -> Option<String> {
    let start = tokens.iter().rposition(|token| token.word("use") || token.is(";"))?;
    if !tokens.get(start)?.word("use") {
        return None;
    }
    let mut open: Vec<String> = Vec::new();
    let mut path = String::new();
    for token in tokens.get(start + 1..).unwrap_or_default() {
        match token.text {
            "{" => open.push(std::mem::take(&mut path)),
            "," => path.clear(),
            "}" => {
                open.pop();
                path.clear();
            }
            text => path.push_str(text),
        }
    }
    open.push(path);
    Some(open.concat().trim_end_matches("::").to_owned())
}

fn in_derive(tokens: &[Token<'_>]) -> bool {
    let Some(open) = tokens.iter().rposition(|token| token.is("(")) else { return false };
    let list = tokens.get(open + 1..).unwrap_or_default();
    let plain = list.iter().all(|token| token.kind == Kind::Word || token.is(",") || token.is("::"));
    plain && open > 0 && tokens.get(open - 1).is_some_and(|token| token.word("derive"))
}

/// The word that a question is about: the one at the cursor, or the function in whose parentheses the cursor stands. Gives the tokens up to
/// and with it.
pub fn word_at<'a>(code: &'a str, at: usize) -> Option<Vec<Token<'a>>> {
    let mut tokens = lex(code);
    let near = |token: &Token<'_>| token.start <= at && at <= token.end();
    if tokens.iter().any(|token| token.kind == Kind::Comment && token.start < at && at < token.end()) {
        return None;
    }
    tokens.retain(|token| token.kind != Kind::Comment);
    let here = tokens.iter().rposition(|token| token.kind == Kind::Word && near(token));
    // `vec!|[` is about the macro.
    let marked =
        || tokens.iter().position(|token| token.is("!") && near(token)).filter(|&mark| mark > 0).map(|mark| mark - 1);
    let found = here.or_else(marked).filter(|&found| tokens.get(found).is_some_and(|token| token.kind == Kind::Word));
    let found = match found {
        Some(found) => found,
        None => called_around(&tokens, at)?,
    };
    tokens.truncate(found + 1);
    Some(tokens)
}

/// The name before the innermost parenthesis that is open at `at`.
fn called_around(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut place = tokens.iter().rposition(|token| token.start < at)?;
    loop {
        let token = tokens.get(place)?;
        if [")", "]", "}"].iter().any(|mark| token.is(mark)) && token.end() <= at {
            place = opening(tokens, place)?.checked_sub(1)?;
            continue;
        }
        if token.is(";") || token.is("{") {
            return None;
        }
        if token.is("(") {
            let name = place.checked_sub(1)?;
            let name = if tokens.get(name)?.is("!") { name.checked_sub(1)? } else { name };
            return (tokens.get(name)?.kind == Kind::Word).then_some(name);
        }
        place = place.checked_sub(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str) -> String {
        match place(before) {
            Place::Member(value, prefix) => {
                format!("{}.{prefix}", value.iter().map(|token| token.text).collect::<String>())
            }
            Place::Path(owner, prefix) => format!("{owner}::{prefix}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_cursors_place_is_told() {
        for (before, expected) in [
            ("let y = x.mat", "x.mat"),
            ("f(a, x.matmul(&y)?.to_", "x.matmul(&y)?.to_"),
            ("if v[0].foo::<u8>(1, [2]).b", "v[0].foo::<u8>(1,[2]).b"),
            ("let s = \"a\".", "\"a\"."),
            ("return x.", "x."),
            ("vec![1, 2].it", "vec![1,2].it"),
            ("Vec::<f32>::ne", "Vec::<f32>::ne"),
            ("Tensor::", "Tensor::"),
            ("let t = std::collections::Ha", "std::collections::Ha"),
            ("use std::{io, collections::{Hash", "std::collections::Hash"),
            ("use std::{io, fs::", "std::fs::"),
            ("use can", "Crate(\"can\")"),
            ("use a::b;\nx", "Name(\"x\")"),
            ("#[derive(Debug, Cl", "Derive(\"Cl\")"),
            (":va", "Command(\":va\")"),
            ("%ti", "Command(\"%ti\")"),
            (":doc Tensor::ma", "Tensor::ma"),
            ("!cat da", "File(\"da\")"),
            ("read(\"data/a", "File(\"data/a\")"),
            ("println!(\"{x} {wi", "Name(\"wi\")"),
            ("println!(\"{{wi", "File(\"{{wi\")"),
            ("// x.", "Nothing"),
            ("1.", "1."),
            ("fn ar", "Nothing"),
            ("", "Name(\"\")"),
            ("x. ", "x."),
            ("1 + 12", "Nothing"),
            (".", "Nothing"),
            ("Point { x: 1, ", "Field(\"Point\", [\"x\"], \"\")"),
            ("let p = shapes::Point { x: f(1, 2), la", "Field(\"shapes::Point\", [\"x\"], \"la\")"),
            ("Outer { inner: Inner { a", "Field(\"Inner\", [], \"a\")"),
            ("Point { x: ", "Name(\"\")"),
            ("impl Point { f", "Name(\"f\")"),
            ("impl<T> Stack<T> { f", "Name(\"f\")"),
            ("fn f() -> Point { x", "Name(\"x\")"),
            ("match Thing { a", "Name(\"a\")"),
            ("if x == limit { a", "Name(\"a\")"),
            ("f(a, ", "Name(\"\")"),
        ] {
            assert_eq!(shown(before), expected, "{before}");
        }
    }

    #[test]
    fn a_question_is_about_a_word_or_the_call_around_it() {
        for (code, expected) in [
            ("Tensor::ze|ros(1)", "Tensor::zeros"),
            ("Tensor::zeros(1|, 2)", "Tensor::zeros"),
            ("f(g(1), 2|)", "f"),
            ("x.|matmul", "x.matmul"),
            ("vec!|[1]", "vec"),
            ("// wo|rd", ""),
            ("|", ""),
            ("x; |", ""),
            ("println!(|)", "println"),
        ] {
            let at = code.find('|').unwrap();
            let plain = code.replacen('|', "", 1);
            let tokens = word_at(&plain, at).unwrap_or_default();
            assert_eq!(tokens.iter().map(|token| token.text).collect::<String>(), expected, "{code}");
        }
    }
}
