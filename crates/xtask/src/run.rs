//! `cargo xtask run NOTEBOOK` and `cargo xtask bench`: Python clients that drive the real kernel.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::lab;
use crate::problem::Problem;
use crate::project::Project;
use crate::setup::setup;

/// Runs a notebook from top to bottom and shows what every cell did; with `save` its outputs are written into the file.
pub fn notebook(project: &Project, path: &Path, save: bool) -> Result<()> {
    let path = std::path::absolute(path)?;
    if !path.is_file() {
        return Err(Problem::error(
            format!("there is no notebook {}", path.display()),
            "name an .ipynb file, for example chapters/00-setup/01-welcome.ipynb",
        ));
    }
    setup(project)?;
    let mut runner = python(project);
    runner.arg("tests/notebooks/runner.py").arg(&path);
    if save {
        runner.arg("--save");
    }
    if !runner.status().context("the notebook runner cannot be started")?.success() {
        bail!("{} did not run to its end", path.display());
    }
    Ok(())
}

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
