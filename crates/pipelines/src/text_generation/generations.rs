//! What a model wrote.

use std::ops::Deref;

use course_display::{Bundle, Rich};
use course_models::{FinishReason, Generated};
use course_tokenization::Message;

use super::shown::{Shown, State, bundle};
use crate::Prompt;

/// One text that the model wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// What it was written on from.
    pub prompt: Prompt,
    /// The new text alone.
    pub text: String,
    /// The new tokens.
    pub tokens: Vec<u32>,
    /// The log-probability of each new token under the distribution it was drawn from.
    pub log_probabilities: Vec<f32>,
    /// Why it ends.
    pub finish_reason: FinishReason,
}

impl Generation {
    pub(super) fn new(prompt: Prompt, written: Generated) -> Self {
        Self {
            prompt,
            text: written.text,
            tokens: written.tokens,
            log_probabilities: written.log_probabilities,
            finish_reason: written.finish_reason,
        }
    }

    /// The prompt with the new text after it; the answer alone for a conversation.
    pub fn full_text(&self) -> String {
        match &self.prompt {
            Prompt::Text(prompt) => format!("{prompt}{}", self.text),
            Prompt::Chat(_) => self.text.clone(),
        }
    }

    /// The conversation with the answer as its last turn; for a text prompt, the answer alone.
    pub fn messages(&self) -> Vec<Message> {
        let answer = Message::assistant(self.text.trim());
        match &self.prompt {
            Prompt::Text(_) => vec![answer],
            Prompt::Chat(messages) => messages.iter().cloned().chain([answer]).collect(),
        }
    }

    fn shown(&self) -> Shown<'_> {
        let state = match self.finish_reason {
            FinishReason::Length => State::Cut,
            _ => State::Whole,
        };
        Shown { prompt: &self.prompt, text: &self.text, state }
    }
}

impl Rich for Generation {
    fn rich(&self) -> Bundle {
        bundle(&[self.shown()])
    }
}

/// What a model wrote: [`num_return_sequences`](crate::GenerationConfig::num_return_sequences) texts for each prompt, in
/// order. A slice of [`Generation`]s in every other respect.
#[derive(Debug, Clone, PartialEq)]
pub struct Generations(pub(super) Vec<Generation>);

impl Generations {
    /// The first prompt with its new text after it; the first answer alone for a conversation.
    pub fn text(&self) -> String {
        self.first().map(Generation::full_text).unwrap_or_default()
    }
}

impl Deref for Generations {
    type Target = [Generation];

    fn deref(&self) -> &[Generation] {
        &self.0
    }
}

impl IntoIterator for Generations {
    type Item = Generation;
    type IntoIter = std::vec::IntoIter<Generation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Generations {
    type Item = &'a Generation;
    type IntoIter = std::slice::Iter<'a, Generation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Rich for Generations {
    fn rich(&self) -> Bundle {
        bundle(&self.0.iter().map(Generation::shown).collect::<Vec<_>>())
    }
}
