//! By a model that tells whether one text follows from another (natural language inference): does `This example is sports.` follow
//! from the text?
//!
//! The model reads text and sentence as a pair and gives a logit each to entailment, contradiction and perhaps neither. Where one
//! label is right, softmax over the labels' entailment makes the scores; where several may be, each label's entailment is weighed
//! against its own contradiction (Yin et al., 2019, arXiv:1909.00161).

use std::sync::Arc;

use course_models::architectures::Task as Head;
use course_tokenization::Truncation;

use super::Template;
use crate::headed::{TextModel, in_batches, rows, shares};
use crate::text_classification::BATCH_SIZE;
use crate::{Classification, Classifications, Error, Result, Task};

/// The sentence that a label completes unless told otherwise.
pub(super) const TEMPLATE: &str = "This example is {}.";

/// A model that tells entailment.
#[derive(Debug, Clone)]
pub(super) struct Entailment {
    pub(super) model: Arc<TextModel>,
    /// The number of the label that says that the second text follows from the first.
    entailment: usize,
    /// The number of the label that says that it cannot be.
    contradiction: usize,
}

impl Entailment {
    pub(super) fn load(name: &str) -> Result<Self> {
        let model = TextModel::load(name, Task::ZeroShotClassification, Head::SequenceClassification)?;
        let (entailment, contradiction) = places(&model.headed.labels.names).ok_or_else(|| {
            let problem = format!(
                "{name} puts texts into {}, and none of these is entailment; name a model that was trained to tell entailment, such \
                 as facebook/bart-large-mnli, or classify into its own labels: pipeline_with_model(\"text-classification\", \"{name}\")",
                model.headed.labels.names.join(", ")
            );
            Error::input("model", problem)
        })?;
        Ok(Self { model, entailment, contradiction })
    }

    pub(super) fn classify(
        &self,
        texts: Vec<String>,
        labels: &[String],
        template: &Template,
        multi_label: bool,
    ) -> Result<Classifications> {
        let hypotheses: Vec<String> =
            labels.iter().map(|label| format!("{}{}{}", template.before, label.trim(), template.after)).collect();
        let options = self.model.cut_options(Truncation::OnlyFirst);
        // Every text with every label: pair number `text · labels + label`.
        let length = |pair: usize| texts[pair / labels.len()].len() + hypotheses[pair % labels.len()].len();
        let pairs = in_batches(texts.len() * labels.len(), BATCH_SIZE, "comparing", length, |pairs| {
            let premises: Vec<&str> = pairs.iter().map(|pair| texts[pair / labels.len()].as_str()).collect();
            let hypotheses: Vec<&str> = pairs.iter().map(|pair| hypotheses[pair % labels.len()].as_str()).collect();
            let batch = self.model.tokenizer.encode_pairs(&premises, &hypotheses, &options)?;
            let logit = |row: &Vec<f32>, place: usize| row.get(place).copied().unwrap_or(f32::NEG_INFINITY);
            let logits = rows(&self.model.forward(&batch)?.logits)?;
            Ok(logits.iter().map(|row| [logit(row, self.contradiction), logit(row, self.entailment)]).collect())
        })?;
        let each = multi_label || labels.len() == 1;
        let items = texts.iter().zip(pairs.chunks(labels.len())).map(|(text, pairs)| {
            let entailed: Vec<f32> = pairs.iter().map(|[_, entailment]| *entailment).collect();
            let scores = match each {
                true => pairs.iter().filter_map(|pair| shares(pair).pop()).collect(),
                false => shares(&entailed),
            };
            Classification::new(text.clone(), labels, &entailed, &scores)
        });
        let against = if each { "softmax against contradiction of" } else { "softmax over the labels of" };
        let method = format!(
            "scores: {against} how surely {} says that \"{template}\" follows from the text",
            self.model.headed.name
        );
        Ok(Classifications::new(items.collect(), method))
    }
}

/// The numbers of entailment and of contradiction. Models name the one and put the other first, or last where the one is first.
fn places(labels: &[String]) -> Option<(usize, usize)> {
    let begins = |with: &str| labels.iter().position(|label| label.to_lowercase().starts_with(with));
    let entailment = begins("entail")?;
    let other_end = if entailment == 0 { labels.len() - 1 } else { 0 };
    Some((entailment, begins("contra").unwrap_or(other_end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entailment_and_its_opposite_are_found_by_name() {
        let places = |labels: &[&str]| places(&labels.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(places(&["contradiction", "neutral", "entailment"]), Some((2, 0)));
        assert_eq!(places(&["ENTAILMENT", "NEUTRAL", "CONTRADICTION"]), Some((0, 2)));
        assert_eq!(places(&["entailment", "not_entailment"]), Some((0, 1)));
        assert_eq!(places(&["neutral", "contradiction", "entailment"]), Some((2, 1)));
        assert_eq!(places(&["NEGATIVE", "POSITIVE"]), None);
    }
}
