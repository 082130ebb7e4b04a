//! Shorter texts that say the same.

use course_models::GenerationConfig;

use super::{Writer, WrittenTexts};
use crate::{Result, Task, Texts};

/// Sums texts up.
#[derive(Debug, Clone)]
pub struct Summarization {
    pub(crate) writer: Writer,
}

impl Summarization {
    /// The pipeline on the model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When the model is not found, or does not answer texts with texts.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let mut writer = Writer::load(name, Task::Summarization)?;
        writer.take_settings("summarization");
        Ok(Self { writer })
    }

    /// A summary of each text.
    ///
    /// # Errors
    /// Without texts, for an empty one, for one that is longer than the model reads, or when the learner interrupts.
    pub fn summarize(&self, texts: impl Into<Texts>) -> Result<WrittenTexts> {
        self.summarize_with(texts, self.generation_config())
    }

    /// The same, written as `config` says.
    ///
    /// # Errors
    /// As [`summarize`](Self::summarize), and for settings that cannot be.
    pub fn summarize_with(&self, texts: impl Into<Texts>, config: &GenerationConfig) -> Result<WrittenTexts> {
        self.writer.write(texts.into().0, config, "summary", "")
    }
}
