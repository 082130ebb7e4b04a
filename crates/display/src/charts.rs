//! The charts of the course, ready-made.

use crate::{Error, Figure, Result};

/// Horizontal bars, one a label, longest value across the whole width.
///
/// # Errors
/// [`Error::Lengths`] when there are more labels than values or fewer, [`Error::Empty`] without a finite value.
pub fn bar_chart<L: AsRef<str>, V: Into<f64> + Copy>(labels: &[L], values: &[V]) -> Result<Figure> {
    todo!()
}

/// Values over their index, one line a series, named.
///
/// # Errors
/// [`Error::Empty`] without a finite value.
pub fn line_chart<L: AsRef<str>, V: Into<f64> + Copy>(series: &[(L, &[V])]) -> Result<Figure> {
    todo!()
}

/// A matrix as coloured cells with their values, `row_labels.len()` by `column_labels.len()`.
///
/// # Errors
/// [`Error::Lengths`] when the labels do not fit the matrix, [`Error::Empty`] without a finite value.
pub fn heatmap<V: Into<f64> + Copy, R: AsRef<[V]>, L: AsRef<str>, C: AsRef<str>>(
    matrix: &[R],
    row_labels: &[L],
    column_labels: &[C],
) -> Result<Figure> {
    todo!()
}
