//! `cargo xtask setup`: from a fresh checkout to a running notebook. Every step is skipped when its result is there.

pub mod checks;
pub mod kernelspec;
pub mod models;
pub mod offline;
pub mod python;

use std::fs::{self, File};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::bar::{Step, duration};
use crate::project::Project;
use crate::rust::build::{self, Built};
use crate::rust::stage::{Stage, stage};

/// The arguments of the one build that everything else is made from.
pub const BUILD: &[&str] = &["build", "--workspace", "--release"];

/// What a finished set-up hands to the task that asked for it.
pub struct Ready {
    /// The staged course library and kernel.
    pub stage: Stage,
    /// What the workspace build left.
    pub built: Built,
}

/// Does what is not done yet, in the order in which a missing thing shows early: checks, downloads, then the build.
pub fn setup(project: &Project) -> Result<Ready> {
    let started = Instant::now();
    let _lock = lock(project)?;
    let first = Stage::current(project).is_none_or(|stage| stage.source_root != project.root);
    if first {
        println!("Setting up the course. The first time takes some minutes, most of them for the Rust build;");
        println!("stop it whenever you like, the next run goes on where it stopped.\n");
    }
    checks::before_setup(project, first)?;

    python::environment(project)?;
    models::fetch(project, &models::Table::read(project)?)?;

    let ready = build(project)?;
    let step = Step::start("install the kernel into .venv");
    let new = kernelspec::install(project, &ready.stage)?;
    step.done(if new { "installed" } else { "up to date" });
    println!("  ready after {}\n", duration(started.elapsed()));
    Ok(ready)
}

/// Builds the workspace and stages the course library.
pub fn build(project: &Project) -> Result<Ready> {
    let step = Step::start("build the kernel and the course library");
    let built = build::cargo(project, BUILD, &step)?;
    let fresh = built.artifacts.iter().filter(|artifact| artifact.fresh).count();
    step.done(&match built.artifacts.len() - fresh {
        0 => "up to date".to_owned(),
        compiled => format!("{compiled} of {} units compiled", built.artifacts.len()),
    });

    let step = Step::start("stage the library that cells link");
    let (stage, new) = stage(project, &built, &step)?;
    step.done(if new { "new" } else { "up to date" });
    Ok(Ready { stage, built })
}

/// Two set-ups of one checkout at a time would write over each other: the second waits.
fn lock(project: &Project) -> Result<File> {
    fs::create_dir_all(project.scratch()).with_context(|| format!("making {}", project.scratch().display()))?;
    let file = File::create(project.scratch().join("setup.lock")).context("making the set-up's lock")?;
    if file.try_lock().is_err() {
        println!("another set-up of this checkout is running; waiting for it");
        file.lock().context("waiting for the other set-up")?;
    }
    Ok(file)
}
