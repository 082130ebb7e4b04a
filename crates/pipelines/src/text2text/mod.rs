//! A text for each text: by a model that reads all of the one before it writes the other (T5, BART, Marian).
//!
//! Text → tokens → the encoder reads them → the decoder writes, token after token → text. What is to be done a T5 is told in words before the text
//! (`summarize: `), which its `config.json` has under `task_specific_params`; so are the lengths and beams that suit a task.

mod languages;
mod summarization;
mod translation;
mod writer;
mod written;

pub use languages::Languages;
pub use summarization::Summarization;
pub use translation::Translation;
pub(crate) use writer::Writer;
pub use written::{WrittenText, WrittenTexts};

use course_models::GenerationConfig;

use crate::{Result, Task, Texts};

/// The setters that all pipelines of this kind have.
macro_rules! settings {
    ($pipeline:ty) => {
        impl $pipeline {
            /// How it writes unless told otherwise: what the model's files say for the task. Change what you like and pass it back, here or to the call
            /// that ends in `_with`.
            pub fn generation_config(&self) -> &$crate::GenerationConfig {
                &self.writer.config
            }

            /// How it writes from now on.
            #[must_use]
            pub fn with_generation_config(mut self, config: &$crate::GenerationConfig) -> Self {
                self.writer.config = config.clone();
                self
            }

            /// How many tokens a text may have that is written, the one that it begins with included, as in Python.
            #[must_use]
            pub fn max_length(mut self, tokens: usize) -> Self {
                let config = &mut self.writer.config;
                config.max_new_tokens = tokens.saturating_sub(1);
                config.min_new_tokens = config.min_new_tokens.min(config.max_new_tokens);
                self
            }

            /// How many tokens it has at least, the one that it begins with included.
            #[must_use]
            pub fn min_length(mut self, tokens: usize) -> Self {
                self.writer.config.min_new_tokens = tokens.saturating_sub(1);
                self
            }

            /// How many texts are followed at once, looking for the likeliest as a whole.
            #[must_use]
            pub fn num_beams(mut self, beams: usize) -> Self {
                self.writer.config.num_beams = beams;
                self
            }

            /// Whether what is longer than the model reads is cut off; default no: it is an error.
            #[must_use]
            pub fn truncation(mut self, on: bool) -> Self {
                self.writer.truncation = on;
                self
            }

            /// How many texts go through the model at once; default 8.
            #[must_use]
            pub fn batch_size(mut self, texts: usize) -> Self {
                self.writer.batch_size = texts.max(1);
                self
            }

            /// What is put before each text, so that the model knows its task; default: what its configuration says for it.
            #[must_use]
            pub fn prefix(mut self, words: impl Into<String>) -> Self {
                self.writer.prefix = words.into();
                self
            }
        }
    };
}

settings!(Text2TextGeneration);
settings!(Summarization);
settings!(Translation);

/// Answers texts with texts, whatever the model was trained for: `write("question: … context: …")`.
#[derive(Debug, Clone)]
pub struct Text2TextGeneration {
    pub(crate) writer: Writer,
}

impl Text2TextGeneration {
    /// The pipeline on the model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When the model is not found, or does not answer texts with texts.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Ok(Self { writer: Writer::load(name, Task::Text2TextGeneration)? })
    }

    /// What the model writes for each text.
    ///
    /// # Errors
    /// Without texts, for an empty one, for one that is longer than the model reads, or when the learner interrupts.
    pub fn write(&self, texts: impl Into<Texts>) -> Result<WrittenTexts> {
        self.write_with(texts, self.generation_config())
    }

    /// The same, written as `config` says.
    ///
    /// # Errors
    /// As [`write`](Self::write), and for settings that cannot be.
    pub fn write_with(&self, texts: impl Into<Texts>, config: &GenerationConfig) -> Result<WrittenTexts> {
        self.writer.write(texts.into().0, config, "answer", "")
    }
}

#[cfg(test)]
mod tests;
