//! The predictions and references of one computation, looked at as what a metric needs.

use crate::{Error, Result, Values};

/// Predictions, and the references they are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    metric: &'a str,
    /// The predictions.
    pub predictions: &'a Values,
    /// The references.
    pub references: &'a Values,
}

/// Texts beside all references of each: `(prediction, its references)`.
pub(crate) type WithReferences<'a> = Vec<(&'a str, Vec<&'a str>)>;

impl<'a> Inputs<'a> {
    pub(crate) fn new(metric: &'a str, predictions: &'a Values, references: &'a Values) -> Self {
        Self { metric, predictions, references }
    }

    /// The name of the metric, for errors.
    pub fn metric(&self) -> String {
        self.metric.to_owned()
    }

    /// How many examples there are.
    ///
    /// # Errors
    /// [`Error::Lengths`] where predictions and references are not equally many, [`Error::Empty`] where there are none.
    pub fn check_lengths(&self) -> Result<usize> {
        for (side, values) in [("predictions", self.predictions), ("references", self.references)] {
            if let Values::Unreadable(reason) = values {
                return Err(Error::Tensor { side, reason: reason.clone() });
            }
        }
        let (predictions, references) = (self.predictions.len(), self.references.len());
        if predictions != references {
            return Err(Error::Lengths { metric: self.metric(), predictions, references });
        }
        if predictions == 0 {
            return Err(self.empty("no predictions and no references were given"));
        }
        Ok(predictions)
    }

    /// A number for each prediction and each reference.
    ///
    /// # Errors
    /// As [`check_lengths`](Self::check_lengths), and [`Error::Kind`] for what is not numbers.
    pub fn numbers(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        self.check_lengths()?;
        let numbers = |side, values: &Values| match values {
            Values::Numbers(numbers) => Ok(numbers.clone()),
            Values::Labels(labels) => Ok(labels.iter().map(|&label| label as f64).collect()),
            // What a model with one output gives: a column.
            Values::NumberLists(rows) if rows.iter().all(|row| row.len() == 1) => Ok(rows.concat()),
            _ => Err(self.kind(side, "a number each", None)),
        };
        Ok((numbers("predictions", self.predictions)?, numbers("references", self.references)?))
    }

    /// A text for each prediction and each reference.
    ///
    /// # Errors
    /// As [`check_lengths`](Self::check_lengths), and [`Error::Kind`] for what is not texts.
    pub fn texts(&self) -> Result<Vec<(&'a str, &'a str)>> {
        self.check_lengths()?;
        let texts = |side, values: &'a Values| match values {
            Values::Texts(texts) => Ok(texts),
            _ => Err(self.kind(side, "a text each", Some("decode the token ids with the tokenizer first"))),
        };
        let pairs = texts("predictions", self.predictions)?.iter().zip(texts("references", self.references)?);
        Ok(pairs.map(|(prediction, reference)| (prediction.as_str(), reference.as_str())).collect())
    }

    /// A text for each prediction, and one or several for each reference.
    ///
    /// # Errors
    /// As [`texts`](Self::texts), and [`Error::Example`] for one without a reference.
    pub fn texts_with_references(&self) -> Result<WithReferences<'a>> {
        self.check_lengths()?;
        let Values::Texts(predictions) = self.predictions else {
            return Err(self.kind("predictions", "a text each", Some("decode the token ids with the tokenizer first")));
        };
        let references: Vec<Vec<&str>> = match self.references {
            Values::Texts(references) => references.iter().map(|reference| vec![reference.as_str()]).collect(),
            Values::TextLists(lists) => lists.iter().map(|list| list.iter().map(String::as_str).collect()).collect(),
            _ => return Err(self.kind("references", "a text or several texts each", None)),
        };
        if let Some(row) = references.iter().position(Vec::is_empty) {
            return Err(self.example(row, "its list of references is empty; give it at least one"));
        }
        Ok(predictions.iter().map(String::as_str).zip(references).collect())
    }

    /// The error of predictions or references that are not what the metric compares.
    pub fn kind(&self, side: &'static str, wanted: &str, help: Option<&str>) -> Error {
        let values = if side == "predictions" { self.predictions } else { self.references };
        if let Values::Unreadable(reason) = values {
            return Error::Tensor { side, reason: reason.clone() };
        }
        let help = help.map(str::to_owned);
        Error::Kind { metric: self.metric(), side, found: values.kind().into(), wanted: wanted.into(), help }
    }

    /// The error of an example that cannot be scored.
    pub fn example(&self, row: usize, reason: impl Into<String>) -> Error {
        Error::Example { metric: self.metric(), row, reason: reason.into() }
    }

    /// The error of nothing to compare.
    pub fn empty(&self, what: &str) -> Error {
        Error::Empty { metric: self.metric(), what: what.into() }
    }

    /// The error of a label that cannot be there.
    pub fn label(&self, label: impl Into<String>, reason: impl Into<String>) -> Error {
        Error::Label { metric: self.metric(), label: label.into(), reason: reason.into() }
    }
}
