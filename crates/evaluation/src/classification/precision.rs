//! Precision: of what was called a class, the share that is of it.

use super::{Average, Averaging};
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `precision`: of what was called a class, the share that is of it.
///
/// precision = TP / (TP + FP)
///
/// A model that says "yes" seldom, and only where it is sure, has a high precision and a low recall. The settings are those of [`Averaging`]. As scikit-learn's `precision_score`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Precision {
    /// The settings.
    pub averaging: Averaging,
}

impl Precision {
    /// With an average of your choice.
    pub fn averaged(average: Average) -> Self {
        Self { averaging: Averaging { average, ..Averaging::default() } }
    }
}

impl Measure for Precision {
    fn name(&self) -> &str {
        "precision"
    }

    fn about(&self) -> &str {
        "of what was called a class, the share that is of it: TP / (TP + FP)"
    }

    fn settings(&self) -> &[&'static str] {
        Averaging::SETTINGS
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        self.averaging.set(given)
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let score = self.averaging.score(inputs, |counts| (counts.right, counts.predicted))?;
        Ok(Scores::new().with("precision", score))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    #[test]
    fn it_is_computed_for_every_average() {
        let (predictions, references) = ([0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2]);
        for (average, expected) in [("macro", 2.0 / 9.0), ("micro", 1.0 / 3.0), ("weighted", 2.0 / 9.0)] {
            let precision = load("precision").unwrap().with("average", average).unwrap();
            let score = precision.compute(&predictions, &references).unwrap().get("precision").unwrap();
            assert!((score - expected).abs() < 1e-12, "{average}: {score}");
        }
        let binary = load("precision").unwrap().compute(&[0, 0, 1, 1, 0], &[0, 1, 0, 1, 0]).unwrap();
        assert_eq!(binary.get("precision").unwrap(), 0.5);
    }

    #[test]
    fn a_class_that_is_never_predicted_scores_0() {
        assert_eq!(load("precision").unwrap().compute(&[0, 0], &[0, 1]).unwrap().get("precision").unwrap(), 0.0);
    }
}
