//! `cargo xtask test`: everything CI runs, as parts with a time each, and one plain line at the end.

mod apart;
mod browser;
mod data;
mod evcxr;
mod graph;
mod lint;
mod log;
mod metrics;
mod notebooks;
mod python;
mod rust;
mod tools;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::bar::{Step, duration};
use crate::project::Project;
use crate::rust::build::{self, Built};
use crate::setup::{Ready, setup};

/// The command that builds the tests; the same graph as the set-up's build, plus what only tests need.
const BUILD_TESTS: &[&str] = &["test", "--workspace", "--release", "--no-run"];

/// A part of the test run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// cargo fmt --check
    Fmt,
    /// One version of each big library, and no third-party crate compiled twice
    Graph,
    /// clippy on all targets, warnings denied
    Clippy,
    /// rustdoc on all libraries, warnings denied
    Doc,
    /// cargo test
    Rust,
    /// What setup, lab and models say when something is missing
    Setup,
    /// What mybinder.org reads of this checkout
    Binder,
    /// Our datasets and tokenizers beside Python's
    Data,
    /// Our metrics beside scikit-learn's, seqeval's, sacrebleu's and others'
    Metrics,
    /// The kernel, driven by a Jupyter client
    Kernel,
    /// Some 350 small notebooks of Rust: what they show, how they fail, how often they are compiled
    Language,
    /// Every notebook, master and learner's copy: the file, as a program, on the real kernel with its outputs compared
    Notebooks,
    /// nbgrader, nbmake, papermill, nbconvert and jupyterquiz with our kernel, notebooks and quizzes
    Tools,
    /// JupyterLab in headless Chromium
    Browser,
    /// The second engine; only when it is asked for, since its program takes minutes to build
    Evcxr,
}

/// How a part ended, in counts of tests.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Tests, or checks, that passed.
    pub passed: u64,
    /// Those that did not.
    pub failed: u64,
    /// A few words for the table.
    pub note: String,
}

impl Outcome {
    /// A part that is one check.
    pub fn check(passed: bool, note: impl Into<String>) -> Self {
        Self { passed: passed.into(), failed: (!passed).into(), note: note.into() }
    }
}

/// What every part may need.
pub struct Context<'a> {
    /// The checkout.
    pub project: &'a Project,
    /// The finished set-up.
    pub ready: &'a Ready,
    /// What building the tests left; empty if no part needs it.
    pub tests: Built,
}

impl Context<'_> {
    /// Where logs and reports of the parts go.
    pub fn reports(&self) -> PathBuf {
        self.project.scratch().join("test")
    }
}

/// Sets up, runs the parts (all of them if none is named), prints the table. Fails if a test did.
pub fn test(project: &Project, only: &[Part]) -> Result<()> {
    let started = Instant::now();
    let wanted = |part: Part| only.contains(&part) || only.is_empty() && part != Part::Evcxr;
    let ready = setup(project)?;
    let mut context = Context { project, ready: &ready, tests: Built::default() };
    fs::create_dir_all(context.reports())?;
    let mut rows: Vec<(Part, Duration, Outcome)> = Vec::new();

    let needs_tests = [Part::Graph, Part::Clippy, Part::Rust, Part::Data, Part::Metrics].into_iter().any(wanted);
    if needs_tests {
        let step = Step::start("build the tests");
        match build::cargo(project, BUILD_TESTS, &step) {
            Ok(built) => {
                context.tests = built;
                step.done("");
            }
            Err(error) => {
                drop(step);
                rows.push((Part::Rust, started.elapsed(), Outcome::check(false, format!("{error:#}"))));
            }
        }
    }
    let tests_built = !needs_tests || rows.is_empty();
    for part in Part::value_variants().iter().copied().filter(|part| wanted(*part)) {
        if !tests_built && matches!(part, Part::Graph | Part::Clippy | Part::Rust | Part::Data | Part::Metrics) {
            continue;
        }
        let begun = Instant::now();
        let step = Step::start(&format!("test {}", name(part)));
        let outcome = run(part, &context, &step).unwrap_or_else(|error| {
            step.say(&format!("{error:#}"));
            Outcome::check(false, "could not run")
        });
        if outcome.failed > 0 {
            step.failed("")
        } else {
            step.done("")
        }
        rows.push((part, begun.elapsed(), outcome));
    }
    table(&rows, started.elapsed())
}

fn run(part: Part, context: &Context<'_>, step: &Step) -> Result<Outcome> {
    match part {
        Part::Fmt => rust::fmt(context),
        Part::Graph => graph::check(context, step),
        Part::Clippy => lint::clippy(context, step),
        Part::Doc => lint::doc(context, step),
        Part::Rust => rust::test(context, step),
        Part::Setup => python::pytest(context, step, "setup"),
        Part::Binder => tools::test(context, step, "binder"),
        Part::Data => data::test(context, step),
        Part::Metrics => metrics::test(context, step),
        Part::Kernel => python::pytest(context, step, "kernel"),
        Part::Language => python::pytest(context, step, "language"),
        Part::Notebooks => notebooks::test(context, step),
        Part::Tools => tools::test(context, step, "tools"),
        Part::Browser => browser::test(context, step),
        Part::Evcxr => evcxr::test(context, step),
    }
}

fn name(part: Part) -> String {
    part.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn table(rows: &[(Part, Duration, Outcome)], total: Duration) -> Result<()> {
    println!("\n  {:12} {:>9} {:>8} {:>8}", "part", "time", "passed", "failed");
    let (mut passed, mut failed) = (0, 0);
    for (part, time, outcome) in rows {
        println!(
            "  {:12} {:>9} {:>8} {:>8}  {}",
            name(*part),
            duration(*time),
            outcome.passed,
            outcome.failed,
            outcome.note
        );
        passed += outcome.passed;
        failed += outcome.failed;
    }
    println!("  {:12} {:>9}\n", "in all", duration(total));
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("{failed} of {} tests failed", passed + failed);
    }
    Ok(())
}
