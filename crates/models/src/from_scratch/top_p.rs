//! Top-p, or nucleus sampling: draw among as many of the likeliest tokens as it takes to have the probability p
//! (Holtzman et al., 2020).
//!
//! Where the model is sure, a few tokens are enough; where many would do, many stay. That is the difference to top-k, which
//! keeps the same number everywhere.

use super::{likeliest_first, softmax};

/// The logits of the fewest likeliest tokens that together have at least the probability `p`, at least one; all others
/// become −∞.
///
/// ```
/// use course_models::from_scratch::top_p;
///
/// // Logits of the probabilities 1/2, 1/4, 1/8, 1/8.
/// let logits = [0.5_f32.ln(), 0.25_f32.ln(), 0.125_f32.ln(), 0.125_f32.ln()];
/// let kept = top_p(&logits, 0.7);
/// assert_eq!(kept[..2], logits[..2]);
/// assert_eq!(kept[2..], [f32::NEG_INFINITY; 2]);
/// ```
pub fn top_p(logits: &[f32], p: f32) -> Vec<f32> {
    let probabilities = softmax(logits);
    let mut kept = vec![f32::NEG_INFINITY; logits.len()];
    let mut sum = 0.0;
    for id in likeliest_first(logits) {
        kept[id] = logits[id];
        sum += probabilities[id];
        if sum >= p {
            break;
        }
    }
    kept
}
