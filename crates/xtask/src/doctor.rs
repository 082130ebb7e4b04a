//! `cargo xtask doctor`: every check with what was found, or what to do.

use anyhow::{Result, bail};

use crate::problem::Problem;
use crate::project::Project;
use crate::rust::stage::{Stage, source_hash};
use crate::setup::checks::{self, Check};
use crate::setup::kernelspec;
use crate::setup::models::Table;

/// Prints all checks; fails if one does.
pub fn doctor(project: &Project) -> Result<()> {
    let staged = Stage::current(project);
    let mut failed = 0;
    let results: [Check; 4] = [
        ("kernel", kernel(project, staged.as_ref())),
        ("library", library(project, staged.as_ref())),
        ("JupyterLab", environment(project)),
        ("models", models(project)),
    ];
    for (name, outcome) in checks::machine(project, staged.is_none()).chain(results) {
        match outcome {
            Ok(found) => println!("✓ {name:12} {found}"),
            Err(error) => {
                failed += 1;
                println!("✗ {name:12} {}", error.to_string().replace('\n', "\n              "));
            }
        }
    }
    println!(
        "\n  checkout {}\n  target   {}\n  cache    {}",
        project.root.display(),
        project.target.display(),
        project.cache.display()
    );
    if failed > 0 {
        bail!("{failed} checks failed");
    }
    Ok(())
}

fn kernel(project: &Project, stage: Option<&Stage>) -> Result<String> {
    let spec = project.venv().join("share/jupyter/kernels").join(kernelspec::NAME).join("kernel.json");
    let text = std::fs::read_to_string(&spec).unwrap_or_default();
    match stage {
        Some(stage) if text.contains(&stage.build_id) => Ok(format!("build {}", stage.build_id)),
        _ => Err(Problem::error("the kernel is not installed", "run `cargo xtask setup`")),
    }
}

fn library(project: &Project, stage: Option<&Stage>) -> Result<String> {
    let Some(stage) = stage else {
        return Err(Problem::error("the course library is not built", "run `cargo xtask setup`"));
    };
    if stage.source_root == project.root && stage.source_hash == source_hash(&project.root)? {
        return Ok(format!("built from these sources, {} MB", std::fs::metadata(&stage.library)?.len() / 1_000_000));
    }
    Err(Problem::error(
        "the course library is older than the sources",
        "run `cargo xtask setup`, then restart the kernel",
    ))
}

fn environment(project: &Project) -> Result<String> {
    let python = project.venv_program("python");
    let question = "import jupyterlab, nbclient; print(jupyterlab.__version__)";
    match std::process::Command::new(python).args(["-c", question]).output() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        _ => Err(Problem::error("there is no working .venv", "run `cargo xtask setup`")),
    }
}

fn models(project: &Project) -> Result<String> {
    let table = Table::read(project)?;
    let missing: Vec<&str> =
        table.model.iter().filter(|model| !model.is_whole(project, false)).map(|model| model.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(format!("{} bundled models", table.model.len()));
    }
    Err(Problem::error(format!("{} is not here", missing.join(", ")), "run `cargo xtask models fetch`"))
}
