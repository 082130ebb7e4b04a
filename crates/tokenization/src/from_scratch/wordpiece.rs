//! WordPiece: chapter 6, section 6.
//!
//! Training merges as byte-pair encoding does, but not the pair that is most frequent: the one that is most frequent for how
//! frequent its two parts are,
//!
//! ```text
//! score = count of the pair / (count of the left token × count of the right token)
//! ```
//!
//! so two rare tokens that always come together go first. A token within a word begins with `##`. Only the vocabulary is kept:
//! a word is cut by taking the longest token that it begins with, again and again.
//!
//! ```
//! use course_tokenization::from_scratch::WordPiece;
//!
//! let words = &[("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)];
//! let word_piece = WordPiece::train(words, 11)?;
//! assert_eq!(word_piece.vocabulary()[7..], ["##gs", "hu", "hugs", "hug"]);
//! assert_eq!(word_piece.encode_word("bugs"), ["b", "##u", "##gs"]);
//! assert_eq!(word_piece.encode_word("bum"), ["[UNK]"]);
//! # Ok::<(), course_tokenization::Error>(())
//! ```
//!
//! Google never published its trainer. This is the course text's; the `tokenizers` library trains by byte-pair encoding instead.

use std::cmp::Ordering;
use std::fmt;

use course_display::{Bundle, Rich};
use course_wire::interrupt;

use super::split_word::{first_tokens, replace_pair};
use super::{Counter, MergeStep, MergeSteps, PreToken, SplitWord, WordCounts, count_pairs, prefixed_characters};
use crate::Result;

/// A pair of neighbours, how often it occurs, and how good it would be to merge it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PairScore {
    /// The left token.
    pub left: String,
    /// The right one.
    pub right: String,
    /// How often they are neighbours.
    pub count: usize,
    /// `count` divided by the product of how often each of the two occurs.
    pub score: f64,
}

/// Each pair of neighbours with its score, in the order in which the corpus has them.
///
/// ```
/// use course_tokenization::from_scratch::{pair_scores, prefixed_characters};
///
/// let scores = pair_scores(&prefixed_characters(&[("hug", 10), ("pug", 5), ("hugs", 5)]));
/// let last = scores.last().map(|pair| (pair.left.as_str(), pair.right.as_str(), pair.score));
/// assert_eq!(last, Some(("##g", "##s", 5.0 / (20.0 * 5.0))));
/// ```
pub fn pair_scores(splits: &[SplitWord]) -> Vec<PairScore> {
    let mut tokens = Counter::new();
    for split in splits {
        for token in &split.tokens {
            tokens.add(token.as_str(), split.count);
        }
    }
    let scored = |((left, right), count): (&(String, String), usize)| PairScore {
        left: left.clone(),
        right: right.clone(),
        count,
        score: score(count, tokens.get(left), tokens.get(right)),
    };
    count_pairs(splits).iter().map(scored).collect()
}

/// The score of a pair that occurs `pair` times, of tokens that occur `left` and `right` times.
pub(super) fn score(pair: usize, left: usize, right: usize) -> f64 {
    pair as f64 / (left as u128 * right as u128) as f64
}

/// The token that two make: `hu` and `##g` make `hug`, `##g` and `##s` make `##gs`.
pub(super) fn joined(left: &str, right: &str) -> String {
    format!("{left}{}", right.strip_prefix("##").unwrap_or(right))
}

/// Makes one token of `left` and `right` wherever they are neighbours, without the `##` between them.
pub fn merge_pieces(splits: &mut [SplitWord], left: &str, right: &str) {
    let merged = joined(left, right);
    for split in splits {
        replace_pair(&mut split.tokens, left, right, &merged);
    }
}

/// Trains a [`WordPiece`].
#[derive(Debug, Clone)]
pub struct WordPieceTrainer {
    pub(super) vocab_size: usize,
    pub(super) special_tokens: Vec<String>,
    pub(super) unknown: String,
    pub(super) print_steps: bool,
}

impl WordPieceTrainer {
    /// A trainer that stops at a vocabulary of `vocab_size` tokens.
    pub fn new(vocab_size: usize) -> Self {
        Self { vocab_size, special_tokens: Vec::new(), unknown: "[UNK]".into(), print_steps: false }
    }

    /// Puts these tokens before all others; no text turns into them.
    #[must_use]
    pub fn special_tokens(mut self, tokens: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.special_tokens = tokens.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what stands for a word that cannot be cut; `[UNK]` unless set.
    #[must_use]
    pub fn unknown(mut self, token: &str) -> Self {
        self.unknown = token.to_owned();
        self
    }

    /// Prints each step of the training.
    #[must_use]
    pub fn print_steps(mut self) -> Self {
        self.print_steps = true;
        self
    }

    /// Learns from the words of a corpus until the vocabulary is full, or every word is one token.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train(&self, words: impl Into<WordCounts>) -> Result<WordPiece> {
        self.merge(prefixed_characters(words))
    }

    fn merge(&self, mut splits: Vec<SplitWord>) -> Result<WordPiece> {
        let mut vocabulary = first_tokens(&self.special_tokens, &splits);
        let mut steps = Vec::new();

        while vocabulary.len() < self.vocab_size {
            interrupt::check()?;
            let scores = pair_scores(&splits);
            // The best score; of several, the one that comes first.
            let Some(best) = scores.iter().rev().max_by(|one, other| one.score.total_cmp(&other.score)) else { break };
            let merged = joined(&best.left, &best.right);
            merge_pieces(&mut splits, &best.left, &best.right);
            // With `#` in the words, two ways may lead to one token: `#` + `###` + `##b` makes `##b` too.
            if !vocabulary.contains(&merged) {
                vocabulary.push(merged.clone());
            }

            let PairScore { left, right, count, score } = best.clone();
            let ties = scores.iter().filter(|pair| pair.score.total_cmp(&score) == Ordering::Equal).count() - 1;
            let (step, vocabulary) = (steps.len() + 1, vocabulary.len());
            let step = MergeStep { step, left, right, merged, count, score: Some(score), ties: Some(ties), vocabulary };
            if self.print_steps {
                println!("{step}");
            }
            steps.push(step);
        }
        Ok(WordPiece { vocabulary, unknown: self.unknown.clone(), steps: MergeSteps(steps) })
    }
}

/// A WordPiece vocabulary.
#[derive(Debug, Clone)]
pub struct WordPiece {
    pub(super) vocabulary: Vec<String>,
    pub(super) unknown: String,
    pub(super) steps: MergeSteps,
}

/// Two are equal when they cut every word alike and give the tokens the same ids.
impl PartialEq for WordPiece {
    fn eq(&self, other: &Self) -> bool {
        (&self.vocabulary, &self.unknown) == (&other.vocabulary, &other.unknown)
    }
}

impl WordPiece {
    /// Learns from the words of a corpus until there are `vocab_size` tokens; [`WordPieceTrainer`] has more to choose.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train(words: impl Into<WordCounts>, vocab_size: usize) -> Result<Self> {
        WordPieceTrainer::new(vocab_size).train(words)
    }

    /// A WordPiece with a vocabulary from elsewhere and `[UNK]` for what cannot be cut.
    pub fn from_vocabulary<S: AsRef<str>>(tokens: &[S]) -> Self {
        let vocabulary = tokens.iter().map(|token| token.as_ref().to_owned()).collect();
        Self { vocabulary, unknown: "[UNK]".into(), steps: MergeSteps::default() }
    }

    /// The tokens; a token's place is its id.
    pub fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// What the trainer did, step by step.
    pub fn steps(&self) -> &MergeSteps {
        &self.steps
    }

    /// Cuts a word: the longest token that it begins with, then the longest that the rest begins with, and so on.
    ///
    /// Where no token fits, the whole word is unknown, not only the rest.
    pub fn encode_word(&self, word: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        let mut rest = word;
        while !rest.is_empty() {
            let prefix = if tokens.is_empty() { "" } else { "##" };
            // Every beginning of the rest, the longest first.
            let ends = rest.char_indices().rev().map(|(start, character)| start + character.len_utf8());
            let mut pieces = ends.map(|end| (end, format!("{prefix}{}", &rest[..end])));
            let longest = pieces.find(|(_, piece)| self.vocabulary.contains(piece));
            let Some((end, piece)) = longest else { return vec![self.unknown.clone()] };
            rest = &rest[end..];
            tokens.push(piece);
        }
        tokens
    }

    /// Cuts a text into words with `split`, and each word into tokens.
    pub fn tokenize(&self, text: &str, split: impl Fn(&str) -> Vec<PreToken>) -> Vec<String> {
        split(text).iter().flat_map(|word| self.encode_word(&word.text)).collect()
    }
}

/// The text of tokens: a space before each that begins a word.
///
/// ```
/// use course_tokenization::from_scratch::word_piece_decode;
/// assert_eq!(word_piece_decode(&["Hugg", "##i", "##n", "##g", "Fac", "##e"]), "Hugging Face");
/// ```
pub fn word_piece_decode<T: AsRef<str>>(tokens: &[T]) -> String {
    let mut text = String::new();
    for token in tokens.iter().map(AsRef::as_ref) {
        match token.strip_prefix("##") {
            Some(rest) => text.push_str(rest),
            None if text.is_empty() => text.push_str(token),
            None => text.extend([" ", token]),
        }
    }
    text
}

impl fmt::Display for WordPiece {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "WordPiece, {} tokens", self.vocabulary.len())
    }
}

impl Rich for WordPiece {
    fn rich(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}
