//! No n-gram twice: a token that would repeat n tokens in a row is forbidden (Paulus et al., 2017).
//!
//! With n = 3, after `… the old sea … the old` the token `sea` may not come. It is a hammer: it also forbids names and set
//! phrases that should come again.

/// The logits with −∞ for every token that would make the last `n` tokens of the text a sequence that `ids` has already.
///
/// ```
/// use course_models::from_scratch::no_repeat_ngram;
///
/// // 1 2 came before, and now there is a 1 again.
/// assert_eq!(no_repeat_ngram(&[0.5; 3], &[1, 2, 0, 1], 2), [0.5, 0.5, f32::NEG_INFINITY]);
/// ```
pub fn no_repeat_ngram(logits: &[f32], ids: &[u32], n: usize) -> Vec<f32> {
    let mut logits = logits.to_vec();
    let Some(before) = n.checked_sub(1) else { return logits };
    let ending = &ids[ids.len().saturating_sub(before)..];
    for window in ids.windows(n) {
        let (beginning, next) = window.split_at(before);
        if beginning == ending
            && let Some(logit) = logits.get_mut(next[0] as usize)
        {
            *logit = f32::NEG_INFINITY;
        }
    }
    logits
}
