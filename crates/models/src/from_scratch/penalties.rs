//! Penalties: tokens that are in the text already become less likely.
//!
//! With `c[i]` the number of times that token `i` occurs in the text, and `x[i]` its logit:
//!
//! ```text
//! repetition   x[i] / r  if x[i] > 0,  x[i] · r  otherwise     where c[i] > 0     (Keskar et al., 2019)
//! presence     x[i] − α                                        where c[i] > 0     (OpenAI)
//! frequency    x[i] − β · c[i]                                                    (OpenAI)
//! ```
//!
//! Presence asks whether a token was there, frequency how often. Both subtract, so they mean the same wherever a logit
//! stands; the repetition penalty multiplies, so it weighs more on large logits. Which ids count is the caller's choice:
//! [`GenerationConfig`](crate::GenerationConfig) counts prompt and answer for repetition, and what the model wrote itself for the
//! other two, as OpenAI and vLLM do.

/// Divides the positive logits of tokens in `ids` by `penalty` and multiplies the negative ones, each once.
///
/// ```
/// use course_models::from_scratch::repetition_penalty;
///
/// assert_eq!(repetition_penalty(&[3.0, -1.0, 2.0], &[0, 1, 1], 1.5), [2.0, -1.5, 2.0]);
/// ```
pub fn repetition_penalty(logits: &[f32], ids: &[u32], penalty: f32) -> Vec<f32> {
    let counts = counts(ids, logits.len());
    let change = |(logit, count): (&f32, &usize)| match count {
        0 => *logit,
        _ if *logit > 0.0 => logit / penalty,
        _ => logit * penalty,
    };
    logits.iter().zip(&counts).map(change).collect()
}

/// Takes `penalty` off the logit of every token that occurs in `ids`, however often.
///
/// ```
/// use course_models::from_scratch::presence_penalty;
///
/// assert_eq!(presence_penalty(&[3.0, -1.0, 2.0], &[0, 1, 1], 0.5), [2.5, -1.5, 2.0]);
/// ```
pub fn presence_penalty(logits: &[f32], ids: &[u32], penalty: f32) -> Vec<f32> {
    let counts = counts(ids, logits.len());
    logits.iter().zip(&counts).map(|(logit, count)| if *count > 0 { logit - penalty } else { *logit }).collect()
}

/// Takes `penalty` off the logit of a token for each time that it occurs in `ids`.
///
/// ```
/// use course_models::from_scratch::frequency_penalty;
///
/// assert_eq!(frequency_penalty(&[3.0, -1.0, 2.0], &[0, 1, 1], 0.5), [2.5, -2.0, 2.0]);
/// ```
pub fn frequency_penalty(logits: &[f32], ids: &[u32], penalty: f32) -> Vec<f32> {
    let counts = counts(ids, logits.len());
    logits.iter().zip(&counts).map(|(logit, count)| logit - penalty * *count as f32).collect()
}

/// How often each id below `vocab_size` occurs.
fn counts(ids: &[u32], vocab_size: usize) -> Vec<usize> {
    let mut counts = vec![0; vocab_size];
    for id in ids {
        if let Some(count) = counts.get_mut(*id as usize) {
            *count += 1;
        }
    }
    counts
}
