//! Which of the labels that a model was trained for fits a text: sentiment, topic, whether two sentences say the same.
//!
//! Text → tokens → the model's logits, one a label → scores. What makes scores of the logits depends on what the model was trained
//! for, which its `config.json` says: softmax where one label is right, sigmoid where several may be, nothing where it is a number.

use std::sync::Arc;

use course_models::architectures::{Labels, ProblemType, Task as Head};
use course_tokenization::{BatchEncoding, Truncation};

use crate::headed::{TextModel, check_texts, in_batches, rows, shares, sigmoid};
use crate::{Classification, Classifications, Error, Result, Task, Texts};

/// Texts in one forward pass unless told otherwise.
pub(crate) const BATCH_SIZE: usize = 32;

/// What makes scores of a classifier's logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreFunction {
    /// Shares that add up to 1: one label is right.
    Softmax,
    /// From 0 to 1, each for itself: any number of labels may be right.
    Sigmoid,
    /// The logits as they are: the model was trained to give numbers.
    None,
}

impl ScoreFunction {
    /// What fits a model, by what its configuration says its head is for.
    pub(crate) fn of(labels: &Labels) -> Self {
        match labels.problem_type {
            Some(ProblemType::Regression) => Self::None,
            Some(ProblemType::MultiLabelClassification) => Self::Sigmoid,
            _ if labels.len() == 1 => Self::Sigmoid,
            _ => Self::Softmax,
        }
    }

    pub(crate) fn scores(self, logits: &[f32]) -> Vec<f32> {
        match self {
            Self::Softmax => shares(logits),
            Self::Sigmoid => sigmoid(logits),
            Self::None => logits.to_vec(),
        }
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Softmax => "scores: softmax over the labels' logits",
            Self::Sigmoid => "scores: sigmoid of each label's logit",
            Self::None => "scores: the model's numbers as they are",
        }
    }
}

/// Puts texts into the classes of a model that was trained for them.
#[derive(Debug, Clone)]
pub struct TextClassification {
    pub(crate) model: Arc<TextModel>,
    top_k: Option<usize>,
    function: ScoreFunction,
    truncation: bool,
    batch_size: usize,
}

impl TextClassification {
    /// The pipeline on the model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When the model is not found, or has no trained head for classes of texts.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let model = TextModel::load(name, Task::TextClassification, Head::SequenceClassification)?;
        let function = ScoreFunction::of(&model.headed.labels);
        Ok(Self { model, top_k: None, function, truncation: false, batch_size: BATCH_SIZE })
    }

    /// Keeps the `k` best labels of each text; default: all.
    #[must_use]
    pub fn top_k(mut self, k: usize) -> Self {
        self.top_k = Some(k.max(1));
        self
    }

    /// What makes scores of the logits; default: what the model's configuration asks for.
    #[must_use]
    pub fn function_to_apply(mut self, function: ScoreFunction) -> Self {
        self.function = function;
        self
    }

    /// Whether what is longer than the model reads is cut off; default no: it is an error.
    #[must_use]
    pub fn truncation(mut self, on: bool) -> Self {
        self.truncation = on;
        self
    }

    /// How many texts go through the model at once; default 32.
    #[must_use]
    pub fn batch_size(mut self, texts: usize) -> Self {
        self.batch_size = texts.max(1);
        self
    }

    /// The labels, by their numbers.
    pub fn labels(&self) -> &[String] {
        &self.model.headed.labels.names
    }
}

impl TextClassification {
    /// The labels of each text with their scores, best first.
    ///
    /// # Errors
    /// Without texts, for an empty one, for one that is longer than the model reads, or when the learner interrupts.
    pub fn predict(&self, texts: impl Into<Texts>) -> Result<Classifications> {
        self.classify(texts.into().0, None)
    }

    /// The labels of pairs of texts: the first of `first` with the first of `second`, and so on.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and when there are more of the one than of the other.
    pub fn predict_pairs(&self, first: impl Into<Texts>, second: impl Into<Texts>) -> Result<Classifications> {
        let (first, second) = (first.into().0, second.into().0);
        if first.len() != second.len() {
            let problem =
                format!("there are {}, but {} first texts; each pair takes one of both", second.len(), first.len());
            return Err(Error::input("second", problem));
        }
        check_texts("second", &second)?;
        self.classify(first, Some(second))
    }

    fn classify(&self, texts: Vec<String>, pairs: Option<Vec<String>>) -> Result<Classifications> {
        check_texts("texts", &texts)?;
        let pair = |item: usize| pairs.as_ref().and_then(|pairs| pairs.get(item));
        let length = |item: usize| texts[item].len() + pair(item).map_or(0, String::len);
        let items = in_batches(texts.len(), self.batch_size, "classifying", length, |items| {
            let first: Vec<&str> = items.iter().map(|&item| texts[item].as_str()).collect();
            let second: Option<Vec<&str>> = items.iter().map(|&item| pair(item).map(String::as_str)).collect();
            let logits = rows(&self.model.forward(&self.encode(&first, second.as_deref())?)?.logits)?;
            let classified = items.iter().zip(logits).map(|(&item, logits)| {
                let scores = self.function.scores(&logits);
                let mut one = Classification::new(texts[item].clone(), self.labels(), &logits, &scores);
                one.pair = pair(item).cloned();
                one.labels.truncate(self.top_k.unwrap_or(usize::MAX));
                one
            });
            Ok(classified.collect())
        })?;
        let method = format!("{} of {}", self.function.words(), self.model.headed.name);
        Ok(Classifications::new(items, method))
    }

    fn encode(&self, first: &[&str], second: Option<&[&str]>) -> Result<BatchEncoding> {
        let cut = self.model.cut_options(Truncation::LongestFirst);
        let options = if self.truncation { cut } else { self.model.options() };
        let batch = match second {
            Some(second) => self.model.tokenizer.encode_pairs(first, second, &options)?,
            None => self.model.tokenizer.encode_batch_with(first, &options)?,
        };
        self.model.check_length(&batch, "shorten it, or have it cut off by `.truncation(true)`")?;
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_made_as_the_model_was_trained() {
        let of = |count, problem_type| ScoreFunction::of(&Labels { problem_type, ..Labels::numbered(count) });
        assert_eq!(of(2, None), ScoreFunction::Softmax);
        assert_eq!(of(1, None), ScoreFunction::Sigmoid);
        assert_eq!(of(1, Some(ProblemType::Regression)), ScoreFunction::None);
        assert_eq!(of(3, Some(ProblemType::SingleLabelClassification)), ScoreFunction::Softmax);
        assert_eq!(of(3, Some(ProblemType::MultiLabelClassification)), ScoreFunction::Sigmoid);
        assert_eq!(ScoreFunction::None.scores(&[2.5]), [2.5]);
    }
}
