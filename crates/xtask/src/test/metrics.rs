//! Metrics of scikit-learn, SciPy, seqeval, sacrebleu, rouge_score, NLTK and jiwer beside ours: the same scores on random inputs.

use anyhow::Result;

use super::python::pytest_of;
use super::{Context, Outcome, apart};
use crate::bar::Step;

/// Runs `tests/metrics` on a Python that has them; ours answers by the example program `metrics_parity` of crates/evaluation.
pub fn test(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    match apart::python(context, step, "metrics", "Python's metrics")? {
        Ok(mut python) => {
            python.env("COURSE_METRICS", context.project.target.join("release/examples/metrics_parity"));
            // The other tests' fixtures drive a kernel, whose clients this environment does not have.
            pytest_of(python, context, step, "metrics", &["tests/metrics", "--confcutdir", "tests/metrics"])
        }
        Err(outcome) => Ok(outcome),
    }
}
