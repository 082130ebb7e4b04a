//! Pearson's correlation coefficient.

use crate::{Inputs, Measure, Result, Scores};

/// `pearsonr`: whether predictions and references lie on a line, from −1 to 1.
///
/// r = Σ (xᵢ − x̄)(yᵢ − ȳ) / √(Σ (xᵢ − x̄)² · Σ (yᵢ − ȳ)²)
///
/// Scale and offset of the predictions do not matter. Where one side is all the same number there is no line, and `r` is NaN, as in SciPy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pearson;

impl Measure for Pearson {
    fn name(&self) -> &str {
        "pearsonr"
    }

    fn about(&self) -> &str {
        "whether predictions and references lie on a line: 1 a rising one, 0 none, -1 a falling one"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let (predictions, references) = inputs.numbers()?;
        Ok(Scores::new().with("pearsonr", correlation(inputs, &predictions, &references)?))
    }
}

/// Pearson's r of two lists of the same length.
pub(crate) fn correlation(inputs: &Inputs<'_>, x: &[f64], y: &[f64]) -> Result<f64> {
    if x.len() < 2 {
        return Err(inputs.empty("a correlation needs two examples at least"));
    }
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len() as f64;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut together, mut alone_x, mut alone_y) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - mean_x, y - mean_y);
        together += x * y;
        alone_x += x * x;
        alone_y += y * y;
    }
    // Rounding may leave it a little beyond 1; NaN stays NaN.
    Ok((together / (alone_x.sqrt() * alone_y.sqrt())).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use crate::load;

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let scores = load("pearsonr").unwrap().compute(&[10.0, 9.0, 2.5, 6.0, 4.0], &[1, 2, 3, 4, 5]).unwrap();
        assert_eq!(format!("{:.2}", scores.get("pearsonr").unwrap()), "-0.74");
    }

    #[test]
    fn a_constant_has_no_correlation_and_one_example_is_an_error() {
        let metric = load("pearsonr").unwrap();
        assert!(metric.compute(&[1.0, 1.0], &[1.0, 2.0]).unwrap().get("pearsonr").unwrap().is_nan());
        assert!(metric.compute(&[1.0], &[1.0]).unwrap_err().to_string().contains("two examples at least"));
    }
}
