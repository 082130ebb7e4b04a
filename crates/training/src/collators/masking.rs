//! Hiding tokens that a model is to guess.

use course_models::Philox;

use super::IGNORED;

/// With what probability a token is hidden, and how.
#[derive(Debug, Clone)]
pub(super) struct Masking {
    pub(super) probability: f64,
    /// The part of the hidden tokens that become the mask token.
    pub(super) replaced: f64,
    /// The part that becomes any token.
    pub(super) random: f64,
    pub(super) mask_id: i64,
    pub(super) vocabulary: u32,
}

impl Masking {
    /// Hides tokens of a row and gives its labels: the token where it is hidden, −100 elsewhere.
    ///
    /// `words` has a number for the word that each token belongs to, and none for tokens that are never hidden. A word is hidden whole.
    pub(super) fn hide(&self, row: &mut [i64], words: &[Option<usize>], random: &mut Philox) -> Vec<i64> {
        let mut decided: Option<(usize, bool)> = None;
        let mut labels = vec![IGNORED; row.len()];
        for ((token, label), word) in row.iter_mut().zip(&mut labels).zip(words) {
            let Some(word) = *word else {
                decided = None;
                continue;
            };
            let hidden = match decided {
                Some((last, hidden)) if last == word => hidden,
                _ => random.next_f64() < self.probability,
            };
            decided = Some((word, hidden));
            if !hidden {
                continue;
            }
            *label = *token;
            let choice = random.next_f64();
            if choice < self.replaced {
                *token = self.mask_id;
            } else if choice < self.replaced + self.random {
                *token = i64::from((random.next_f64() * f64::from(self.vocabulary)) as u32);
            }
        }
        labels
    }
}
