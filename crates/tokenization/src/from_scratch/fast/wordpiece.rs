//! WordPiece, fast: training with counts that are kept, cutting a word along two tries.

use std::cmp::Reverse;

use super::super::split_word::first_tokens;
use super::super::wordpiece::{joined, score};
use super::super::{MergeStep, MergeSteps, WordCounts, WordPiece, WordPieceTrainer, prefixed_characters};
use super::queue::{Queue, Rank};
use super::trie::Trie;
use super::words::Words;
use super::{Symbols, advance, bar};
use crate::Result;

impl WordPieceTrainer {
    /// What [`train`](Self::train) learns, in a fraction of the time.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train_fast(&self, words: impl Into<WordCounts>) -> Result<WordPiece> {
        self.merge_fast(&words.into())
    }

    fn merge_fast(&self, words: &WordCounts) -> Result<WordPiece> {
        let splits = prefixed_characters(words);
        let mut symbols = Symbols::of(&first_tokens(&self.special_tokens, &splits));
        let mut words = Words::new(&splits, &symbols);
        drop(splits);

        let mut queue = Queue::default();
        let mut pairs_of = PairsOf::default();
        pairs_of.note(&words);
        for pair in 0..words.len() as u32 {
            if let Some(rank) = rank(&mut words, pair) {
                queue.put(pair, rank);
            }
        }
        let bar = bar(self.vocab_size.saturating_sub(symbols.len()), "merges");
        let (mut steps, mut better) = (Vec::new(), Vec::new());
        while symbols.len() < self.vocab_size {
            advance(bar.as_ref(), steps.len())?;
            let Some(best) = queue.take(|pair| rank(&mut words, pair)) else { break };
            let (left, right, count, score) = parts(&words, best);
            let merged = joined(symbols.text(left), symbols.text(right));
            let id = symbols.id(&merged);
            words.merge(best, id, &mut better);
            pairs_of.note(&words);
            // The tokens became rarer or more frequent, and so all their pairs have another score.
            for token in [left, right, id] {
                for &pair in pairs_of.token(token) {
                    if let Some(rank) = rank(&mut words, pair) {
                        queue.put(pair, rank);
                    }
                }
            }

            let (left, right) = (symbols.text(left).to_owned(), symbols.text(right).to_owned());
            let (step, vocabulary) = (steps.len() + 1, symbols.len());
            let step = MergeStep { step, left, right, merged, count, score: Some(score), ties: None, vocabulary };
            if self.print_steps {
                println!("{step}");
            }
            steps.push(step);
        }
        if let Some(bar) = bar {
            bar.finish();
        }
        Ok(WordPiece { vocabulary: symbols.texts, unknown: self.unknown.clone(), steps: MergeSteps(steps) })
    }
}

/// A pair's tokens, its count and its score.
fn parts(words: &Words, number: u32) -> (u32, u32, usize, f64) {
    let pair = words.pair(number);
    let (left, right) = (pair.left, pair.right);
    (left, right, pair.count, score(pair.count, words.count_of(left), words.count_of(right)))
}

/// A pair's score, and where it is first; `None` for a pair that is nowhere.
fn rank(words: &mut Words, number: u32) -> Option<Rank> {
    let (_, _, count, score) = parts(words, number);
    // Positive floats are in the order of their bits.
    if count == 0 { None } else { Some((score.to_bits(), Reverse(words.first_place(number)?))) }
}

/// The pairs that each token is in.
#[derive(Debug, Default)]
struct PairsOf {
    pairs: Vec<Vec<u32>>,
    noted: usize,
}

impl PairsOf {
    /// Notes the pairs that appeared since.
    fn note(&mut self, words: &Words) {
        for number in self.noted..words.len() {
            let pair = words.pair(number as u32);
            for token in [pair.left, pair.right] {
                self.pairs.resize(self.pairs.len().max(token as usize + 1), Vec::new());
                self.pairs[token as usize].push(number as u32);
            }
        }
        self.noted = words.len();
    }

    fn token(&self, token: u32) -> &[u32] {
        self.pairs.get(token as usize).map_or(&[], Vec::as_slice)
    }
}

impl WordPiece {
    /// The same vocabulary, made to cut many words.
    pub fn fast(&self) -> FastWordPiece {
        let numbered = || self.vocabulary.iter().map(String::as_str).zip(0..);
        let within = numbered().filter_map(|(token, id)| Some((token.strip_prefix("##")?, id)));
        FastWordPiece { beginnings: Trie::new(numbered()), within: Trie::new(within), model: self.clone() }
    }
}

/// A [`WordPiece`] made to cut many words; from [`WordPiece::fast`].
///
/// ```
/// use course_tokenization::from_scratch::WordPiece;
///
/// let word_piece = WordPiece::from_vocabulary(&["hu", "hug", "##g", "##s", "##gs"]).fast();
/// assert_eq!(word_piece.encode_word("hugs"), ["hug", "##s"]);
/// assert_eq!(word_piece.encode_word("hums"), ["[UNK]"]);
/// ```
#[derive(Debug, Clone)]
pub struct FastWordPiece {
    beginnings: Trie,
    /// What begins with `##`, without it.
    within: Trie,
    model: WordPiece,
}

impl FastWordPiece {
    /// Cuts a word as [`WordPiece::encode_word`] does.
    pub fn encode_word(&self, word: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        let mut rest = word.as_bytes();
        while !rest.is_empty() {
            let trie = if tokens.is_empty() { &self.beginnings } else { &self.within };
            let Some((length, id)) = trie.longest(rest) else { return vec![self.model.unknown.clone()] };
            rest = &rest[length..];
            tokens.push(self.model.vocabulary[id as usize].clone());
        }
        tokens
    }
}
