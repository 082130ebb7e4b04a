//! The cut of `mteval-v14.pl` with its international rules.

use std::sync::LazyLock;

use super::{Rule, apply};

/// What sets signs apart from words, by Unicode's categories: P for punctuation, S for symbols, N for numbers.
pub(super) static RULES: LazyLock<[Rule; 3]> = LazyLock::new(|| {
    [
        Rule::new(r"(\P{N})(\p{P})", "$1 $2 "),
        // A full stop after a number at the end of the text is followed by nothing, and stays: so it is in the script.
        Rule::new(r"(\p{P})(\P{N})", " $1 $2"),
        Rule::new(r"(\p{S})", " $1 "),
    ]
});

/// The text with spaces between its words.
pub(super) fn cut(text: &str) -> String {
    apply(&*RULES, text)
}
