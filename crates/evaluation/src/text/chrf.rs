//! chrF: the F-score of character n-grams.

use super::ngrams::{ngrams, shared, total};
use super::words;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `chrf`: how many runs of characters translation and reference share, from 0 to 100.
///
/// With the precision `chrP` and the recall `chrR` of character n-grams, each the mean over n from 1 to 6:
///
/// chrF = 100 · (1 + β²) · chrP · chrR / (β² · chrP + chrR), β = 2
///
/// β = 2 counts recall twice as much as precision. Characters see that "walked" is nearly "walks", where words see two different ones; there is
/// nothing to cut, so the score is the same everywhere. White space is left out. Of several references the best counts.
///
/// Scores: `score`, `char_order`, `word_order`, `beta`.
///
/// | setting | what it is |
/// |---|---|
/// | `char_order` | the longest run of characters: 6 unless set |
/// | `word_order` | the longest run of words, which count beside: 0 unless set, 2 is chrF++ |
/// | `beta` | 2 unless set |
/// | `lowercase` | `true`: capitals do not matter |
/// | `whitespace` | `true`: white space counts |
/// | `eps_smoothing` | `true`: the mean of F-scores over all orders, in place of the F-score of means over those that both texts have |
///
/// Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015); as sacrebleu's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chrf {
    /// The longest run of characters.
    pub char_order: usize,
    /// The longest run of words.
    pub word_order: usize,
    /// How much more recall counts.
    pub beta: usize,
    /// Whether capitals do not matter.
    pub lowercase: bool,
    /// Whether white space counts.
    pub whitespace: bool,
    /// Whether F-scores are averaged.
    pub eps_smoothing: bool,
}

impl Default for Chrf {
    fn default() -> Self {
        Self { char_order: 6, word_order: 0, beta: 2, lowercase: false, whitespace: false, eps_smoothing: false }
    }
}

/// What is counted of one order: n-grams of the translation, of the reference, and of both.
#[derive(Debug, Clone, Copy, Default)]
struct Order {
    ours: usize,
    theirs: usize,
    both: usize,
}

/// A text in its units.
struct Units {
    characters: Vec<char>,
    words: Vec<String>,
}

impl Measure for Chrf {
    fn name(&self) -> &str {
        "chrf"
    }

    fn about(&self) -> &str {
        "how many runs of characters translation and reference share, from 0 to 100"
    }

    fn settings(&self) -> &[&'static str] {
        &["char_order", "word_order", "beta", "lowercase", "whitespace", "eps_smoothing"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "char_order" => self.char_order = given.count(1)?,
            "word_order" => self.word_order = given.count(0)?,
            "beta" => self.beta = given.count(1)?,
            "lowercase" => self.lowercase = given.switch()?,
            "whitespace" => self.whitespace = given.switch()?,
            "eps_smoothing" => self.eps_smoothing = given.switch()?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let mut sum = vec![Order::default(); self.char_order + self.word_order];
        for (translation, references) in inputs.texts_with_references()? {
            course_wire::interrupt::check()?;
            let translation = self.units(translation);
            let mut best: Option<(f64, Vec<Order>)> = None;
            for reference in references {
                let orders = self.orders(&translation, &self.units(reference));
                let score = self.score(&orders);
                if best.as_ref().is_none_or(|(known, _)| score > *known) {
                    best = Some((score, orders));
                }
            }
            for (sum, order) in sum.iter_mut().zip(best.iter().flat_map(|(_, orders)| orders)) {
                sum.ours += order.ours;
                sum.theirs += order.theirs;
                sum.both += order.both;
            }
        }
        Ok(Scores::new()
            .with("score", self.score(&sum))
            .with("char_order", self.char_order)
            .with("word_order", self.word_order)
            .with("beta", self.beta))
    }
}

impl Chrf {
    fn units(&self, text: &str) -> Units {
        let text = if self.lowercase { text.to_lowercase() } else { text.to_owned() };
        let characters =
            if self.whitespace { text.chars().collect() } else { words(&text).flat_map(str::chars).collect() };
        Units { characters, words: words(&text).flat_map(without_sign).collect() }
    }

    fn orders(&self, ours: &Units, theirs: &Units) -> Vec<Order> {
        let characters = (1..=self.char_order).map(|n| order(&ours.characters, &theirs.characters, n));
        let words = (1..=self.word_order).map(|n| order(&ours.words, &theirs.words, n));
        characters.chain(words).collect()
    }

    fn score(&self, orders: &[Order]) -> f64 {
        const EPSILON: f64 = 1e-16;
        let beta = (self.beta * self.beta) as f64;
        let f = |precision: f64, recall: f64| (1.0 + beta) * precision * recall / (beta * precision + recall);
        let share = |count: usize, all: usize| if all > 0 { count as f64 / all as f64 } else { EPSILON };
        let parts = orders.iter().map(|order| (share(order.both, order.ours), share(order.both, order.theirs)));
        if self.eps_smoothing {
            let scores =
                parts.map(|(precision, recall)| if precision + recall > 0.0 { f(precision, recall) } else { EPSILON });
            return 100.0 * scores.sum::<f64>() / orders.len() as f64;
        }
        let (mut precision, mut recall, mut known) = (0.0, 0.0, 0.0);
        for (order, part) in orders.iter().zip(parts) {
            // Runs that one of the two is too short for tell nothing.
            if order.ours > 0 && order.theirs > 0 {
                precision += part.0;
                recall += part.1;
                known += 1.0;
            }
        }
        if precision + recall == 0.0 { 0.0 } else { 100.0 * f(precision / known, recall / known) }
    }
}

fn order<T: Eq + std::hash::Hash>(ours: &[T], theirs: &[T], n: usize) -> Order {
    let (ours, theirs) = (ngrams(ours, n), ngrams(theirs, n));
    let counted = if theirs.is_empty() { 0 } else { total(&ours) };
    Order { ours: counted, theirs: total(&theirs), both: shared(&ours, &theirs) }
}

/// A word with one sign split off: the last letter if that is a sign, otherwise the first. "(hi)" becomes "(hi" and ")".
fn without_sign(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    match letters.as_slice() {
        [_] => vec![word.to_owned()],
        [rest @ .., sign] if sign.is_ascii_punctuation() => vec![rest.iter().collect(), sign.to_string()],
        [sign, rest @ ..] if sign.is_ascii_punctuation() => vec![sign.to_string(), rest.iter().collect()],
        _ => vec![word.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    const PREDICTIONS: [&str; 2] = [
        "The relationship between cats and dogs is not exactly friendly.",
        "a good bookshop is just a genteel black hole that knows how to read.",
    ];
    const REFERENCES: [[&str; 1]; 2] = [
        ["The relationship between dogs and cats is not exactly friendly."],
        ["A good bookshop is just a genteel Black Hole that knows how to read."],
    ];

    /// The examples on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let score = |metric: crate::Metric| metric.compute(&PREDICTIONS, &REFERENCES).unwrap().get("score").unwrap();
        let chrf = || load("chrf").unwrap();
        assert!((score(chrf()) - 84.64214891738334).abs() < 1e-9);
        let plus = || chrf().with("word_order", 2).unwrap();
        assert!((score(plus()) - 82.87263732906315).abs() < 1e-9);
        assert!((score(plus().with("lowercase", true).unwrap()) - 92.12853119829202).abs() < 1e-9);
    }

    #[test]
    fn short_texts_have_few_orders() {
        let score =
            |prediction: &str| load("chrf").unwrap().compute(&[prediction], &["ab"]).unwrap().get("score").unwrap();
        assert_eq!(score("ab"), 100.0);
        assert_eq!(score("x"), 0.0);
        assert_eq!(score(""), 0.0);
    }
}
