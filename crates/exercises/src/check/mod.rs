//! `check!`: runs a learner's code on inputs that no one has seen before, and says what differed first.

mod answer;
mod draw;
mod finding;
mod report;

use std::fmt::{self, Debug, Display};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use course_wire::interrupt;
use course_wire::steady::{self, Steady};

use crate::apart::{self, Ended, Panic};
pub use answer::Answer;
pub use draw::{Draw, Draws, Float, Integer};
pub(crate) use finding::Finding;

/// How long a whole check may take unless it says otherwise.
const LIMIT: Duration = Duration::from_secs(10);

/// A check did not pass. The card that is shown above it has the details; this is its one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFailed(String);

impl Display for CheckFailed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CheckFailed {}

/// What a `check!` asks of the learner's code. The first thing that differs ends it: what is asked afterwards is skipped.
///
/// ```
/// use course_exercises::{check, given};
///
/// fn double(x: i64) -> i64 { x * 2 }
///
/// # fn main() -> Result<(), course_exercises::CheckFailed> {
/// check!(double, |check| {
///     check.that("x = 4", || double(4)).equals(8);
///     for mut draw in check.draws(5) {
///         let x = draw.integer(-100..100);
///         check.that(given!(x), || double(x)).equals(x + x);
///     }
/// });
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Check {
    name: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: Duration,
    /// What the case that runs, or ran last, was given.
    given: String,
    begun: Instant,
    /// Cases that have been run.
    cases: u32,
    /// The seed that draws begin with.
    seed: u64,
    /// Whether the inputs are drawn ones.
    drawing: bool,
    /// Whether a case with written-out inputs has passed.
    example_passed: bool,
    /// How the last case failed, unless that is what it must do.
    pending: Option<Finding>,
    finding: Option<Finding>,
}

/// The state, with its lock: no thread is parked while it is held.
struct Locked<'a> {
    state: MutexGuard<'a, State>,
    _steady: Steady,
}

/// Runs a check; `check!` calls it.
///
/// The body is a `Fn`, so that it can read the session's variables and not change them: a parked thread leaves nothing half changed.
///
/// # Errors
/// [`CheckFailed`] with the first thing that differed.
pub fn run(name: &str, body: impl Fn(&Check)) -> Result<(), CheckFailed> {
    run_erased(name, &body)
}

fn run_erased(name: &str, body: &dyn Fn(&Check)) -> Result<(), CheckFailed> {
    let check = Check::new(name);
    let ended = apart::run(&|| check.state().limit, &|| {
        body(&check);
        check.settle();
    });
    check.state().end(ended)?;
    report::report(&check.name, &check.state())
}

impl Check {
    fn new(name: &str) -> Self {
        let state = State {
            limit: LIMIT,
            given: String::new(),
            begun: Instant::now(),
            cases: 0,
            seed: draw::fresh_seed(),
            drawing: false,
            example_passed: false,
            pending: None,
            finding: None,
        };
        Self { name: name.to_owned(), state: Mutex::new(state) }
    }

    fn state(&self) -> Locked<'_> {
        let steady = steady::hold();
        Locked { state: self.state.lock().unwrap_or_else(PoisonError::into_inner), _steady: steady }
    }

    /// Runs the learner's code, `given` saying with what. Its panic, or a loop without end, is what the check then tells.
    pub fn that<T>(&self, given: impl Display, code: impl FnOnce() -> T) -> Answer<'_, T> {
        let (mut code, mut value) = (Some(code), None);
        self.run_case(&given, &mut || value = code.take().map(|code| code()));
        Answer::new(self, value)
    }

    /// `that` without its types, so that it is compiled once.
    fn run_case(&self, given: &dyn Display, code: &mut dyn FnMut()) {
        self.settle();
        {
            let mut state = self.state();
            if state.finding.is_some() {
                return;
            }
            state.given = given.to_string();
            state.begun = Instant::now();
            state.cases += 1;
        }
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(code));
        if let Err(payload) = ended {
            if payload.is::<course_wire::Interrupted>() {
                std::panic::resume_unwind(payload);
            }
            let panic = Panic::of(&*payload);
            self.state().pending = Some(Finding::panicked(&panic));
        }
    }

    /// The next `count` inputs: each is drawn anew every time the check runs. On failure the seed is told; `COURSE_SEED` repeats it.
    pub fn draws(&self, count: usize) -> Draws<'_> {
        Draws::new(self, count)
    }

    /// Draws the same inputs every time, for a check that is shown as it fails.
    pub fn seed(&self, seed: u64) {
        self.state().seed = seed;
    }

    /// Gives the whole check more or less than its 10 seconds.
    pub fn limit(&self, limit: Duration) {
        self.state().limit = limit;
    }

    /// A case that has panicked where nobody expects it has failed; one that has not has passed as far as is known.
    fn settle(&self) {
        let mut state = self.state();
        if let Some(finding) = state.pending.take() {
            state.find(finding);
        } else if state.cases > 0 && !state.drawing && state.finding.is_none() {
            state.example_passed = true;
        }
    }

    fn find(&self, finding: Finding) {
        self.state().find(finding);
    }

    fn failed(&self) -> bool {
        self.settle();
        self.state().finding.is_some()
    }
}

impl State {
    fn find(&mut self, finding: Finding) {
        // Code that was asked to stop fails as it likes.
        if self.finding.is_none() && !interrupt::is_requested() {
            let hard_coded = self.drawing && self.example_passed && finding.is_a_difference();
            self.finding = Some(Finding { seed: self.drawing.then_some(self.seed), hard_coded, ..finding });
        }
    }

    /// Takes in how the body ended.
    fn end(&mut self, ended: Ended) -> Result<(), CheckFailed> {
        match ended {
            Ended::Done => {}
            // The kernel names the failure by the flag, which is still raised.
            Ended::Interrupted => return Err(CheckFailed("interrupted".to_owned())),
            Ended::Panicked(panic) => self.find(Finding::panicked(&panic)),
            Ended::Overflowed => self.find(Finding::overflowed()),
            Ended::Endless => {
                let whole = self.begun.elapsed() < self.limit / 2;
                self.find(Finding::endless(self.limit, whole));
            }
        }
        if self.cases == 0 && self.finding.is_none() {
            self.find(Finding::no_case());
        }
        Ok(())
    }
}

/// What `given!` makes: names and values, each shortened to what one can take in.
pub fn given(values: &[(&str, &dyn Debug)]) -> String {
    let words: Vec<String> =
        values.iter().map(|(name, value)| format!("{name} = {}", crate::compare::shown(value))).collect();
    words.join(", ")
}

impl std::ops::Deref for Locked<'_> {
    type Target = State;
    fn deref(&self) -> &State {
        &self.state
    }
}

impl std::ops::DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}
