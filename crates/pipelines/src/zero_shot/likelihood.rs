//! By a language model: how well would each label go on from the text?
//!
//! After the text and the beginning of a sentence about it, as in `… This text is about`, stands ` sports.` or ` politics.`. The
//! mean log-probability of a label's tokens is its score, so that long labels are not worse off than short ones; softmax over the
//! labels makes the scores add up to 1. They say which label fits better than another, not how sure anyone should be.

use std::sync::Arc;

use course_models::log_likelihoods;
use course_tokenization::EncodeOptions;

use super::Template;
use crate::headed::shares;
use crate::language_model::LanguageModel;
use crate::{Classification, Classifications, Result};

/// The sentence that a label completes unless told otherwise.
pub(super) const TEMPLATE: &str = "This text is about {}.";

/// A language model that is asked.
#[derive(Debug, Clone)]
pub(super) struct Likelihood {
    pub(super) model: Arc<LanguageModel>,
}

impl Likelihood {
    pub(super) fn load(name: &str) -> Result<Self> {
        Ok(Self { model: LanguageModel::load(name)? })
    }

    pub(super) fn classify(
        &self,
        texts: Vec<String>,
        labels: &[String],
        template: &Template,
    ) -> Result<Classifications> {
        let endings =
            labels.iter().map(|label| self.ids(&ending(template, label), false)).collect::<Result<Vec<_>>>()?;
        let items = texts
            .into_iter()
            .map(|text| {
                course_wire::interrupt::check()?;
                let beginning = self.ids(&beginning(template, &text), true)?;
                let log_probabilities = log_likelihoods(&self.model.model, &beginning, &endings)?;
                let means: Vec<f32> = log_probabilities.iter().map(|tokens| mean(tokens)).collect();
                Ok(Classification::new(text, labels, &means, &shares(&means)))
            })
            .collect::<Result<Vec<_>>>()?;
        let method = format!(
            "scores: softmax over the labels of the mean log-probability per token that {} gives to the label in \
             \"{template}\" after the text",
            self.model.name
        );
        Ok(Classifications::new(items, method))
    }

    fn ids(&self, text: &str, add_special_tokens: bool) -> Result<Vec<u32>> {
        let options = EncodeOptions::new().add_special_tokens(add_special_tokens);
        Ok(self.model.tokenizer.encode_with(text, &options)?.input_ids().to_vec())
    }
}

/// Everything before the label. The space in front of the label belongs to the label: tokens begin with theirs.
fn beginning(template: &Template, text: &str) -> String {
    format!("{}\n\n{}", text.trim(), template.before).trim_end_matches(' ').to_owned()
}

/// The label and everything after it.
fn ending(template: &Template, label: &str) -> String {
    let space = if template.before.ends_with(' ') { " " } else { "" };
    format!("{space}{}{}", label.trim(), template.after)
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_before_the_label_is_the_labels() {
        let template = Template::new("This is about {}.").unwrap();
        assert_eq!(beginning(&template, " A text. "), "A text.\n\nThis is about");
        assert_eq!(ending(&template, "sports"), " sports.");
        assert_eq!(ending(&Template::new("#{}").unwrap(), "sports"), "sports");
    }
}
