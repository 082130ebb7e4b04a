//! The cut of Tercom, the program that TER comes from.

use std::sync::LazyLock;

use super::{Rule, apply, signs_of_names};
use crate::text::words;

/// How TER cuts a text into words: at white space, and what is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tercom {
    /// Whether signs are set apart from words.
    pub normalized: bool,
    /// Whether signs are dropped.
    pub ignore_punct: bool,
    /// Whether both do the same for Chinese and Japanese.
    pub support_zh_ja_chars: bool,
    /// Whether capitals matter.
    pub case_sensitive: bool,
}

static WESTERN: LazyLock<[Rule; 6]> = LazyLock::new(|| {
    [
        Rule::new(r"([{-~\[-` -&(-+:-@/])", " $1 "),
        Rule::new(r"'s ", " 's "),
        Rule::new(r"'s$", " 's"),
        Rule::new(r"([^0-9])([.,])", "$1 $2 "),
        Rule::new(r"([.,])([^0-9])", " $1 $2"),
        Rule::new(r"([0-9])(-)", "$1 $2 "),
    ]
});

/// Each ideograph and sign by itself. U+3200 to U+3F22 is what the program has, and its rules for kana never fit: both are kept as they are.
static ASIAN: LazyLock<[Rule; 6]> = LazyLock::new(|| {
    [
        Rule::new(r"([\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}])", " $1 "),
        Rule::new(r"([\u{31c0}-\u{31ef}\u{2e80}-\u{2eff}])", " $1 "),
        Rule::new(r"([\u{3300}-\u{33ff}\u{f900}-\u{faff}\u{fe30}-\u{fe4f}])", " $1 "),
        Rule::new(r"([\u{3200}-\u{3f22}])", " $1 "),
        Rule::new(ASIAN_SIGNS, " $1 "),
        Rule::new(FULL_WIDTH_SIGNS, " $1 "),
    ]
});

static SIGNS: LazyLock<[Rule; 1]> = LazyLock::new(|| [Rule::new(r#"[.,?:;!"()]"#, "")]);
static MORE_SIGNS: LazyLock<[Rule; 2]> =
    LazyLock::new(|| [Rule::new(ASIAN_SIGNS, ""), Rule::new(FULL_WIDTH_SIGNS, "")]);

const ASIAN_SIGNS: &str = r"([\u{3001}\u{3002}\u{3008}-\u{3011}\u{3014}-\u{301f}\u{ff61}-\u{ff65}\u{30fb}])";
const FULL_WIDTH_SIGNS: &str = r"([\u{ff0e}\u{ff0c}\u{ff1f}\u{ff1a}\u{ff1b}\u{ff01}\u{ff02}\u{ff08}\u{ff09}])";

impl Tercom {
    /// The words of a text.
    pub fn words(&self, text: &str) -> Vec<String> {
        let mut text = text.trim_end_matches(crate::text::is_space).to_owned();
        if !self.case_sensitive {
            text = text.to_lowercase();
        }
        if self.normalized {
            text = text.replace("\n-", "").replace('\n', " ");
            text = apply(&*WESTERN, &format!(" {} ", signs_of_names(&text)));
            if self.support_zh_ja_chars {
                text = apply(&*ASIAN, &text);
            }
        }
        if self.ignore_punct {
            text = apply(&*SIGNS, &text);
            if self.support_zh_ja_chars {
                text = apply(&*MORE_SIGNS, &text);
            }
        }
        words(&text).map(str::to_owned).collect()
    }
}

#[cfg(test)]
pub(super) fn all_rules() -> impl Iterator<Item = &'static Rule> {
    WESTERN.iter().chain(ASIAN.iter()).chain(SIGNS.iter()).chain(MORE_SIGNS.iter())
}
