//! `course-kernel check`: the cells of notebooks as programs, without running them.
//!
//! A line of JSON for each notebook comes in on stdin, and one with what was found goes out on stdout.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::engine::dylib::program::{self, Given};
use crate::engine::stage::Stage;

/// A cell to check.
#[derive(Debug, Deserialize)]
struct Cell {
    code: String,
    #[serde(default)]
    may_fail: bool,
}

/// What was found in a notebook.
#[derive(Debug, Serialize)]
struct Answer {
    problems: Vec<Problem>,
    /// How often rustc ran.
    runs: usize,
    /// The first cell that was not looked at.
    unchecked_from: Option<usize>,
}

/// What does not compile.
#[derive(Debug, Serialize)]
struct Problem {
    /// The cell's index in what came in.
    cell: Option<usize>,
    line: u32,
    message: String,
}

/// Checks one notebook after another, until stdin ends.
///
/// # Errors
/// When there is no course library, rustc cannot be run, or what comes in is not understood.
pub fn check(stage: &Path) -> anyhow::Result<ExitCode> {
    let stage = Stage::load(stage)?;
    let folder = tempfile::tempdir().context("cannot make a folder for temporary files")?;
    for line in std::io::stdin().lines() {
        let cells: Vec<Cell> = serde_json::from_str(&line?).context("a line on stdin is no list of cells")?;
        let given: Vec<Given<'_>> =
            cells.iter().map(|cell| Given { code: &cell.code, may_fail: cell.may_fail }).collect();
        let checked = program::check(&given, &stage, folder.path())?;
        let problems = checked.findings.into_iter().map(|found| Problem {
            cell: found.cell,
            line: found.line,
            message: found.message,
        });
        let answer =
            Answer { problems: problems.collect(), runs: checked.runs, unchecked_from: checked.unchecked_from };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}
