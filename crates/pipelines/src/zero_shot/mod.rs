//! Which of some labels fits a text, without any training for them.
//!
//! Each label becomes a sentence about the text, as in `This text is about sports.`, and a model says how well that sentence
//! fits: a language model by how likely it would write it (`likelihood.rs`), a model that was trained to tell whether one text
//! follows from another by how sure it is of that (`entailment.rs`).

mod entailment;
mod likelihood;

use course_models::architectures::Task as Head;
use serde_json::Value;

use self::entailment::Entailment;
use self::likelihood::Likelihood;
use crate::headed::check_texts;
use crate::{Classifications, Error, Result, Task, Texts};

/// Where the label goes.
const BLANK: &str = "{}";

/// Chooses among labels that no model was trained for.
#[derive(Debug, Clone)]
pub struct ZeroShotClassification {
    judge: Judge,
    template: Template,
    multi_label: bool,
}

/// Who says how well a label fits.
#[derive(Debug, Clone)]
enum Judge {
    Likelihood(Likelihood),
    Entailment(Entailment),
}

/// The sentence that a label completes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    before: String,
    after: String,
}

impl Template {
    fn new(template: &str) -> Result<Self> {
        let parts: Vec<&str> = template.split(BLANK).collect();
        let [before, after] = parts.as_slice() else {
            return Err(Error::input(
                "hypothesis_template",
                format!("{template:?} has {{}} {} times; write it once, where the label goes", parts.len() - 1),
            ));
        };
        Ok(Self { before: (*before).to_owned(), after: (*after).to_owned() })
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{BLANK}{}", self.before, self.after)
    }
}

impl ZeroShotClassification {
    /// The pipeline on the model of this name: a language model, or one that was trained to tell entailment, as
    /// `facebook/bart-large-mnli`, whose labels name it.
    ///
    /// # Errors
    /// When the model is not found, or is neither.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let judge = match head_of(name)? {
            Some((_, Head::SequenceClassification)) => Judge::Entailment(Entailment::load(name)?),
            None | Some((_, Head::CausalLm)) => Judge::Likelihood(Likelihood::load(name)?),
            Some((class, head)) => {
                let (model, task) = (name.to_owned(), Task::ZeroShotClassification);
                return Err(Error::WrongHead { model, class, task, fits: Task::of_head(head) });
            }
        };
        let template = match judge {
            Judge::Likelihood(_) => likelihood::TEMPLATE,
            Judge::Entailment(_) => entailment::TEMPLATE,
        };
        Ok(Self { judge, template: Template::new(template)?, multi_label: false })
    }

    /// The pipeline on the model that comes with the course.
    ///
    /// # Errors
    /// When the model was not fetched.
    pub fn new() -> Result<Self> {
        Self::from_pretrained(Task::ZeroShotClassification.default_model())
    }

    /// The same pipeline with another sentence for the label to complete; `{}` is the label's place. Default:
    /// `This text is about {}.` of a language model, `This example is {}.` of one that tells entailment.
    ///
    /// # Errors
    /// When `{}` is not in it exactly once.
    pub fn hypothesis_template(mut self, template: &str) -> Result<Self> {
        self.template = Template::new(template)?;
        Ok(self)
    }

    /// Whether several labels may fit: each then gets a score from 0 to 1 by itself. Default no: the scores add up to 1.
    ///
    /// # Errors
    /// With a language model, whose scores say only which label fits better than another.
    pub fn multi_label(mut self, on: bool) -> Result<Self> {
        if on && matches!(self.judge, Judge::Likelihood(_)) {
            let problem = format!(
                "{} compares labels with each other and cannot judge one by itself; name a model that was trained to tell \
                 entailment, such as facebook/bart-large-mnli",
                self.model_name()
            );
            return Err(Error::input("multi_label", problem));
        }
        self.multi_label = on;
        Ok(self)
    }

    /// Scores every label for every text.
    ///
    /// # Errors
    /// Without texts, with fewer than two labels (one is enough for entailment) or the same one twice, or when the learner interrupts.
    pub fn classify(&self, texts: impl Into<Texts>, labels: impl Into<Texts>) -> Result<Classifications> {
        let (Texts(texts), Texts(labels)) = (texts.into(), labels.into());
        match &self.judge {
            Judge::Likelihood(judge) => {
                if texts.is_empty() {
                    return Err(Error::input("texts", "there are none; pass at least one"));
                }
                check_labels(&labels, 2)?;
                judge.classify(texts, &labels, &self.template)
            }
            Judge::Entailment(judge) => {
                check_texts("texts", &texts)?;
                check_labels(&labels, 1)?;
                judge.classify(texts, &labels, &self.template, self.multi_label)
            }
        }
    }

    pub(crate) fn model_name(&self) -> &str {
        match &self.judge {
            Judge::Likelihood(judge) => &judge.model.name,
            Judge::Entailment(judge) => &judge.model.headed.name,
        }
    }

    pub(crate) fn source(&self) -> &str {
        match &self.judge {
            Judge::Likelihood(judge) => judge.model.model.source(),
            Judge::Entailment(judge) => &judge.model.headed.source,
        }
    }

    pub(crate) fn num_parameters(&self) -> usize {
        match &self.judge {
            Judge::Likelihood(judge) => judge.model.model.num_parameters(),
            Judge::Entailment(judge) => judge.model.headed.num_parameters(),
        }
    }
}

/// What a model's `config.json` says its class is, and the head of that class; none where there is no such file, as beside a GGUF.
fn head_of(name: &str) -> Result<Option<(String, Head)>> {
    let repo = course_hub::resolve(name)?;
    if !repo.has("config.json") {
        return Ok(None);
    }
    let config: Value = repo.read_json("config.json")?;
    let class = config.pointer("/architectures/0").and_then(Value::as_str);
    Ok(class.and_then(|class| Some((class.to_owned(), Head::of_class(class)?))))
}

fn check_labels(labels: &[String], least: usize) -> Result<()> {
    if labels.len() < least {
        let problem = match least {
            1 => "there are none; pass at least one",
            _ => "choosing takes at least two; pass all the labels to choose from",
        };
        return Err(Error::input("labels", problem));
    }
    for (index, label) in labels.iter().enumerate() {
        if label.trim().is_empty() {
            return Err(Error::input("labels", format!("number {index} is empty")));
        }
        if labels.iter().take(index).any(|earlier| earlier == label) {
            return Err(Error::input("labels", format!("{label:?} is there twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_cannot_be_chosen_among_are_refused() {
        let check =
            |labels: &[&str], least| check_labels(&labels.iter().map(ToString::to_string).collect::<Vec<_>>(), least);
        assert!(check(&["a", "b"], 2).is_ok() && check(&["a"], 1).is_ok());
        assert_eq!(check(&["a", "a"], 2).unwrap_err().to_string(), "labels: \"a\" is there twice");
        assert!(check(&["a"], 2).is_err() && check(&["a", " "], 2).is_err() && check(&[], 1).is_err());
    }

    #[test]
    fn the_label_has_one_place_in_the_sentence() {
        let template = Template::new("It is {}!").unwrap();
        assert_eq!((template.before.as_str(), template.after.as_str()), ("It is ", "!"));
        assert_eq!(template.to_string(), "It is {}!");
        assert!(Template::new("It is").unwrap_err().to_string().contains("has {} 0 times"));
    }
}
