//! How the scores of several classes become one.

use super::counts::{Counts, counts};
use super::quotient;
use crate::setting::Given;
use crate::{Inputs, Result, Score, Values};

/// How the scores of several classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Average {
    /// Two classes: the score of the positive one alone.
    #[default]
    Binary,
    /// The score of all counts added up: each example counts alike. Over all classes this is accuracy.
    Micro,
    /// The mean of the scores: each class counts alike, rare ones too.
    Macro,
    /// The mean of the scores, each weighted by how often its class occurs among the references.
    Weighted,
    /// No average: the score of each class.
    Each,
}

/// The settings that precision, recall and F1 share.
///
/// | setting | what it is |
/// |---|---|
/// | `average` | `"binary"` (unless set), `"micro"`, `"macro"`, `"weighted"`, `"none"` |
/// | `pos_label` | the positive class of `"binary"`: 1 unless set |
/// | `labels` | the classes to average over; all that occur unless set |
/// | `sample_weight` | a weight for each example; 1 unless set |
#[derive(Debug, Clone, PartialEq)]
pub struct Averaging {
    /// How scores become one.
    pub average: Average,
    /// The positive class of [`Average::Binary`], by number or name.
    pub positive: String,
    /// The classes to average over, by number or name; all that occur if empty.
    pub labels: Vec<String>,
    /// A weight for each example; 1 if empty.
    pub sample_weight: Vec<f64>,
}

impl Default for Averaging {
    fn default() -> Self {
        Self { average: Average::default(), positive: "1".into(), labels: Vec::new(), sample_weight: Vec::new() }
    }
}

impl Averaging {
    pub(crate) const SETTINGS: &'static [&'static str] = &["average", "pos_label", "labels", "sample_weight"];

    pub(crate) fn set(&mut self, given: Given<'_>) -> Result<()> {
        match given.name() {
            "average" => {
                self.average = given.one_of(&[
                    ("binary", Average::Binary),
                    ("micro", Average::Micro),
                    ("macro", Average::Macro),
                    ("weighted", Average::Weighted),
                    ("none", Average::Each),
                ])?;
            }
            "pos_label" => match given.classes()?.as_slice() {
                [class] => self.positive = class.clone(),
                _ => return Err(given.wrong("one class, by number or name")),
            },
            "labels" => self.labels = given.classes()?,
            "sample_weight" => self.sample_weight = given.numbers()?,
            _ => return Err(given.unknown()),
        }
        Ok(())
    }

    /// The score, where that of one class is the quotient of the two numbers that `parts` makes of its counts.
    pub(crate) fn score(&self, inputs: &Inputs<'_>, parts: impl Fn(&Counts) -> (f64, f64)) -> Result<Score> {
        let all = counts(inputs, &self.sample_weight)?;
        let score = |counts: &Counts| {
            let (numerator, denominator) = parts(counts);
            quotient(numerator, denominator)
        };
        if self.average == Average::Binary {
            return Ok(Score::Number(score(&self.positive_class(inputs, &all)?)));
        }
        let chosen = self.chosen(&all);
        if chosen.is_empty() {
            return Err(inputs.empty("the setting `labels` names no class"));
        }
        let scores: Vec<f64> = chosen.iter().map(score).collect();
        Ok(match self.average {
            Average::Micro => {
                let sum = |of: fn(&Counts) -> f64| chosen.iter().map(of).sum();
                Score::Number(score(&Counts {
                    class: String::new(),
                    right: sum(|counts| counts.right),
                    predicted: sum(|counts| counts.predicted),
                    actual: sum(|counts| counts.actual),
                }))
            }
            Average::Weighted => {
                let weighted: f64 = scores.iter().zip(&chosen).map(|(score, counts)| score * counts.actual).sum();
                Score::Number(quotient(weighted, chosen.iter().map(|counts| counts.actual).sum()))
            }
            Average::Each => Score::List(scores),
            Average::Macro | Average::Binary => Score::Number(scores.iter().sum::<f64>() / scores.len() as f64),
        })
    }

    /// The counts of the positive class.
    fn positive_class(&self, inputs: &Inputs<'_>, all: &[Counts]) -> Result<Counts> {
        let classes: Vec<&str> = all.iter().map(|counts| counts.class.as_str()).collect();
        let sets = matches!(inputs.references, Values::LabelLists(_));
        if classes.len() > 2 || sets {
            let what =
                if sets { "sets of labels are".into() } else { format!("the classes {} are", classes.join(", ")) };
            let reason = format!(
                "is for two classes, and {what} more: set `average` to \"macro\", \"micro\", \"weighted\" or \"none\""
            );
            return Err(inputs.label("binary", reason));
        }
        match all.iter().find(|counts| counts.class == self.positive) {
            Some(counts) => Ok(counts.clone()),
            // One class only, and it is the negative one: nothing positive was predicted, nor was anything.
            None if classes.len() < 2 => Ok(Counts::default()),
            None => {
                let reason = format!(
                    "is set as the positive class and does not occur; set `pos_label` to one of {}",
                    classes.join(", ")
                );
                Err(inputs.label(&self.positive, reason))
            }
        }
    }

    /// The counts of the classes to average over, in their order.
    fn chosen(&self, all: &[Counts]) -> Vec<Counts> {
        if self.labels.is_empty() {
            return all.to_vec();
        }
        let find = |label: &String| all.iter().find(|counts| counts.class == *label).cloned();
        let none = |label: &String| Counts { class: label.clone(), ..Counts::default() };
        self.labels.iter().map(|label| find(label).unwrap_or_else(|| none(label))).collect()
    }
}
