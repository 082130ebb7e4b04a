//! The mean absolute error.

use crate::{Inputs, Measure, Result, Scores};

/// `mae`: the mean of the differences, whatever their sign.
///
/// MAE = (1/n) · Σ |predictionᵢ − referenceᵢ|
///
/// In the unit of the numbers: "off by 0.4 stars". As scikit-learn's `mean_absolute_error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeanAbsoluteError;

impl Measure for MeanAbsoluteError {
    fn name(&self) -> &str {
        "mae"
    }

    fn about(&self) -> &str {
        "the mean of the differences, whatever their sign"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let (predictions, references) = inputs.numbers()?;
        let sum: f64 = predictions.iter().zip(&references).map(|(one, other)| (one - other).abs()).sum();
        Ok(Scores::new().with("mae", sum / predictions.len() as f64))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    #[test]
    fn a_column_of_numbers_is_as_good_as_a_list() {
        let metric = load("mae").unwrap();
        assert_eq!(metric.compute(&[2.5, 0.0, 2.0, 8.0], &[3.0, -0.5, 2.0, 7.0]).unwrap().get("mae").unwrap(), 0.5);
        assert_eq!(metric.compute(&[[2.5], [0.0]], &[3, 0]).unwrap().get("mae").unwrap(), 0.25);
        let error = metric.compute(&["a"], &[1]).unwrap_err().to_string();
        assert_eq!(error, "mae: the predictions are texts, and it needs a number each");
    }
}
