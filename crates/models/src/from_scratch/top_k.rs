//! Top-k: draw among the k likeliest tokens only (Fan et al., 2018).
//!
//! The tail of a vocabulary is long: each of its tokens is unlikely, but there are tens of thousands of them, and a draw
//! lands among them often enough to derail a text. Cutting it off is done on the logits: −∞ becomes the probability 0, and
//! softmax shares out what was cut among those that stay.

/// The logits of the `k` likeliest tokens; all others become −∞. Of equal logits the lower id stays.
///
/// ```
/// use course_models::from_scratch::top_k;
///
/// const CUT: f32 = f32::NEG_INFINITY;
/// assert_eq!(top_k(&[1.0, 4.0, 2.0, 3.0], 2), [CUT, 4.0, CUT, 3.0]);
/// ```
pub fn top_k(logits: &[f32], k: usize) -> Vec<f32> {
    let mut kept = vec![f32::NEG_INFINITY; logits.len()];
    for id in likeliest_first(logits).into_iter().take(k) {
        kept[id] = logits[id];
    }
    kept
}

/// The ids in the order of their logits, the largest first.
///
/// ```
/// use course_models::from_scratch::likeliest_first;
///
/// assert_eq!(likeliest_first(&[0.1, 0.7, 0.2]), [1, 2, 0]);
/// ```
pub fn likeliest_first(logits: &[f32]) -> Vec<usize> {
    let mut ids: Vec<usize> = (0..logits.len()).collect();
    ids.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    ids
}
