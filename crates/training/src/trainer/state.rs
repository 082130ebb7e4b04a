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

/// One row an evaluation: step, epoch, training loss, the metrics.
pub(crate) fn history(log: &[Map<String, Value>]) -> Table {
    const TIMES: [&str; 3] = ["runtime", "samples_per_second", "steps_per_second"];
    let shown = |name: &&String| name.starts_with("eval_") && !TIMES.iter().any(|time| name.ends_with(time));
    let mut names: Vec<&String> = Vec::new();
    for name in log.iter().flat_map(|entry| entry.keys()).filter(shown) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let title = |name: &&String| match name.as_str() {
        "eval_loss" => "validation loss".to_owned(),
        name => name.trim_start_matches("eval_").replace('_', " "),
    };
    let headers = ["step", "epoch", "training loss"].map(str::to_owned).into_iter().chain(names.iter().map(title));
    let mut table = Table::new(headers).limit(100);
    let mut loss = Value::Null;
    for entry in log {
        if let Some(logged) = entry.get("loss") {
            loss = logged.clone();
            // Without evaluations the table shows the losses.
            if names.is_empty() {
                table = table.row((entry.get("step"), entry.get("epoch"), logged));
            }
        }
        if entry.keys().any(|name| shown(&name)) {
            let of = |name: &&String| entry.get(*name).cloned().unwrap_or(Value::Null);
            let place = ["step", "epoch"].map(|name| entry.get(name).cloned().unwrap_or(Value::Null));
            let cells: Vec<Value> = place.into_iter().chain([loss.clone()]).chain(names.iter().map(of)).collect();
            table = table.row(cells);
        }
    }
    table
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
