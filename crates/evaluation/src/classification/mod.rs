//! Metrics of classes: each example has one, or a set of labels.
//!
//! All but accuracy are made of three counts for each class `c`:
//!
//! | | |
//! |---|---|
//! | TP, true positives | predicted `c`, and right |
//! | FP, false positives | predicted `c`, but it is another |
//! | FN, false negatives | it is `c`, but another was predicted |
//!
//! A score of a class is computed from its counts; [`Average`] says how the scores of several classes become one. Where a score would
//! divide by zero (no example of a class, no prediction of it), it is 0, as in scikit-learn.

mod accuracy;
mod averaging;
mod confusion;
mod counts;
mod f1;
mod matthews;
mod precision;
mod recall;

pub use accuracy::Accuracy;
pub use averaging::{Average, Averaging};
pub use confusion::{ConfusionMatrix, ConfusionMeasure, Normalize};
pub use f1::F1;
pub use matthews::Matthews;
pub use precision::Precision;
pub use recall::Recall;

/// A quotient; 0 where there is nothing to divide by.
pub(crate) fn quotient(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { 0.0 } else { numerator / denominator }
}
