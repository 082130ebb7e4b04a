//! `cargo xtask bench`, and Python of the environment: clients that drive the real kernel.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::lab;
use crate::problem::Problem;
use crate::project::Project;
use crate::setup::setup;

/// `cargo xtask bench kernel`: prints kernel.md's table, measured with a Jupyter client.
pub fn bench(project: &Project, name: &str, arguments: &[String]) -> Result<()> {
    let script = Path::new("tests/bench").join(format!("{name}.py"));
    if !project.root.join(&script).is_file() {
        return Err(Problem::error(format!("there is no bench {name}"), "the benches are the files of tests/bench"));
    }
    setup(project)?;
    let status = python(project).arg(script).args(arguments).status().context("the bench cannot be started")?;
    if !status.success() {
        bail!("the bench failed");
    }
    Ok(())
}

/// Python of the environment, in the checkout.
pub fn python(project: &Project) -> Command {
    with_environment(project, &project.venv_program("python"))
}

/// Another Python, with the same variables.
pub fn with_environment(project: &Project, python: &Path) -> Command {
    let mut python = Command::new(python);
    lab::environment(project, &mut python);
    python.env("PYTHONDONTWRITEBYTECODE", "1");
    python
}
