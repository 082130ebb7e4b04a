//! Writing on: the loop that turns logits into text.

mod config;

use std::ops::ControlFlow;

pub use config::GenerationConfig;
use course_tokenization::Tokenizer;

use crate::{CausalLm, Result};

/// One text that the model wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The number of the prompt it continues, from 0.
    pub prompt: usize,
    /// The new ids, the end token left out.
    pub tokens: Vec<u32>,
    /// The log-probability of each new id under the processed distribution it was drawn from.
    pub log_probabilities: Vec<f32>,
    /// The new text up to a stop string; empty when no tokenizer was given.
    pub text: String,
    /// Why it ends.
    pub finish_reason: FinishReason,
}

/// Why a text ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishReason {
    /// The model wrote this end token.
    EndOfText(u32),
    /// The text contains this stop string.
    StopString(String),
    /// `max_new_tokens`, or the model's own limit, is reached.
    Length,
    /// The callback asked to stop.
    Stopped,
}

/// One new token, as the callback sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// The number of the text being written: prompt × `num_return_sequences` + copy.
    pub sequence: usize,
    /// The new id.
    pub token: u32,
    /// Its log-probability under the processed distribution it was drawn from.
    pub log_probability: f32,
    /// The text that is complete with it; empty without a tokenizer.
    pub text: &'a str,
}

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
/// The result has `num_return_sequences` texts for each prompt, in order.
///
/// # Errors
/// When a prompt is empty or too long, a setting is out of range, or the learner interrupts.
pub fn generate_with<P: AsRef<[u32]>>(
    _model: &dyn CausalLm,
    _prompts: &[P],
    _config: &GenerationConfig,
    _tokenizer: Option<&Tokenizer>,
    _on_token: impl FnMut(Step<'_>) -> ControlFlow<()>,
) -> Result<Vec<Generated>> {
    todo!()
}

/// How likely the model finds each continuation of one prompt: the log-probability of every token of it.
///
/// The prompt is read once for all of them.
///
/// # Errors
/// When the prompt or a continuation is empty, or together they are too long.
pub fn log_likelihoods<C: AsRef<[u32]>>(
    _model: &dyn CausalLm,
    _prompt: &[u32],
    _continuations: &[C],
) -> Result<Vec<Vec<f32>>> {
    todo!()
}
