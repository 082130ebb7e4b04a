//! Python's own datasets, tokenizers and NumPy beside ours: the same rows, the same ids, files that either reads of the other.

use anyhow::Result;

use super::python::pytest_of;
use super::{Context, Outcome, apart};
use crate::bar::Step;

/// Runs `tests/data` on a Python that has them; ours answers by the example program `parity` of crates/datasets.
pub fn test(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    match apart::python(context, step, "data", "Python's datasets and tokenizers")? {
        Ok(mut python) => {
            python.env("COURSE_PARITY", context.project.target.join("release/examples/parity"));
            // The other tests' fixtures drive a kernel, whose clients this environment does not have.
            pytest_of(python, context, step, "data", &["tests/data", "--confcutdir", "tests/data"])
        }
        Err(outcome) => Ok(outcome),
    }
}
