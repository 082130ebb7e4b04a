//! From a model's scores to an answer: which piece of the context a question-answering model points at.
//!
//! Such a model gives every token two scores: that the answer begins there, and that it ends there. The steps from these to a text
//! are the functions of this module, in order; [`Encoding::best_answers`] and [`BatchEncoding::best_answers`] do them all.

use serde::Serialize;

use crate::{BatchEncoding, Encoding, Error, Result};

/// What a score is set to where no answer can be, before the softmax.
const MASKED: f32 = -10_000.0;

/// Where an answer lies among the tokens, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TokenSpan {
    /// The first token.
    pub start: usize,
    /// The last token.
    pub end: usize,
    /// The probability of the start times that of the end.
    pub score: f32,
}

/// An answer in the context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The text of the answer.
    pub answer: String,
    /// The probability of the start times that of the end.
    pub score: f32,
    /// The byte of the context at which it begins.
    pub start: usize,
    /// The byte of the context before which it ends.
    pub end: usize,
    /// The row of the batch it was found in.
    pub chunk: usize,
}

/// For each token whether an answer may begin or end there: the tokens of the second text, and the first token of all, which some
/// models point at when there is no answer.
pub fn answer_mask(encoding: &Encoding) -> Vec<bool> {
    let mut mask: Vec<bool> = encoding.sequence_ids().iter().map(|sequence| *sequence == Some(1)).collect();
    let first = encoding.attention_mask().iter().position(|mask| *mask == 1);
    if let Some(allowed) = first.and_then(|first| mask.get_mut(first)) {
        *allowed = true;
    }
    mask
}

/// The softmax of scores, of which those count as −10000 where `mask` does not allow an answer.
///
/// # Errors
/// [`Error::Misfit`], when there are more of the one than of the other.
pub fn masked_softmax(logits: &[f32], mask: &[bool]) -> Result<Vec<f32>> {
    fits("scores", logits.len(), mask.len())?;
    let masked = logits.iter().zip(mask).map(|(logit, allowed)| if *allowed { *logit } else { MASKED });
    let masked = masked.collect::<Vec<_>>();
    let highest = masked.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = masked.iter().map(|logit| (logit - highest).exp()).collect::<Vec<_>>();
    let sum: f32 = powers.iter().sum();
    Ok(powers.iter().map(|power| power / sum).collect())
}

/// The score of every span: row `i`, column `j` is the probability that the answer goes from token `i` to token `j`, and 0 where it
/// would end before it begins. Shape: (tokens, tokens).
///
/// # Errors
/// [`Error::Misfit`], when there are more starts than ends, or fewer.
pub fn span_scores(starts: &[f32], ends: &[f32]) -> Result<Vec<Vec<f32>>> {
    fits("probabilities of an end", ends.len(), starts.len())?;
    let score = |row: usize, column: usize, start: f32, end: f32| if row <= column { start * end } else { 0.0 };
    let row = |(row, start): (usize, &f32)| {
        ends.iter().enumerate().map(|(column, end)| score(row, column, *start, *end)).collect::<Vec<_>>()
    };
    Ok(starts.iter().enumerate().map(row).collect())
}

/// The `k` spans of the highest score, best first; of equal ones the first. It does not keep the scores of all.
///
/// # Errors
/// [`Error::Misfit`], when there are more starts than ends, or fewer.
pub fn best_spans(starts: &[f32], ends: &[f32], k: usize) -> Result<Vec<TokenSpan>> {
    fits("probabilities of an end", ends.len(), starts.len())?;
    let mut best: Vec<TokenSpan> = Vec::with_capacity(k + 1);
    for (start, start_probability) in starts.iter().enumerate() {
        for (end, end_probability) in ends.iter().enumerate().skip(start) {
            let score = start_probability * end_probability;
            if best.len() < k || best.last().is_some_and(|worst| score > worst.score) {
                let place = best.partition_point(|better| better.score >= score);
                best.insert(place, TokenSpan { start, end, score });
                best.truncate(k);
            }
        }
    }
    Ok(best)
}

impl Encoding {
    /// The `k` likeliest answers in the second text of a pair, best first. Both scores are given for every token.
    ///
    /// # Errors
    /// [`Error::NoSecondText`], when a single text was encoded; [`Error::Misfit`], when there is not one score for each token.
    pub fn best_answers(&self, start_logits: &[f32], end_logits: &[f32], k: usize) -> Result<Vec<Answer>> {
        let context = self.pair_text().ok_or(Error::NoSecondText)?;
        let mask = answer_mask(self);
        let (starts, ends) = (masked_softmax(start_logits, &mask)?, masked_softmax(end_logits, &mask)?);
        let answer = |span: TokenSpan| {
            let (start, end) = (self.offsets().get(span.start)?.0, self.offsets().get(span.end)?.1);
            Some(Answer { answer: context.get(start..end)?.to_owned(), score: span.score, start, end, chunk: 0 })
        };
        Ok(best_spans(&starts, &ends, k)?.into_iter().filter_map(answer).collect())
    }
}

impl BatchEncoding {
    /// The `k` likeliest answers in the chunks of one context, best first; the same piece of the context counts once. Scores are given
    /// row by row.
    ///
    /// # Errors
    /// As [`Encoding::best_answers`], and [`Error::Misfit`], when there is not one row of scores for each row of the batch.
    pub fn best_answers(&self, start_logits: &[Vec<f32>], end_logits: &[Vec<f32>], k: usize) -> Result<Vec<Answer>> {
        for rows in [start_logits, end_logits] {
            if rows.len() != self.len() {
                return Err(Error::Misfit {
                    what: "rows of scores",
                    found: rows.len(),
                    expected: self.len(),
                    of: "rows",
                });
            }
        }
        let mut answers: Vec<Answer> = Vec::new();
        for (chunk, ((row, starts), ends)) in self.iter().zip(start_logits).zip(end_logits).enumerate() {
            for answer in row.best_answers(starts, ends, k)? {
                let same = answers.iter().position(|other| (other.start, other.end) == (answer.start, answer.end));
                match same.and_then(|place| answers.get_mut(place)) {
                    Some(other) if other.score >= answer.score => {}
                    Some(other) => *other = Answer { chunk, ..answer },
                    None => answers.push(Answer { chunk, ..answer }),
                }
            }
        }
        answers.sort_by(|one, other| other.score.total_cmp(&one.score));
        answers.truncate(k);
        Ok(answers)
    }
}

fn fits(what: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Error::Misfit { what, found, expected, of: "tokens" }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_masked_score_has_no_probability() {
        let probabilities = masked_softmax(&[1.0, 9.0, 1.0], &[true, false, true]).unwrap();
        assert_eq!(probabilities, [0.5, 0.0, 0.5]);
        assert!(masked_softmax(&[1.0], &[true, false]).is_err());
    }

    #[test]
    fn an_answer_does_not_end_before_it_begins() {
        let scores = span_scores(&[0.1, 0.9], &[0.8, 0.2]).unwrap();
        let expected = [[0.08, 0.02], [0.0, 0.18]];
        for (row, expected) in scores.iter().zip(expected) {
            assert!(row.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-6), "{scores:?}");
        }
        let best = best_spans(&[0.1, 0.9], &[0.8, 0.2], 2).unwrap();
        assert_eq!((best[0].start, best[0].end, best[1].start, best[1].end), (1, 1, 0, 0));
    }

    proptest! {
        #[test]
        fn the_best_spans_are_those_of_the_whole_table(
            starts in prop::collection::vec(0.0f32..1.0, 1..12),
            k in 0usize..80,
        ) {
            let ends = starts.iter().rev().map(|start| (start * 7.0).fract()).collect::<Vec<_>>();
            let table = span_scores(&starts, &ends).unwrap();
            let mut all = Vec::new();
            for (start, row) in table.iter().enumerate() {
                all.extend((start..row.len()).map(|end| TokenSpan { start, end, score: row[end] }));
            }
            all.sort_by(|one, other| other.score.total_cmp(&one.score));
            all.truncate(k);
            prop_assert_eq!(best_spans(&starts, &ends, k).unwrap(), all);
        }
    }
}
