//! How likely the model finds a given text.

use candle_core::{Device, Tensor};

use super::{check_prompts, read_prompts, sample::log_sum_exp};
use crate::{CausalLm, Error, ForwardOptions, Result};

/// Continuations that are read together.
const BATCH: usize = 8;

/// How likely the model finds each continuation of one prompt: the log-probability of every token of it, each given the
/// prompt and the tokens before it.
///
/// The prompt is read once for all of them.
///
/// # Errors
/// When the prompt or a continuation is empty, together they are too long, an id is not in the vocabulary, or the learner
/// interrupts.
pub fn log_likelihoods<C: AsRef<[u32]>>(
    model: &dyn CausalLm,
    prompt: &[u32],
    continuations: &[C],
) -> Result<Vec<Vec<f32>>> {
    check_prompts(model, &[prompt])?;
    for (number, ids) in continuations.iter().map(C::as_ref).enumerate() {
        if ids.is_empty() {
            return Err(Error::input("continuations", format!("continuation {number} is empty")));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= model.vocab_size()) {
            let problem =
                format!("continuation {number} has the id {id}, but the vocabulary ends at {}", model.vocab_size() - 1);
            return Err(Error::input("continuations", problem));
        }
    }
    let (cache, first) = read_prompts(model, &[prompt])?;
    let Some(first) = first.first() else { return Ok(Vec::new()) };

    let mut results = Vec::with_capacity(continuations.len());
    for batch in continuations.chunks(BATCH) {
        course_wire::interrupt::check()?;
        let longest = batch.iter().map(|ids| ids.as_ref().len()).max().unwrap_or(0);
        // The last token of a continuation predicts nothing that is asked for. Shorter rows are filled up behind, where
        // nothing that counts looks.
        let read = longest - 1;
        let logits = if read == 0 {
            Vec::new()
        } else {
            let row = |ids: &C| ids.as_ref().iter().copied().chain(std::iter::repeat(0)).take(read).collect::<Vec<_>>();
            let ids =
                Tensor::from_vec(batch.iter().flat_map(row).collect::<Vec<_>>(), (batch.len(), read), &Device::Cpu)?;
            let mut cache = cache.select(&vec![0; batch.len()]);
            model.forward_with(&ids, ForwardOptions::new().cache(&mut cache))?.to_vec3::<f32>()?
        };
        for (row, ids) in batch.iter().map(C::as_ref).enumerate() {
            let predictions = std::iter::once(first).chain(logits.get(row).into_iter().flatten());
            let log_probability = |(logits, id): (&Vec<f32>, &u32)| logits[*id as usize] - log_sum_exp(logits);
            results.push(predictions.zip(ids).map(log_probability).collect());
        }
    }
    Ok(results)
}
