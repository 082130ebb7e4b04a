//! Numbers with names, in order: what an evaluation gives and what is logged.

use course_display::{Bundle, Rich, Table};
use course_evaluation::{Score, Scores};
use serde_json::{Map, Value};

/// Numbers with names, in order.
///
/// ```
/// use course_training::Metrics;
/// let metrics = Metrics::from([("eval_loss", 0.25), ("eval_accuracy", 0.9)]);
/// assert_eq!(metrics.get("eval_accuracy"), Some(0.9));
/// assert_eq!(metrics.to_string(), "{'eval_loss': 0.25, 'eval_accuracy': 0.9}");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    entries: Vec<(String, f64)>,
}

impl Metrics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Adds a number, or replaces the one of this name.
    pub fn set(&mut self, name: impl Into<String>, value: f64) {
        let name = name.into();
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => *place = value,
            None => self.entries.push((name, value)),
        }
    }

    /// These and one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: f64) -> Self {
        self.set(name, value);
        self
    }

    /// Names and numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// The names.
    pub fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The same with `prefix_` before names that do not begin with it.
    pub(crate) fn prefixed(self, prefix: &str) -> Self {
        let start = format!("{prefix}_");
        let name = |name: String| if name.starts_with(&start) { name } else { format!("{start}{name}") };
        Self { entries: self.entries.into_iter().map(|(known, value)| (name(known), value)).collect() }
    }

    /// As JSON; what is no number, such as a loss that is NaN, is text there.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let number = |value: f64| match serde_json::Number::from_f64(value) {
            Some(number) => Value::Number(number),
            None => Value::String(value.to_string()),
        };
        self.iter().map(|(name, value)| (name.to_owned(), number(value))).collect()
    }
}

impl<N: Into<String>, const COUNT: usize> From<[(N, f64); COUNT]> for Metrics {
    fn from(entries: [(N, f64); COUNT]) -> Self {
        entries.into_iter().collect()
    }
}

impl<N: Into<String>> From<Vec<(N, f64)>> for Metrics {
    fn from(entries: Vec<(N, f64)>) -> Self {
        entries.into_iter().collect()
    }
}

impl<N: Into<String>> FromIterator<(N, f64)> for Metrics {
    fn from_iter<I: IntoIterator<Item = (N, f64)>>(entries: I) -> Self {
        let mut metrics = Self::new();
        entries.into_iter().for_each(|(name, value)| metrics.set(name, value));
        metrics
    }
}

impl From<Scores> for Metrics {
    /// The scores that are numbers; those of a group, such as an entity type, are called `GROUP_SCORE`.
    fn from(scores: Scores) -> Self {
        let mut metrics = Self::new();
        metrics.add_scores("", &scores);
        metrics
    }
}

impl Metrics {
    fn add_scores(&mut self, prefix: &str, scores: &Scores) {
        for (name, score) in scores.iter() {
            let name = format!("{prefix}{name}");
            match score {
                Score::Number(number) => self.set(name, *number),
                Score::Count(count) => self.set(name, *count as f64),
                Score::Group(group) => self.add_scores(&format!("{name}_"), group),
                Score::List(_) | Score::Matrix(_) => {}
            }
        }
    }
}

impl std::fmt::Display for Metrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries: Vec<String> = self.iter().map(|(name, value)| format!("'{name}': {value}")).collect();
        write!(formatter, "{{{}}}", entries.join(", "))
    }
}

impl Rich for Metrics {
    fn rich(&self) -> Bundle {
        self.iter().fold(Table::new(["metric", "value"]), |table, entry| table.row(entry)).rich()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_metrics_groups_with_their_name() {
        let entities = Scores::new().with("f1", 0.5).with("number", 3_usize);
        let scores = Scores::new().with("PER", entities).with("overall_f1", 0.75).with("per_class", vec![1.0, 0.0]);
        let metrics = Metrics::from(scores).prefixed("eval");
        assert_eq!(metrics.to_string(), "{'eval_PER_f1': 0.5, 'eval_PER_number': 3, 'eval_overall_f1': 0.75}");
        assert_eq!(Metrics::from([("loss", f64::NAN)]).to_json()["loss"], "NaN");
    }
}
