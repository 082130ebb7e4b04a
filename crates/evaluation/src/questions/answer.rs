//! Answers, what would be right, and how the two are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::text::words;
use crate::{Inputs, Result, Values};

/// A model's answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The question's id.
    pub id: String,
    /// The answer; empty for "there is none in this text".
    pub text: String,
    /// How sure the model is that there is none, for [`SquadV2`](super::SquadV2): 0 unless set.
    pub no_answer_probability: f64,
}

impl Answer {
    /// An answer to the question with that id.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { id: id.into(), text: text.into(), no_answer_probability: 0.0 }
    }

    /// The same with how sure the model is that there is none.
    #[must_use]
    pub fn no_answer_probability(mut self, probability: f64) -> Self {
        self.no_answer_probability = probability;
        self
    }
}

/// What would be right answers to a question; none, where the text has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerKey {
    /// The question's id.
    pub id: String,
    /// What several people marked as the answer.
    pub answers: Vec<String>,
}

impl AnswerKey {
    /// The right answers to the question with that id.
    pub fn new(id: impl Into<String>, answers: &[&str]) -> Self {
        Self { id: id.into(), answers: answers.iter().map(|answer| (*answer).to_owned()).collect() }
    }
}

/// An answer in the form in which answers are compared: small letters, no punctuation, no articles, single spaces.
///
/// ```
/// use course_evaluation::questions::normalize_answer;
///
/// assert_eq!(normalize_answer("The  Eiffel Tower!"), "eiffel tower");
/// ```
pub fn normalize_answer(text: &str) -> String {
    // A pattern that is always the same and compiles.
    static ARTICLES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b(a|an|the)\b").ok());
    let letters: String = text.to_lowercase().chars().filter(|letter| !letter.is_ascii_punctuation()).collect();
    let bare = match &*ARTICLES {
        Some(articles) => articles.replace_all(&letters, " "),
        None => letters.as_str().into(),
    };
    words(&bare).collect::<Vec<_>>().join(" ")
}

/// Whether two answers in that form are the same: 1 or 0.
pub(super) fn exact(prediction: &str, reference: &str) -> f64 {
    f64::from(u8::from(prediction == reference))
}

/// The F1 of the words that two answers in that form share; 0 where they share none.
///
/// precision = shared / words of the prediction, recall = shared / words of the reference
pub(super) fn word_f1(prediction: &str, reference: &str) -> f64 {
    fn count(text: &str) -> BTreeMap<&str, usize> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in words(text) {
            *counts.entry(word).or_default() += 1;
        }
        counts
    }
    let (predicted, actual) = (count(prediction), count(reference));
    let shared: usize = predicted.iter().map(|(word, &times)| times.min(actual.get(word).copied().unwrap_or(0))).sum();
    if shared == 0 {
        return 0.0;
    }
    let precision = shared as f64 / predicted.values().sum::<usize>() as f64;
    let recall = shared as f64 / actual.values().sum::<usize>() as f64;
    2.0 * precision * recall / (precision + recall)
}

/// The largest of the scores against each reference.
pub(super) fn best(prediction: &str, references: &[String], score: impl Fn(&str, &str) -> f64) -> f64 {
    references.iter().map(|reference| score(prediction, reference)).fold(0.0, f64::max)
}

/// Each question with its right answers, and the model's answer where it gave one.
pub(super) fn questions<'a>(inputs: &Inputs<'a>) -> Result<Vec<(AnswerKey, Option<Answer>)>> {
    let keys: Vec<AnswerKey> = match inputs.references {
        Values::AnswerKeys(keys) => keys.clone(),
        Values::Texts(_) | Values::TextLists(_) => {
            let lists = inputs.texts_with_references()?;
            let key = |(row, (_, answers)): (usize, (&'a str, Vec<&'a str>))| AnswerKey::new(row.to_string(), &answers);
            lists.into_iter().enumerate().map(key).collect()
        }
        _ => return Err(inputs.kind("references", "an `AnswerKey` for each question", None)),
    };
    let answers: Vec<Answer> = match inputs.predictions {
        Values::Answers(answers) => answers.clone(),
        Values::Texts(texts) => {
            texts.iter().enumerate().map(|(row, text)| Answer::new(row.to_string(), text)).collect()
        }
        _ => return Err(inputs.kind("predictions", "an `Answer` to each question", None)),
    };
    if keys.is_empty() {
        return Err(inputs.empty("there is no question"));
    }
    let mut by_id: BTreeMap<&str, &Answer> = BTreeMap::new();
    let known: BTreeSet<&str> = keys.iter().map(|key| key.id.as_str()).collect();
    for answer in &answers {
        if !known.contains(answer.id.as_str()) {
            return Err(inputs.label(&answer.id, "is the id of an answer, and no reference has it"));
        }
        if by_id.insert(&answer.id, answer).is_some() {
            return Err(inputs.label(&answer.id, "is the id of two answers; each question has one"));
        }
    }
    if known.len() < keys.len() {
        let twice = keys.iter().find(|key| keys.iter().filter(|other| other.id == key.id).count() > 1);
        return Err(inputs.label(twice.map_or("", |key| &key.id), "is the id of two references; each question has one"));
    }
    Ok(keys.iter().map(|key| (key.clone(), by_id.get(key.id.as_str()).map(|&answer| answer.clone()))).collect())
}
