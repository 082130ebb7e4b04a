//! BLEU as it was first written down.

use super::ngrams::add_matches;
use super::tokenizers::Cut;
use crate::classification::quotient;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `bleu`: how many of the n-grams of the translations occur in a reference, from 0 to 1.
///
/// With the precision `pₙ` of the n-grams of `n` words, over all texts together:
///
/// BLEU = BP · exp((1/4) · Σ ln pₙ), n from 1 to 4
///
/// BP = 1 if the translations are longer than the references, otherwise exp(1 − r/c)
///
/// The geometric mean makes it 0 as soon as one `pₙ` is 0. The brevity penalty BP, with `c` the words of the translations and `r` those of the
/// references (the shortest of each), stands in for recall: without it, one sure word would be a perfect translation.
///
/// Scores: `bleu`, `precisions`, `brevity_penalty`, `length_ratio`, `translation_length`, `reference_length`.
///
/// | setting | what it is |
/// |---|---|
/// | `max_order` | the longest n-gram: 4 unless set |
/// | `smooth` | `true`: 1 is added to the counts of each order, so that none is 0 (Lin and Och 2004) |
/// | `tokenize` | `"13a"`, `"intl"`, `"char"`, `"zh"`, `"none"` |
///
/// Papineni and others, "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002). To report a score, use
/// [`SacreBleu`](super::SacreBleu), which takes the reference of the closest length, and is what others report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bleu {
    /// The longest n-gram.
    pub max_order: usize,
    /// Whether 1 is added to the counts.
    pub smooth: bool,
    /// How texts are cut into words.
    pub tokenize: Cut,
}

impl Default for Bleu {
    fn default() -> Self {
        Self { max_order: 4, smooth: false, tokenize: Cut::default() }
    }
}

impl Measure for Bleu {
    fn name(&self) -> &str {
        "bleu"
    }

    fn about(&self) -> &str {
        "how many of the n-grams of the translations occur in a reference, from 0 to 1"
    }

    fn settings(&self) -> &[&'static str] {
        &["max_order", "smooth", "tokenize"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "max_order" => self.max_order = given.count(1)?,
            "smooth" => self.smooth = given.switch()?,
            "tokenize" => self.tokenize = given.one_of(Cut::NAMES)?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let (mut ours, mut theirs) = (0, 0);
        let mut right = vec![0; self.max_order];
        let mut all = vec![0; self.max_order];
        for (translation, references) in inputs.texts_with_references()? {
            course_wire::interrupt::check()?;
            let translation = self.tokenize.words(translation);
            let references: Vec<Vec<String>> = references.iter().map(|text| self.tokenize.words(text)).collect();
            ours += translation.len();
            theirs += references.iter().map(Vec::len).min().unwrap_or(0);
            add_matches(&translation, &references, &mut right, &mut all);
        }
        if theirs == 0 {
            return Err(inputs.empty("the references have no word"));
        }
        let extra = if self.smooth { 1.0 } else { 0.0 };
        let precision = |(&right, &all): (&usize, &usize)| quotient(right as f64 + extra, all as f64 + extra);
        let precisions: Vec<f64> = right.iter().zip(&all).map(precision).collect();
        let ratio = ours as f64 / theirs as f64;
        let brevity = if ratio > 1.0 {
            1.0
        } else if ours == 0 {
            0.0
        } else {
            (1.0 - 1.0 / ratio).exp()
        };
        let mean = if precisions.iter().all(|&precision| precision > 0.0) {
            (precisions.iter().map(|precision| precision.ln()).sum::<f64>() / self.max_order as f64).exp()
        } else {
            0.0
        };
        Ok(Scores::new()
            .with("bleu", mean * brevity)
            .with("precisions", precisions)
            .with("brevity_penalty", brevity)
            .with("length_ratio", ratio)
            .with("translation_length", ours)
            .with("reference_length", theirs))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let references = vec![vec!["hello there general kenobi", "hello there!"], vec!["foo bar foobar"]];
        let scores =
            load("bleu").unwrap().compute(&["hello there general kenobi", "foo bar foobar"], &references).unwrap();
        assert_eq!(scores.get("bleu").unwrap(), 1.0);
        assert_eq!(scores.list("precisions").unwrap(), [1.0; 4]);
        // The shortest reference of the first has three words: "hello", "there", "!".
        assert_eq!(scores.get("reference_length").unwrap(), 6.0);
    }

    #[test]
    fn one_order_without_a_match_makes_it_0_unless_smoothed() {
        let (translation, reference) = (["the cat sat"], ["the cat is here"]);
        let scores = load("bleu").unwrap().compute(&translation, &reference).unwrap();
        assert_eq!(scores.get("bleu").unwrap(), 0.0);
        let smooth = load("bleu").unwrap().with("smooth", true).unwrap().with("max_order", 2).unwrap();
        let scores = smooth.compute(&translation, &reference).unwrap();
        // (2+1)/(3+1) and (1+1)/(2+1), and three words for four.
        let expected = (1.0f64 - 4.0 / 3.0).exp() * (0.75f64 * 2.0 / 3.0).sqrt();
        assert!((scores.get("bleu").unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn an_empty_list_of_references_is_named() {
        let error = load("bleu").unwrap().compute(&["a"], vec![Vec::<&str>::new()]).unwrap_err().to_string();
        assert_eq!(error, "bleu: example 0: its list of references is empty; give it at least one");
    }
}
