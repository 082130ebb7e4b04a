//! Unigram, fast: finding tokens along a trie, and cutting only those words again that used what is gone.

use std::collections::HashMap;

use course_wire::interrupt;

use super::super::unigram::Best;
use super::super::{Counter, Segmentation, Unigram, UnigramTrainer, WordCounts};
use super::trie::Trie;
use crate::Result;

impl UnigramTrainer {
    /// What [`train`](Self::train) learns, in a fraction of the time.
    ///
    /// # Errors
    /// When the learner stops it.
    pub fn train_fast(&self, words: impl Into<WordCounts>) -> Result<Unigram> {
        self.drop_tokens_fast(&words.into())
    }

    fn drop_tokens_fast(&self, words: &WordCounts) -> Result<Unigram> {
        self.prune(self.seed_fast(words), |model| look(model, words))
    }

    /// What the training begins with: the parts of all words are counted in place, not copied.
    fn seed_fast(&self, words: &WordCounts) -> Counter<String> {
        let mut tokens = Counter::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut longer: Vec<(&str, usize)> = Vec::new();
        for (word, count) in words.iter() {
            let ends: Vec<usize> = word.char_indices().map(|(start, _)| start).chain([word.len()]).collect();
            for start in 0..ends.len() - 1 {
                tokens.add(&word[ends[start]..ends[start + 1]], count);
                for end in start + 2..ends.len().min(start.saturating_add(self.longest).saturating_add(1)) {
                    let part = &word[ends[start]..ends[end]];
                    let place = *places.entry(part).or_insert(longer.len());
                    match longer.get_mut(place) {
                        Some((_, seen)) => *seen += count,
                        None => longer.push((part, count)),
                    }
                }
            }
        }
        longer.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let room = self.seed_size.saturating_sub(tokens.len());
        for (part, count) in longer.into_iter().take(room) {
            tokens.add(part, count);
        }
        tokens
    }
}

/// The loss of a model, and what the removal of each token would cost.
///
/// Without a token, a word that does not use it is cut as before: every other way to cut it was no better, and still is not.
fn look(model: &Unigram, words: &WordCounts) -> Result<(f64, Vec<(String, f64)>)> {
    let model = model.fast();
    let mut costs = vec![0.0; model.tokens.len()];
    let mut loss = 0.0;
    for (number, (word, count)) in words.iter().enumerate() {
        if number % 1024 == 0 {
            interrupt::check()?;
        }
        let Some((mut used, score)) = model.ids(word, None) else {
            loss = f64::INFINITY;
            continue;
        };
        loss += count as f64 * score;
        used.sort_unstable();
        used.dedup();
        for token in used.into_iter().filter(|&token| model.long[token as usize]) {
            let without = model.ids(word, Some(token)).map_or(f64::INFINITY, |(_, score)| score);
            costs[token as usize] += count as f64 * (without - score);
        }
    }
    let costs = model.tokens.iter().zip(costs).zip(&model.long).filter(|(_, long)| **long);
    Ok((loss, costs.map(|((token, cost), _)| (token.clone(), cost)).collect()))
}

impl Unigram {
    /// The same model, made to cut many words.
    pub fn fast(&self) -> FastUnigram {
        let tokens: Vec<String> = self.vocabulary();
        let scored = tokens.iter().map(String::as_str).zip(0..).filter(|(token, _)| self.score(token).is_some());
        FastUnigram {
            trie: Trie::new(scored),
            scores: tokens.iter().map(|token| self.score(token).unwrap_or(f64::INFINITY)).collect(),
            long: tokens.iter().map(|token| token.chars().count() > 1).collect(),
            start: self.start,
            tokens,
        }
    }
}

/// A [`Unigram`] made to cut many words; from [`Unigram::fast`].
///
/// ```
/// use course_tokenization::from_scratch::Unigram;
///
/// let unigram = Unigram::from_counts(&[("h", 15), ("u", 36), ("g", 20), ("hu", 15), ("ug", 20), ("hug", 15)]);
/// assert_eq!(unigram.fast().segment("hugh"), unigram.segment("hugh"));
/// ```
#[derive(Debug, Clone)]
pub struct FastUnigram {
    tokens: Vec<String>,
    scores: Vec<f64>,
    /// Whether a token has two or more characters.
    long: Vec<bool>,
    trie: Trie,
    start: f64,
}

impl FastUnigram {
    /// The likeliest way to cut a word, as [`Unigram::segment`] finds it.
    pub fn segment(&self, word: &str) -> Option<Segmentation> {
        let (ids, score) = self.ids(word, None)?;
        Some(Segmentation { tokens: ids.into_iter().map(|id| self.tokens[id as usize].clone()).collect(), score })
    }

    /// Cuts a word in the likeliest way; a word that cannot be cut is `<unk>`.
    pub fn encode_word(&self, word: &str) -> Vec<String> {
        self.segment(word).map_or_else(|| vec!["<unk>".into()], |segmentation| segmentation.tokens)
    }

    /// The tokens of the likeliest way to cut a word, and its score, without using one of the tokens.
    fn ids(&self, word: &str, without: Option<u32>) -> Option<(Vec<u32>, f64)> {
        // Places are bytes here, and the token that leads to each place is kept beside it.
        let bytes = word.as_bytes();
        let mut best: Vec<Option<(Best, u32)>> = vec![None; bytes.len() + 1];
        best[0] = Some((Best { start: 0, score: self.start }, 0));
        for start in 0..bytes.len() {
            let Some((Best { score: before, .. }, _)) = best[start] else { continue };
            self.trie.prefixes(&bytes[start..], |length, token| {
                let score = before + self.scores[token as usize];
                let known = &mut best[start + length];
                if without != Some(token) && known.is_none_or(|(known, _)| score < known.score) {
                    *known = Some((Best { start, score }, token));
                }
            });
        }
        let score = best[bytes.len()]?.0.score;
        let (mut ids, mut end) = (Vec::new(), bytes.len());
        while end > 0 {
            let (Best { start, .. }, token) = best[end]?;
            ids.push(token);
            end = start;
        }
        ids.reverse();
        Some((ids, score))
    }
}
