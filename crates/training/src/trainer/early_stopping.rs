//! Ending a run that gets no better.

use serde_json::{Value, json};

use super::{Event, TrainerCallback};
use crate::{AnyError, Error};

/// Ends the run after `patience` evaluations, not epochs, that were no better than the best before them.
///
/// Better is what `metric_for_best_model` and `greater_is_better` say; the run must evaluate.
#[derive(Debug, Clone)]
pub struct EarlyStopping {
    patience: u64,
    threshold: f64,
    counter: u64,
    /// The best value it knows, as this callback's own memory.
    best: Option<f64>,
}

impl EarlyStopping {
    /// Lets this many evaluations pass that are no better.
    pub fn new(patience: u64) -> Self {
        Self { patience, threshold: 0.0, counter: 0, best: None }
    }

    /// How much better counts as better: less than that is let pass too.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }
}

impl TrainerCallback for EarlyStopping {
    fn name(&self) -> String {
        "EarlyStopping".to_owned()
    }

    fn state(&self) -> Option<Value> {
        // As text, so that it comes back exactly.
        Some(json!({ "counter": self.counter, "best": self.best.map(|best| best.to_string()) }))
    }

    fn load_state(&mut self, state: &Value) {
        self.counter = state.get("counter").and_then(Value::as_u64).unwrap_or(0);
        self.best = state.get("best").and_then(Value::as_str).and_then(|best| best.parse().ok());
    }

    fn on_train_begin(&mut self, event: &mut Event) -> Result<(), AnyError> {
        if event.args.eval_strategy == crate::arguments::IntervalStrategy::No {
            let problem = "it looks at evaluations, and eval_strategy is \"no\"; set it to \"epoch\" or \"steps\"";
            return Err(Error::argument("EarlyStopping", problem).into());
        }
        if event.state.global_step == 0 {
            (self.counter, self.best) = (0, None);
        }
        Ok(())
    }

    fn on_evaluate(&mut self, event: &mut Event) -> Result<(), AnyError> {
        let name = event.args.best_metric();
        let Some(value) = event.metrics.get(&name) else {
            let known = event.metrics.names().join(", ");
            return Err(
                Error::argument("EarlyStopping", format!("no evaluation gives {name}; there are {known}")).into()
            );
        };
        let sign = if event.args.more_is_better() { 1.0 } else { -1.0 };
        let better = match self.best {
            None => !value.is_nan(),
            Some(best) => sign * (value - best) > 0.0 && (value - best).abs() > self.threshold,
        };
        if better {
            (self.counter, self.best) = (0, Some(value));
        } else {
            self.counter += 1;
            event.control.should_training_stop |= self.counter >= self.patience;
        }
        Ok(())
    }
}
