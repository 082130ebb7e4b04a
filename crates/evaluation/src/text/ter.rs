//! TER: how much of a translation would have to be edited.

use super::ter_shifts::edits_with_shifts;
use super::tokenizers::Tercom;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `ter`: how many edits turn the translations into the references, for each hundred words of these; lower is better.
///
/// TER = 100 · edits / (words of the references)
///
/// An edit changes, adds or drops a word, or moves a run of words to another place. Of several references the one with the fewest edits counts,
/// and the mean of their lengths. Moves are looked for one by one, the best first, since the fewest possible would take too long to find.
///
/// Scores: `score`, `num_edits`, `ref_length`.
///
/// | setting | what it is |
/// |---|---|
/// | `normalized` | `true`: signs are set apart from words |
/// | `ignore_punct` | `true`: signs are dropped |
/// | `support_zh_ja_chars` | `true`: both do the same for Chinese and Japanese |
/// | `case_sensitive` | `true`: capitals matter |
///
/// Snover and others, "A Study of Translation Edit Rate with Targeted Human Annotation" (2006); as sacrebleu's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ter {
    /// How texts are cut into words.
    pub cut: Tercom,
}

impl Measure for Ter {
    fn name(&self) -> &str {
        "ter"
    }

    fn about(&self) -> &str {
        "how many edits turn the translations into the references, for each hundred words of these; lower is better"
    }

    fn settings(&self) -> &[&'static str] {
        &["normalized", "ignore_punct", "support_zh_ja_chars", "case_sensitive"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        let on = given.switch()?;
        match given.name() {
            "normalized" => self.cut.normalized = on,
            "ignore_punct" => self.cut.ignore_punct = on,
            "support_zh_ja_chars" => self.cut.support_zh_ja_chars = on,
            "case_sensitive" => self.cut.case_sensitive = on,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let (mut edits, mut length) = (0, 0.0);
        for (translation, references) in inputs.texts_with_references()? {
            course_wire::interrupt::check()?;
            let translation = self.cut.words(translation);
            let references: Vec<Vec<String>> = references.iter().map(|text| self.cut.words(text)).collect();
            edits += references.iter().map(|reference| edits_with_shifts(&translation, reference)).min().unwrap_or(0);
            length += references.iter().map(Vec::len).sum::<usize>() as f64 / references.len() as f64;
        }
        let rate = match (edits, length > 0.0) {
            (_, true) => edits as f64 / length,
            (0, false) => 0.0,
            (_, false) => 1.0,
        };
        Ok(Scores::new().with("score", 100.0 * rate).with("num_edits", edits).with("ref_length", length))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    /// The examples on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let predictions = [
            "does this sentence match??",
            "what about this sentence?",
            "What did the TER metric user say to the developer?",
        ];
        let references = vec![
            vec!["does this sentence match", "does this sentence match!?!"],
            vec!["wHaT aBoUt ThIs SeNtEnCe?", "wHaT aBoUt ThIs SeNtEnCe?"],
            vec!["Your jokes are...", "...TERrible"],
        ];
        let sensitive = load("ter").unwrap().with("case_sensitive", true).unwrap();
        let scores = sensitive.compute(&predictions, &references).unwrap();
        assert_eq!(scores.to_string(), "{score: 150.0, num_edits: 15, ref_length: 10.0}");
        let loose = load("ter").unwrap().with("normalized", true).unwrap().with("ignore_punct", true).unwrap();
        let scores = loose.compute(&predictions[..2], &references[..2].to_vec()).unwrap();
        assert_eq!(scores.to_string(), "{score: 0.0, num_edits: 0, ref_length: 8.0}");
    }

    #[test]
    fn a_run_of_words_moves_as_one_edit() {
        let score =
            |one: &str, other: &str| load("ter").unwrap().compute(&[one], &[other]).unwrap().get("num_edits").unwrap();
        assert_eq!(score("b c d a", "a b c d"), 1.0);
        assert_eq!(score("yesterday i saw the cat", "i saw the cat yesterday"), 1.0);
        assert_eq!(score("", "a b"), 2.0);
        assert_eq!(score("a b", ""), 2.0);
    }
}
