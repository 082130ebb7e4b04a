//! The project's tasks: `cargo xtask setup`, `lab`, `notebooks`, `quizzes`, `run`, `test`, `bench`, `doctor`, `models`.

mod bar;
mod doctor;
mod files;
mod index;
mod lab;
mod learn;
mod notebooks;
mod problem;
mod project;
mod quizzes;
mod run;
mod rust;
mod setup;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use project::Project;
use quizzes::Quizzes;
use setup::models::{self, Table};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Sets everything up, makes your copies of the notebooks in learn/, and opens the start page in JupyterLab
    Lab {
        /// Print the address instead of opening a browser
        #[arg(long)]
        no_browser: bool,
        /// The port to listen on; without it, 8888 or the next free one
        #[arg(long)]
        port: Option<u16>,
    },
    /// Runs everything that CI runs
    Test {
        /// Only these parts, separated by commas
        #[arg(long, value_delimiter = ',', value_enum)]
        only: Vec<test::Part>,
    },
    /// Builds the kernel and the course library, makes .venv, fetches the bundled models; lab and test do it first
    Setup,
    /// Makes, runs, checks and hands out the notebooks of the course
    Notebooks {
        #[command(subcommand)]
        what: notebooks::Notebooks,
    },
    /// Runs a notebook on the real kernel without a browser
    Run {
        /// The .ipynb file
        notebook: PathBuf,
        /// Write the outputs into the file
        #[arg(long)]
        save: bool,
    },
    /// Measures: `bench kernel`
    Bench {
        /// A file of tests/bench without its ending
        name: String,
        /// Handed on to it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Checks the machine and the set-up, and says what to do
    Doctor,
    /// The bundled models
    Models {
        #[command(subcommand)]
        what: Models,
    },
    /// The quizzes: check them, export them for jupyterquiz
    Quizzes {
        #[command(subcommand)]
        what: Quizzes,
    },
    /// Makes the API index of std that the repository ships; needed once for a new toolchain
    #[command(hide = true)]
    IndexStd,
    /// Builds the workspace and stages the course library; `setup` does it too
    #[command(hide = true)]
    Stage,
}

#[derive(Subcommand)]
enum Models {
    /// Lists them
    List,
    /// Downloads what is missing
    Fetch,
    /// Reads every file again and compares its hash
    Verify,
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    match Project::find().and_then(|project| perform(&project, task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            problem::report(&error);
            ExitCode::FAILURE
        }
    }
}

fn perform(project: &Project, task: Task) -> Result<()> {
    match task {
        Task::Lab { no_browser, port } => lab::lab(project, !no_browser, port),
        Task::Test { only } => test::test(project, &only),
        Task::Setup => setup::setup(project).map(drop),
        Task::Notebooks { what } => notebooks::perform(project, what),
        Task::Run { notebook, save } => notebooks::run(project, &[notebook], save),
        Task::Bench { name, arguments } => run::bench(project, &name, &arguments),
        Task::Doctor => doctor::doctor(project),
        Task::Models { what } => {
            let table = Table::read(project)?;
            match what {
                Models::List => models::list(project, &table),
                Models::Verify => models::verify(project, &table)?,
                Models::Fetch => {
                    setup::python::environment(project)?;
                    models::fetch(project, &table)?;
                }
            }
            Ok(())
        }
        Task::Quizzes { what } => quizzes::quizzes(project, what),
        Task::IndexStd => index::ship(project),
        Task::Stage => {
            let ready = setup::build(project)?;
            if project.venv_program("python").is_file() {
                setup::kernelspec::install(project, &ready.stage)?;
            }
            Ok(())
        }
    }
}
