//! Macros of the learner's that make items: `record!(Person { … });` at the top of a cell defines a type, which later cells need.
//!
//! Only rustc can expand a macro, and asking it would cost a run. So what the macro's rules begin with tells whether it makes items,
//! and the names it makes are guessed from the call: words written as the kind of item is written (`Person` for a type, `area`
//! for a function, `LIMIT` for a constant).

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The items that a `macro_rules!` makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Makes {
    keywords: BTreeSet<String>,
    literal: BTreeSet<String>,
    implements: BTreeSet<String>,
    repeated: bool,
    /// Whether an `impl` in it has associated types or constants, which may decide what a type is made of.
    pub decides: bool,
}

/// Words that begin an item.
const BEGINNINGS: [&str; 14] = [
    "struct",
    "enum",
    "union",
    "trait",
    "type",
    "fn",
    "const",
    "static",
    "mod",
    "use",
    "impl",
    "macro_rules",
    "extern",
    "pub",
];

/// What a macro makes, given the text of its `macro_rules!`; `None` for one that makes expressions or statements.
pub fn makes(rules: &str) -> Option<Makes> {
    let tokens: Vec<TokenTree> = rules.parse::<TokenStream>().ok()?.into_iter().collect();
    let TokenTree::Group(rules) = tokens.iter().rev().find(|token| matches!(token, TokenTree::Group(_)))? else {
        return None;
    };
    let mut found = Makes::default();
    let mut arrow = false;
    for token in rules.stream() {
        match token {
            TokenTree::Punct(punct) => arrow = punct.as_char() == '>' || arrow && punct.as_char() == '=',
            TokenTree::Group(body) if arrow => {
                arrow = false;
                if begins_item(body.stream()) {
                    let mut words = Vec::new();
                    collect(body.stream(), &mut words);
                    found.decides |= words.iter().any(|word| word == "type" || word == "const");
                    found.scan(body.stream(), false);
                }
            }
            _ => arrow = false,
        }
    }
    (!found.keywords.is_empty()).then_some(found)
}

/// Whether the first word behind attributes, visibility and repetitions begins an item.
fn begins_item(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => drop(tokens.next()),
            TokenTree::Punct(punct) if punct.as_char() == '$' => {
                match tokens.next() {
                    Some(TokenTree::Group(repeated)) => return begins_item(repeated.stream()),
                    // `$vis struct`, `$(#[$meta])*` and the like; a call or an operation on `$x` is an expression.
                    Some(TokenTree::Ident(_)) if matches!(tokens.peek(), Some(TokenTree::Ident(_))) => {}
                    _ => return false,
                }
            }
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                let next = tokens.peek();
                return match word.as_str() {
                    "unsafe" => matches!(next, Some(TokenTree::Ident(_))),
                    "async" => matches!(next, Some(TokenTree::Ident(ident)) if ident == "fn"),
                    "const" => matches!(next, Some(TokenTree::Ident(_) | TokenTree::Punct(_))),
                    word => BEGINNINGS.contains(&word),
                };
            }
            _ => return false,
        }
    }
    false
}

impl Makes {
    /// Notes each item keyword and, where the name behind it is written out, the name.
    fn scan(&mut self, tokens: TokenStream, repeated: bool) {
        let mut tokens = tokens.into_iter().peekable();
        let (mut after_dollar, mut header) = (false, false);
        while let Some(token) = tokens.next() {
            let dollar =
                std::mem::replace(&mut after_dollar, matches!(&token, TokenTree::Punct(p) if p.as_char() == '$'));
            match token {
                TokenTree::Ident(ident) => {
                    let word = ident.to_string();
                    header |= word == "impl";
                    if header {
                        self.implements.insert(word.clone());
                    }
                    if word != "pub" && BEGINNINGS.contains(&word.as_str()) {
                        if word == "macro_rules" {
                            tokens.next();
                        }
                        if ["impl", "use", "extern"].contains(&word.as_str()) {
                            // These name what is there already.
                        } else if let Some(TokenTree::Ident(name)) = tokens.peek() {
                            self.literal.insert(name.to_string());
                        } else {
                            self.repeated |= repeated;
                        }
                        self.keywords.insert(word);
                    }
                }
                // Only what stands at the top is an item of the cell.
                TokenTree::Group(group) if !dollar && group.delimiter() == Delimiter::Brace => header = false,
                TokenTree::Group(group) if dollar => self.scan(group.stream(), true),
                _ => {}
            }
        }
    }

    /// The names through which a call is also needed: the traits that it implements, and the types that it may implement them for.
    pub fn handles(&self, arguments: TokenStream) -> BTreeSet<String> {
        let mut words = Vec::new();
        if !self.implements.is_empty() {
            collect(arguments, &mut words);
        }
        words
            .into_iter()
            .filter(|word| word.starts_with(char::is_uppercase))
            .chain(self.implements.iter().cloned())
            .collect()
    }

    /// The names that a call with these arguments makes, the surest first.
    pub fn names(&self, arguments: TokenStream) -> Vec<String> {
        let mut words = Vec::new();
        collect(arguments, &mut words);
        let wanted = |word: &String| {
            let capital = word.starts_with(char::is_uppercase);
            let all_capitals = capital && !word.chars().any(char::is_lowercase);
            self.keywords.iter().any(|keyword| match keyword.as_str() {
                "struct" | "enum" | "union" | "trait" | "type" => capital && !KNOWN.contains(&word.as_str()),
                "const" | "static" => all_capitals,
                "fn" | "mod" | "macro_rules" => !capital && !RESERVED.contains(&word.as_str()),
                _ => false,
            })
        };
        let mut names: Vec<String> = self.literal.iter().cloned().collect();
        let made = words.into_iter().filter(wanted).filter(|word| !names.contains(word)).collect::<Vec<_>>();
        names.extend(made.into_iter().take(if self.repeated { usize::MAX } else { 1 }));
        names
    }
}

/// Types that a call names and never makes.
const KNOWN: [&str; 12] =
    ["String", "Vec", "Option", "Box", "Result", "Some", "None", "Ok", "Err", "Self", "HashMap", "Tensor"];

/// Words in a call that are no names.
const RESERVED: [&str; 28] = [
    "fn", "pub", "mut", "let", "ref", "in", "for", "if", "else", "match", "as", "u8", "u16", "u32", "u64", "usize",
    "i8", "i16", "i32", "i64", "isize", "f32", "f64", "bool", "char", "str", "true", "false",
];

fn collect(tokens: TokenStream, into: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => into.push(ident.to_string()),
            TokenTree::Group(group) => collect(group.stream(), into),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rules: &str, arguments: &str) -> Option<Vec<String>> {
        Some(makes(rules)?.names(arguments.parse().unwrap()))
    }

    #[test]
    fn macros_that_make_items_are_known_by_their_rules() {
        let record = "macro_rules! record { ($name:ident { $($f:ident : $t:ty),* }) => { #[derive(Debug)] struct $name { $($f: $t),* } impl $name {} }; }";
        assert_eq!(names(record, "Person { name: String, home: Address }").unwrap(), ["Person"]);
        let getter = "macro_rules! getter { ($name:ident, $v:expr) => { fn $name() -> i32 { $v } }; }";
        assert_eq!(names(getter, "three, 3").unwrap(), ["three"]);
        let fns =
            "macro_rules! fns { ($($vis:vis fn $name:ident = $e:expr;)*) => { $($vis fn $name() -> i32 { $e })* }; }";
        assert_eq!(names(fns, "pub fn one = 1; fn two = 2;").unwrap(), ["one", "two"]);
        let zero = "macro_rules! zero { ($($t:ty),*) => { $(impl Zero for $t { fn zero() -> Self { 0 as $t } })* }; }";
        assert_eq!(names(zero, "i32, f64").unwrap(), Vec::<String>::new());
        let handles = makes(zero).unwrap().handles("i32, Foo".parse().unwrap());
        assert!(handles.contains("Zero") && handles.contains("Foo") && !handles.contains("i32"), "{handles:?}");
        assert_eq!(names("macro_rules! fixed { () => { pub const LIMIT: u8 = 3; } }", "").unwrap(), ["LIMIT"]);
        let make = "macro_rules! make { ($n:ident, $v:expr) => { macro_rules! $n { () => { $v }; } }; }";
        assert_eq!(names(make, "seven, 7").unwrap(), ["seven"]);
    }

    #[test]
    fn macros_that_make_values_are_not() {
        for rules in [
            "macro_rules! square { ($x:expr) => { $x * $x }; }",
            "macro_rules! map { ($($k:expr => $v:expr),*) => {{ let mut m = X::new(); $(m.insert($k, $v);)* m }}; }",
            "macro_rules! raw { ($e:expr) => { unsafe { $e } }; }",
            "macro_rules! maybe { ($e:expr) => { match $e { Some(v) => v, None => return } }; }",
            "macro_rules! push { ($v:ident, $($x:expr),*) => { $($v.push($x);)* }; }",
            "macro_rules! nothing { () => {}; }",
        ] {
            assert_eq!(makes(rules), None, "{rules}");
        }
    }
}
