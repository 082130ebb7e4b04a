//! What all pipelines that answer texts with texts share: settings of the task, batches, generation.

use std::ops::ControlFlow;
use std::sync::Arc;

use course_models::architectures::{ModelInputs, Task as Head};
use course_models::{Generated, GenerationConfig, generate_with};
use course_tokenization::Truncation;
use serde_json::Value;

use super::{WrittenText, WrittenTexts};
use crate::headed::{TextModel, check_texts, in_batches};
use crate::{Result, Task};

/// Texts that are written at once unless told otherwise.
const BATCH_SIZE: usize = 8;

/// A model that answers texts, and how it is to.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) model: Arc<TextModel>,
    /// What is put before each text.
    pub(crate) prefix: String,
    pub(crate) config: GenerationConfig,
    pub(crate) truncation: bool,
    pub(crate) batch_size: usize,
}

impl Writer {
    pub(crate) fn load(name: &str, task: Task) -> Result<Self> {
        let model = TextModel::load(name, task, Head::Seq2SeqLm)?;
        let config = GenerationConfig::of_model(&model.headed.config);
        let prefix = model.headed.config.get("prefix").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { model, prefix, config, truncation: false, batch_size: BATCH_SIZE })
    }

    /// Takes what the model's configuration says for a task: the words before the text, lengths, beams.
    pub(crate) fn take_settings(&mut self, task: &str) {
        let model = Arc::clone(&self.model);
        let Some(settings) = model.headed.config.get("task_specific_params").and_then(|tasks| tasks.get(task)) else {
            return;
        };
        self.config = GenerationConfig::of_model(&model.headed.config).with_values(settings);
        if let Some(prefix) = settings.get("prefix").and_then(Value::as_str) {
            self.prefix = prefix.to_owned();
        }
    }

    /// The tasks that the model's configuration has settings for.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = &str> {
        let tasks = self.model.headed.config.get("task_specific_params").and_then(Value::as_object);
        tasks.into_iter().flat_map(|tasks| tasks.keys().map(String::as_str))
    }

    /// What the model writes for each text, under the heading `kind`.
    pub(crate) fn write(
        &self,
        texts: Vec<String>,
        config: &GenerationConfig,
        kind: &'static str,
        languages: &str,
    ) -> Result<WrittenTexts> {
        check_texts("texts", &texts)?;
        let length = |item: usize| texts.get(item).map_or(0, String::len);
        let answers = in_batches(texts.len(), self.batch_size, "writing", length, |items| {
            let batch: Vec<String> =
                items.iter().filter_map(|item| texts.get(*item)).map(|text| format!("{}{text}", self.prefix)).collect();
            self.batch(&batch, config, items.first().copied().unwrap_or(0))
        })?;
        let written = texts.into_iter().zip(answers).flat_map(|(source, answers)| {
            answers.into_iter().map(move |(text, generated)| WrittenText {
                source: source.clone(),
                text,
                tokens: generated.tokens,
                finish_reason: generated.finish_reason,
                score: generated.score,
            })
        });
        let parts = [languages, &format!("written by {}", self.model.headed.name), &self.told()];
        let note = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
        Ok(WrittenTexts::new(written.collect(), kind, note))
    }

    /// What the model was told before each text.
    fn told(&self) -> String {
        match self.prefix.as_str() {
            "" => String::new(),
            prefix => format!("told {:?} before each text", prefix.trim_end()),
        }
    }

    /// The answers to each of a few texts, with the words that they are.
    fn batch(
        &self,
        texts: &[String],
        config: &GenerationConfig,
        first: usize,
    ) -> Result<Vec<Vec<(String, Generated)>>> {
        let TextModel { headed, tokenizer, .. } = self.model.as_ref();
        let cut = self.model.cut_options(Truncation::LongestFirst);
        let options = if self.truncation { cut } else { self.model.options() };
        let batch = tokenizer.encode_batch_with(texts, &options)?;
        self.model.check_length(&batch, "shorten it, or have it cut off by `.truncation(true)`")?;
        let inputs = ModelInputs::from_encoding(&batch)?.select_names(headed.model.input_names());
        let answering = headed.model.answering(&inputs)?;
        let prompts = vec![[answering.start()]; answering.rows()];
        // Batches draw from streams of their own.
        let config = config.clone().seed(config.seed.wrapping_add(first as u64));
        let written = generate_with(&answering, &prompts, &config, Some(tokenizer), |_| ControlFlow::Continue(()))?;
        let mut answers: Vec<Vec<(String, Generated)>> = vec![Vec::new(); texts.len()];
        for one in written {
            let text = match config.stop_strings.is_empty() {
                true => tokenizer.decode(&one.tokens)?,
                false => one.text.clone(),
            };
            if let Some(place) = answers.get_mut(one.prompt) {
                place.push((text.trim().to_owned(), one));
            }
        }
        Ok(answers)
    }
}
