//! Spearman's rank correlation coefficient.

use super::correlation;
use crate::{Inputs, Measure, Result, Scores};

/// `spearmanr`: whether predictions and references have the same order, from −1 to 1.
///
/// It is Pearson's r of the ranks: 1 for the smallest number, 2 for the next; equal numbers share the mean of the ranks that they take up.
///
/// ρ = r(ranks of predictions, ranks of references)
///
/// Any rising curve gives 1, not only a line. As SciPy's `spearmanr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spearman;

impl Measure for Spearman {
    fn name(&self) -> &str {
        "spearmanr"
    }

    fn about(&self) -> &str {
        "whether predictions and references have the same order: 1 the same, 0 none, -1 the reverse"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let (predictions, references) = inputs.numbers()?;
        Ok(Scores::new().with("spearmanr", correlation(inputs, &ranks(&predictions), &ranks(&references))?))
    }
}

/// The rank of each number, from 1; equal ones share their mean.
pub(crate) fn ranks(numbers: &[f64]) -> Vec<f64> {
    if numbers.iter().any(|number| number.is_nan()) {
        return vec![f64::NAN; numbers.len()];
    }
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |number: f64| {
        let smaller = sorted.partition_point(|&other| other < number);
        let up_to_it = sorted.partition_point(|&other| other <= number);
        // The equal ones take up the ranks smaller + 1 to up_to_it, whose mean is this.
        (smaller + 1 + up_to_it) as f64 / 2.0
    };
    numbers.iter().map(|&number| rank(number)).collect()
}

#[cfg(test)]
mod tests {
    use super::ranks;
    use crate::load;

    #[test]
    fn equal_numbers_share_their_ranks() {
        assert_eq!(ranks(&[30.0, 10.0, 20.0, 10.0]), [4.0, 1.5, 3.0, 1.5]);
        assert_eq!(ranks(&[5.0; 3]), [2.0; 3]);
        assert!(ranks(&[1.0, f64::NAN])[0].is_nan());
    }

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let scores = load("spearmanr").unwrap().compute(&[10.0, 9.0, 2.5, 6.0, 4.0], &[1, 2, 3, 4, 5]).unwrap();
        assert_eq!(format!("{:.1}", scores.get("spearmanr").unwrap()), "-0.7");
    }

    #[test]
    fn any_rising_curve_gives_1() {
        let scores = load("spearmanr").unwrap().compute(&[1.0, 10.0, 1000.0], &[1, 2, 3]).unwrap();
        assert!((scores.get("spearmanr").unwrap() - 1.0).abs() < 1e-12);
    }
}
