//! The parameters of closures: `words.iter().map(|word| word.` knows what `word` is from what `map` asks for.

use super::chain::{chain_start, outside};
use super::lex::{Kind as Lexeme, Token, closing, lex};
use super::members::Found;
use super::scope::Scope;
use super::source::{angles, parts};
use super::types::Type;

/// Whether the `|` here begins a closure, and is no operator.
pub fn begins_closure(tokens: &[Token<'_>], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| tokens.get(before)) else { return true };
    let marks = ["(", ",", "=", "{", ";", "=>", "&"];
    marks.iter().any(|mark| before.is(mark)) || before.word("move") || before.word("return")
}

impl Scope<'_> {
    /// Binds the parameters of the closure that begins here, if it has not ended before the cursor; gives where they end.
    pub(super) fn learn_closure(&mut self, tokens: &[Token<'_>], start: usize) -> usize {
        let rest = tokens.get(start + 1..).unwrap_or_default();
        let Some(length) = outside(rest, &["|"]) else { return start };
        let around = enclosing(tokens, start);
        // The parameters are bound until the call that the closure is given to ends.
        let ended = match around {
            Some(open) => closing(tokens, open).is_some(),
            None => outside(rest.get(length + 1..).unwrap_or_default(), &[";"]).is_some(),
        };
        if !ended {
            let asked = around.map(|open| self.asked_of(tokens, open, start)).unwrap_or_default();
            for (index, parameter) in parts(rest.get(..length).unwrap_or_default()).into_iter().enumerate() {
                let (pattern, of) = match outside(parameter, &[":"]) {
                    Some(colon) => (&parameter[..colon], self.canonical(&Type::read(&parameter[colon + 1..]))),
                    None => (parameter, asked.get(index).cloned().unwrap_or_default()),
                };
                self.bind(pattern, &of);
            }
        }
        start + 1 + length
    }

    /// The types that the function called at the parenthesis `open` gives to the closure that begins at `closure`.
    fn asked_of(&self, tokens: &[Token<'_>], open: usize, closure: usize) -> Vec<Type> {
        let argument = parts(tokens.get(open + 1..closure).unwrap_or_default())
            .len()
            .saturating_sub(usize::from(tokens.get(closure - 1).is_some_and(|before| before.word("move"))));
        let Some(called) = called(tokens, open) else { return Vec::new() };
        let Some(name) = tokens.get(called) else { return Vec::new() };
        let value = called.checked_sub(1).filter(|&dot| tokens.get(dot).is_some_and(|token| token.is(".")));
        let found = match value {
            Some(dot) => {
                let value = tokens.get(chain_start(tokens, dot)..dot).unwrap_or_default();
                self.members(&self.infer(value)).into_iter().find(|found| found.member.name == name.text)
            }
            None => {
                let path: String = tokens
                    .get(chain_start(tokens, called + 1)..=called)
                    .into_iter()
                    .flatten()
                    .map(|t| t.text)
                    .collect();
                self.member_of(&path)
            }
        };
        found.map(|found| self.given_to(&found, argument)).unwrap_or_default()
    }

    /// What a function gives to the closure that is its argument number `argument`, `self` not counted.
    fn given_to(&self, found: &Found, argument: usize) -> Vec<Type> {
        let tokens: Vec<Token<'_>> =
            lex(&found.member.signature).into_iter().filter(|token| token.kind != Lexeme::Comment).collect();
        let Some(inputs) = inputs(&tokens, argument) else { return Vec::new() };
        let given = |part: &[Token<'_>]| self.normal(&self.canonical(&Type::read(part).substitute(&found.bindings)));
        parts(inputs).into_iter().map(given).collect()
    }
}

/// The innermost parenthesis or bracket around `at` that is open there.
fn enclosing(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for place in (0..at).rev() {
        let token = tokens.get(place).filter(|token| token.kind == Lexeme::Mark);
        match token.map(|token| token.text) {
            Some(")" | "]" | "}") => depth += 1,
            Some("(") if depth == 0 => return Some(place),
            Some("[" | "{") if depth == 0 => return None,
            Some("(" | "[" | "{") => depth -= 1,
            Some(";") if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The name that is called with the parenthesis at `open`, its turbofish stepped over.
fn called(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut last = open.checked_sub(1)?;
    if tokens.get(last)?.is(">") {
        let start = (0..last)
            .rev()
            .find(|&at| tokens.get(at).is_some_and(|token| token.is("::")) && angles(tokens, at + 1) == last + 1)?;
        last = start.checked_sub(1)?;
    }
    (tokens.get(last)?.kind == Lexeme::Word).then_some(last)
}

/// What the function of this signature gives to a closure: `T` of `fn map<U, F>(self, f: F) -> … where F: FnOnce(T) -> U`.
fn inputs<'t, 'a>(signature: &'t [Token<'a>], argument: usize) -> Option<&'t [Token<'a>]> {
    let name = signature.iter().position(|token| token.word("fn"))? + 1;
    let generic = signature.get(name + 1).is_some_and(|token| token.is("<"));
    let open = if generic { angles(signature, name + 1) } else { name + 1 };
    let close = closing(signature, open)?;
    let parameters = parts(signature.get(open + 1..close)?);
    let own = parameters.first().is_some_and(|first| first.iter().take(4).any(|token| token.word("self")));
    let parameter = parameters.get(argument + usize::from(own))?;
    let of = parameter.get(outside(parameter, &[":"])? + 1..)?;
    match of {
        // Its bound stands in the angles or behind `where`.
        [only] => {
            let bound = |at: &usize| {
                signature.get(*at).is_some_and(|token| token.word(only.text))
                    && signature.get(at + 1).is_some_and(|token| token.is(":"))
            };
            let places = (name + 1..open).chain(close..signature.len());
            places.filter(bound).find_map(|at| called_with(signature.get(at + 2..)?))
        }
        _ => called_with(of),
    }
}

/// The inside of the first `Fn(…)` of a bound.
fn called_with<'t, 'a>(bound: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    let callable = |token: &Token<'_>| ["Fn", "FnMut", "FnOnce"].iter().any(|name| token.word(name));
    let end = outside(bound, &[","]).unwrap_or(bound.len());
    let at = bound.get(..end)?.iter().position(callable)?;
    let close = closing(bound, at + 1)?;
    bound.get(at + 1).filter(|open| open.is("("))?;
    bound.get(at + 2..close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_says_what_a_closure_is_given() {
        let given = |signature: &str, argument: usize| {
            let tokens = lex(signature);
            let inside = inputs(&tokens, argument)?;
            Some(parts(inside).into_iter().map(|part| Type::read(part).short()).collect::<Vec<_>>())
        };
        let map = "fn map<B, F>(self, f: F) -> Map<Self, F>\nwhere F: FnMut(Self::Item) -> B, Self: Sized";
        assert_eq!(given(map, 0).unwrap(), ["Item"]);
        assert_eq!(given("fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Option<U>", 0).unwrap(), ["T"]);
        let fold = "fn fold<B, F>(self, init: B, f: F) -> B\nwhere Self: Sized, F: FnMut(B, Self::Item) -> B";
        assert_eq!(given(fold, 1).unwrap(), ["B", "Item"]);
        assert_eq!(given("fn on(&self, callback: impl Fn(&Text, u8) + 'static)", 0).unwrap(), ["&Text", "u8"]);
        assert_eq!(given("fn push(&mut self, value: T)", 0), None);
        assert_eq!(given("fn none()", 0), None);
    }

    #[test]
    fn a_closure_is_told_from_an_operator() {
        let begins = |code: &str| {
            let tokens = lex(code);
            let at = tokens.iter().position(|token| token.is("|")).unwrap();
            begins_closure(&tokens, at)
        };
        for code in ["f(|x| x)", "let f = |x| x;", "f(1, move |x| x)", "|x| x"] {
            assert!(begins(code), "{code}");
        }
        for code in ["a | b", "f(a | b)", "Some(1) | None"] {
            assert!(!begins(code), "{code}");
        }
    }
}
