//! From the logits of starts and ends to pieces of the context.

use course_tokenization::question_answering::{Answer, answer_mask, masked_softmax};
use course_tokenization::{Encoding, Error as TokenizationError};

use crate::Result;

/// How spans are looked for in one piece of a context.
pub(super) struct Search {
    /// How many of the best spans are looked at.
    pub(super) candidates: usize,
    /// How many tokens an answer has at most.
    pub(super) max_answer_len: usize,
    /// Whether answers have whole words.
    pub(super) align_to_words: bool,
}

/// What the pieces of one context gave.
#[derive(Default)]
pub(super) struct Found {
    answers: Vec<Answer>,
    /// The least probability, of any piece, that there is no answer in it.
    none: Option<f32>,
}

impl Search {
    /// Adds what one piece gives. The first token stands for "no answer here".
    pub(super) fn read(
        &self,
        encoding: &Encoding,
        row: usize,
        starts: &[f32],
        ends: &[f32],
        found: &mut Found,
    ) -> Result<()> {
        let context = encoding.pair_text().ok_or(TokenizationError::NoSecondText)?;
        let mask = answer_mask(encoding);
        let (mut starts, mut ends) = (masked_softmax(starts, &mask)?, masked_softmax(ends, &mask)?);
        if let (Some(start), Some(end)) = (starts.first_mut(), ends.first_mut()) {
            let none = *start * *end;
            found.none = Some(found.none.map_or(none, |least| least.min(none)));
            (*start, *end) = (0.0, 0.0);
        }
        for (first, last, score) in self.best(&starts, &ends) {
            let Some((start, end)) = self.place(encoding, first, last) else { continue };
            let Some(answer) = context.get(start..end) else { continue };
            // The same words count once, however many spans of tokens they are.
            match found.answers.iter_mut().find(|known| known.answer.to_lowercase() == answer.to_lowercase()) {
                Some(known) => known.score += score,
                None => found.answers.push(Answer { answer: answer.to_owned(), score, start, end, chunk: row }),
            }
        }
        Ok(())
    }

    /// The best spans of tokens with a chance: first token, last token, the product of their probabilities.
    fn best(&self, starts: &[f32], ends: &[f32]) -> Vec<(usize, usize, f32)> {
        let mut best: Vec<(usize, usize, f32)> = Vec::with_capacity(self.candidates + 1);
        for (first, start) in starts.iter().enumerate().filter(|(_, start)| **start > 0.0) {
            for (last, end) in ends.iter().enumerate().skip(first).take(self.max_answer_len) {
                let score = start * end;
                let full = best.len() >= self.candidates;
                if score > 0.0 && !(full && best.last().is_some_and(|worst| worst.2 >= score)) {
                    best.insert(best.partition_point(|better| better.2 >= score), (first, last, score));
                    best.truncate(self.candidates);
                }
            }
        }
        best
    }

    /// The bytes of the context that a span covers.
    fn place(&self, encoding: &Encoding, first: usize, last: usize) -> Option<(usize, usize)> {
        let word = |token| encoding.word_to_bytes(encoding.token_to_word(token)?, 1);
        let token = |token| encoding.offsets().get(token).copied();
        if self.align_to_words
            && let (Some(first), Some(last)) = (word(first), word(last))
        {
            return Some((first.start, last.end));
        }
        Some((token(first)?.0, token(last)?.1))
    }
}

impl Found {
    /// The best `k` answers, best first; with `none` an empty one for "there is no answer".
    pub(super) fn best(mut self, k: usize, none: bool) -> Vec<Answer> {
        if let Some(score) = self.none.filter(|_| none) {
            self.answers.push(Answer { answer: String::new(), score, start: 0, end: 0, chunk: 0 });
        }
        self.answers.sort_by(|one, other| other.score.total_cmp(&one.score));
        self.answers.truncate(k);
        self.answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short_enough_and_end_after_they_begin() {
        let search = Search { candidates: 3, max_answer_len: 2, align_to_words: false };
        let spans = search.best(&[0.0, 0.5, 0.1, 0.4], &[0.9, 0.0, 0.3, 0.6]);
        let places: Vec<_> = spans.iter().map(|(first, last, _)| (*first, *last)).collect();
        // Not 1 to 3, which is too long, nor 3 to 0, nor what has no chance.
        assert_eq!(places, [(3, 3), (1, 2), (2, 3)]);
    }

    #[test]
    fn no_answer_is_one_of_the_answers_if_it_may_be() {
        let answer = |score| Answer { answer: "a".into(), score, start: 0, end: 1, chunk: 0 };
        let found = || Found { answers: vec![answer(0.2), answer(0.4)], none: Some(0.3) };
        let scores = |found: Vec<Answer>| found.iter().map(|answer| answer.score).collect::<Vec<_>>();
        assert_eq!(scores(found().best(2, true)), [0.4, 0.3]);
        assert_eq!(scores(found().best(9, false)), [0.4, 0.2]);
        assert_eq!(found().best(2, true)[1].answer, "");
    }
}
