//! The mean squared error.

use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `mse`: the mean of the squared differences.
///
/// MSE = (1/n) · Σ (predictionᵢ − referenceᵢ)²
///
/// Squaring makes one large error worse than many small ones. With `squared` off it is the root of that, RMSE, in the unit of the numbers
/// themselves. As scikit-learn's `mean_squared_error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeanSquaredError {
    /// Whether to leave it squared; otherwise its root is given.
    pub squared: bool,
}

impl Default for MeanSquaredError {
    fn default() -> Self {
        Self { squared: true }
    }
}

impl Measure for MeanSquaredError {
    fn name(&self) -> &str {
        "mse"
    }

    fn about(&self) -> &str {
        "the mean of the squared differences; with `squared` off its root"
    }

    fn settings(&self) -> &[&'static str] {
        &["squared"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        self.squared = given.switch()?;
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let (predictions, references) = inputs.numbers()?;
        let squares = predictions.iter().zip(&references).map(|(one, other)| (one - other).powi(2));
        let mean = squares.sum::<f64>() / predictions.len() as f64;
        Ok(Scores::new().with("mse", if self.squared { mean } else { mean.sqrt() }))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    /// The examples on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let (predictions, references) = ([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0]);
        assert_eq!(load("mse").unwrap().compute(&predictions, &references).unwrap().get("mse").unwrap(), 0.375);
        let root = load("mse").unwrap().with("squared", false).unwrap();
        assert_eq!(root.compute(&predictions, &references).unwrap().get("mse").unwrap(), 0.6123724356957945);
    }
}
