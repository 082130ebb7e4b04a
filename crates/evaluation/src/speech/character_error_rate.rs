//! Character error rate.

use super::error_rate;
use crate::{Inputs, Measure, Result, Scores};

/// `cer`: how many characters would have to be changed, added or dropped, for each that was said.
///
/// CER = (substitutions + deletions + insertions) / (characters of the references)
///
/// The [word error rate](super::WordErrorRate) of characters, for languages without spaces, and where nearly right is better than wrong.
/// Spaces count, but not those at the ends. As Python's jiwer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CharacterErrorRate;

impl Measure for CharacterErrorRate {
    fn name(&self) -> &str {
        "cer"
    }

    fn about(&self) -> &str {
        "how many characters would have to be changed, added or dropped, for each that was said; lower is better"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        Ok(Scores::new().with("cer", error_rate(inputs, "character", |text| text.trim().chars().collect())?))
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
        let score = load("cer").unwrap().compute(&predictions, &references).unwrap().get("cer").unwrap();
        assert_eq!(score, 0.34146341463414637);
    }

    #[test]
    fn characters_are_not_bytes() {
        assert_eq!(load("cer").unwrap().compute(&["naïv"], &["naïve"]).unwrap().get("cer").unwrap(), 0.2);
    }
}
