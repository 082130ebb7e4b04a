//! Entity-level precision, recall and F1.

use std::collections::BTreeSet;

use super::scheme::Tag;
use super::{Entity, Scheme, chunks};
use crate::classification::quotient;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores, Values};

/// `seqeval`: precision, recall and F1 of whole entities.
///
/// An entity is right if its first word, its last word and its type are; half of it is as wrong as none of it. For each type, and for all
/// together:
///
/// precision = right / predicted, recall = right / there, F1 = 2 · precision · recall / (precision + recall)
///
/// Scores: a group for each type with `precision`, `recall`, `f1`, `number` (how many there are), then `overall_precision`, `overall_recall`,
/// `overall_f1`, and `overall_accuracy`, the share of words whose tag is right. Accuracy looks better, since most words are outside of all
/// entities.
///
/// | setting | what it is |
/// |---|---|
/// | `mode` | `"default"`: tags that do not fit together are made the best of, as CoNLL's script does it; `"strict"`: they are no entity |
/// | `scheme` | what strict goes by: `"IOB1"`, `"IOB2"`, `"IOE1"`, `"IOE2"`, `"IOBES"`, `"BILOU"`; seen from the references unless set |
/// | `suffix` | `true`: the letter stands behind, as in `PER-B` |
///
/// Ramshaw and Marcus, "Text Chunking using Transformation-Based Learning" (1995); as Python's seqeval, which warns of a label such as `LABEL_3`
/// or `NOUN` and counts on, where this is an error. Words with the label −100 have no tag: leave them out on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seqeval {
    /// Whether only entities that follow the scheme count.
    pub strict: bool,
    /// The scheme; seen from the references if `None`.
    pub scheme: Option<Scheme>,
    /// Whether the letter stands behind.
    pub suffix: bool,
}

impl Measure for Seqeval {
    fn name(&self) -> &str {
        "seqeval"
    }

    fn about(&self) -> &str {
        "precision, recall and F1 of whole entities, each type and all together"
    }

    fn settings(&self) -> &[&'static str] {
        &["mode", "scheme", "suffix"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "mode" => self.strict = given.one_of(&[("default", false), ("strict", true)])?,
            "scheme" => self.scheme = Some(given.one_of(Scheme::NAMES)?),
            "suffix" => self.suffix = given.switch()?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let (predictions, references) = sentences(inputs)?;
        let scheme = if self.strict { Some(self.strict_scheme(inputs, references)?) } else { None };
        let letters = scheme.map_or("OBIES", Scheme::letters);
        let predicted = self.read(inputs, predictions, letters)?;
        let actual = self.read(inputs, references, letters)?;
        let entities = |sentences: &[Vec<Tag>]| -> BTreeSet<Entity> {
            let of = |(number, tags): (usize, &Vec<Tag>)| match scheme {
                Some(scheme) => scheme.entities(number, tags),
                None => chunks::entities(number, tags),
            };
            sentences.iter().enumerate().flat_map(of).collect()
        };
        let mut scores = scores_of(&entities(&predicted), &entities(&actual));
        let words: usize = actual.iter().map(Vec::len).sum();
        let pairs = predictions.iter().flatten().zip(references.iter().flatten());
        let right = pairs.filter(|(prediction, reference)| prediction == reference).count();
        scores.insert("overall_accuracy", quotient(right as f64, words as f64));
        Ok(scores)
    }
}

impl Seqeval {
    /// The scheme that strict scoring goes by.
    fn strict_scheme(&self, inputs: &Inputs<'_>, references: &[Vec<String>]) -> Result<Scheme> {
        if let Some(scheme) = self.scheme {
            return Ok(scheme);
        }
        let used = self.used(references);
        Scheme::of_letters(&used).ok_or_else(|| {
            let letters: String = used.iter().collect();
            inputs.label(letters, "are the letters of the references' tags, and no scheme has those; set `scheme`")
        })
    }

    /// The letters that occur, in order.
    fn used(&self, sentences: &[Vec<String>]) -> Vec<char> {
        let letter = |tag: &String| if self.suffix { tag.chars().next_back() } else { tag.chars().next() };
        sentences.iter().flatten().filter_map(letter).collect::<BTreeSet<char>>().into_iter().collect()
    }

    fn read(&self, inputs: &Inputs<'_>, sentences: &[Vec<String>], letters: &str) -> Result<Vec<Vec<Tag>>> {
        let read = |tag: &String| {
            Tag::read(tag, letters, self.suffix).ok_or_else(|| {
                let form = if self.suffix { "PER-B" } else { "B-PER" };
                let letters: Vec<String> = letters.chars().map(String::from).collect();
                let reason = format!(
                    "is no tag: one begins with {}, as in {form:?}; turn label numbers into names with the model's id2label, and score tags of \
                     single words, such as parts of speech, by accuracy",
                    letters.join(", ")
                );
                inputs.label(tag, reason.replace("begins", if self.suffix { "ends" } else { "begins" }))
            })
        };
        sentences.iter().map(|sentence| sentence.iter().map(read).collect()).collect()
    }
}

/// The tags of the words of each sentence.
type Sentences<'a> = &'a [Vec<String>];

/// The tags of both sides: as many sentences, each with as many words.
fn sentences<'a>(inputs: &Inputs<'a>) -> Result<(Sentences<'a>, Sentences<'a>)> {
    const WANTED: &str = "a list of tags for each sentence";
    inputs.check_lengths()?;
    let Values::TextLists(predictions) = inputs.predictions else {
        return Err(inputs.kind(
            "predictions",
            WANTED,
            Some("turn label numbers into names with the model's id2label"),
        ));
    };
    let Values::TextLists(references) = inputs.references else {
        return Err(inputs.kind("references", WANTED, Some("turn label numbers into names with the model's id2label")));
    };
    for (row, (prediction, reference)) in predictions.iter().zip(references).enumerate() {
        if prediction.len() != reference.len() {
            let (given, wanted) = (prediction.len(), reference.len());
            let reason = format!(
                "{given} predicted tags for {wanted} words; leave out the places whose label is -100 on both sides"
            );
            return Err(inputs.example(row, reason));
        }
    }
    if references.iter().all(Vec::is_empty) {
        return Err(inputs.empty("no sentence has a word"));
    }
    Ok((predictions, references))
}

fn scores_of(predicted: &BTreeSet<Entity>, actual: &BTreeSet<Entity>) -> Scores {
    let scores = |of_kind: &dyn Fn(&Entity) -> bool| {
        let count = |all: &BTreeSet<Entity>| all.iter().filter(|entity| of_kind(entity)).count();
        let right = predicted.intersection(actual).filter(|entity| of_kind(entity)).count() as f64;
        let (precision, recall) = (quotient(right, count(predicted) as f64), quotient(right, count(actual) as f64));
        let f1 = quotient(2.0 * precision * recall, precision + recall);
        (precision, recall, f1, count(actual))
    };
    let mut all = Scores::new();
    for kind in predicted.iter().chain(actual).map(|entity| &entity.kind).collect::<BTreeSet<_>>() {
        let (precision, recall, f1, number) = scores(&|entity| entity.kind == *kind);
        let group = Scores::new().with("precision", precision).with("recall", recall).with("f1", f1);
        all.insert(kind, group.with("number", number));
    }
    let (precision, recall, f1, _) = scores(&|_| true);
    all.with("overall_precision", precision).with("overall_recall", recall).with("overall_f1", f1)
}

#[cfg(test)]
mod tests {
    use crate::load;

    fn words(tags: &str) -> Vec<String> {
        tags.split(' ').map(str::to_owned).collect()
    }

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let predictions = vec![words("O O B-MISC I-MISC I-MISC I-MISC O"), words("B-PER I-PER O")];
        let references = vec![words("O O O B-MISC I-MISC I-MISC O"), words("B-PER I-PER O")];
        let scores = load("seqeval").unwrap().compute(&predictions, &references).unwrap();
        let names = ["MISC", "PER", "overall_precision", "overall_recall", "overall_f1", "overall_accuracy"];
        assert_eq!(scores.names(), names);
        assert_eq!(scores.get("overall_f1").unwrap(), 0.5);
        assert_eq!(scores.get("PER.f1").unwrap(), 1.0);
        assert_eq!(scores.get("MISC.number").unwrap(), 1.0);
        assert_eq!(scores.get("overall_accuracy").unwrap(), 0.8);
    }

    /// The first sentence of CoNLL-2003, with its last entity missed: the toy of the course's section on token classification.
    #[test]
    fn one_entity_of_three_missed() {
        let references = vec![words("B-ORG O B-MISC O O O B-MISC O O")];
        let predictions = vec![words("B-ORG O O O O O B-MISC O O")];
        let scores = load("seqeval").unwrap().compute(&predictions, &references).unwrap();
        assert_eq!(scores.get("MISC.precision").unwrap(), 1.0);
        assert_eq!(scores.get("MISC.recall").unwrap(), 0.5);
        assert_eq!(scores.get("MISC.f1").unwrap(), 2.0 / 3.0);
        assert_eq!(scores.get("MISC.number").unwrap(), 2.0);
        assert_eq!(scores.get("ORG.f1").unwrap(), 1.0);
        assert_eq!(scores.get("overall_precision").unwrap(), 1.0);
        assert_eq!(scores.get("overall_recall").unwrap(), 2.0 / 3.0);
        assert_eq!(scores.get("overall_f1").unwrap(), 0.8);
        assert_eq!(scores.get("overall_accuracy").unwrap(), 8.0 / 9.0);
    }

    #[test]
    fn strict_takes_no_entity_that_does_not_begin() {
        let (predictions, references) = (vec![words("I-PER O I-LOC")], vec![words("B-PER O B-LOC")]);
        let f1 = |metric: crate::Metric| metric.compute(&predictions, &references).unwrap().get("overall_f1").unwrap();
        assert_eq!(f1(load("seqeval").unwrap()), 1.0);
        assert_eq!(f1(load("seqeval").unwrap().with("mode", "strict").unwrap()), 0.0);
        let named = load("seqeval").unwrap().with("mode", "strict").unwrap().with("scheme", "IOB1").unwrap();
        assert!(named.compute(&references, &references).unwrap().get("overall_f1").unwrap() < 1.0);
    }

    #[test]
    fn the_letter_may_stand_behind() {
        let metric = load("seqeval").unwrap().with("suffix", true).unwrap();
        let scores = metric.compute(vec![words("PER-B PER-I O")], vec![words("PER-B PER-I O")]).unwrap();
        assert_eq!(scores.get("PER.f1").unwrap(), 1.0);
    }

    #[test]
    fn wrong_tags_and_lengths_are_named() {
        let metric = load("seqeval").unwrap();
        let error = metric.compute(vec![words("LABEL_3 O")], vec![words("B-PER O")]).unwrap_err().to_string();
        assert!(
            error.starts_with("seqeval: \"LABEL_3\" is no tag: one begins with O, B, I, E, S, as in \"B-PER\""),
            "{error}"
        );
        let error = metric.compute(vec![words("O O")], vec![words("O")]).unwrap_err().to_string();
        assert!(error.starts_with("seqeval: example 0: 2 predicted tags for 1 words"), "{error}");
        let error = metric.compute(&[[1, 0]], &[[1, 0]]).unwrap_err().to_string();
        assert!(error.contains("id2label"), "{error}");
        let strict = metric.with("mode", "strict").unwrap();
        assert!(
            strict
                .compute(vec![words("I-A O")], vec![words("I-A O")])
                .unwrap_err()
                .to_string()
                .contains("set `scheme`")
        );
    }
}
