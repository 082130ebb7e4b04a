//! Recall: of what is of a class, the share that was found.

use super::{Average, Averaging};
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `recall`: of what is of a class, the share that was found.
///
/// recall = TP / (TP + FN)
///
/// A model that always says "yes" has a recall of 1. The settings are those of [`Averaging`]. As scikit-learn's `recall_score`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recall {
    /// The settings.
    pub averaging: Averaging,
}

impl Recall {
    /// With an average of your choice.
    pub fn averaged(average: Average) -> Self {
        Self { averaging: Averaging { average, ..Averaging::default() } }
    }
}

impl Measure for Recall {
    fn name(&self) -> &str {
        "recall"
    }

    fn about(&self) -> &str {
        "of what is of a class, the share that was found: TP / (TP + FN)"
    }

    fn settings(&self) -> &[&'static str] {
        Averaging::SETTINGS
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        self.averaging.set(given)
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let score = self.averaging.score(inputs, |counts| (counts.right, counts.actual))?;
        Ok(Scores::new().with("recall", score))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    #[test]
    fn the_positive_class_and_weights_can_be_set() {
        let (predictions, references) = ([0, 1, 0, 1, 1], [0, 0, 1, 1, 1]);
        let recall = || load("recall").unwrap();
        let score = |metric: crate::Metric| metric.compute(&predictions, &references).unwrap().get("recall").unwrap();
        assert_eq!(score(recall()), 2.0 / 3.0);
        assert_eq!(score(recall().with("pos_label", 0).unwrap()), 0.5);
        assert!((score(recall().with("sample_weight", [0.9, 0.2, 0.9, 0.3, 0.8]).unwrap()) - 0.55).abs() < 1e-12);
    }

    #[test]
    fn two_classes_without_the_positive_one_are_an_error() {
        let error = load("recall").unwrap().compute(&["no", "yes"], &["no", "no"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "recall: \"1\" is set as the positive class and does not occur; set `pos_label` to one of no, yes"
        );
        let named = load("recall").unwrap().with("pos_label", "yes").unwrap();
        assert_eq!(named.compute(&["no", "yes"], &["yes", "yes"]).unwrap().get("recall").unwrap(), 0.5);
    }
}
