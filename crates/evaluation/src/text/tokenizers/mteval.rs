//! The cut of `mteval-v13a.pl`, by which most published BLEU scores were computed.

use std::sync::LazyLock;

use super::{Rule, apply, signs_of_names};

/// What sets signs apart from words.
pub(super) static RULES: LazyLock<[Rule; 4]> = LazyLock::new(|| {
    [
        // All signs of ASCII but ' , - . (and the space, which does no harm)
        Rule::new(r"([\{-~\[-` -&\(-\+:-@/])", " $1 "),
        // Full stop and comma, unless a digit stands before them …
        Rule::new(r"([^0-9])([.,])", "$1 $2 "),
        // … and behind them: 3.5 stays whole.
        Rule::new(r"([.,])([^0-9])", " $1 $2"),
        // A dash behind a digit.
        Rule::new(r"([0-9])(-)", "$1 $2 "),
    ]
});

/// The text with spaces between its words.
pub(super) fn cut_13a(text: &str) -> String {
    let text = text.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    apply(&*RULES, &format!(" {} ", signs_of_names(&text)))
}

/// The rules alone.
pub(super) fn cut_signs(text: &str) -> String {
    apply(&*RULES, text)
}
