//! The names by which a cell reaches the course: its crates, and what its prelude brings.
//!
//! A cell that mentions none of them is compiled without the course, in half the time. Nothing breaks when a name is missing here:
//! rustc then misses it too, and the cell is compiled once more.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The prelude as cells see it.
const PRELUDE: &str = include_str!("../../../../crates/course/src/prelude.rs");

/// The prelude's names, and those of the crates that a cell can name.
pub fn names<'a>(crates: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = crates.cloned().chain(["course".to_owned()]).collect();
    if let Ok(tokens) = PRELUDE.parse::<TokenStream>() {
        imported(tokens, &mut names);
    }
    names
}

/// Adds the last name of every path that the `use`s import.
fn imported(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) => {
                let ends = match tokens.get(index + 1) {
                    Some(TokenTree::Punct(next)) => matches!(next.as_char(), ',' | ';'),
                    next => next.is_none(),
                };
                if ends {
                    names.insert(name.to_string());
                }
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => imported(group.stream(), names),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preludes_names_are_known_and_its_modules_are_not() {
        let names = names(["serde".to_owned()].iter());
        for name in ["Tensor", "D", "Serialize", "pipeline", "device", "display", "course", "serde"] {
            assert!(names.contains(name), "{name}");
        }
        for name in ["crate", "pub", "use", "Vec", "candle_core"] {
            assert!(!names.contains(name), "{name}");
        }
    }
}
