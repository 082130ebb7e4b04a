//! Matthews' correlation coefficient.

use super::counts::Classes;
use crate::{Inputs, Measure, Result, Scores};

/// `matthews_correlation`: how predicted and true classes go together, from −1 to 1; 0 is what guessing gives.
///
/// For two classes:
///
/// MCC = (TP · TN − FP · FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN))
///
/// For any number of them, with `s` examples of which `c` are right, and class `k` predicted `pₖ` times and true `tₖ` times:
///
/// MCC = (c · s − Σ pₖ tₖ) / √((s² − Σ pₖ²)(s² − Σ tₖ²))
///
/// Always saying the most common class gives 0 however common it is, which is why CoLA is scored by it. Where one side has a single class,
/// it is 0. From Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient" (2004); as scikit-learn's
/// `matthews_corrcoef`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Matthews;

impl Matthews {
    pub(crate) fn score(inputs: &Inputs<'_>) -> Result<f64> {
        let classes = Classes::of(inputs)?;
        let examples = classes.predictions.len() as f64;
        let classes = classes.counts(&[]);
        let sum =
            |of: fn(f64, f64) -> f64| -> f64 { classes.iter().map(|class| of(class.predicted, class.actual)).sum() };
        let right: f64 = classes.iter().map(|class| class.right).sum();
        let above = right * examples - sum(|predicted, actual| predicted * actual);
        let predicted = examples * examples - sum(|predicted, _| predicted * predicted);
        let actual = examples * examples - sum(|_, actual| actual * actual);
        let below = (predicted * actual).sqrt();
        Ok(if below == 0.0 { 0.0 } else { above / below })
    }
}

impl Measure for Matthews {
    fn name(&self) -> &str {
        "matthews_correlation"
    }

    fn about(&self) -> &str {
        "how predicted and true classes go together: 1 is all right, 0 what guessing gives, -1 all wrong"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        Ok(Scores::new().with("matthews_correlation", Self::score(inputs)?))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    fn matthews(predictions: &[i32], references: &[i32]) -> f64 {
        let metric = load("matthews_correlation").unwrap();
        metric.compute(predictions, references).unwrap().get("matthews_correlation").unwrap()
    }

    #[test]
    fn two_classes_give_the_formula_of_two() {
        // TP 3, TN 2, FP 1, FN 2.
        let score = matthews(&[1, 1, 1, 0, 0, 1, 0, 0], &[1, 1, 1, 0, 0, 0, 1, 1]);
        assert!((score - (3.0 * 2.0 - 1.0 * 2.0) / f64::sqrt(4.0 * 5.0 * 3.0 * 4.0)).abs() < 1e-12);
        assert_eq!(matthews(&[0, 1], &[1, 0]), -1.0);
    }

    /// The first example on the card of Python's metric.
    #[test]
    fn three_classes_agree_with_pythons_card() {
        let score = matthews(&[1, 2, 2, 0, 3, 3], &[1, 3, 2, 0, 3, 2]);
        assert_eq!(format!("{score:.2}"), "0.54");
    }

    #[test]
    fn one_class_alone_gives_0() {
        assert_eq!(matthews(&[1, 1, 1], &[1, 0, 1]), 0.0);
        assert_eq!(matthews(&[1, 1], &[1, 1]), 0.0);
    }
}
