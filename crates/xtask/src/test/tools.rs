//! The tools of others that the course gets along with (nbgrader, nbmake, papermill, nbconvert, jupyterquiz, repo2docker, shellcheck):
//! tests with the real ones, in a Python environment apart from the learner's.

use anyhow::Result;

use super::python::pytest_with;
use super::{Context, Outcome, apart};
use crate::bar::Step;

/// Runs `tests/<folder>` on the tools' Python.
pub fn test(context: &Context<'_>, step: &Step, folder: &str) -> Result<Outcome> {
    match apart::python(context, step, "tools", "the instructors' tools")? {
        Ok(python) => pytest_with(python, context, step, folder),
        Err(outcome) => Ok(outcome),
    }
}
