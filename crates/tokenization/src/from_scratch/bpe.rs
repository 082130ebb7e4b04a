//! Byte-pair encoding: chapter 6, section 5.
//!
//! Training begins with every word cut into its characters. Again and again it looks for the pair of neighbours that is most
//! frequent in the whole corpus, makes one token of the two, and writes the pair down. Cutting a word then repeats what was
//! written down, in the same order.
//!
//! ```
//! use course_tokenization::from_scratch::Bpe;
//!
//! let words = &[("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)];
//! let bpe = Bpe::train(words, 10)?;
//! let merges: Vec<String> = bpe.merges().iter().map(ToString::to_string).collect();
//! assert_eq!(merges, ["u + g → ug", "u + n → un", "h + ug → hug"]);
//! assert_eq!(bpe.encode_word("unhug"), ["un", "hug"]);
//! # Ok::<(), course_tokenization::Error>(())
//! ```
//!
//! Left out: dropout, a limit of the alphabet, suffixes at the end of a word.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;

use course_display::{Bundle, Rich};
use course_wire::interrupt;

use super::split_word::{first_tokens, replace_pair};
use super::{Counter, MergeStep, MergeSteps, PreToken, SplitWord, WordCounts, characters};
use crate::Result;

/// Two tokens that become one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Merge {
    /// The left token.
    pub left: String,
    /// The right one.
    pub right: String,
    /// Both as one.
    pub merged: String,
}

impl fmt::Display for Merge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} + {} → {}", self.left, self.right, self.merged)
    }
}

/// Which of several equally frequent pairs is merged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ties {
    /// The one that comes first in the corpus, as in the course text.
    #[default]
    FirstSeen,
    /// The one whose tokens have the smallest ids, the left one first, as in the `tokenizers` library.
    SmallestIds,
}

/// How often each pair of neighbours occurs, in the order in which the corpus has them.
///
/// ```
/// use course_tokenization::from_scratch::{characters, count_pairs};
///
/// let pairs = count_pairs(&characters(&[("hug", 10), ("pug", 5), ("hugs", 5)]));
/// assert_eq!(pairs.most_frequent(), Some((&("u".to_owned(), "g".to_owned()), 20)));
/// ```
pub fn count_pairs(splits: &[SplitWord]) -> Counter<(String, String)> {
    let mut pairs = Counter::new();
    for split in splits {
        for pair in split.tokens.windows(2) {
            pairs.add(&(pair[0].clone(), pair[1].clone()), split.count);
        }
    }
    pairs
}

/// Makes one token of `left` and `right` wherever they are neighbours.
///
/// ```
/// use course_tokenization::from_scratch::{characters, merge_pair};
///
/// let mut splits = characters(&[("Ġtrained", 1)]);
/// merge_pair(&mut splits, "Ġ", "t");
/// assert_eq!(splits[0].to_string(), "Ġt r a i n e d (1×)");
/// ```
pub fn merge_pair(splits: &mut [SplitWord], left: &str, right: &str) {
    let merged = format!("{left}{right}");
    for split in splits {
        replace_pair(&mut split.tokens, left, right, &merged);
    }
}

/// Trains a [`Bpe`].
#[derive(Debug, Clone)]
pub struct BpeTrainer {
    pub(super) vocab_size: usize,
    pub(super) special_tokens: Vec<String>,
    pub(super) unknown: Option<String>,
    pub(super) ties: Ties,
    pub(super) print_steps: bool,
}

impl BpeTrainer {
    /// A trainer that stops at a vocabulary of `vocab_size` tokens.
    pub fn new(vocab_size: usize) -> Self {
        Self { vocab_size, special_tokens: Vec::new(), unknown: None, ties: Ties::FirstSeen, print_steps: false }
    }

    /// Puts these tokens before all others; no text turns into them.
    #[must_use]
    pub fn special_tokens(mut self, tokens: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.special_tokens = tokens.into_iter().map(Into::into).collect();
        self
    }

    /// Puts this token in place of every character that the corpus did not have.
    #[must_use]
    pub fn unknown(mut self, token: &str) -> Self {
        self.unknown = Some(token.to_owned());
        self
    }

    /// Sets which of several equally frequent pairs is merged.
    #[must_use]
    pub fn ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
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
    pub fn train(&self, words: impl Into<WordCounts>) -> Result<Bpe> {
        self.merge(characters(words))
    }

    fn merge(&self, mut splits: Vec<SplitWord>) -> Result<Bpe> {
        let mut vocabulary = first_tokens(&self.special_tokens, &splits);
        let mut merges = Vec::new();
        let mut steps = Vec::new();

        while vocabulary.len() < self.vocab_size {
            interrupt::check()?;
            let pairs = count_pairs(&splits);
            let Some(((left, right), count)) = self.best(&pairs, &vocabulary) else { break };
            let merged = format!("{left}{right}");
            merge_pair(&mut splits, &left, &right);
            // A special token may be written like it.
            if !vocabulary.contains(&merged) {
                vocabulary.push(merged.clone());
            }
            merges.push(Merge { left: left.clone(), right: right.clone(), merged: merged.clone() });

            let ties = pairs.iter().filter(|(_, other)| *other == count).count() - 1;
            let (step, vocabulary) = (merges.len(), vocabulary.len());
            let step = MergeStep { step, left, right, merged, count, score: None, ties: Some(ties), vocabulary };
            if self.print_steps {
                println!("{step}");
            }
            steps.push(step);
        }
        Ok(Bpe { vocabulary, merges, unknown: self.unknown.clone(), steps: MergeSteps(steps) })
    }

    /// The most frequent pair.
    fn best(&self, pairs: &Counter<(String, String)>, vocabulary: &[String]) -> Option<((String, String), usize)> {
        let best = match self.ties {
            Ties::FirstSeen => pairs.most_frequent(),
            Ties::SmallestIds => {
                let ids: HashMap<&String, usize> =
                    vocabulary.iter().enumerate().map(|(id, token)| (token, id)).collect();
                pairs.iter().max_by_key(|((left, right), count)| (*count, Reverse((ids.get(left), ids.get(right)))))
            }
        };
        best.map(|(pair, count)| (pair.clone(), count))
    }
}

/// A byte-pair encoding: a vocabulary, and the merges that were learned, in order.
#[derive(Debug, Clone)]
pub struct Bpe {
    pub(super) vocabulary: Vec<String>,
    pub(super) merges: Vec<Merge>,
    pub(super) unknown: Option<String>,
    pub(super) steps: MergeSteps,
}

/// Two are equal when they cut every word alike and give the tokens the same ids.
impl PartialEq for Bpe {
    fn eq(&self, other: &Self) -> bool {
        (&self.vocabulary, &self.merges, &self.unknown) == (&other.vocabulary, &other.merges, &other.unknown)
    }
}

impl Bpe {
    /// Learns from the words of a corpus until there are `vocab_size` tokens; [`BpeTrainer`] has more to choose.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train(words: impl Into<WordCounts>, vocab_size: usize) -> Result<Self> {
        BpeTrainer::new(vocab_size).train(words)
    }

    /// The tokens; a token's place is its id.
    pub fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// The merges in the order in which they were learned.
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// What the trainer did, step by step.
    pub fn steps(&self) -> &MergeSteps {
        &self.steps
    }

    /// Cuts a word: into its characters first, then every merge is made in the order in which it was learned.
    ///
    /// A character that the corpus did not have becomes the unknown token, where there is one, and stays itself elsewhere.
    pub fn encode_word(&self, word: &str) -> Vec<String> {
        let mut tokens: Vec<String> = word.chars().map(String::from).collect();
        for merge in &self.merges {
            replace_pair(&mut tokens, &merge.left, &merge.right, &merge.merged);
        }
        if let Some(unknown) = &self.unknown {
            for token in &mut tokens {
                if !self.vocabulary.contains(token) {
                    *token = unknown.clone();
                }
            }
        }
        tokens
    }

    /// Cuts a text into words with `split`, and each word into tokens.
    ///
    /// ```
    /// use course_tokenization::from_scratch::{Bpe, byte_level, corpus, count_words};
    ///
    /// let bpe = Bpe::train(&count_words(corpus(), byte_level), 49)?;
    /// assert_eq!(bpe.tokenize("This is not a token.", byte_level), ["This", "Ġis", "Ġ", "n", "o", "t", "Ġa", "Ġtoken", "."]);
    /// # Ok::<(), course_tokenization::Error>(())
    /// ```
    pub fn tokenize(&self, text: &str, split: impl Fn(&str) -> Vec<PreToken>) -> Vec<String> {
        split(text).iter().flat_map(|word| self.encode_word(&word.text)).collect()
    }
}

impl fmt::Display for Bpe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "byte-pair encoding, {} tokens, {} merges", self.vocabulary.len(), self.merges.len())
    }
}

impl Rich for Bpe {
    fn rich(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}
