//! `cargo xtask notebooks`: makes, runs, checks and hands out the notebooks of the course.
//!
//! | file | what it does |
//! |---|---|
//! | `chosen` | which notebooks a task is about |
//! | `check` | all layers: static, as a program, run and compared, the learner's copy |
//! | `program` | has the kernel check the cells as one program |
//! | `pool` | runs notebooks beside each other, as memory and cores allow |
//! | `results` | what became of each notebook, and whether it is to be run again |
//! | `report` | the table and the JUnit file |
//! | `spelling` | codespell on the prose |
//! | `new`, `student` | a new section; learners' copies |

mod check;
mod chosen;
mod new;
mod pool;
mod program;
mod report;
mod results;
mod spelling;
mod student;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Result, bail};
use clap::Subcommand;

use crate::bar::Step;
use crate::project::Project;
use crate::setup::setup;

pub use check::check_all;

/// What to do with notebooks; without a path, with all of them.
#[derive(Subcommand)]
pub enum Notebooks {
    /// Starts a section: a notebook with a title and an exercise that works
    New {
        /// The chapter's number or folder: 2, 02, 02-using-transformers
        chapter: String,
        /// The section's number
        section: u32,
        /// The notebook's title
        title: String,
    },
    /// Runs notebooks on the real kernel, up to the first cell that fails, and tells how each cell ended
    Run {
        /// The notebooks, or folders of them
        paths: Vec<PathBuf>,
    },
    /// Runs notebooks and writes their outputs into the files
    Refresh {
        /// The notebooks, or folders of them
        paths: Vec<PathBuf>,
    },
    /// Checks notebooks: the file, the cells as a program, a run whose outputs are compared, the learner's copy
    Check {
        /// The notebooks, or folders of them
        paths: Vec<PathBuf>,
        /// Only what needs no kernel
        #[arg(long)]
        quick: bool,
        /// Run also what has not changed since it passed
        #[arg(long)]
        again: bool,
    },
    /// Writes a file as nbformat writes it: after it was edited by hand or by another program
    Format {
        /// The notebooks, or folders of them
        paths: Vec<PathBuf>,
    },
    /// Makes or updates the learners' copies in learn/
    Student {
        /// Write a copy of every notebook into this folder instead
        #[arg(long, value_name = "FOLDER", conflicts_with = "again")]
        out: Option<PathBuf>,
        /// Put the copy of this notebook aside and make a fresh one
        #[arg(long, value_name = "NOTEBOOK")]
        again: Option<PathBuf>,
    },
    /// Writes the JUnit file of the last check, and names the slowest cells
    Report,
}

/// Does what is asked for.
pub fn perform(project: &Project, what: Notebooks) -> Result<()> {
    match what {
        Notebooks::New { chapter, section, title } => new::new(project, &chapter, section, &title),
        Notebooks::Run { paths } => run(project, &paths, false),
        Notebooks::Refresh { paths } => run(project, &paths, true),
        Notebooks::Check { paths, quick, again } => check::check(project, &paths, quick, again),
        Notebooks::Format { paths } => format(project, &paths),
        Notebooks::Student { out: Some(folder), .. } => student::out(project, &folder),
        Notebooks::Student { again: Some(notebook), .. } => crate::learn::again(project, &notebook),
        Notebooks::Student { .. } => crate::learn::update(project).map(|made| made.tell()),
        Notebooks::Report => report::last(project),
    }
}

/// Runs notebooks and tells of each cell; with `save` the outputs are written into the files.
pub fn run(project: &Project, paths: &[PathBuf], save: bool) -> Result<()> {
    let chosen = chosen::files(project, paths)?;
    setup(project)?;
    let several = chosen.len() > 1;
    let jobs: Vec<pool::Job> = chosen
        .iter()
        .map(|path| pool::Job {
            name: chosen::name(project, path),
            path: path.clone(),
            folder: path.parent().unwrap_or(Path::new(".")).to_owned(),
            stop: true,
            save,
            memory_mb: results::read(project, &chosen::name(project, path)).map(|before| before.memory_mb()),
            ..pool::Job::default()
        })
        .collect();
    let step = Step::start(if save { "run notebooks, and write their outputs" } else { "run notebooks" });
    let printing = Mutex::new(());
    let ran = pool::run(project, &jobs, &|job, cell| {
        let _one_at_a_time = printing.lock();
        let of = if several { format!("{}  ", job.name) } else { String::new() };
        step.say(&format!("{of}{}", cell.line()));
    })?;
    let mut failed = 0;
    for (job, ran) in jobs.iter().zip(&ran) {
        let problems =
            ran.cells.iter().filter(|cell| cell.problem.is_some()).count() + usize::from(ran.trouble.is_some());
        if let Some(trouble) = &ran.trouble {
            step.say(&format!("{}: {trouble}", job.name));
        }
        failed += usize::from(problems > 0);
        step.say(&format!(
            "{} {}: {} cells in {:.1} s, {} MB{}",
            if problems > 0 { '✗' } else { '✓' },
            job.name,
            ran.cells.len(),
            ran.seconds,
            ran.memory_mb,
            match (save, problems) {
                (true, 0) => ", outputs written",
                (true, _) => "; nothing written: only a notebook that runs to its end is saved",
                (false, _) => "",
            }
        ));
    }
    if failed > 0 {
        step.failed("");
        bail!("{failed} of {} notebooks did not run to their end", jobs.len());
    }
    step.done("");
    Ok(())
}

/// Writes files anew, as nbformat would.
fn format(project: &Project, paths: &[PathBuf]) -> Result<()> {
    for path in chosen::files(project, paths)? {
        let before = std::fs::read(&path)?;
        let notebook = course_notebook::Notebook::read(&path)?;
        if notebook.to_json().as_bytes() != before {
            notebook.write(&path)?;
            println!("written anew: {}", path.display());
        }
    }
    Ok(())
}
