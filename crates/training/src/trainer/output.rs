//! What a run gives.

use course_display::{Bundle, Rich};
use serde_json::{Map, Value};

use super::history;
use crate::Metrics;

/// What [`Trainer::train`](crate::Trainer::train) gives.
#[derive(Debug, Clone)]
pub struct TrainOutput {
    /// The steps made.
    pub global_step: u64,
    /// The mean loss of all of them.
    pub training_loss: f64,
    /// Times and rates.
    pub metrics: Metrics,
    /// Empty where the run has shown its table while it went on.
    pub(crate) log: Vec<Map<String, Value>>,
}

impl TrainOutput {
    fn line(&self) -> String {
        let seconds = self.metrics.get("train_runtime").unwrap_or(0.0);
        format!("{} steps in {seconds:.1} s, mean training loss {:.4}", self.global_step, self.training_loss)
    }
}

impl Rich for TrainOutput {
    /// The evaluations as a table, unless the run has shown it, and what it took.
    fn rich(&self) -> Bundle {
        match self.log.is_empty() {
            true => Bundle::text(self.line()),
            false => history(&self.log).note(self.line()).rich(),
        }
    }
}

impl std::fmt::Display for TrainOutput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}
