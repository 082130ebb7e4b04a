//! What a cell binds before the cursor, and the types of it as far as they are plain.

use super::chain::outside;
use super::closures::begins_closure;
use super::lex::{Kind as Lexeme, Token, closing};
use super::scope::{Local, Scope};
use super::source::{angles, parts};
use super::types::Type;

impl Scope<'_> {
    /// Takes up what the cell binds before the cursor: `let`, `for`, `if let`, parameters, those of closures too. Blocks that have ended take theirs along.
    pub fn learn(&mut self, tokens: &[Token<'_>]) {
        let mut blocks: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token.text {
                "{" if token.kind == Lexeme::Mark => blocks.push(self.locals.len()),
                "}" if token.kind == Lexeme::Mark => {
                    if let Some(before) = blocks.pop() {
                        self.locals.truncate(before);
                    }
                }
                "let" if token.kind == Lexeme::Word => self.learn_let(tokens, at + 1),
                "for" if token.kind == Lexeme::Word => self.learn_for(tokens, at + 1),
                "fn" if token.kind == Lexeme::Word => self.learn_parameters(tokens, at + 1),
                "|" if token.kind == Lexeme::Mark && begins_closure(tokens, at) => {
                    let end = self.learn_closure(tokens, at);
                    at = end.max(at);
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn learn_let(&mut self, tokens: &[Token<'_>], start: usize) {
        let rest = tokens.get(start..).unwrap_or_default();
        let Some(equals) = outside(rest, &["=", ";"]) else { return };
        let (pattern, annotation) = match outside(rest.get(..equals).unwrap_or_default(), &[":"]) {
            Some(colon) => (&rest[..colon], Some(&rest[colon + 1..equals])),
            None => (&rest[..equals], None),
        };
        let value = rest.get(equals + 1..).unwrap_or_default();
        // `if let Some(x) = value {`: the value ends before the block.
        let conditional =
            start >= 2 && tokens.get(start - 2).is_some_and(|token| token.word("if") || token.word("while"));
        let end = outside(value, if conditional { &["{", ";"] } else { &[";"] });
        // A `let` that the cursor is in binds nothing yet.
        let Some(end) = end else { return };
        let value = value.get(..end).unwrap_or_default();
        let value = value.iter().position(|token| token.word("else")).map_or(value, |at| &value[..at]);
        let of = match annotation.map(Type::read) {
            Some(annotated) if !has_gaps(&annotated) => self.canonical(&annotated),
            Some(annotated) => {
                let inferred = self.infer(value);
                if inferred == Type::Unknown { self.canonical(&annotated) } else { inferred }
            }
            None => self.infer(value),
        };
        self.bind(pattern, &of);
    }

    fn learn_for(&mut self, tokens: &[Token<'_>], start: usize) {
        let rest = tokens.get(start..).unwrap_or_default();
        let Some(of) = rest.iter().take(40).position(|token| token.word("in")) else { return };
        let value = rest.get(of + 1..).unwrap_or_default();
        let Some(end) = outside(value, &["{"]) else { return };
        let item = self.item_of(&self.infer(value.get(..end).unwrap_or_default()));
        self.bind(rest.get(..of).unwrap_or_default(), &item);
    }

    fn learn_parameters(&mut self, tokens: &[Token<'_>], start: usize) {
        let rest = tokens.get(start..).unwrap_or_default();
        let open = if rest.get(1).is_some_and(|token| token.is("<")) { angles(rest, 1) } else { 1 };
        if !rest.get(open).is_some_and(|token| token.is("(")) {
            return;
        }
        let Some(close) = closing(rest, open) else { return };
        // They are bound only in its body; a function before the cursor has ended, and its block takes them along.
        let Some(body) = rest.get(close + 1..).and_then(|after| outside(after, &["{", ";"])) else { return };
        if closing(rest, close + 1 + body).is_some() {
            return;
        }
        for part in parts(rest.get(open + 1..close).unwrap_or_default()) {
            if let Some(colon) = outside(part, &[":"]) {
                let of = self.canonical(&Type::read(&part[colon + 1..]));
                self.bind(&part[..colon], &of);
            }
        }
    }

    /// Binds a pattern's names: a plain name, a tuple's, `Some(x)`'s.
    pub(super) fn bind(&mut self, pattern: &[Token<'_>], of: &Type) {
        let mut pattern = pattern;
        let mut of = of.clone();
        while let Some((first, rest)) = pattern.split_first() {
            if first.is("&") {
                of = if let Type::Reference(inner) = of { *inner } else { of };
            } else if !(first.word("mut") || first.word("ref")) {
                break;
            }
            pattern = rest;
        }
        let Some(first) = pattern.first() else { return };
        let inside =
            |open: usize| closing(pattern, open).and_then(|close| pattern.get(open + 1..close)).unwrap_or_default();
        if first.is("(") {
            let parts = parts(inside(0));
            for (index, part) in parts.iter().enumerate() {
                let part_type = match &of {
                    Type::Tuple(types) => types.get(index).cloned().unwrap_or_default(),
                    Type::Reference(inner) => match inner.as_ref() {
                        Type::Tuple(types) => {
                            types.get(index).cloned().map(|part| Type::Reference(Box::new(part))).unwrap_or_default()
                        }
                        _ => Type::Unknown,
                    },
                    _ => Type::Unknown,
                };
                self.bind(part, &part_type);
            }
        } else if first.kind == Lexeme::Word && pattern.get(1).is_some_and(|token| token.is("(")) {
            let inner = match first.text {
                "Some" | "Ok" => of.argument(0),
                "Err" => of.argument(1),
                _ => Type::Unknown,
            };
            self.bind(inside(1), &inner);
        } else if first.kind == Lexeme::Word && pattern.len() == 1 && first.text != "_" {
            self.locals.push(Local { name: first.text.to_owned(), of });
        }
    }
}

/// Whether `_` stands somewhere in the type.
fn has_gaps(of: &Type) -> bool {
    let gaps = std::cell::Cell::new(false);
    of.map(&|part| {
        gaps.set(gaps.get() || *part == Type::Unknown);
        None
    });
    gaps.get()
}
