//! How far a run is, and what is to happen next.

use course_display::{Bundle, Rich, Table};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How far a run is: what `trainer_state.json` holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainerState {
    /// The best value of the metric that decides.
    pub best_metric: Option<f64>,
    /// The step of that evaluation.
    pub best_global_step: Option<u64>,
    /// The checkpoint of that evaluation.
    pub best_model_checkpoint: Option<String>,
    /// How often the data was gone through, with fractions.
    pub epoch: f64,
    /// The steps made.
    pub global_step: u64,
    /// The steps to be made.
    pub max_steps: u64,
    /// The epochs to be made.
    pub num_train_epochs: f64,
    /// Rows of a training batch.
    pub train_batch_size: usize,
    /// Batches of a step.
    pub gradient_accumulation_steps: usize,
    /// Steps of an epoch.
    pub steps_per_epoch: u64,
    /// What the order of the rows comes from.
    pub data_seed: u64,
    /// Everything that was logged.
    pub log_history: Vec<Map<String, Value>>,
    /// What callbacks remember, by their names.
    pub stateful_callbacks: Map<String, Value>,
    /// The bits of the numbers that must come back exactly: the best metric, the sums of losses.
    pub(crate) exact: Exact,
    /// The loss of the last step.
    #[serde(skip)]
    pub last_loss: f64,
    /// The length of the gradient of the last step, before clipping.
    #[serde(skip)]
    pub last_grad_norm: f64,
    /// The learning rate of the last step.
    #[serde(skip)]
    pub learning_rate: f64,
}

/// Sums that go on over a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Exact {
    #[serde(with = "crate::exact::each")]
    pub(crate) best_metric: Option<f64>,
    /// Of the steps since the loss was logged.
    #[serde(with = "crate::exact")]
    pub(crate) recent_loss: f64,
    pub(crate) recent_steps: u64,
    #[serde(with = "crate::exact")]
    pub(crate) total_loss: f64,
    /// Steps of epochs that were cut short.
    pub(crate) skipped: u64,
    /// The last finite loss, for an error message.
    #[serde(with = "crate::exact::each")]
    pub(crate) last_finite: Option<f64>,
}

impl TrainerState {
    /// The logged values of one name with their steps, such as `eval_loss`.
    pub fn logged(&self, name: &str) -> Vec<(u64, f64)> {
        let of = |entry: &Map<String, Value>| Some((entry.get("step")?.as_u64()?, entry.get(name)?.as_f64()?));
        self.log_history.iter().filter_map(of).collect()
    }
}

impl Rich for TrainerState {
    /// The evaluations as a table, each with the training loss logged last before it.
    fn rich(&self) -> Bundle {
        history(&self.log_history).rich()
    }
}

impl std::fmt::Display for TrainerState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}

/// An entry of the log with an evaluation, and the training loss logged last before it.
pub(crate) type Evaluated<'l> = (Option<&'l Value>, &'l Map<String, Value>);

/// The evaluations of a log, and the names of their metrics as these first come; times are left out.
pub(crate) fn evaluations(log: &[Map<String, Value>]) -> (Vec<&str>, Vec<Evaluated<'_>>) {
    let mut names: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    let mut loss = None;
    for entry in log {
        loss = entry.get("loss").or(loss);
        let metrics: Vec<&str> = entry.keys().map(String::as_str).filter(|name| is_metric(name)).collect();
        if !metrics.is_empty() {
            found.push((loss, entry));
        }
        for name in metrics {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    (names, found)
}

fn is_metric(name: &str) -> bool {
    name.starts_with("eval_") && !["_runtime", "_per_second"].iter().any(|time| name.ends_with(time))
}

/// One row an evaluation: step, epoch, training loss, the metrics. Without evaluations the losses.
pub(crate) fn history(log: &[Map<String, Value>]) -> Table {
    let (names, evaluations) = evaluations(log);
    let title = |name: &&str| match *name {
        "eval_loss" => "validation loss".to_owned(),
        name => name.trim_start_matches("eval_").replace('_', " "),
    };
    let headers = ["step", "epoch", "training loss"].map(str::to_owned).into_iter().chain(names.iter().map(title));
    let table = Table::new(headers).limit(100);
    if names.is_empty() {
        let losses = log.iter().filter(|entry| entry.contains_key("loss"));
        return losses
            .fold(table, |table, entry| table.row((entry.get("step"), entry.get("epoch"), entry.get("loss"))));
    }
    evaluations.into_iter().fold(table, |table, (loss, entry)| {
        let of = |name: &str| entry.get(name).cloned().unwrap_or(Value::Null);
        let place = [of("step"), of("epoch"), loss.cloned().unwrap_or(Value::Null)];
        table.row(place.into_iter().chain(names.iter().map(|name| of(name))).collect::<Vec<Value>>())
    })
}

/// What is to happen next; callbacks set it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrainerControl {
    /// End the run after this step.
    pub should_training_stop: bool,
    /// End the epoch after this step.
    pub should_epoch_stop: bool,
    /// Save a checkpoint after this step.
    pub should_save: bool,
    /// Evaluate after this step.
    pub should_evaluate: bool,
    /// Log after this step.
    pub should_log: bool,
}

impl TrainerControl {
    /// Whether the epoch ends here.
    pub(super) fn stops(&self) -> bool {
        self.should_training_stop || self.should_epoch_stop
    }
}
