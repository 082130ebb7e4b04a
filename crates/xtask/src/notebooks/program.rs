//! Has the kernel check the cells of notebooks as one program each, without running them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};
use course_notebook::{Cell, Notebook, checks::Problem};
use serde::Deserialize;
use serde_json::json;

use crate::rust::stage::Stage;

#[derive(Deserialize)]
struct Answer {
    problems: Vec<Found>,
    unchecked_from: Option<usize>,
}

#[derive(Deserialize)]
struct Found {
    cell: Option<usize>,
    line: usize,
    message: String,
}

/// What does not compile in each notebook, in their order.
pub fn check(stage: &Stage, notebooks: &[&Notebook]) -> Result<Vec<Vec<Problem>>> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(notebooks.len().max(1));
    let share = notebooks.len().div_ceil(workers.max(1)).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> =
            notebooks.chunks(share).map(|share| scope.spawn(move || check_one_by_one(stage, share))).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| anyhow::anyhow!("checking programs panicked"))??);
        }
        Ok(all)
    })
}

fn check_one_by_one(stage: &Stage, notebooks: &[&Notebook]) -> Result<Vec<Vec<Problem>>> {
    let mut command = Command::new(&stage.kernel);
    command.arg("check").arg("--stage").arg(stage.folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut kernel = command.spawn().context("the kernel cannot be started")?;
    let mut stdin = kernel.stdin.take().context("the kernel's stdin")?;
    let mut answers = BufReader::new(kernel.stdout.take().context("the kernel's stdout")?).lines();
    let mut all = Vec::new();
    for notebook in notebooks {
        let cells: Vec<&Cell> = notebook.code_cells().collect();
        let given: Vec<_> =
            cells.iter().map(|cell| json!({"code": cell.source, "may_fail": cell.may_fail()})).collect();
        writeln!(stdin, "{}", serde_json::to_string(&given)?).context("the kernel does not listen")?;
        let Some(line) = answers.next() else { bail!("`course-kernel check` ended: {}", kernel.wait()?) };
        let answer: Answer = serde_json::from_str(&line?).context("reading what `course-kernel check` found")?;
        let mut problems: Vec<Problem> = answer.problems.into_iter().map(|found| place(&cells, found)).collect();
        if let Some(cell) = answer.unchecked_from.and_then(|index| cells.get(index)) {
            let what = "`:dep` in a notebook of the course: the course library has what its notebooks need";
            problems.push(Problem::of_cell(cell, what));
        }
        all.push(problems);
    }
    drop(stdin);
    kernel.wait()?;
    Ok(all)
}

fn place(cells: &[&Cell], found: Found) -> Problem {
    match found.cell.and_then(|index| cells.get(index)) {
        Some(cell) => Problem::of_cell(cell, found.message).at(found.line),
        None => Problem::of_notebook(found.message),
    }
}
