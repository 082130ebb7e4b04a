//! `notebooks check`: all that can be wrong with a notebook, the cheapest first.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use course_notebook::checks::{self, Problem};
use course_notebook::exercise::{self, STUB};
use course_notebook::nbgrader::Nbgrader;
use course_notebook::{Notebook, student};
use serde_json::{Map, Value};

use super::pool::{self, Job};
use super::results::{self, Checked};
use super::{chosen, program, report, spelling};
use crate::bar::Step;
use crate::project::Project;
use crate::rust::stage::Stage;
use crate::setup::setup;

/// How many cells and files passed, and how many did not.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// Those without a problem.
    pub passed: u64,
    /// Problems.
    pub failed: u64,
}

/// `cargo xtask notebooks check`.
pub fn check(project: &Project, paths: &[PathBuf], quick: bool, again: bool) -> Result<()> {
    let stage = setup(project)?.stage;
    let step = Step::start("check notebooks");
    let counts = check_chosen(project, &stage, &step, paths, quick, again)?;
    if counts.failed > 0 {
        step.failed("");
        bail!("{} problems", counts.failed);
    }
    step.done(&format!("{} cells", counts.passed));
    Ok(())
}

/// Checks every notebook of the course, for `cargo xtask test`.
pub fn check_all(project: &Project, stage: &Stage, step: &Step) -> Result<Counts> {
    check_chosen(project, stage, step, &[], false, false)
}

fn check_chosen(
    project: &Project,
    stage: &Stage,
    step: &Step,
    paths: &[PathBuf],
    quick: bool,
    again: bool,
) -> Result<Counts> {
    let mut all = Vec::new();
    let mut read = Vec::new();
    for path in chosen::files(project, paths)? {
        let name = chosen::name(project, &path);
        match Notebook::read(&path) {
            Ok(notebook) => {
                let problems = of_file(&notebook, &path);
                all.push(Checked { notebook: name, problems: told(&problems), ..Checked::default() });
                read.push((path, notebook));
            }
            // Without its path: the name stands before it.
            Err(course_notebook::Error::In { source, .. }) => {
                let broken = Checked { notebook: name, problems: vec![source.to_string()], ..Checked::default() };
                report_failures(step, std::slice::from_ref(&broken));
                bail!("a notebook cannot be read");
            }
            Err(error) => return Err(error.into()),
        }
    }
    for (path, problem) in checks::check_together(&course(project, &read)?) {
        if let Some(checked) = read.iter().position(|(other, _)| *other == path).and_then(|index| all.get_mut(index)) {
            checked.problems.push(problem.to_string());
        }
    }
    for (checked, problems) in all.iter_mut().zip(spelling::check(project, &read)?) {
        checked.problems.extend(told(&problems));
    }
    if !quick {
        deeper(project, stage, step, &read, &mut all, again)?;
        report::write(project, &all)?;
    }
    let failures = report_failures(step, &all);
    if !quick {
        step.say(&report::table(&all));
    }
    let passed =
        all.iter().flat_map(|checked| checked.runs().map(|(_, ran)| ran.cells.len())).sum::<usize>() + all.len();
    Ok(Counts { passed: (passed.saturating_sub(failures)) as u64, failed: failures as u64 })
}

fn report_failures(step: &Step, all: &[Checked]) -> usize {
    let failures: Vec<String> = all.iter().flat_map(Checked::failures).collect();
    for failure in &failures {
        step.say(&format!("✗ {failure}"));
    }
    failures.len()
}

fn told(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(Problem::to_string).collect()
}

/// All notebooks of the course, for what must hold between them, with the chosen ones as they were read.
fn course(project: &Project, read: &[(PathBuf, Notebook)]) -> Result<Vec<(PathBuf, Notebook)>> {
    let mut all = read.to_vec();
    for path in chosen::files(project, &[])? {
        if read.iter().all(|(other, _)| *other != path) {
            // One that cannot be read is told when it is checked itself.
            all.extend(Notebook::read(&path).ok().map(|notebook| (path, notebook)));
        }
    }
    // In the course's order, so that the later one is told that its name is taken.
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(all)
}

/// The file itself, and what of its copy shows without running it.
fn of_file(notebook: &Notebook, path: &Path) -> Vec<Problem> {
    let mut problems = checks::check(notebook, path);
    let (Ok(copy), Ok(exercises)) = (student::copy(notebook), exercise::exercises(notebook)) else { return problems };
    for exercise in exercises {
        if let Some(cell) = copy.cells.get(exercise.answer_cell).filter(|cell| !cell.source.contains(STUB)) {
            problems.push(Problem::of_cell(cell, "the learner's copy has no stub"));
        }
    }
    let marks = ["BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS"];
    for cell in copy.cells.iter().filter(|cell| marks.iter().any(|mark| cell.source.contains(mark))) {
        problems.push(Problem::of_cell(cell, "the learner's copy shows a mark of a solution or of hidden tests"));
    }
    problems
}

/// What needs the compiler and the kernel, for the notebooks that have changed.
fn deeper(
    project: &Project,
    stage: &Stage,
    step: &Step,
    read: &[(PathBuf, Notebook)],
    all: &mut [Checked],
    again: bool,
) -> Result<()> {
    let common = results::common_key(project, &stage.build_id)?;
    let copies = project.scratch().join("notebooks/copies");
    std::fs::create_dir_all(&copies)?;
    let mut waiting = Vec::new();
    for (index, ((path, notebook), checked)) in read.iter().zip(all.iter_mut()).enumerate() {
        let key = results::key(project, &common, path)?;
        let before = results::read(project, &checked.notebook);
        if let Some(before) = before.as_ref().filter(|before| before.key == key && !again) {
            (checked.master, checked.copy) = (before.master.clone(), before.copy.clone());
            (checked.key, checked.unchanged) = (key, true);
            continue;
        }
        // A copy that cannot be made was told with the file.
        let has_exercises = notebook.cells.iter().any(|cell| exercise::name(cell).is_some());
        let copy = student::copy(notebook).ok().filter(|_| has_exercises);
        let file = copies.join(checked.notebook.replace(['/', '\\'], "--"));
        if let Some(copy) = &copy {
            copy.write(&file)?;
        }
        waiting.push(Waiting { index, key, before, copy, file });
    }

    step.messages().set_message("as programs");
    let masters = waiting.iter().filter_map(|it| read.get(it.index)).map(|(_, notebook)| notebook);
    let programs: Vec<&Notebook> = masters.chain(waiting.iter().filter_map(|it| it.copy.as_ref())).collect();
    let mut found = program::check(stage, &programs)?.into_iter();
    let copied = waiting.iter().filter(|it| it.copy.is_some());
    let order: Vec<(usize, &str)> =
        waiting.iter().map(|it| (it.index, "")).chain(copied.map(|it| (it.index, "the learner's copy: "))).collect();
    for (index, of) in order {
        let problems = found.next().context("a notebook was not checked as a program")?;
        if let Some(checked) = all.get_mut(index) {
            checked.problems.extend(problems.iter().map(|problem| format!("{of}{problem}")));
        }
    }

    let mut jobs = Vec::new();
    for it in &waiting {
        let Some((path, notebook)) = read.get(it.index) else { continue };
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let name = all.get(it.index).map(|checked| checked.notebook.clone()).unwrap_or_default();
        let before = |copy: bool| {
            let ran =
                it.before.as_ref().and_then(|before| if copy { before.copy.as_ref() } else { before.master.as_ref() });
            (ran.map(|ran| ran.memory_mb), ran.map_or(notebook.cells.len() as f64, |ran| ran.seconds))
        };
        let (memory_mb, seconds) = before(false);
        let alone = notebook.metadata.get("course").and_then(|course| course.get("alone")) == Some(&true.into());
        let must = must(notebook, false);
        jobs.push(Job {
            name: name.clone(),
            path: path.clone(),
            folder: folder.clone(),
            compare: true,
            must,
            memory_mb,
            seconds,
            alone,
            ..Job::default()
        });
        if let Some(copy) = &it.copy {
            let (memory_mb, seconds) = before(true);
            let must = self::must(copy, true);
            jobs.push(Job {
                name: format!("{name} (copy)"),
                path: it.file.clone(),
                folder,
                must,
                memory_mb,
                seconds,
                alone,
                ..Job::default()
            });
        }
    }
    let ran =
        pool::run(project, &jobs, &|job, cell| step.messages().set_message(format!("{} {}", job.name, cell.cell)))?;
    let mut ran = ran.into_iter();
    for it in waiting {
        let Some(checked) = all.get_mut(it.index) else { continue };
        checked.master = ran.next();
        checked.copy = if it.copy.is_some() { ran.next() } else { None };
        if checked.failures().is_empty() {
            checked.key = it.key;
        }
        results::write(project, checked)?;
    }
    Ok(())
}

/// A notebook that is to be run.
struct Waiting {
    index: usize,
    key: String,
    before: Option<Checked>,
    copy: Option<Notebook>,
    file: PathBuf,
}

/// What must become of each cell: in a learner's copy, cells that grade fail for want of a solution, and a cell to write in may fail for want of a solution.
fn must(notebook: &Notebook, copy: bool) -> Map<String, Value> {
    let mut must = Map::new();
    for cell in notebook.code_cells() {
        let what = match () {
            () if cell.may_fail() => "fail",
            () if copy && Nbgrader::grades(cell) => "unsolved",
            () if copy && Nbgrader::is_solution(cell) => "stub",
            () => "pass",
        };
        must.insert(cell.id.clone(), what.into());
    }
    must
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_copy_the_cells_that_grade_must_fail_and_no_others() {
        let notebook = course_notebook::new::notebook("T", "shares");
        let passes = must(&notebook, false);
        assert!(passes.values().all(|must| must == "pass"), "{passes:?}");
        let copy = must(&notebook, true);
        assert_eq!(
            (&copy["shares"], &copy["shares-check"], &copy["example"]),
            (&"stub".into(), &"unsolved".into(), &"pass".into())
        );
    }

    #[test]
    fn a_new_notebook_has_a_whole_copy() {
        let notebook = course_notebook::new::notebook("T", "shares");
        let told = told(&of_file(&notebook, Path::new("x.ipynb")));
        assert!(told.iter().all(|problem| !problem.contains("copy")), "{told:?}");
    }
}
