//! The scores of the tasks of GLUE.

use crate::classification::{Accuracy, F1, Matthews};
use crate::regression::{correlation, ranks};
use crate::{Inputs, Measure, Result, Scores};

/// What a task is scored by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Accuracy,
    AccuracyAndF1,
    Matthews,
    Correlations,
}

/// The tasks, and what each is scored by.
pub(crate) const TASKS: &[(&str, Kind)] = &[
    ("glue/cola", Kind::Matthews),
    ("glue/sst2", Kind::Accuracy),
    ("glue/mrpc", Kind::AccuracyAndF1),
    ("glue/qqp", Kind::AccuracyAndF1),
    ("glue/stsb", Kind::Correlations),
    ("glue/mnli", Kind::Accuracy),
    ("glue/mnli_matched", Kind::Accuracy),
    ("glue/mnli_mismatched", Kind::Accuracy),
    ("glue/qnli", Kind::Accuracy),
    ("glue/rte", Kind::Accuracy),
    ("glue/wnli", Kind::Accuracy),
    ("glue/hans", Kind::Accuracy),
];

/// `glue/…`: the scores that the GLUE benchmark gives for one of its tasks.
///
/// | task | scores |
/// |---|---|
/// | `cola` | `matthews_correlation` |
/// | `mrpc`, `qqp` | `accuracy`, `f1` |
/// | `stsb` | `pearson`, `spearmanr` |
/// | `sst2`, `mnli`, `mnli_matched`, `mnli_mismatched`, `qnli`, `rte`, `wnli`, `hans` | `accuracy` |
///
/// Wang and others, "GLUE: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding" (2019).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glue {
    name: &'static str,
    kind: Kind,
}

impl Glue {
    /// The scores of that task; `None` for one that GLUE does not have.
    pub fn task(name: &str) -> Option<Self> {
        TASKS
            .iter()
            .find(|(known, _)| known.strip_prefix("glue/") == Some(name))
            .map(|&(name, kind)| Self { name, kind })
    }
}

impl Measure for Glue {
    fn name(&self) -> &str {
        self.name
    }

    fn about(&self) -> &str {
        match self.kind {
            Kind::Accuracy => "GLUE scores this task by accuracy",
            Kind::AccuracyAndF1 => "GLUE scores this task by accuracy and F1, since its classes are not equally common",
            Kind::Matthews => {
                "GLUE scores this task by Matthews' correlation, since its classes are not equally common"
            }
            Kind::Correlations => "GLUE scores this task, whose references are numbers, by two correlations",
        }
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        match self.kind {
            Kind::Accuracy => Accuracy::default().compute(inputs),
            Kind::AccuracyAndF1 => {
                let accuracy = Accuracy::default().compute(inputs)?.get("accuracy")?;
                Ok(Scores::new().with("accuracy", accuracy).with("f1", F1::default().compute(inputs)?.get("f1")?))
            }
            Kind::Matthews => Ok(Scores::new().with("matthews_correlation", Matthews::score(inputs)?)),
            Kind::Correlations => {
                let (x, y) = inputs.numbers()?;
                Ok(Scores::new()
                    .with("pearson", correlation(inputs, &x, &y)?)
                    .with("spearmanr", correlation(inputs, &ranks(&x), &ranks(&y))?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    /// The examples on the card of Python's metric.
    #[test]
    fn each_task_has_its_scores() {
        let scores = |task: &str| load(task).unwrap().compute(&[0, 1], &[0, 1]).unwrap().to_string();
        assert_eq!(scores("glue/sst2"), "{accuracy: 1.0}");
        assert_eq!(scores("glue/mrpc"), "{accuracy: 1.0, f1: 1.0}");
        assert_eq!(scores("glue/cola"), "{matthews_correlation: 1.0}");
        let numbers = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let similar = load("glue/stsb").unwrap().compute(&numbers, &numbers).unwrap();
        assert_eq!(similar.names(), ["pearson", "spearmanr"]);
        assert!((similar.get("pearson").unwrap() - 1.0).abs() < 1e-12);
        assert!((similar.get("spearmanr").unwrap() - 1.0).abs() < 1e-12);
    }
}
