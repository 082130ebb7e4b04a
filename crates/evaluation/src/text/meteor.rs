//! METEOR: words laid side by side.

use super::porter;
use super::tokenizers::Cut;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `meteor`: how many words of a translation have a partner in the reference, and how many pieces it takes, from 0 to 1.
///
/// Each word is laid beside one of the reference that is the same, or has the same stem. With `m` pairs in `c` runs of neighbours:
///
/// P = m / words of the translation, R = m / words of the reference
///
/// F = P · R / (α · P + (1 − α) · R), penalty = γ · (c / m)^β, METEOR = (1 − penalty) · F
///
/// α = 0.9 makes recall count nine times as much as precision; the penalty is for the right words in the wrong order. The score of several texts
/// is their mean; of several references the best counts.
///
/// | setting | what it is |
/// |---|---|
/// | `alpha`, `beta`, `gamma` | 0.9, 3 and 0.5 unless set |
/// | `tokenize` | how texts are cut: `"13a"` (unless set), `"none"` for texts that were cut before, and the other cuts of sacrebleu |
///
/// Banerjee and Lavie (2005), Lavie and Agarwal (2007). **Left out**: the third stage, in which synonyms are partners too. It needs WordNet, whose
/// data is not here, so that scores are those of NLTK without it: the same, or a little lower. NLTK cuts "don't" into "do" and "n't", and ours does not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meteor {
    /// How much more recall counts than precision.
    pub alpha: f64,
    /// The shape of the penalty.
    pub beta: f64,
    /// The weight of the penalty.
    pub gamma: f64,
    /// How texts are cut into words.
    pub tokenize: Cut,
}

impl Default for Meteor {
    fn default() -> Self {
        Self { alpha: 0.9, beta: 3.0, gamma: 0.5, tokenize: Cut::default() }
    }
}

impl Measure for Meteor {
    fn name(&self) -> &str {
        "meteor"
    }

    fn about(&self) -> &str {
        "how many words have a partner in the reference, the same or with the same stem, and in how many pieces, from 0 to 1"
    }

    fn settings(&self) -> &[&'static str] {
        &["alpha", "beta", "gamma", "tokenize"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "alpha" => self.alpha = given.number()?,
            "beta" => self.beta = given.number()?,
            "gamma" => self.gamma = given.number()?,
            "tokenize" => self.tokenize = given.one_of(Cut::NAMES)?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let texts = inputs.texts_with_references()?;
        let words =
            |text: &str| -> Vec<String> { self.tokenize.words(text).iter().map(|word| word.to_lowercase()).collect() };
        let mut sum = 0.0;
        for (translation, references) in &texts {
            course_wire::interrupt::check()?;
            let translation = words(translation);
            let scores = references.iter().map(|reference| self.score(&translation, &words(reference)));
            sum += scores.fold(0.0, f64::max);
        }
        Ok(Scores::new().with("meteor", sum / texts.len() as f64))
    }
}

impl Meteor {
    fn score(&self, translation: &[String], reference: &[String]) -> f64 {
        let pairs = pairs(translation, reference);
        if pairs.is_empty() {
            return 0.0;
        }
        let matched = pairs.len() as f64;
        let (precision, recall) = (matched / translation.len() as f64, matched / reference.len() as f64);
        let mean = precision * recall / (self.alpha * precision + (1.0 - self.alpha) * recall);
        let breaks = pairs.windows(2).filter(|two| !matches!(two, [(a, b), (c, d)] if *c == a + 1 && *d == b + 1));
        let runs = 1.0 + breaks.count() as f64;
        (1.0 - self.gamma * (runs / matched).powf(self.beta)) * mean
    }
}

/// The pairs of partners, `(place in the translation, place in the reference)`, in the order of the translation.
///
/// First words that are the same, then those with the same stem; from the end, each takes the last one that is free. (The paper looks for the
/// pairs with the fewest crossings; this is NLTK's quicker choice.)
fn pairs(translation: &[String], reference: &[String]) -> Vec<(usize, usize)> {
    let stems = |words: &[String]| words.iter().map(|word| porter::stem(word)).collect::<Vec<_>>();
    let (our_stems, their_stems) = (stems(translation), stems(reference));
    let stages = [(translation, reference), (our_stems.as_slice(), their_stems.as_slice())];
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (ours, theirs) in stages {
        for (place, word) in ours.iter().enumerate().rev() {
            if pairs.iter().any(|(taken, _)| *taken == place) {
                continue;
            }
            let free = |other: usize| pairs.iter().all(|(_, taken)| *taken != other);
            let partner = theirs.iter().enumerate().rev().find(|(other, theirs)| *theirs == word && free(*other));
            if let Some((partner, _)) = partner {
                pairs.push((place, partner));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use crate::load;

    fn meteor(translation: &str, reference: &str) -> f64 {
        load("meteor").unwrap().compute(&[translation], &[reference]).unwrap().get("meteor").unwrap()
    }

    /// The example on the card of Python's metric, which has no synonyms.
    #[test]
    fn it_agrees_with_pythons_card() {
        let score = meteor(
            "It is a guide to action which ensures that the military always obeys the commands of the party",
            "It is a guide to action that ensures that the military will forever heed Party commands",
        );
        assert_eq!(format!("{score:.4}"), "0.6944");
    }

    #[test]
    fn order_and_stems_matter() {
        // All six in one run: the penalty is 0.5 · (1/6)³.
        assert!((meteor("the cat sat on a mat", "the cat sat on a mat") - (1.0 - 0.5 / 216.0)).abs() < 1e-12);
        // All six in three runs: the penalty is 0.5 · (3/6)³.
        assert!((meteor("a mat sat on the cat", "the cat sat on a mat") - (1.0 - 0.5 / 8.0)).abs() < 1e-12);
        assert!(meteor("cats", "cat") > 0.4);
        assert_eq!(meteor("non matching words", "this is a cat"), 0.0);
    }
}
