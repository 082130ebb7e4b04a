//! The notebooks of the course, and the harness that runs them.

use anyhow::Result;

use super::python::pytest;
use super::{Context, Outcome};
use crate::bar::Step;
use crate::notebooks::check_all;

/// The harness's own tests, then every notebook; the table goes to the log.
pub fn test(context: &Context<'_>, step: &Step) -> Result<Outcome> {
    let harness = pytest(context, step, "notebooks")?;
    let counts = check_all(context.project, &context.ready.stage, step)?;
    Ok(Outcome { passed: harness.passed + counts.passed, failed: harness.failed + counts.failed, ..harness })
}
