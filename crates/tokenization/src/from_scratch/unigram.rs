//! Unigram: chapter 6, section 7.
//!
//! Each token has a probability, and the probability of a way to cut a word is the product of those of its tokens. A word is cut
//! in the likeliest way. Products of small numbers get too small to be told apart, so the sum of their negative logarithms is
//! taken, the *score*: the less, the likelier.
//!
//! ```
//! use course_tokenization::from_scratch::Unigram;
//!
//! let unigram = Unigram::from_counts(&[
//!     ("h", 15), ("u", 36), ("g", 20), ("hu", 15), ("ug", 20), ("p", 17), ("pu", 17), ("n", 16),
//!     ("un", 16), ("b", 4), ("bu", 4), ("s", 5), ("hug", 15), ("gs", 5), ("ugs", 5),
//! ]);
//! let unhug = unigram.segment("unhug").unwrap();
//! assert_eq!(unhug.tokens, ["un", "hug"]);
//! assert!((unhug.probability() - 16.0 / 210.0 * 15.0 / 210.0).abs() < 1e-12);
//! ```
//!
//! Left out: SentencePiece trains the probabilities themselves (by expectation and maximisation), and can draw a way at random.

use std::collections::HashMap;
use std::fmt;

use course_display::{Bundle, Rich};
use course_wire::interrupt;

use super::{PreToken, PruneSteps, WordCounts};
use crate::Result;

/// A way to cut a word, and how likely it is.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Segmentation {
    /// The tokens, which together are the word.
    pub tokens: Vec<String>,
    /// The negative logarithm of the probability: the less, the likelier.
    pub score: f64,
}

impl Segmentation {
    /// The product of the tokens' probabilities.
    pub fn probability(&self) -> f64 {
        (-self.score).exp()
    }
}

impl fmt::Display for Segmentation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (score {:.4})", self.tokens.join(" "), self.score)
    }
}

/// A vocabulary in which every token has a probability.
#[derive(Debug, Clone)]
pub struct Unigram {
    /// How often each token occurs.
    pub(super) counts: WordCounts,
    /// The negative logarithm of each token's probability.
    pub(super) scores: HashMap<String, f64>,
    /// The score of a word of no tokens: 0, or 1 in the course text.
    pub(super) start: f64,
    pub(super) steps: PruneSteps,
}

/// Two are equal when they have the same tokens with the same counts in the same order.
impl PartialEq for Unigram {
    fn eq(&self, other: &Self) -> bool {
        (&self.counts, self.start) == (&other.counts, other.start)
    }
}

/// The best way to cut a word up to some character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Best {
    /// Where its last token starts.
    pub(crate) start: usize,
    /// Its score.
    pub(crate) score: f64,
}

impl Unigram {
    /// Tokens with how often each occurs; its probability is its share of all.
    pub fn from_counts(counts: impl Into<WordCounts>) -> Self {
        Self::of(counts.into())
    }

    fn of(counts: WordCounts) -> Self {
        let total = counts.total() as f64;
        let score = |(token, count): (&String, usize)| (token.clone(), -(count as f64 / total).ln());
        let scores = counts.iter().filter(|(_, count)| *count > 0).map(score).collect();
        Self { counts, scores, start: 0.0, steps: PruneSteps::default() }
    }

    /// The same with another score for a word of no tokens.
    pub(super) fn starting_at(self, start: f64) -> Self {
        Self { start, ..self }
    }

    /// Starts with a vocabulary of the `seed_size` most frequent parts of the words and drops tokens until there are
    /// `vocab_size`; [`UnigramTrainer`](super::UnigramTrainer) has more to choose.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train(words: impl Into<WordCounts>, seed_size: usize, vocab_size: usize) -> Result<Self> {
        super::UnigramTrainer::new(vocab_size).seed_size(seed_size).train(words)
    }

    /// The tokens and how often each occurs in the corpus.
    pub fn counts(&self) -> &WordCounts {
        &self.counts
    }

    /// The tokens; a token's place is its id.
    pub fn vocabulary(&self) -> Vec<String> {
        self.counts.iter().map(|(token, _)| token.clone()).collect()
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// What the trainer did, step by step.
    pub fn steps(&self) -> &PruneSteps {
        &self.steps
    }

    /// The negative logarithm of a token's probability; `None` for what is no token.
    pub fn score(&self, token: &str) -> Option<f64> {
        self.scores.get(token).copied()
    }

    /// The probability of a token; 0 for what is no token.
    pub fn probability(&self, token: &str) -> f64 {
        self.score(token).map_or(0.0, |score| (-score).exp())
    }

    /// For every place between two characters, the best way to get there: Viterbi's algorithm.
    ///
    /// The best way to a place ends in some token. What comes before that token must be the best way to where it starts, and
    /// that one is known already when one goes from left to right.
    pub(crate) fn viterbi(&self, characters: &[char]) -> Vec<Option<Best>> {
        let mut best: Vec<Option<Best>> = vec![None; characters.len() + 1];
        best[0] = Some(Best { start: 0, score: self.start });
        for start in 0..characters.len() {
            let Some(Best { score: before, .. }) = best[start] else { continue };
            for end in start + 1..=characters.len() {
                let token: String = characters[start..end].iter().collect();
                let Some(score) = self.score(&token).map(|score| before + score) else { continue };
                if best[end].is_none_or(|known| score < known.score) {
                    best[end] = Some(Best { start, score });
                }
            }
        }
        best
    }

    /// The likeliest way to cut a word; `None` when there is none, since a character is in no token.
    pub fn segment(&self, word: &str) -> Option<Segmentation> {
        let characters: Vec<char> = word.chars().collect();
        let best = self.viterbi(&characters);
        let score = best[characters.len()]?.score;
        // From the end back to where each last token starts.
        let mut tokens = Vec::new();
        let mut end = characters.len();
        while end > 0 {
            let start = best[end]?.start;
            tokens.push(characters[start..end].iter().collect());
            end = start;
        }
        tokens.reverse();
        Some(Segmentation { tokens, score })
    }

    /// Cuts a word in the likeliest way; a word that cannot be cut is `<unk>`.
    pub fn encode_word(&self, word: &str) -> Vec<String> {
        self.segment(word).map_or_else(|| vec!["<unk>".into()], |segmentation| segmentation.tokens)
    }

    /// Cuts a text into words with `split`, and each word into tokens.
    pub fn tokenize(&self, text: &str, split: impl Fn(&str) -> Vec<PreToken>) -> Vec<String> {
        split(text).iter().flat_map(|word| self.encode_word(&word.text)).collect()
    }

    /// How unlikely the corpus is: the sum of the scores of all its words, each as often as it occurs.
    ///
    /// Infinite when a word cannot be cut.
    pub fn loss(&self, words: impl Into<WordCounts>) -> f64 {
        self.loss_of(&words.into())
    }

    fn loss_of(&self, words: &WordCounts) -> f64 {
        let mut loss = 0.0;
        for (word, count) in words.iter() {
            loss += count as f64 * self.word_score(word);
        }
        loss
    }

    /// The score of the likeliest way to cut a word; infinite when there is none.
    fn word_score(&self, word: &str) -> f64 {
        self.segment(word).map_or(f64::INFINITY, |segmentation| segmentation.score)
    }

    /// The same model with one token less; the others keep their probabilities.
    #[must_use]
    pub fn without(&self, token: &str) -> Self {
        let mut without = self.clone();
        without.scores.remove(token);
        without.counts =
            without.counts.iter().filter(|(other, _)| *other != token).map(|(t, n)| (t.clone(), n)).collect();
        without
    }

    /// By how much the loss of the corpus would grow without each token of two or more characters.
    ///
    /// Single characters stay, so that every word can be cut. This is the slow part: the whole corpus is cut again for each
    /// token.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn removal_costs(&self, words: impl Into<WordCounts>) -> Result<Vec<(String, f64)>> {
        self.costs(&words.into())
    }

    fn costs(&self, words: &WordCounts) -> Result<Vec<(String, f64)>> {
        let scores: Vec<f64> = words.iter().map(|(word, _)| self.word_score(word)).collect();
        let mut costs = Vec::new();
        for (token, _) in self.counts.iter() {
            interrupt::check()?;
            if token.chars().count() > 1 {
                let without = self.without(token);
                let mut cost = 0.0;
                for ((word, count), &score) in words.iter().zip(&scores) {
                    // A word that cannot be cut at all costs the same either way.
                    if score.is_finite() {
                        cost += count as f64 * (without.word_score(word) - score);
                    }
                }
                costs.push((token.clone(), cost));
            }
        }
        Ok(costs)
    }
}

impl fmt::Display for Unigram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Unigram, {} tokens", self.len())
    }
}

impl Rich for Unigram {
    fn rich(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}
