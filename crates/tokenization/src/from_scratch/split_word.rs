//! A word of the corpus, cut into the tokens it has so far.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use super::WordCounts;

/// A word of the corpus, cut into the tokens it has so far, and how often it occurs.
///
/// ```
/// use course_tokenization::from_scratch::{characters, prefixed_characters};
///
/// let words = &[("hugs", 5)];
/// assert_eq!(characters(words)[0].to_string(), "h u g s (5×)");
/// assert_eq!(prefixed_characters(words)[0].to_string(), "h ##u ##g ##s (5×)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SplitWord {
    /// The tokens, which together are the word.
    pub tokens: Vec<String>,
    /// How often the word occurs in the corpus.
    pub count: usize,
}

/// Each word cut into its characters: where byte-pair encoding begins.
pub fn characters(words: impl Into<WordCounts>) -> Vec<SplitWord> {
    cut(&words.into(), "")
}

/// Each word cut into its characters, all but the first with `##` before them: where WordPiece begins.
pub fn prefixed_characters(words: impl Into<WordCounts>) -> Vec<SplitWord> {
    cut(&words.into(), "##")
}

/// Each word cut into its characters, with `prefix` before all but the first.
fn cut(words: &WordCounts, prefix: &str) -> Vec<SplitWord> {
    let token = |(place, character): (usize, char)| match place {
        0 => character.to_string(),
        _ => format!("{prefix}{character}"),
    };
    let split =
        |(word, count): (&String, usize)| SplitWord { tokens: word.chars().enumerate().map(token).collect(), count };
    words.iter().map(split).collect()
}

/// What a vocabulary begins with: the special tokens, then the alphabet, which is all tokens of the words, sorted.
pub(super) fn first_tokens(special_tokens: &[String], splits: &[SplitWord]) -> Vec<String> {
    let alphabet: BTreeSet<&String> = splits.iter().flat_map(|split| &split.tokens).collect();
    let mut seen = HashSet::new();
    special_tokens.iter().chain(alphabet).filter(|token| seen.insert(*token)).cloned().collect()
}

/// Puts `merged` in place of every `left` that `right` follows, from left to right; says whether there was one.
///
/// ```text
/// h u g s   with u, g → ug   becomes   h ug s
/// ```
pub(crate) fn replace_pair(tokens: &mut Vec<String>, left: &str, right: &str, merged: &str) -> bool {
    let before = tokens.len();
    let mut i = 0;
    while i + 1 < tokens.len() {
        if tokens[i] == left && tokens[i + 1] == right {
            tokens[i] = merged.to_owned();
            tokens.remove(i + 1);
        }
        i += 1;
    }
    tokens.len() < before
}

impl fmt::Display for SplitWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}×)", self.tokens.join(" "), self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_replaced_from_left_to_right_and_never_overlap() {
        let mut tokens = vec!["a".to_owned(); 5];
        assert!(replace_pair(&mut tokens, "a", "a", "aa"));
        assert_eq!(tokens, ["aa", "aa", "a"]);
        assert!(!replace_pair(&mut tokens, "a", "aa", "aaa"));
    }

    #[test]
    fn the_alphabet_is_sorted_by_code_point() {
        assert_eq!(first_tokens(&[], &characters([("bé", 1), ("Ġa", 2), ("b", 1)])), ["a", "b", "é", "Ġ"]);
        let special = ["[UNK]".to_owned(), "a".to_owned()];
        let tokens = first_tokens(&special, &prefixed_characters([("ba", 1), ("ab", 2)]));
        assert_eq!(tokens, ["[UNK]", "a", "##a", "##b", "b"]);
    }
}
