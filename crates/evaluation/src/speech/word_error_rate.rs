//! Word error rate.

use super::error_rate;
use crate::text::words;
use crate::{Inputs, Measure, Result, Scores};

/// `wer`: how many words would have to be changed, added or dropped, for each word that was said.
///
/// WER = (substitutions + deletions + insertions) / (words of the references)
///
/// Lower is better; it may be more than 1, where much is heard that was not said. Words are what stands between white space: `Hello,` and
/// `hello` are two words, so bring both sides into one form first. As Python's jiwer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WordErrorRate;

impl Measure for WordErrorRate {
    fn name(&self) -> &str {
        "wer"
    }

    fn about(&self) -> &str {
        "how many words would have to be changed, added or dropped, for each word that was said; lower is better"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        Ok(Scores::new().with("wer", error_rate(inputs, "word", |text| words(text).collect())?))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let predictions = ["this is the prediction", "there is an other sample"];
        let references = ["this is the reference", "there is another one"];
        assert_eq!(load("wer").unwrap().compute(&predictions, &references).unwrap().get("wer").unwrap(), 0.5);
    }

    #[test]
    fn it_may_be_more_than_1_and_needs_a_word() {
        assert_eq!(load("wer").unwrap().compute(&["a b c"], &["x"]).unwrap().get("wer").unwrap(), 3.0);
        let error = load("wer").unwrap().compute(&["a"], &[" "]).unwrap_err().to_string();
        assert!(error.contains("the references have no word"), "{error}");
    }
}
