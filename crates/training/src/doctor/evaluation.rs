//! Whether an evaluation will go through: what fails there otherwise fails after the first epoch.

use super::{Diagnosis, Verdict};
use crate::trainer::Trainer;
use crate::{Metrics, Result};

impl Trainer {
    /// Evaluates one batch of each set, with the function that measures.
    pub(super) fn look_at_evaluation(&mut self, diagnosis: &mut Diagnosis) -> Result<()> {
        const NAME: &str = "evaluation";
        let sets = self.eval_data().to_vec();
        if sets.is_empty() {
            let finding = "there is no evaluation data, so what the model is worth will not show; give it with `.eval_dataset(data)?`";
            diagnosis.add(NAME, Verdict::Notice, finding);
        }
        let rows = self.args().per_device_eval_batch_size;
        for (prefix, data) in &sets {
            let Some(metrics) = diagnosis.take(NAME, self.trial(&data.take(rows), prefix))? else { return Ok(()) };
            let (verdict, finding) = judge(&metrics, prefix);
            diagnosis.add(NAME, verdict, format!("{} rows tried: {finding}", data.len().min(rows)));
        }
        Ok(())
    }
}

/// What one batch came to.
fn judge(metrics: &Metrics, prefix: &str) -> (Verdict, String) {
    let shown: Vec<(&str, f64)> =
        metrics.iter().filter(|(name, _)| !name.ends_with("_runtime") && !name.ends_with("_per_second")).collect();
    if metrics.get(&format!("{prefix}_loss")).is_none() {
        return (Verdict::Notice, "there is no loss; has this dataset a column of labels?".to_owned());
    }
    let listed: Vec<String> = shown.iter().map(|(name, value)| format!("{name} {:.4}", value + 0.0)).collect();
    let listed = listed.join(", ");
    match shown.iter().find(|(_, value)| !value.is_finite()) {
        Some((name, _)) => (Verdict::Notice, format!("{listed}; {name} is no number")),
        None => (Verdict::Good, listed),
    }
}
