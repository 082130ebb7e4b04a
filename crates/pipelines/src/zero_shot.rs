//! Which of some labels fits a text, without any training for them.
//!
//! A language model is asked how well each label would go on from the text: after the text and the beginning of a sentence
//! about it, as in `… This text is about`, stands ` sports.` or ` politics.`. The mean log-probability of a label's tokens
//! is its score, so that long labels are not worse off than short ones; softmax over the labels makes the scores add up
//! to 1. They say which label fits better than another, not how sure anyone should be.

use std::sync::Arc;

use course_display::{Bundle, Rich, Table};
use course_models::log_likelihoods;
use course_tokenization::EncodeOptions;
use serde::Serialize;

use crate::language_model::LanguageModel;
use crate::next_token::softmax;
use crate::sentence_similarity::round;
use crate::{Error, Result, Task, Texts};

/// The sentence that a label completes unless told otherwise.
const TEMPLATE: &str = "This text is about {}.";
/// Where the label goes.
const BLANK: &str = "{}";

/// Chooses among labels by a language model's likelihood of each.
#[derive(Debug, Clone)]
pub struct ZeroShotClassification {
    pub(crate) model: Arc<LanguageModel>,
    before: String,
    after: String,
}

impl ZeroShotClassification {
    /// The pipeline on the model of this name.
    ///
    /// # Errors
    /// When the model is not found or is no language model.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Self { model: LanguageModel::load(name)?, before: String::new(), after: String::new() }
            .hypothesis_template(TEMPLATE)
    }

    /// The pipeline on the model that comes with the course.
    ///
    /// # Errors
    /// When the model was not fetched.
    pub fn new() -> Result<Self> {
        Self::from_pretrained(Task::ZeroShotClassification.default_model())
    }

    /// The same pipeline with another sentence for the label to complete; `{}` is the label's place. Default:
    /// `This text is about {}.`
    ///
    /// # Errors
    /// When `{}` is not in it exactly once.
    pub fn hypothesis_template(mut self, template: &str) -> Result<Self> {
        let parts: Vec<&str> = template.split(BLANK).collect();
        let [before, after] = parts.as_slice() else {
            return Err(Error::input(
                "hypothesis_template",
                format!("{template:?} has {{}} {} times; write it once, where the label goes", parts.len() - 1),
            ));
        };
        (self.before, self.after) = ((*before).to_owned(), (*after).to_owned());
        Ok(self)
    }
}

impl ZeroShotClassification {
    /// Scores every label for every text.
    ///
    /// # Errors
    /// Without texts, with fewer than two labels or the same one twice, or when the learner interrupts.
    pub fn classify(&self, texts: impl Into<Texts>, labels: impl Into<Texts>) -> Result<Classifications> {
        let (Texts(texts), Texts(labels)) = (texts.into(), labels.into());
        if texts.is_empty() {
            return Err(Error::input("texts", "there are none; pass at least one"));
        }
        check_labels(&labels)?;
        let endings = labels.iter().map(|label| self.ids(&self.ending(label), false)).collect::<Result<Vec<_>>>()?;
        let items = texts
            .into_iter()
            .map(|text| {
                course_wire::interrupt::check()?;
                let beginning = self.ids(&self.beginning(&text), true)?;
                let log_probabilities = log_likelihoods(&self.model.model, &beginning, &endings)?;
                Ok(Classification::new(
                    text,
                    &labels,
                    &log_probabilities.iter().map(|tokens| mean(tokens)).collect::<Vec<_>>(),
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Classifications { items, method: self.method() })
    }

    /// Everything before the label. The space in front of the label belongs to the label: tokens begin with theirs.
    fn beginning(&self, text: &str) -> String {
        format!("{}\n\n{}", text.trim(), self.before).trim_end_matches(' ').to_owned()
    }

    /// The label and everything after it.
    fn ending(&self, label: &str) -> String {
        let space = if self.before.ends_with(' ') { " " } else { "" };
        format!("{space}{}{}", label.trim(), self.after)
    }

    fn ids(&self, text: &str, add_special_tokens: bool) -> Result<Vec<u32>> {
        let options = EncodeOptions::new().add_special_tokens(add_special_tokens);
        Ok(self.model.tokenizer.encode_with(text, &options)?.input_ids().to_vec())
    }

    fn method(&self) -> String {
        format!(
            "scores: softmax over the labels of the mean log-probability per token that {} gives to the label in \
             \"{}{BLANK}{}\" after the text",
            self.model.name, self.before, self.after
        )
    }
}

fn check_labels(labels: &[String]) -> Result<()> {
    if labels.len() < 2 {
        return Err(Error::input("labels", "choosing takes at least two; pass all the labels to choose from"));
    }
    for (index, label) in labels.iter().enumerate() {
        if label.trim().is_empty() {
            return Err(Error::input("labels", format!("number {index} is empty")));
        }
        if labels[..index].contains(label) {
            return Err(Error::input("labels", format!("{label:?} is there twice")));
        }
    }
    Ok(())
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

/// A label with its score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelScore {
    /// The label.
    pub label: String,
    /// Its share among the labels, from 0 to 1; all of them add up to 1.
    pub score: f32,
    /// The mean log-probability of its tokens, which the score is made of.
    pub log_likelihood: f32,
}

/// One text with the labels, best first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Classification {
    /// The text.
    pub text: String,
    /// The labels, best first.
    pub labels: Vec<LabelScore>,
}

impl Classification {
    fn new(text: String, labels: &[String], log_likelihoods: &[f32]) -> Self {
        let scores = softmax(log_likelihoods).into_iter().zip(log_likelihoods);
        let mut labels: Vec<LabelScore> = labels
            .iter()
            .zip(scores)
            .map(|(label, (score, &log_likelihood))| LabelScore {
                label: label.clone(),
                score: score as f32,
                log_likelihood,
            })
            .collect();
        labels.sort_by(|one, other| other.score.total_cmp(&one.score));
        Self { text, labels }
    }

    /// The best label.
    pub fn label(&self) -> &str {
        self.labels.first().map_or("", |best| &best.label)
    }

    /// The best label's score, from 0 to 1.
    pub fn score(&self) -> f32 {
        self.labels.first().map_or(0.0, |best| best.score)
    }
}

/// Texts with their labels, in the texts' order. A slice of [`Classification`]s in every other respect.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifications {
    items: Vec<Classification>,
    /// How the scores came about, said below every table of them.
    method: String,
}

impl std::ops::Deref for Classifications {
    type Target = [Classification];

    fn deref(&self) -> &[Classification] {
        &self.items
    }
}

impl Rich for Classifications {
    fn rich(&self) -> Bundle {
        let table = match self.items.as_slice() {
            [one] => {
                let table = Table::new(["label", "score"]).caption(&one.text);
                one.labels.iter().fold(table, |table, label| table.row((&label.label, round(label.score))))
            }
            several => {
                let mut labels: Vec<&str> =
                    several.iter().flat_map(|item| &item.labels).map(|l| l.label.as_str()).collect();
                labels.sort_unstable();
                labels.dedup();
                let headers = ["text", "label"].into_iter().chain(labels.iter().copied());
                several.iter().fold(Table::new(headers), |table, item| {
                    let score = |label: &&str| {
                        let found = item.labels.iter().find(|scored| scored.label == *label);
                        found.map_or(f64::NAN.into(), |scored| serde_json::Value::from(round(scored.score)))
                    };
                    let cells: Vec<serde_json::Value> = [item.text.as_str().into(), item.label().into()]
                        .into_iter()
                        .chain(labels.iter().map(score))
                        .collect();
                    table.row(cells)
                })
            }
        };
        table.note(&self.method).rich()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_by_their_share() {
        let labels = ["a".to_owned(), "b".to_owned()];
        let answer = Classification::new("text".into(), &labels, &[-3.0, -1.0]);
        assert_eq!(answer.label(), "b");
        let expected = 1.0 / (1.0 + (-2f64).exp());
        assert!((f64::from(answer.score()) - expected).abs() < 1e-6);
        assert!((answer.labels.iter().map(|label| label.score).sum::<f32>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn labels_that_cannot_be_chosen_among_are_refused() {
        let check = |labels: &[&str]| check_labels(&labels.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(check(&["a", "b"]).is_ok());
        assert_eq!(check(&["a", "a"]).unwrap_err().to_string(), "labels: \"a\" is there twice");
        assert!(check(&["a"]).is_err() && check(&["a", " "]).is_err());
    }

    #[test]
    fn every_table_says_how_its_scores_came_about() {
        let one = Classification::new("text".into(), &["a".to_owned(), "b".to_owned()], &[-1.0, -1.0]);
        let single = Classifications { items: vec![one.clone()], method: "scores: so".into() };
        assert_eq!(single.rich().plain(), "text\nlabel  score\n─────  ─────\na        0.5\nb        0.5\nscores: so");
        let several = Classifications { items: vec![one.clone(), one], method: "scores: so".into() };
        assert!(several.rich().plain().starts_with("text  label    a    b\n"), "{}", several.rich().plain());
    }
}
