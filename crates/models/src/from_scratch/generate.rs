//! Generation, all of it: ask for the next token, append it, ask again.
//!
//! ```text
//! prefill   [The capital of France is] ─→ logits ─→ " Paris"
//! decode                     [ Paris] ─→ logits ─→ "."          with a KV cache
//!   [The capital of France is  Paris] ─→ logits ─→ "."          without
//! ```
//!
//! Reading the prompt is called *prefill*: many tokens in one pass. Each pass after it, *decode*, is for one token. With a
//! cache the model reads that token alone and looks up the keys and values of all others; without, it reads the whole text
//! again. The text is the same.
//!
//! [`generation::generate`](crate::generation::generate) does this for many prompts at once.

use candle_core::{Device, Tensor};

use crate::{CausalLm, ForwardOptions, KvCache, Result};

/// Writes up to `max_new_tokens` tokens after `prompt`: the new ids, without the end token.
///
/// `choose` gets the logits and all ids so far, and names the next id.
///
/// ```
/// use course_models::Philox;
/// use course_models::from_scratch::{Bigram, generate, greedy, sample, softmax};
///
/// // 0 and 1 follow each other; 2 ends the text and is never the likeliest.
/// let model = Bigram::new(vec![vec![0.2, 0.6, 0.2], vec![0.7, 0.1, 0.2], vec![1.0, 0.0, 0.0]], 2)?;
/// assert_eq!(generate(&model, &[0], 4, true, |logits, _| greedy(logits))?, [1, 0, 1, 0]);
///
/// let mut random = Philox::new(1);
/// let drawn = generate(&model, &[0], 4, true, |logits, _| sample(&softmax(logits), random.next_f32()))?;
/// assert!(drawn.len() <= 4);
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// When the prompt is empty, has an id that is not in the vocabulary, or the text gets too long for the model.
pub fn generate(
    model: &dyn CausalLm,
    prompt: &[u32],
    max_new_tokens: usize,
    use_cache: bool,
    mut choose: impl FnMut(&[f32], &[u32]) -> usize,
) -> Result<Vec<u32>> {
    let mut ids = prompt.to_vec();
    let mut cache = KvCache::default();
    // At first the model has not read the prompt, later not the newest token.
    let mut unread = prompt.to_vec();
    for _ in 0..max_new_tokens {
        course_wire::interrupt::check()?;
        let logits = match use_cache {
            true => next_logits(model, &unread, Some(&mut cache))?,
            false => next_logits(model, &ids, None)?,
        };
        let token = choose(&logits, &ids) as u32;
        if model.eos_token_ids().contains(&token) {
            break;
        }
        ids.push(token);
        unread = vec![token];
    }
    Ok(ids.split_off(prompt.len()))
}

/// The logits of the token that comes after `ids`, and after what is in the cache if there is one; `ids` is added to it.
///
/// ```
/// use course_models::from_scratch::{Bigram, next_logits, softmax};
///
/// let model = Bigram::new(vec![vec![0.25, 0.75], vec![0.5, 0.5]], 1)?;
/// let probabilities = softmax(&next_logits(&model, &[0], None)?);
/// assert!((probabilities[1] - 0.75).abs() < 1e-6);
/// # Ok::<(), course_models::Error>(())
/// ```
///
/// # Errors
/// When there are no ids, one is not in the vocabulary, or there are too many for the model.
pub fn next_logits(model: &dyn CausalLm, ids: &[u32], cache: Option<&mut KvCache>) -> Result<Vec<f32>> {
    let input = Tensor::from_slice(ids, (1, ids.len()), &Device::Cpu)?;
    let options = ForwardOptions { cache, ..ForwardOptions::new().last_only() };
    Ok(model.forward_with(&input, options)?.flatten_all()?.to_vec1()?)
}
