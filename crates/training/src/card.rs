//! The model card of a run: what was trained, on what, how, and what came of it.

use std::path::Path;

use course_display::{Bundle, Markdown, Rich};
use serde_json::{Map, Value};

use crate::trainer::{Trainer, evaluations};
use crate::{Error, Result};

/// A `README.md` for a model: metadata that the Hub reads, then text.
///
/// ```no_run
/// # fn run(trainer: &course_training::Trainer) -> course_training::Result<()> {
/// trainer.model_card("my-classifier").language("en").license("apache-2.0").dataset("reviews").save("out")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCard {
    name: String,
    metadata: Vec<(String, Vec<String>)>,
    description: String,
    /// Hyper-parameters, then one row an evaluation.
    body: String,
}

impl Trainer {
    /// The card of this run, to be completed and saved.
    pub fn model_card(&self, name: &str) -> ModelCard {
        let args = self.args();
        let state = self.state();
        let mut hyper = vec![
            ("learning_rate", format!("{:e}", args.learning_rate)),
            ("train_batch_size", self.train_batch_size().to_string()),
            ("eval_batch_size", args.per_device_eval_batch_size.to_string()),
            ("seed", args.seed.to_string()),
        ];
        if args.gradient_accumulation_steps > 1 {
            let total = self.train_batch_size() * args.gradient_accumulation_steps;
            hyper.push(("gradient_accumulation_steps", args.gradient_accumulation_steps.to_string()));
            hyper.push(("total_train_batch_size", total.to_string()));
        }
        hyper.push(("optimizer", self.optimizer_name()));
        hyper.push(("lr_scheduler_type", self.scheduler_type().to_string()));
        match args.max_steps {
            steps if steps > 0 => hyper.push(("training_steps", steps.to_string())),
            _ => hyper.push(("num_epochs", args.num_train_epochs.to_string())),
        }
        let hyper: Vec<String> = hyper.iter().map(|(name, value)| format!("- {name}: {value}")).collect();
        let results = last_results(&state.log_history);
        let description =
            format!("{} with {} parameters.", self.model().architecture(), self.model().parameters().count());
        let body = format!(
            "{results}## Training hyper-parameters\n\n{}\n\n## Training results\n\n{}\n",
            hyper.join("\n"),
            results_table(&state.log_history)
        );
        let tags = vec!["generated_from_trainer".to_owned(), "candle".to_owned()];
        ModelCard { name: name.to_owned(), metadata: vec![("tags".to_owned(), tags)], description, body }
    }
}

impl ModelCard {
    fn with(mut self, name: &str, value: &str) -> Self {
        match self.metadata.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value.to_owned()),
            None => self.metadata.push((name.to_owned(), vec![value.to_owned()])),
        }
        self
    }

    /// A language of the texts, such as `en`.
    #[must_use]
    pub fn language(self, code: &str) -> Self {
        self.with("language", code)
    }

    /// The licence.
    #[must_use]
    pub fn license(self, license: &str) -> Self {
        self.with("license", license)
    }

    /// The data that it was trained on.
    #[must_use]
    pub fn dataset(self, name: &str) -> Self {
        self.with("datasets", name)
    }

    /// The model that it began as.
    #[must_use]
    pub fn base_model(self, name: &str) -> Self {
        self.with("base_model", name)
    }

    /// One more tag.
    #[must_use]
    pub fn tag(self, tag: &str) -> Self {
        self.with("tags", tag)
    }

    /// What the model is and is for, in a few sentences.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = text.to_owned();
        self
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let metadata: String = self.metadata.iter().map(|(name, values)| entry(name, values)).collect();
        format!("---\n{metadata}---\n\n# {}\n\n{}\n\n{}", self.name, self.description, self.body)
    }

    /// Writes `README.md` into a folder.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(Error::io("making the folder", folder))?;
        crate::trainer::write(&folder.join("README.md"), self.text().as_bytes())
    }
}

impl Rich for ModelCard {
    fn rich(&self) -> Bundle {
        let text = self.text();
        let shown = text.splitn(3, "---\n").nth(2).unwrap_or_default().trim_start().to_owned();
        Markdown::new(shown).rich()
    }
}

impl std::fmt::Display for ModelCard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text())
    }
}

/// One value behind its name, several as a list below it; quoted where YAML would read something else.
fn entry(name: &str, values: &[String]) -> String {
    let safe = |text: &str| {
        let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ' '))
            && text.starts_with(|c: char| c.is_alphabetic())
            && !matches!(
                text.to_lowercase().as_str(),
                "yes" | "no" | "true" | "false" | "null" | "on" | "off" | "y" | "n"
            );
        if plain { text.to_owned() } else { Value::from(text).to_string() }
    };
    match values {
        [one] if !matches!(name, "tags" | "datasets") => format!("{name}: {}\n", safe(one)),
        many => format!("{name}:\n{}", many.iter().map(|value| format!("- {}\n", safe(value))).collect::<String>()),
    }
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(|| value.to_string(), |number| format!("{number:.4}"))
}

/// A metric without what says that it is one of an evaluation.
fn title(name: &str) -> &str {
    name.strip_prefix("eval_").unwrap_or(name)
}

/// The last evaluation as a list.
fn last_results(log: &[Map<String, Value>]) -> String {
    let (names, evaluations) = evaluations(log);
    let Some((_, entry)) = evaluations.last() else { return String::new() };
    let lines = names.iter().filter_map(|name| Some(format!("- {}: {}", title(name), number(entry.get(*name)?))));
    format!("On the evaluation data:\n\n{}\n\n", lines.collect::<Vec<_>>().join("\n"))
}

/// The evaluations as a Markdown table, with the training loss logged last before each.
fn results_table(log: &[Map<String, Value>]) -> String {
    let (names, evaluations) = evaluations(log);
    if names.is_empty() {
        return "There was no evaluation.".to_owned();
    }
    let titles: Vec<&str> = names.iter().map(|name| title(name)).collect();
    let mut table = format!("| training loss | epoch | step | {} |\n", titles.join(" | "));
    table += &format!("|{}\n", "---|".repeat(3 + names.len()));
    for (loss, entry) in evaluations {
        let loss = loss.map_or("no log".to_owned(), number);
        let cells = names.iter().map(|name| entry.get(*name).map_or(String::new(), number));
        let of = |name: &str| entry.get(name).map_or(String::new(), Value::to_string);
        table +=
            &format!("| {loss} | {} | {} | {} |\n", of("epoch"), of("step"), cells.collect::<Vec<_>>().join(" | "));
    }
    table
}
