//! Min-p: draw among the tokens that are at least a fraction as likely as the likeliest (Nguyen et al., 2024).
//!
//! The bar follows the model: high where it is sure, low where it is not.

use super::softmax;

/// The logits of the tokens whose probability is at least `fraction` of the largest; all others become −∞.
///
/// ```
/// use course_models::from_scratch::min_p;
///
/// // Logits of the probabilities 1/2, 1/4, 1/8, 1/8.
/// let logits = [0.5_f32.ln(), 0.25_f32.ln(), 0.125_f32.ln(), 0.125_f32.ln()];
/// assert_eq!(min_p(&logits, 0.4)[2..], [f32::NEG_INFINITY; 2]);
/// assert_eq!(min_p(&logits, 0.2), logits);
/// ```
pub fn min_p(logits: &[f32], fraction: f32) -> Vec<f32> {
    let probabilities = softmax(logits);
    let largest = probabilities.iter().copied().fold(0.0, f32::max);
    let keep = |(logit, probability): (&f32, &f32)| {
        if *probability >= fraction * largest { *logit } else { f32::NEG_INFINITY }
    };
    logits.iter().zip(&probabilities).map(keep).collect()
}
