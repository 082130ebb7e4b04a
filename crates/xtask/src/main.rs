//! The project's tasks: `cargo xtask setup`, `lab`, `run`, `test`, `bench`, `doctor`, `models`.

mod bar;
mod files;
mod problem;
mod project;
mod rust;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use bar::Step;
use project::Project;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds the workspace and stages the course library; `setup` does it too
    #[command(hide = true)]
    Stage,
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let outcome = Project::find().and_then(|project| match task {
        Task::Stage => {
            let step = Step::start("build the workspace");
            let built = rust::build::cargo(&project, &["build", "--workspace", "--release"], &step)?;
            step.done(&format!("{} units", built.artifacts.len()));
            let step = Step::start("stage the course library");
            let (stage, new) = rust::stage::stage(&project, &built)?;
            step.done(&format!("{}{}", stage.folder().display(), if new { "" } else { " (unchanged)" }));
            Ok(())
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            problem::report(&error);
            ExitCode::FAILURE
        }
    }
}
