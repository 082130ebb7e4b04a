//! Several metrics over the same predictions.

use crate::{Inputs, Measure, Metric, Result, Scores, load};

/// The metrics of these names as one, which gives the scores of all.
///
/// A score whose name is taken already gets the metric's name before it: `f1`, then `squad_f1`.
///
/// ```
/// use course_evaluation as evaluate;
///
/// let all = evaluate::combine(&["accuracy", "f1", "precision", "recall"])?;
/// let scores = all.compute(&[0, 1, 0], &[0, 1, 1])?;
/// assert_eq!(scores.names(), ["accuracy", "f1", "precision", "recall"]);
/// assert_eq!(scores.get("precision")?, 1.0);
/// # Ok::<(), evaluate::Error>(())
/// ```
///
/// # Errors
/// [`Error::NoMetric`](crate::Error::NoMetric) for a name that there is not.
pub fn combine(names: &[&str]) -> Result<Metric> {
    Ok(Metric::new(Combined { metrics: names.iter().map(|name| load(name)).collect::<Result<_>>()? }))
}

impl Metric {
    /// This metric and another as one, as [`combine`] does it: for metrics that have settings.
    ///
    /// What was added to either is forgotten.
    #[must_use]
    pub fn and(self, other: Metric) -> Metric {
        Metric::new(Combined { metrics: vec![self, other] })
    }
}

struct Combined {
    metrics: Vec<Metric>,
}

impl Measure for Combined {
    fn name(&self) -> &str {
        "combined"
    }

    fn about(&self) -> &str {
        "the scores of several metrics on the same predictions"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let mut all = Scores::new();
        for metric in &self.metrics {
            for (name, score) in metric.scores(inputs.predictions, inputs.references)?.iter() {
                let taken = all.names().contains(&name);
                let name = if taken { format!("{}_{name}", metric.name()) } else { name.to_owned() };
                all.insert(name, score.clone());
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_taken_get_the_metrics_name() {
        let both = load("accuracy").unwrap().and(load("glue/mrpc").unwrap());
        let scores = both.compute(&[1, 1], &[0, 1]).unwrap();
        assert_eq!(scores.names(), ["accuracy", "glue/mrpc_accuracy", "f1"]);
    }

    #[test]
    fn batches_go_to_all() {
        let mut all = combine(&["accuracy", "recall"]).unwrap();
        all.add_batch(&[1, 0], &[1, 1]).unwrap();
        all.add(0, 0).unwrap();
        let scores = all.compute_added().unwrap();
        assert_eq!(scores.get("accuracy").unwrap(), 2.0 / 3.0);
        assert_eq!(scores.get("recall").unwrap(), 0.5);
        assert!(combine(&["accuracy", "f2"]).is_err());
    }
}
