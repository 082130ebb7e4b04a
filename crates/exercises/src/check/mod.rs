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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::given;

    /// What a check finds, without the card and the file.
    fn finding(body: impl Fn(&Check)) -> Option<Finding> {
        let check = Check::new("test");
        let ended = apart::run(&|| check.state().limit, &|| {
            body(&check);
            check.settle();
        });
        check.state().end(ended).unwrap();
        check.state().finding.clone()
    }

    /// What was asked is all that matters.
    fn asked<T>(_: T) {}

    fn sentence(body: impl Fn(&Check)) -> String {
        finding(body).map_or_else(|| "passed".to_owned(), |finding| finding.sentence)
    }

    #[test]
    fn the_first_difference_is_told_and_nothing_runs_after_it() {
        let ran = Cell::new(0);
        let told = sentence(|check| {
            check.that("a", || 1).equals(1);
            check.that("b", || 2).equals(3).holds("never asked", |_| panic!("it was asked"));
            check.that("c", || ran.set(1)).equals(());
            for _ in check.draws(3) {
                ran.set(2);
            }
        });
        assert_eq!((told.as_str(), ran.get()), ("2 came, and 3 was expected", 0));
    }

    #[test]
    fn every_way_to_ask_tells_what_it_found() {
        let passes = sentence(|check| {
            check.that("a number", || 0.5f32).is_close(&0.5, 1e-6).holds("it is positive", |value| *value > 0.0);
            check.that("a result", || "7".parse::<u8>()).ok().equals(7);
            check.that("a panic", || Vec::<u8>::new()[0]).panics();
            assert_eq!(check.that("a value", || 3).value(), Some(3));
        });
        assert_eq!(passes, "passed");
        let parsed = |text: &'static str| sentence(move |check| asked(check.that(text, || text.parse::<u8>()).ok()));
        assert_eq!(parsed("x"), "the code returned an error: invalid digit found in string");
        let held = sentence(|check| asked(check.that("x", || -1).holds("it is positive", |value| *value > 0)));
        assert_eq!(held, "this must hold and does not: it is positive");
        assert_eq!(
            sentence(|check| check.that("x", || 1).panics()),
            "the code must panic here, and it returned a value"
        );
        assert!(sentence(|_| ()).starts_with("this check has no case"));
    }

    #[test]
    fn a_panic_is_told_wherever_it_happens_and_however_it_is_asked_for() {
        let panicking = || -> u8 { std::panic::resume_unwind(Box::new("boom")) };
        let boom = "the code panicked: boom";
        assert_eq!(sentence(|check| asked(check.that("x", panicking).equals(1))), boom);
        assert_eq!(sentence(|check| asked(check.that("x", panicking))), boom, "nothing was asked of it");
        assert_eq!(sentence(|check| assert_eq!(check.that("x", panicking).value(), None)), boom);
        assert_eq!(sentence(|_| asked(panicking())), boom, "not even in a case");
        let next = |check: &Check| {
            check.that("x", panicking);
            check.that("y", || 1).equals(2);
        };
        assert_eq!(sentence(next), boom, "the first counts");
    }

    #[test]
    fn a_result_written_down_is_betrayed_by_a_draw_whose_seed_is_told() {
        let hard_coded = finding(|check| {
            check.seed(5);
            check.that("4", || 8).equals(8);
            for mut draw in check.draws(10) {
                let x = draw.integer(5..100);
                check.that(given!(x), || 8).equals(2 * x);
            }
        });
        let found = hard_coded.unwrap();
        assert!(found.hard_coded && found.seed == Some(5), "{found:?}");
        let wrong_from_the_start = finding(|check| asked(check.that("4", || 9).equals(8))).unwrap();
        assert!(!wrong_from_the_start.hard_coded && wrong_from_the_start.seed.is_none());
        let panics_for_draws = finding(|check| {
            check.that("4", || 8).equals(8);
            check
                .draws(1)
                .for_each(|_| asked(check.that("x", || -> u8 { std::panic::resume_unwind(Box::new("boom")) })));
        });
        assert!(!panics_for_draws.unwrap().hard_coded, "a panic is no hard-coded result");
    }

    #[test]
    fn the_case_that_does_not_end_is_told_and_slow_cases_are_no_endless_one() {
        let endless = finding(|check| {
            check.limit(Duration::from_millis(200));
            check.that("1", || 1).equals(1);
            check.that("2", || while std::hint::black_box(true) {});
        });
        assert!(endless.unwrap().sentence.starts_with("the code had not come to an end after 0.2 s"));
        let slow = finding(|check| {
            check.limit(Duration::from_millis(300));
            for _ in 0..1000 {
                check.that("x", || std::thread::sleep(Duration::from_millis(20)));
            }
        });
        assert!(slow.unwrap().sentence.starts_with("the whole check was not done after 0.3 s"));
    }

    #[test]
    fn what_is_given_is_short() {
        let (list, text) = ((0..1000).collect::<Vec<_>>(), "x");
        assert_eq!(given!(list, text), "list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … 1000 in all], text = \"x\"");
    }
}
