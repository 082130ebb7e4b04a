//! The same in another language.

use course_models::GenerationConfig;

use super::{Languages, Writer, WrittenTexts};
use crate::{Error, Result, Task, Texts};

/// Translates texts.
///
/// A Marian translates between the two languages that its name says; a T5 is told which in the words before the text, of the pairs that its
/// configuration lists.
#[derive(Debug, Clone)]
pub struct Translation {
    pub(crate) writer: Writer,
    languages: Option<Languages>,
}

impl Translation {
    /// The pipeline on the model of this name: a folder, or a name on the Hub. Of several pairs of languages that a T5 knows, English to French is
    /// taken, else the first; [`languages`](Self::languages) takes another.
    ///
    /// # Errors
    /// When the model is not found, or does not answer texts with texts.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let mut writer = Writer::load(name, Task::Translation)?;
        writer.take_settings("translation");
        let own = Languages::of_model(name);
        let pipeline = Self { writer, languages: own };
        let pairs = pipeline.pairs();
        let usual = Languages::new("en", "fr");
        match pairs.iter().find(|pair| **pair == usual).or(pairs.first()) {
            Some(pair) => pipeline.languages(&pair.source, &pair.target),
            None => Ok(pipeline),
        }
    }

    /// From which language to which: `.languages("en", "de")?`.
    ///
    /// # Errors
    /// When the model is known to translate others alone.
    pub fn languages(mut self, source: &str, target: &str) -> Result<Self> {
        let wanted = Languages::new(source, target);
        let (pairs, own) = (self.pairs(), Languages::of_model(&self.writer.model.headed.name));
        let known = if pairs.is_empty() { own.into_iter().collect() } else { pairs };
        if !known.is_empty() && !known.contains(&wanted) {
            let known = known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let problem =
                format!("{} does not translate {wanted}; it translates {known}", self.writer.model.headed.name);
            return Err(Error::input("languages", problem));
        }
        self.writer.take_settings(&wanted.task());
        // A Marian of several languages is told which by a token before the text.
        let token = format!(">>{}<<", wanted.target);
        if self.writer.model.tokenizer.token_to_id(&token).is_some() {
            self.writer.prefix = format!("{token} ");
        }
        self.languages = Some(wanted);
        Ok(self)
    }

    /// From which language to which, where it is known.
    pub fn get_languages(&self) -> Option<&Languages> {
        self.languages.as_ref()
    }

    /// A translation of each text.
    ///
    /// # Errors
    /// Without texts, for an empty one, for one that is longer than the model reads, or when the learner interrupts.
    pub fn translate(&self, texts: impl Into<Texts>) -> Result<WrittenTexts> {
        self.translate_with(texts, self.generation_config())
    }

    /// The same, written as `config` says.
    ///
    /// # Errors
    /// As [`translate`](Self::translate), and for settings that cannot be.
    pub fn translate_with(&self, texts: impl Into<Texts>, config: &GenerationConfig) -> Result<WrittenTexts> {
        let languages = self.languages.as_ref().map(ToString::to_string).unwrap_or_default();
        self.writer.write(texts.into().0, config, "translation", &languages)
    }

    /// The pairs that a T5's configuration lists.
    fn pairs(&self) -> Vec<Languages> {
        self.writer.tasks().filter_map(Languages::of_task).collect()
    }
}
