//! Accuracy: the share of examples that are right.

use super::counts::{Classes, check_weights};
use super::quotient;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores, Values};

/// `accuracy`: the share of predictions that equal their reference.
///
/// accuracy = (number of `i` with predictionᵢ = referenceᵢ) / (number of examples)
///
/// Sets of labels, given as lists of 0 and 1, are right if all of their labels are. The accuracy of always saying the most common class
/// is what a model has to beat.
///
/// | setting | what it is |
/// |---|---|
/// | `normalize` | `false`: how many are right instead of which share |
/// | `sample_weight` | a weight for each example |
///
/// As scikit-learn's `accuracy_score`.
#[derive(Debug, Clone, PartialEq)]
pub struct Accuracy {
    /// Whether to give the share, and not how many.
    pub normalize: bool,
    /// A weight for each example; 1 if empty.
    pub sample_weight: Vec<f64>,
}

impl Default for Accuracy {
    fn default() -> Self {
        Self { normalize: true, sample_weight: Vec::new() }
    }
}

impl Measure for Accuracy {
    fn name(&self) -> &str {
        "accuracy"
    }

    fn about(&self) -> &str {
        "the share of predictions that equal their reference"
    }

    fn settings(&self) -> &[&'static str] {
        &["normalize", "sample_weight"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "normalize" => self.normalize = given.switch()?,
            "sample_weight" => self.sample_weight = given.numbers()?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let right: Vec<bool> = match (inputs.predictions, inputs.references) {
            (Values::LabelLists(predictions), Values::LabelLists(references)) => {
                inputs.check_lengths()?;
                predictions.iter().zip(references).map(|(one, other)| one == other).collect()
            }
            _ => Classes::of(inputs)?.pairs().map(|(prediction, reference)| prediction == reference).collect(),
        };
        check_weights(inputs, &self.sample_weight, right.len())?;
        let weight = |row: usize| self.sample_weight.get(row).copied().unwrap_or(1.0);
        let sum: f64 = right.iter().enumerate().filter(|(_, right)| **right).map(|(row, _)| weight(row)).sum();
        let all: f64 = (0..right.len()).map(weight).sum();
        Ok(Scores::new().with("accuracy", if self.normalize { quotient(sum, all) } else { sum }))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    const PREDICTIONS: [i32; 6] = [0, 1, 1, 2, 1, 0];
    const REFERENCES: [i32; 6] = [0, 1, 2, 0, 1, 2];

    /// The three examples on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let accuracy = load("accuracy").unwrap();
        assert_eq!(accuracy.compute(&PREDICTIONS, &REFERENCES).unwrap().get("accuracy").unwrap(), 0.5);
        let count = accuracy.with("normalize", false).unwrap();
        assert_eq!(count.compute(&PREDICTIONS, &REFERENCES).unwrap().get("accuracy").unwrap(), 3.0);
        let weighted = load("accuracy").unwrap().with("sample_weight", [0.5, 2.0, 0.7, 0.5, 9.0, 0.4]).unwrap();
        let score = weighted.compute(&PREDICTIONS, &REFERENCES).unwrap().get("accuracy").unwrap();
        assert_eq!(score, 0.8778625954198473);
    }

    /// 350 of 408, and 344 of 408: what the course's two runs on MRPC came to.
    #[test]
    fn shares_are_exact() {
        for (right, share) in [(350, 0.8578431372549019), (344, 0.8431372549019608)] {
            let predictions: Vec<usize> = (0..408).map(|row| usize::from(row < right)).collect();
            let score = load("accuracy").unwrap().compute(&predictions, vec![1; 408]).unwrap();
            assert_eq!(score.get("accuracy").unwrap(), share);
        }
    }

    #[test]
    fn classes_may_have_names_and_labels_may_be_sets() {
        let accuracy = load("accuracy").unwrap();
        assert_eq!(accuracy.compute(&["cat", "dog"], &["cat", "cat"]).unwrap().get("accuracy").unwrap(), 0.5);
        assert_eq!(accuracy.compute(&[[0, 1], [1, 1]], &[[0, 1], [1, 0]]).unwrap().get("accuracy").unwrap(), 0.5);
        assert_eq!(accuracy.compute(&[1.0, 0.0], &[1, 1]).unwrap().get("accuracy").unwrap(), 0.5);
    }

    #[test]
    fn logits_are_told_what_they_lack() {
        let error = load("accuracy").unwrap().compute(&[[0.5, 1.5]], &[1]).unwrap_err().to_string();
        assert_eq!(
            error,
            "accuracy: the predictions are lists of numbers, and it needs a class each, by number or name, and both sides alike: \
             these look like logits; the class with the highest is `logits.argmax(D::Minus1)?`"
        );
        assert!(
            load("accuracy").unwrap().compute(&["yes"], &[1]).unwrap_err().to_string().contains("both sides alike")
        );
    }
}
