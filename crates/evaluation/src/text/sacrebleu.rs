//! BLEU as sacrebleu computes it.

use super::ngrams::add_matches;
use super::tokenizers::Cut;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// The longest n-gram.
const ORDERS: usize = 4;

/// What is done for an order of n-grams of which none is right, which would make the score 0.
///
/// Chen and Cherry, "A Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU" (2014).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Smoothing {
    /// Nothing.
    None,
    /// The first such order counts as half a match, the next as a quarter, and so on.
    #[default]
    Exponential,
    /// It counts as this many matches: 0.1 unless set.
    Floor(f64),
    /// This much is added to matches and n-grams of every order but the first: 1 unless set.
    AddK(f64),
}

/// `sacrebleu`: BLEU in the form that can be compared, from 0 to 100.
///
/// The formula is that of [`Bleu`](super::Bleu), with three differences: it is in percent, the brevity penalty goes by the reference whose length
/// is closest, and orders without a match are smoothed. The cut of texts into words is part of it: give plain texts.
///
/// Scores: `score`, `counts` (right n-grams of each order), `totals` (n-grams of each order), `precisions`, `bp`, `sys_len`, `ref_len` (in words).
///
/// | setting | what it is |
/// |---|---|
/// | `tokenize` | `"13a"` (unless set), `"intl"`, `"char"`, `"zh"`, `"none"`; see [`Cut`] |
/// | `smooth_method` | `"exp"` (unless set), `"floor"`, `"add-k"`, `"none"`; see [`Smoothing`] |
/// | `smooth_value` | the number that `"floor"` and `"add-k"` go by; set it after the method |
/// | `lowercase` | `true`: capitals do not matter |
/// | `use_effective_order` | `true`: orders longer than the texts play no part, for scores of single sentences |
///
/// Post, "A Call for Clarity in Reporting BLEU Scores" (2018).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SacreBleu {
    /// How texts are cut into words.
    pub tokenize: Cut,
    /// What is done for orders without a match.
    pub smoothing: Smoothing,
    /// Whether capitals do not matter.
    pub lowercase: bool,
    /// Whether orders longer than the texts play no part.
    pub effective_order: bool,
}

/// What is counted, over all texts.
#[derive(Debug, Default)]
struct Counted {
    right: [usize; ORDERS],
    all: [usize; ORDERS],
    ours: usize,
    theirs: usize,
}

impl Measure for SacreBleu {
    fn name(&self) -> &str {
        "sacrebleu"
    }

    fn about(&self) -> &str {
        "how many of the n-grams of the translations occur in a reference, from 0 to 100, in the form that can be compared"
    }

    fn settings(&self) -> &[&'static str] {
        &["tokenize", "smooth_method", "smooth_value", "lowercase", "use_effective_order"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "tokenize" => self.tokenize = given.one_of(Cut::NAMES)?,
            "smooth_method" => {
                self.smoothing = given.one_of(&[
                    ("exp", Smoothing::Exponential),
                    ("floor", Smoothing::Floor(0.1)),
                    ("add-k", Smoothing::AddK(1.0)),
                    ("none", Smoothing::None),
                ])?;
            }
            "smooth_value" => match &mut self.smoothing {
                Smoothing::Floor(value) | Smoothing::AddK(value) => *value = given.number()?,
                _ => {
                    return Err(
                        given.wrong("set after `smooth_method` was set to \"floor\" or \"add-k\", which go by it")
                    );
                }
            },
            "lowercase" => self.lowercase = given.switch()?,
            "use_effective_order" => self.effective_order = given.switch()?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let mut counted = Counted::default();
        for (translation, references) in inputs.texts_with_references()? {
            course_wire::interrupt::check()?;
            let references: Vec<Vec<String>> = references.iter().map(|text| self.words(text)).collect();
            counted.add(&self.words(translation), &references);
        }
        let (precisions, reached) = self.precisions(&counted);
        let brevity = match (counted.ours, counted.theirs) {
            (0, 1..) => 0.0,
            (ours, theirs) if ours < theirs => (1.0 - theirs as f64 / ours as f64).exp(),
            _ => 1.0,
        };
        let orders = if self.effective_order { reached } else { ORDERS };
        let score = if counted.right == [0; ORDERS] {
            0.0
        } else {
            let sum: f64 = precisions.iter().take(orders).map(|precision| precision.ln()).sum();
            brevity * (sum / orders as f64).exp()
        };
        let floats = |counts: [usize; ORDERS]| counts.map(|count| count as f64).to_vec();
        Ok(Scores::new()
            .with("score", score)
            .with("counts", floats(counted.right))
            .with("totals", floats(counted.all))
            .with("precisions", precisions.to_vec())
            .with("bp", brevity)
            .with("sys_len", counted.ours)
            .with("ref_len", counted.theirs))
    }
}

impl SacreBleu {
    fn words(&self, text: &str) -> Vec<String> {
        if self.lowercase { self.tokenize.words(&text.to_lowercase()) } else { self.tokenize.words(text) }
    }

    /// The precision of each order, in percent, smoothed, and how many orders have n-grams: with add-k all of them, since k is added to none as well.
    fn precisions(&self, counted: &Counted) -> ([f64; ORDERS], usize) {
        let mut precisions = [0.0; ORDERS];
        if counted.right == [0; ORDERS] {
            return (precisions, ORDERS);
        }
        let mut halves = 1.0;
        let mut reached = 0;
        let counts = counted.right.iter().zip(&counted.all).enumerate();
        for (precision, (order, (&right, &all))) in precisions.iter_mut().zip(counts) {
            let (mut right, mut all) = (right as f64, all as f64);
            if let (Smoothing::AddK(k), 1..) = (self.smoothing, order) {
                right += k;
                all += k;
            }
            if all == 0.0 {
                break;
            }
            reached = order + 1;
            *precision = match self.smoothing {
                Smoothing::Exponential if right == 0.0 => {
                    halves *= 2.0;
                    100.0 / (halves * all)
                }
                Smoothing::Floor(value) if right == 0.0 => 100.0 * value / all,
                _ => 100.0 * right / all,
            };
        }
        (precisions, reached)
    }
}

impl Counted {
    fn add(&mut self, translation: &[String], references: &[Vec<String>]) {
        let length = translation.len();
        // The closest length; of two as close, the shorter one.
        let closest = references.iter().map(Vec::len).min_by_key(|&other| (length.abs_diff(other), other));
        self.ours += length;
        self.theirs += closest.unwrap_or(0);
        add_matches(translation, references, &mut self.right, &mut self.all);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Scores, load};

    fn score(translation: &str) -> Scores {
        let reference = "This plugin allows you to automatically translate web pages between several languages.";
        load("sacrebleu").unwrap().compute(&[translation], vec![vec![reference]]).unwrap()
    }

    /// The three translations of the course's section on translation.
    #[test]
    fn a_good_a_repeating_and_a_short_translation() {
        let good = score("This plugin lets you translate web pages between several languages automatically.");
        assert_eq!(good.get("score").unwrap(), 46.750469682990165);
        assert_eq!(good.list("counts").unwrap(), [11.0, 6.0, 4.0, 3.0]);
        assert_eq!(good.list("totals").unwrap(), [12.0, 11.0, 10.0, 9.0]);
        assert_eq!(good.list("precisions").unwrap()[0], 91.66666666666667);
        assert_eq!(good.get("bp").unwrap(), 0.9200444146293233);
        assert_eq!((good.get("sys_len").unwrap(), good.get("ref_len").unwrap()), (12.0, 13.0));

        let repeating = score("This This This This");
        assert_eq!(repeating.get("score").unwrap(), 1.683602693167689);
        assert_eq!(repeating.list("precisions").unwrap(), [25.0, 16.666666666666668, 12.5, 12.5]);
        assert_eq!(repeating.get("bp").unwrap(), 0.10539922456186433);

        let short = score("This plugin");
        assert_eq!(short.get("score").unwrap(), 0.0);
        assert_eq!(short.list("counts").unwrap(), [2.0, 1.0, 0.0, 0.0]);
        assert_eq!(short.get("bp").unwrap(), 0.004086771438464067);
    }

    /// The two examples on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let metric = load("sacrebleu").unwrap();
        let score = |predictions: &[&str], references: Vec<Vec<&str>>| {
            format!("{:.1}", metric.compute(predictions, &references).unwrap().get("score").unwrap())
        };
        let first = vec![vec!["hello there general kenobi", "hello there !"], vec!["foo bar foobar", "foo bar foobar"]];
        assert_eq!(score(&["hello there general kenobi", "foo bar foobar"], first), "100.0");
        let second =
            vec![vec!["hello there general kenobi", "hello there !"], vec!["goodbye ankh morpork", "ankh morpork"]];
        assert_eq!(score(&["hello there general kenobi", "on our way to ankh morpork"], second), "39.8");
    }

    #[test]
    fn smoothing_has_its_values() {
        let none = load("sacrebleu").unwrap().with("smooth_method", "none").unwrap();
        assert_eq!(none.compute(&["a b c d"], &["a x b y"]).unwrap().get("score").unwrap(), 0.0);
        let floor =
            load("sacrebleu").unwrap().with("smooth_method", "floor").unwrap().with("smooth_value", 0.2).unwrap();
        let precisions = floor.compute(&["a b c d"], &["a x b y"]).unwrap();
        assert_eq!(precisions.list("precisions").unwrap(), [50.0, 20.0 / 3.0, 10.0, 20.0]);
        let error = load("sacrebleu").unwrap().with("smooth_value", 0.2).unwrap_err().to_string();
        assert!(error.contains("set after `smooth_method`"), "{error}");
    }
}
