//! Runs notebooks beside each other: as many at a time as there are cores and as fit into memory.
//!
//! Each worker is a Python process (`tests/notebooks/runner.py`) that runs one job after another.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::project::Project;
use crate::run::python;

/// What a notebook may take of which nothing is known, in MB: a kernel with both bundled models takes less.
const UNKNOWN_MB: u64 = 1200;
/// More at a time only get into each other's way: each runs a model on all cores.
const MOST_WORKERS: usize = 4;

/// A notebook to run.
#[derive(Debug, Default, Serialize)]
pub struct Job {
    /// What it is called.
    #[serde(skip)]
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Ends with the first cell that fails.
    pub stop: bool,
    /// Writes the outputs into the file.
    pub save: bool,
    /// Compares the outputs with those in the file.
    pub compare: bool,
    /// What must become of cells, by id: `pass`, `fail`, `stub`, or `unsolved`.
    pub must: Map<String, Value>,
    /// What it took the last time.
    #[serde(skip)]
    pub memory_mb: Option<u64>,
    /// How long it took the last time; the longest begin first.
    #[serde(skip)]
    pub seconds: f64,
    /// Runs with nothing beside it: it trains for so long that half of the cores would not do.
    #[serde(skip)]
    pub alone: bool,
}

/// A cell that has run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CellRan {
    /// Its id.
    pub cell: String,
    /// Its number.
    pub count: Option<u64>,
    /// Its first line of code.
    pub first: String,
    /// How long it took.
    pub seconds: f64,
    /// The kinds of its outputs.
    pub shown: String,
    /// Why it did not end as it must.
    pub problem: Option<String>,
    /// Where its outputs differ from those in the file.
    #[serde(default)]
    pub differs: Vec<String>,
}

impl CellRan {
    /// The cell in one line, and its problem below.
    pub fn line(&self) -> String {
        let mark = if self.problem.is_some() { '✗' } else { '✓' };
        let count = self.count.map_or_else(|| " ".to_owned(), |count| count.to_string());
        let first: String = self.first.chars().take(70).collect();
        let problem = self.problem.as_ref().map_or_else(String::new, |problem| format!("\n{problem}"));
        format!("{mark} [{count:>2}] {:6.2} s  {first:70}  {}{problem}", self.seconds, self.shown)
    }
}

/// A notebook that has run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ran {
    /// Its cells.
    pub cells: Vec<CellRan>,
    /// How long it took, its kernel's start and end included.
    pub seconds: f64,
    /// The most memory its kernel held.
    pub memory_mb: u64,
    /// What kept it from being run, other than its cells.
    pub trouble: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    Cell(CellRan),
    Done { seconds: f64, memory_mb: u64, not_run: u64 },
    Broken { problem: String },
}

struct Plan {
    waiting: Vec<usize>,
    claimed_mb: u64,
    running: usize,
}

/// Runs all jobs; `each` sees every cell as it ends. The answers are in the jobs' order.
pub fn run(project: &Project, jobs: &[Job], each: &(dyn Fn(&Job, &CellRan) + Sync)) -> Result<Vec<Ran>> {
    let mut waiting: Vec<usize> = (0..jobs.len()).collect();
    let length = |index: &usize| jobs.get(*index).map_or(0.0, |job| job.seconds);
    // From the end, so the longest last.
    waiting.sort_by(|one, other| length(one).total_cmp(&length(other)).then(other.cmp(one)));
    // What earlier runs said is of no use any more.
    let _ = std::fs::remove_file(log(project));
    let plan = Mutex::new(Plan { waiting, claimed_mb: 0, running: 0 });
    let freed = Condvar::new();
    let memory_mb = available_mb().map_or(u64::MAX / 2, |available| available * 9 / 10);
    let workers = thread::available_parallelism().map_or(1, usize::from).clamp(1, MOST_WORKERS).min(jobs.len());
    let results: Vec<Mutex<Option<Ran>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    let mut worker: Option<Worker> = None;
                    while let Some(index) = next(&plan, &freed, jobs, memory_mb) {
                        let Some(job) = jobs.get(index) else { continue };
                        let ran = match worker.take().map_or_else(|| Worker::start(project), Ok) {
                            Ok(mut started) => {
                                let ran = started.run(job, each);
                                worker = ran.is_ok().then_some(started);
                                ran.unwrap_or_else(|error| Ran {
                                    trouble: Some(format!("{error:#}")),
                                    ..Ran::default()
                                })
                            }
                            Err(error) => Ran { trouble: Some(format!("{error:#}")), ..Ran::default() },
                        };
                        if let Some(result) = results.get(index) {
                            *locked(result) = Some(ran);
                        }
                        let mut plan = locked(&plan);
                        plan.claimed_mb -= claim(job, memory_mb);
                        plan.running -= 1;
                        freed.notify_all();
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a worker panicked"))?)
    })?;
    let missing = || Ran { trouble: Some("it was not run".to_owned()), ..Ran::default() };
    Ok(results
        .into_iter()
        .map(|ran| ran.into_inner().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(missing))
        .collect())
}

/// Takes the longest job that fits into memory beside those that run; waits for one to end where none does.
fn next(plan: &Mutex<Plan>, freed: &Condvar, jobs: &[Job], memory_mb: u64) -> Option<usize> {
    let mut plan = locked(plan);
    loop {
        if plan.waiting.is_empty() {
            return None;
        }
        let fits =
            |index: &usize| jobs.get(*index).is_some_and(|job| plan.claimed_mb + claim(job, memory_mb) <= memory_mb);
        // One at a time goes anyhow: it may need less than it is believed to.
        let found = plan.waiting.iter().rposition(fits).or((plan.running == 0).then(|| plan.waiting.len() - 1));
        if let Some(at) = found {
            let index = plan.waiting.remove(at);
            plan.claimed_mb += jobs.get(index).map_or(0, |job| claim(job, memory_mb));
            plan.running += 1;
            return Some(index);
        }
        plan = freed.wait(plan).unwrap_or_else(PoisonError::into_inner);
    }
}

/// What a job needs of the memory; all of it, if it is to run alone.
fn claim(job: &Job, memory_mb: u64) -> u64 {
    if job.alone {
        return memory_mb;
    }
    job.memory_mb.filter(|known| *known > 0).map_or(UNKNOWN_MB, |known| known * 6 / 5)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the runners say besides: nbclient's warnings, Python's tracebacks.
fn log(project: &Project) -> PathBuf {
    project.scratch().join("notebooks/runner.log")
}

/// What the machine has left, where that can be asked.
fn available_mb() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes / 1000)
}

struct Worker {
    process: Child,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    fn start(project: &Project) -> Result<Self> {
        let mut python = python(project);
        let log = log(project);
        std::fs::create_dir_all(log.parent().unwrap_or(Path::new(".")))?;
        let log = File::options().create(true).append(true).open(&log).context("making the runner's log")?;
        python.arg("tests/notebooks/runner.py").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut process = python.spawn().context("the notebook runner cannot be started")?;
        let answers = BufReader::new(process.stdout.take().context("the runner's stdout")?);
        Ok(Self { process, answers })
    }

    fn run(&mut self, job: &Job, each: &(dyn Fn(&Job, &CellRan) + Sync)) -> Result<Ran> {
        let stdin = self.process.stdin.as_mut().context("the runner's stdin")?;
        writeln!(stdin, "{}", serde_json::to_string(job)?).context("the notebook runner does not listen")?;
        let mut ran = Ran::default();
        let mut line = String::new();
        loop {
            line.clear();
            if self.answers.read_line(&mut line).context("reading from the notebook runner")? == 0 {
                let status = self.process.wait()?;
                anyhow::bail!(
                    "the notebook runner ended in the middle ({status}); target/xtask/notebooks/runner.log may say why"
                );
            }
            match serde_json::from_str(&line).with_context(|| format!("the notebook runner said {line:?}"))? {
                Event::Cell(cell) => {
                    each(job, &cell);
                    ran.cells.push(cell);
                }
                Event::Done { seconds, memory_mb, not_run } => {
                    let trouble = (not_run > 1).then(|| format!("{} more cells were not run", not_run - 1));
                    return Ok(Ran { seconds, memory_mb, trouble, ..ran });
                }
                Event::Broken { problem } => return Ok(Ran { trouble: Some(problem), ..ran }),
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Its stdin closes: it ends by itself once it has nothing to do.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(memory_mb: u64, seconds: f64) -> Job {
        Job { memory_mb: Some(memory_mb), seconds, ..Job::default() }
    }

    #[test]
    fn the_longest_that_fits_is_next() {
        let jobs = [job(1000, 9.0), job(100, 5.0), job(4000, 7.0)];
        let plan = Mutex::new(Plan { waiting: vec![1, 2, 0], claimed_mb: 0, running: 0 });
        let freed = Condvar::new();
        assert_eq!(next(&plan, &freed, &jobs, 2000), Some(0));
        assert_eq!(next(&plan, &freed, &jobs, 2000), Some(1), "the second longest is too large beside the first");
        plan.lock().unwrap().running = 0;
        assert_eq!(next(&plan, &freed, &jobs, 2000), Some(2), "too large for the machine, it runs alone");
        assert_eq!(next(&plan, &freed, &jobs, 2000), None);
    }

    #[test]
    fn what_trains_for_long_has_nothing_beside_it() {
        let jobs = [job(100, 1.0), Job { alone: true, ..job(100, 9.0) }];
        let plan = Mutex::new(Plan { waiting: vec![1, 0], claimed_mb: 0, running: 0 });
        let freed = Condvar::new();
        assert_eq!(next(&plan, &freed, &jobs, 2000), Some(0));
        plan.lock().unwrap().waiting.push(0);
        assert_eq!(
            next(&plan, &freed, &jobs, 2000),
            Some(0),
            "the small one again, since the other one waits for it to end"
        );
        let mut locked = plan.lock().unwrap();
        (locked.running, locked.claimed_mb) = (0, 0);
        drop(locked);
        assert_eq!(next(&plan, &freed, &jobs, 2000), Some(1));
        assert_eq!(plan.lock().unwrap().claimed_mb, 2000);
    }
}
