//! The metrics by name.

use crate::classification::{Accuracy, ConfusionMatrix, F1, Matthews, Precision, Recall};
use crate::questions::{ExactMatch, Squad, SquadV2};
use crate::regression::{MeanAbsoluteError, MeanSquaredError, Pearson, Spearman};
use crate::speech::{CharacterErrorRate, WordErrorRate};
use crate::tagging::Seqeval;
use crate::text::{Bleu, Chrf, Meteor, Rouge, SacreBleu, Ter};
use crate::{Error, Glue, Metric, Perplexity, Result, glue};

/// A name and how to make the metric.
type Entry = (&'static str, fn() -> Metric);

const METRICS: &[Entry] = &[
    ("accuracy", || Metric::new(Accuracy::default())),
    ("precision", || Metric::new(Precision::default())),
    ("recall", || Metric::new(Recall::default())),
    ("f1", || Metric::new(F1::default())),
    ("matthews_correlation", || Metric::new(Matthews)),
    ("confusion_matrix", || Metric::new(ConfusionMatrix::measure())),
    ("mse", || Metric::new(MeanSquaredError::default())),
    ("mae", || Metric::new(MeanAbsoluteError)),
    ("pearsonr", || Metric::new(Pearson)),
    ("spearmanr", || Metric::new(Spearman)),
    ("seqeval", || Metric::new(Seqeval::default())),
    ("bleu", || Metric::new(Bleu::default())),
    ("sacrebleu", || Metric::new(SacreBleu::default())),
    ("chrf", || Metric::new(Chrf::default())),
    ("ter", || Metric::new(Ter::default())),
    ("meteor", || Metric::new(Meteor::default())),
    ("rouge", || Metric::new(Rouge::default())),
    ("perplexity", || Metric::new(Perplexity)),
    ("squad", || Metric::new(Squad)),
    ("squad_v2", || Metric::new(SquadV2::default())),
    ("exact_match", || Metric::new(ExactMatch::default())),
    ("wer", || Metric::new(WordErrorRate)),
    ("cer", || Metric::new(CharacterErrorRate)),
];

/// The metric of that name; those of GLUE are named with their task, as `"glue/mrpc"`.
///
/// # Errors
/// [`Error::NoMetric`] with the names there are.
pub fn load(name: &str) -> Result<Metric> {
    if let Some((_, make)) = METRICS.iter().find(|(known, _)| *known == name) {
        return Ok(make());
    }
    if let Some(glue) = name.strip_prefix("glue/").and_then(Glue::task) {
        return Ok(Metric::new(glue));
    }
    Err(Error::NoMetric { name: name.into(), names: names() })
}

/// The names of all metrics.
pub fn names() -> Vec<String> {
    let tasks = glue::TASKS.iter().map(|(name, _)| (*name).to_owned());
    METRICS.iter().map(|(name, _)| (*name).to_owned()).chain(tasks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_loads_the_metric_that_has_it() {
        for name in names() {
            let metric = load(&name).unwrap();
            assert_eq!(metric.name(), name);
            assert!(metric.about().len() > 20, "{name}");
        }
        let error = load("acuracy").unwrap_err().to_string();
        assert!(
            error.starts_with("there is no metric \"acuracy\"; did you mean \"accuracy\"?; the metrics are accuracy, ")
        );
        assert!(load("glue").is_err() && load("glue/snli").is_err());
    }

    #[test]
    fn no_metric_takes_nothing_at_all_or_lengths_that_differ() {
        for name in names() {
            let metric = load(&name).unwrap();
            assert!(metric.compute((), ()).is_err(), "{name}");
            assert!(metric.compute(&["a", "b"], &["a"]).is_err(), "{name}");
            assert!(metric.compute(&[1, 0], &[1]).is_err(), "{name}");
        }
    }
}
