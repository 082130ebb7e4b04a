//! How deep a cell's code can nest: parsers recurse, and one that runs out of stack takes the whole kernel with it.
//!
//! Depth comes from brackets in brackets, and from chains within a bracket, such as `!!!!x` or `a + b + c`. A chain ends at a comma
//! or a semicolon, so a table of a million numbers is flat.

use proc_macro2::{TokenStream, TokenTree};

/// More than anyone nests, and with the cells' thread's stack less than any parser can take.
pub const DEEPEST: usize = 10_000;

/// Whether code nests deeper than [`DEEPEST`]. Code that is not made of tokens does not nest at all.
pub fn too_deep(code: &str) -> bool {
    // So many tokens cannot be in it.
    code.len() > DEEPEST && code.parse().is_ok_and(|tokens| deeper(tokens, DEEPEST))
}

/// One bracket that is being looked through.
struct Level {
    rest: proc_macro2::token_stream::IntoIter,
    /// Tokens of the brackets around it, from the last comma or semicolon in each.
    outside: usize,
    /// Tokens since the last comma or semicolon.
    chain: usize,
}

fn deeper(tokens: TokenStream, limit: usize) -> bool {
    let mut levels = vec![Level { rest: tokens.into_iter(), outside: 0, chain: 0 }];
    while let Some(level) = levels.last_mut() {
        let Some(token) = level.rest.next() else {
            levels.pop();
            continue;
        };
        level.chain += 1;
        let outside = level.outside + level.chain;
        if outside > limit {
            return true;
        }
        match token {
            TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';') => level.chain = 0,
            TokenTree::Group(group) => levels.push(Level { rest: group.stream().into_iter(), outside, chain: 0 }),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dylib::source;
    use crate::jupyter::on_deep_stack;

    #[test]
    fn long_is_not_deep() {
        let table = format!("let t = vec![{}];", "(1, -2),".repeat(50_000));
        assert!(!too_deep(&table));
        assert!(!too_deep(&"let x = f(1)?;\n".repeat(20_000)));
        assert!(!too_deep(&format!("\"{}\"", "(".repeat(100_000))));
        assert!(!too_deep(&"(".repeat(100_000)), "unbalanced brackets are no tokens");
    }

    #[test]
    fn the_deepest_code_that_is_let_through_can_be_parsed() {
        for (open, inner, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{", "1", "}"),
            ("!", "x", ""),
            ("&", "x", ""),
            ("1 + ", "1", ""),
            ("x.y().", "z", ""),
            ("|x| ", "x", ""),
            ("if a {} else ", "{}", ""),
            ("f(", "x", ")"),
            ("{ fn f() ", "{}", "}"),
            ("let x: Vec<", "u8", ">"),
            ("a = ", "b", ""),
            ("return ", "1", ""),
            ("if x { loop { match y { _ => ", "z", "} } }"),
        ] {
            let nested = |times: usize| format!("{}{inner}{}", open.repeat(times), close.repeat(times));
            let times =
                (1..).map(|power| 1 << power).take_while(|times| !too_deep(&nested(*times))).last().unwrap_or(1);
            let deepest = (times..).step_by(64).take_while(|times| !too_deep(&nested(*times))).last().unwrap_or(times);
            let code = nested(deepest);
            let parsed = on_deep_stack(|| source::parse(&code).map(|source| source.mentioned.len()).is_ok());
            assert!(parsed.is_some(), "{open}");
            assert!(too_deep(&nested(20_001)), "{open}");
        }
    }
}
