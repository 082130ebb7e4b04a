//! Exact match.

use regex::Regex;

use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `exact_match`: the share of texts that equal their reference, letter by letter.
///
/// | setting | what it is |
/// |---|---|
/// | `regexes_to_ignore` | patterns to delete on both sides first |
/// | `ignore_case` | `true`: capitals do not matter |
/// | `ignore_punctuation` | `true`: the signs of ASCII do not matter |
/// | `ignore_numbers` | `true`: digits do not matter |
///
/// Two texts of which nothing is left match only if they were the same before. As Python's metric.
#[derive(Debug, Clone, Default)]
pub struct ExactMatch {
    /// What to delete first.
    pub regexes_to_ignore: Vec<Regex>,
    /// Whether capitals do not matter.
    pub ignore_case: bool,
    /// Whether the signs of ASCII do not matter.
    pub ignore_punctuation: bool,
    /// Whether digits do not matter.
    pub ignore_numbers: bool,
}

impl ExactMatch {
    fn bare(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for pattern in &self.regexes_to_ignore {
            text = pattern.replace_all(&text, "").into_owned();
        }
        if self.ignore_case {
            text = text.to_lowercase();
        }
        text.retain(|letter| {
            !(self.ignore_punctuation && letter.is_ascii_punctuation()
                || self.ignore_numbers && letter.is_ascii_digit())
        });
        text
    }
}

impl Measure for ExactMatch {
    fn name(&self) -> &str {
        "exact_match"
    }

    fn about(&self) -> &str {
        "the share of texts that equal their reference, letter by letter"
    }

    fn settings(&self) -> &[&'static str] {
        &["regexes_to_ignore", "ignore_case", "ignore_punctuation", "ignore_numbers"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "regexes_to_ignore" => {
                let read = |pattern: &String| {
                    Regex::new(pattern).map_err(|error| given.wrong(&format!("patterns that can be read ({error})")))
                };
                self.regexes_to_ignore = given.texts()?.iter().map(read).collect::<Result<_>>()?;
            }
            "ignore_case" => self.ignore_case = given.switch()?,
            "ignore_punctuation" => self.ignore_punctuation = given.switch()?,
            "ignore_numbers" => self.ignore_numbers = given.switch()?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let pairs = inputs.texts()?;
        let matches = pairs.iter().filter(|(prediction, reference)| {
            let left = self.bare(prediction);
            left == self.bare(reference) && (!left.is_empty() || prediction == reference)
        });
        Ok(Scores::new().with("exact_match", matches.count() as f64 / pairs.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Metric, load};

    const REFERENCES: [&str; 4] = ["the cat", "theater", "YELLING", "agent007"];
    const PREDICTIONS: [&str; 4] = ["cat?", "theater", "yelling", "agent"];

    fn score(metric: &Metric) -> f64 {
        metric.compute(&PREDICTIONS, &REFERENCES).unwrap().get("exact_match").unwrap()
    }

    /// The four examples on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let loose = |patterns: &[&str]| {
            let metric = load("exact_match").unwrap().with("regexes_to_ignore", patterns).unwrap();
            metric.with("ignore_case", true).unwrap().with("ignore_punctuation", true).unwrap()
        };
        assert_eq!(score(&load("exact_match").unwrap()), 0.25);
        assert_eq!(score(&loose(&["the ", "yell"])), 0.5);
        assert_eq!(score(&loose(&["the ", "yell", "YELL"])), 0.75);
        assert_eq!(score(&loose(&["the ", "yell", "YELL"]).with("ignore_numbers", true).unwrap()), 1.0);
    }

    #[test]
    fn nothing_left_is_no_match_and_a_bad_pattern_is_an_error() {
        let metric = load("exact_match").unwrap().with("ignore_numbers", true).unwrap();
        assert_eq!(metric.compute(&["7"], &["8"]).unwrap().get("exact_match").unwrap(), 0.0);
        assert_eq!(metric.compute(&["7"], &["7"]).unwrap().get("exact_match").unwrap(), 1.0);
        let error = load("exact_match").unwrap().with("regexes_to_ignore", "(").unwrap_err().to_string();
        assert!(error.contains("patterns that can be read"), "{error}");
    }
}
