//! Temperature: how much the likely tokens are preferred.
//!
//! ```text
//! softmax(x / T)
//! ```
//!
//! At T = 1 the model's own probabilities hold. Below, the differences between logits grow and the likely get likelier; near 0
//! the likeliest takes all, which is greedy. Above, the differences shrink and all tokens become alike. The order of the
//! tokens never changes.

use super::softmax;

/// Softmax of the logits divided by `temperature`, which must be above 0.
///
/// ```
/// use course_models::from_scratch::{softmax, softmax_with_temperature};
///
/// let logits = [1.0, 2.0, 3.0];
/// assert_eq!(softmax_with_temperature(&logits, 1.0), softmax(&logits));
/// // At 0.5 the probabilities are squared and shared out anew.
/// let cold = softmax_with_temperature(&logits, 0.5);
/// assert!((cold[2] - 0.8668).abs() < 1e-4);
/// let hot = softmax_with_temperature(&logits, 10.0);
/// assert!((hot[2] - 0.3672).abs() < 1e-4);
/// ```
pub fn softmax_with_temperature(logits: &[f32], temperature: f32) -> Vec<f32> {
    let divided: Vec<f32> = logits.iter().map(|logit| logit / temperature).collect();
    softmax(&divided)
}
