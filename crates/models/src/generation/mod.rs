//! Writing on: the loop that turns logits into text.
//!
//! Each step asks the model for the logits of the next token, changes them ([`LogitsProcessors`]), and takes or draws one
//! ([`choose`]). A text ends with an end token, a stop string, or its length. With [`num_beams`](GenerationConfig::num_beams)
//! the likeliest of several texts is looked for instead.
//!
//! The same in its plainest form, to read: [`from_scratch`](crate::from_scratch).

mod beams;
mod check;
mod config;
mod of_model;
mod processors;
mod sample;
mod score;
mod sequence;
mod stop;
#[cfg(test)]
mod tests;
mod timed;

use std::ops::ControlFlow;

use candle_core::{Device, Tensor};
use course_tokenization::Tokenizer;

pub use config::GenerationConfig;
pub(crate) use of_model::ENTRIES;
pub use processors::{LogitsProcessors, forbid_repeated_ngrams, penalize_occurrence, penalize_repetition};
pub use sample::{Candidate, choose, distribution};
pub use score::log_likelihoods;
pub use sequence::{FinishReason, Generated, Step};
pub use stop::StopStrings;
pub use timed::generate_timed;

use crate::{CausalLm, Error, ForwardOptions, KvCache, Result};
use sequence::Sequence;

/// Continues every prompt. Stop strings need [`generate_with`] and a tokenizer.
///
/// # Errors
/// When a prompt is empty or too long, a setting is out of range, or the learner interrupts.
pub fn generate<P: AsRef<[u32]>>(
    model: &dyn CausalLm,
    prompts: &[P],
    config: &GenerationConfig,
) -> Result<Vec<Generated>> {
    generate_with(model, prompts, config, None, |_| ControlFlow::Continue(()))
}

/// Continues every prompt, calling `on_token` for each new token; it may stop that text by `ControlFlow::Break(())`.
///
/// The result has `num_return_sequences` texts for each prompt, in order. With beams no token is certain before the search is
/// over: the calls for all tokens come then, and a prompt has fewer texts where the vocabulary has no more, best score first.
///
/// # Errors
/// When a prompt is empty or too long, a setting is out of range, or the learner interrupts.
pub fn generate_with<P: AsRef<[u32]>>(
    model: &dyn CausalLm,
    prompts: &[P],
    config: &GenerationConfig,
    tokenizer: Option<&Tokenizer>,
    mut on_token: impl FnMut(Step<'_>) -> ControlFlow<()>,
) -> Result<Vec<Generated>> {
    config.check(tokenizer.is_some())?;
    check_prompts(model, prompts)?;
    let ends = config.eos_token_ids.as_deref().unwrap_or(model.eos_token_ids());
    let processors = LogitsProcessors::new(config, ends);
    if config.num_beams > 1 {
        return beams::Search { model, config, tokenizer, ends, processors }.run(prompts, on_token);
    }
    let copies = config.num_return_sequences;
    let mut sequences = Vec::with_capacity(prompts.len() * copies);
    for (prompt, ids) in prompts.iter().enumerate() {
        let numbers = prompt * copies..(prompt + 1) * copies;
        sequences.extend(numbers.map(|number| Sequence::new(number, prompt, ids.as_ref(), config, tokenizer)));
    }

    // Each prompt is read once, however many texts follow from it.
    let (mut cache, first) = read_prompts(model, prompts)?;
    let mut logits = first.into_iter().flat_map(|row| std::iter::repeat_n(row, copies)).collect::<Vec<_>>();
    if copies > 1 {
        cache = cache.select(&(0..sequences.len()).map(|number| number / copies).collect::<Vec<_>>());
    }
    let mut writing = (0..sequences.len()).collect::<Vec<_>>();
    loop {
        course_wire::interrupt::check()?;
        for (&number, logits) in writing.iter().zip(&mut logits) {
            let sequence = &mut sequences[number];
            processors.apply(logits, sequence.ids(), sequence.written());
            let (token, log_probability) = choose(logits, config, sequence.random());
            sequence.take(token, log_probability, ends, config, &mut on_token)?;
            if sequence.ids().len() >= model.max_position_embeddings() {
                sequence.finish(FinishReason::Length);
            }
        }
        // Texts that are over leave the batch.
        let kept = (0..writing.len()).filter(|&row| !sequences[writing[row]].is_finished()).collect::<Vec<_>>();
        if kept.is_empty() {
            break;
        }
        if kept.len() < writing.len() {
            cache = cache.select(&kept);
            writing = kept.iter().map(|&row| writing[row]).collect();
        }
        logits = if config.use_cache {
            let last = writing.iter().filter_map(|&number| sequences[number].ids().last().copied()).collect::<Vec<_>>();
            let input = Tensor::from_vec(last, (writing.len(), 1), &Device::Cpu)?;
            rows_of(&model.forward_with(&input, ForwardOptions::new().cache(&mut cache).last_only())?)?
        } else {
            read_prompts(model, &writing.iter().map(|&number| sequences[number].ids()).collect::<Vec<_>>())?.1
        };
    }
    sequences.into_iter().map(|sequence| sequence.into_generated(&mut on_token)).collect()
}

/// Reads prompts as one batch, padded on the left; gives the filled cache and the logits of what comes next.
fn read_prompts<P: AsRef<[u32]>>(model: &dyn CausalLm, prompts: &[P]) -> Result<(KvCache, Vec<Vec<f32>>)> {
    let longest = prompts.iter().map(|prompt| prompt.as_ref().len()).max().unwrap_or(0);
    let mut cache = KvCache::default();
    if longest == 0 {
        return Ok((cache, Vec::new()));
    }
    let padding = model.pad_token_id().unwrap_or(0);
    let (mut ids, mut mask) = (Vec::new(), Vec::new());
    for prompt in prompts {
        let prompt = prompt.as_ref();
        let missing = longest - prompt.len();
        ids.extend(std::iter::repeat_n(padding, missing).chain(prompt.iter().copied()));
        mask.extend(std::iter::repeat_n(0_u32, missing).chain(std::iter::repeat_n(1, prompt.len())));
    }
    let shape = (prompts.len(), longest);
    let (ids, mask) = (Tensor::from_vec(ids, shape, &Device::Cpu)?, Tensor::from_vec(mask, shape, &Device::Cpu)?);
    let options = ForwardOptions::new().attention_mask(&mask).cache(&mut cache).last_only();
    let logits = rows_of(&model.forward_with(&ids, options)?)?;
    Ok((cache, logits))
}

/// `(rows, 1, vocab_size)` as vectors.
fn rows_of(logits: &Tensor) -> Result<Vec<Vec<f32>>> {
    Ok(logits.squeeze(1)?.to_vec2()?)
}

fn check_prompts<P: AsRef<[u32]>>(model: &dyn CausalLm, prompts: &[P]) -> Result<()> {
    let most = model.max_position_embeddings();
    for (number, prompt) in prompts.iter().enumerate() {
        let length = prompt.as_ref().len();
        if length == 0 {
            return Err(Error::input(
                "prompts",
                format!("prompt {number} is empty; give the model at least one token to write on from"),
            ));
        }
        if length >= most {
            let problem = format!(
                "prompt {number} has {length} tokens, and the model reads at most {most}, the new ones included"
            );
            return Err(Error::input("prompts", problem));
        }
    }
    Ok(())
}
