//! Softmax: any numbers become probabilities.
//!
//! ```text
//! softmax(x)ᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)
//! ```
//!
//! All results are positive and together they are 1; the larger number gets the larger share. Adding the same number to all
//! logits changes nothing, since it stands above and below the line: so the largest is subtracted first, and no exponential
//! overflows.

/// Probabilities from logits: `exp(x) / Σ exp(x)`. A logit of −∞ gets the probability 0.
///
/// ```
/// use course_models::from_scratch::softmax;
///
/// let probabilities = softmax(&[1.0, 2.0, 3.0]);
/// let expected = [0.0900, 0.2447, 0.6652];
/// assert!(probabilities.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-4));
/// ```
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f32 = exponentials.iter().sum();
    exponentials.iter().map(|exponential| exponential / sum).collect()
}

/// Log-probabilities from logits: `x − ln Σ exp(x)`. They can be added up where probabilities would have to be multiplied,
/// and do not round to 0 however unlikely a text gets.
///
/// ```
/// use course_models::from_scratch::log_softmax;
///
/// let halves = log_softmax(&[5.0, 5.0]);
/// assert!((halves[0] - 0.5_f32.ln()).abs() < 1e-6);
/// ```
pub fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    logits.iter().map(|logit| logit - largest - sum.ln()).collect()
}
