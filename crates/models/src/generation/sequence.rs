//! One text while it is being written.

use std::ops::ControlFlow;

use course_tokenization::{StreamDecoder, Tokenizer};

use super::{GenerationConfig, StopStrings};
use crate::{Philox, Result};

/// One text that the model wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The number of the prompt it continues, from 0.
    pub prompt: usize,
    /// The new ids, the end token left out, those of a stop string included.
    pub tokens: Vec<u32>,
    /// The log-probability of each new id in the distribution it was chosen from.
    pub log_probabilities: Vec<f32>,
    /// The new text up to a stop string; empty when no tokenizer was given.
    pub text: String,
    /// Why it ends.
    pub finish_reason: FinishReason,
    /// With beams, what finished texts are compared by: the log-probability, that of the end token included, divided by the
    /// length to the power of [`length_penalty`](GenerationConfig::length_penalty).
    pub score: Option<f32>,
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

/// One new token, as the callback sees it. The last call for a text may bring no token, only text that was held back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// The number of the text being written: prompt × `num_return_sequences` + copy.
    pub sequence: usize,
    /// The new id; none in a call that only brings text that was held back.
    pub token: Option<u32>,
    /// Its log-probability in the distribution it was chosen from; 0 without a token.
    pub log_probability: f32,
    /// The text that is complete with it; empty without a tokenizer.
    pub text: &'a str,
}

/// One text while it is being written.
pub(super) struct Sequence {
    number: usize,
    prompt: usize,
    /// The prompt and what was written.
    ids: Vec<u32>,
    prompt_length: usize,
    log_probabilities: Vec<f32>,
    text: String,
    decoder: Option<StreamDecoder>,
    stop: StopStrings,
    random: Philox,
    finished: Option<FinishReason>,
}

impl Sequence {
    pub(super) fn new(
        number: usize,
        prompt: usize,
        ids: &[u32],
        config: &GenerationConfig,
        tokenizer: Option<&Tokenizer>,
    ) -> Self {
        Self {
            number,
            prompt,
            ids: ids.to_vec(),
            prompt_length: ids.len(),
            log_probabilities: Vec::new(),
            text: String::new(),
            decoder: tokenizer.map(Tokenizer::stream_decoder),
            stop: StopStrings::new(&config.stop_strings),
            random: Philox::with_stream(config.seed, number as u64),
            finished: None,
        }
    }

    /// The prompt and what was written.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How many ids are new.
    pub(super) fn written(&self) -> usize {
        self.ids.len() - self.prompt_length
    }

    /// Each text has draws of its own, so one does not change with the others in the batch.
    pub(super) fn random(&mut self) -> &mut Philox {
        &mut self.random
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished.is_some()
    }

    /// Ends the text, unless it has ended.
    pub(super) fn finish(&mut self, reason: FinishReason) {
        self.finished.get_or_insert(reason);
    }

    /// Takes one new token and tells the callback.
    pub(super) fn take(
        &mut self,
        token: u32,
        log_probability: f32,
        ends: &[u32],
        config: &GenerationConfig,
        on_token: &mut impl FnMut(Step<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        if ends.contains(&token) {
            self.finish(FinishReason::EndOfText(token));
            return Ok(());
        }
        self.ids.push(token);
        self.log_probabilities.push(log_probability);
        let piece = self.decoder.as_mut().map(|decoder| decoder.push(token)).transpose()?.unwrap_or_default();
        let (certain, stopped) = self.stop.push(&piece);
        self.text.push_str(&certain);
        if let Some(stop) = stopped {
            self.finish(FinishReason::StopString(stop));
        }
        let step = Step { sequence: self.number, token: Some(token), log_probability, text: &certain };
        if on_token(step).is_break() {
            self.finish(FinishReason::Stopped);
        }
        if self.written() >= config.max_new_tokens {
            self.finish(FinishReason::Length);
        }
        Ok(())
    }

    /// The finished text; what was held back of it is told to the callback.
    pub(super) fn into_generated(
        mut self,
        on_token: &mut impl FnMut(Step<'_>) -> ControlFlow<()>,
    ) -> Result<Generated> {
        if !matches!(self.finished, Some(FinishReason::StopString(_))) {
            let last = self.decoder.as_mut().map(StreamDecoder::finish).transpose()?.unwrap_or_default();
            let (certain, stopped) = self.stop.push(&last);
            let held = if stopped.is_some() { certain } else { certain + &self.stop.finish() };
            if !held.is_empty() {
                // The text is over: an answer to stop has nothing left to stop.
                let _ = on_token(Step { sequence: self.number, token: None, log_probability: 0.0, text: &held });
                self.text.push_str(&held);
            }
        }
        Ok(Generated {
            prompt: self.prompt,
            tokens: self.ids.split_off(self.prompt_length),
            log_probabilities: self.log_probabilities,
            text: self.text,
            finish_reason: self.finished.unwrap_or(FinishReason::Length),
            score: None,
        })
    }
}
