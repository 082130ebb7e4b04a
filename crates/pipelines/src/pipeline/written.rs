//! The methods of the tasks that write a text for a text, on a pipeline of any.

use course_models::GenerationConfig;

use super::Pipeline;
use crate::{Languages, Result, Summarization, Text2TextGeneration, Texts, Translation, WrittenTexts};

impl Pipeline {
    /// [`Summarization::summarize`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn summarize(&self, texts: impl Into<Texts>) -> Result<WrittenTexts> {
        self.summarization("summarize")?.summarize(texts)
    }

    /// [`Summarization::summarize_with`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn summarize_with(&self, texts: impl Into<Texts>, config: &GenerationConfig) -> Result<WrittenTexts> {
        self.summarization("summarize_with")?.summarize_with(texts, config)
    }

    /// [`Translation::translate`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn translate(&self, texts: impl Into<Texts>) -> Result<WrittenTexts> {
        self.translation("translate")?.translate(texts)
    }

    /// [`Translation::translate_with`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn translate_with(&self, texts: impl Into<Texts>, config: &GenerationConfig) -> Result<WrittenTexts> {
        self.translation("translate_with")?.translate_with(texts, config)
    }

    /// [`Text2TextGeneration::write`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn write(&self, texts: impl Into<Texts>) -> Result<WrittenTexts> {
        self.text2text("write")?.write(texts)
    }

    /// [`Text2TextGeneration::write_with`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn write_with(&self, texts: impl Into<Texts>, config: &GenerationConfig) -> Result<WrittenTexts> {
        self.text2text("write_with")?.write_with(texts, config)
    }

    /// Between the languages that a task's name says: `translation_en_to_fr`.
    pub(super) fn between(self, task: &str) -> Result<Self> {
        match (self, Languages::of_task(task)) {
            (Self::Translation(pipeline), Some(Languages { source, target })) => {
                Ok(Self::Translation(pipeline.languages(&source, &target)?))
            }
            (pipeline, _) => Ok(pipeline),
        }
    }

    fn summarization(&self, call: &'static str) -> Result<&Summarization> {
        match self {
            Self::Summarization(pipeline) => Ok(pipeline),
            _ => Err(self.wrong(call, "summarization")),
        }
    }

    fn translation(&self, call: &'static str) -> Result<&Translation> {
        match self {
            Self::Translation(pipeline) => Ok(pipeline),
            _ => Err(self.wrong(call, "translation")),
        }
    }

    fn text2text(&self, call: &'static str) -> Result<&Text2TextGeneration> {
        match self {
            Self::Text2TextGeneration(pipeline) => Ok(pipeline),
            _ => Err(self.wrong(call, "text2text-generation")),
        }
    }
}
