//! The names that a session's cells have defined, for completion.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::{LONGEST_PARSED, on_deep_stack, without_commands};

/// Names of variables and items, collected from the cells that ran to their end.
#[derive(Default)]
pub struct Names(Mutex<BTreeSet<String>>);

impl Names {
    /// Adds what a cell defined.
    pub fn learn(&self, code: &str) {
        let Some(rust) = without_commands(code).filter(|rust| rust.len() <= LONGEST_PARSED) else { return };
        if let Some(names) = on_deep_stack(move || defined(&rust)) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        }
    }

    /// The names that start with `prefix`, in order.
    pub fn starting_with(&self, prefix: &str) -> Vec<String> {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.range(prefix.to_owned()..).take_while(|name| name.starts_with(prefix)).cloned().collect()
    }
}

/// The names that source defines outside all brackets.
fn defined(rust: &str) -> Vec<String> {
    let tokens: Vec<TokenTree> =
        rust.parse().map(|stream: TokenStream| stream.into_iter().collect()).unwrap_or_default();
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Ident(keyword) = token else { continue };
        let rest = tokens.get(index + 1..).unwrap_or_default();
        match keyword.to_string().as_str() {
            "let" => bound(rest, &mut names),
            "macro_rules" => names.extend(rest.get(1).and_then(ident)),
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "mod" | "union" => {
                names.extend(rest.iter().filter_map(ident).find(|name| !is_keyword(name)));
            }
            _ => {}
        }
    }
    names
}

/// The variables of a pattern: plain names, and those in tuples.
fn bound(rest: &[TokenTree], names: &mut Vec<String>) {
    for token in rest {
        match token {
            TokenTree::Ident(name) if !is_keyword(&name.to_string()) => names.push(name.to_string()),
            TokenTree::Ident(_) => continue,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                inner
                    .split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','))
                    .for_each(|part| bound(part, names));
            }
            _ => {}
        }
        // `let name: Type` and `let Some(name)` alike: only the first thing can be the pattern.
        return;
    }
}

fn ident(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    }
}

fn is_keyword(name: &str) -> bool {
    matches!(name, "mut" | "ref" | "fn" | "unsafe" | "async" | "extern" | "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_items_are_learned_and_locals_are_not() {
        let names = Names::default();
        names.learn(
            ":opt 1\nlet mut total: u32 = 0;\nlet (train, _) = split();\nfn trace(inner: u8) { let hidden = 1; }",
        );
        names.learn("struct Token { id: u32 }\nmacro_rules! twice { () => {} }\nconst fn three() {}");
        assert_eq!(names.starting_with("t"), ["three", "total", "trace", "train", "twice"]);
        assert_eq!(names.starting_with("T"), ["Token"]);
        assert!(names.starting_with("h").is_empty());
        names.learn("let = '");
    }
}
