//! How far a loop has come: live in a notebook, indicatif bars in a terminal.

mod group;
mod iterator;
mod snapshot;
mod terminal;

pub use iterator::{ProgressIter, progress};

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use course_wire::{Interrupted, interrupt, link};
use indicatif::ProgressBar;

use self::snapshot::{Phase, Snapshot, Unit};

/// A progress bar: count, rate and remaining time; any number of them may run at once or inside one another.
///
/// Bars that run at once are one output, updated at most ten times a second, in which each has a line; a bar that begins again
/// under the same name, such as the steps of the next epoch, takes its old line. A bar's last state is always shown: done after
/// [`Progress::finish`] or at its total, stopped when it is dropped before.
///
/// ```
/// # fn main() -> Result<(), course_wire::Interrupted> {
/// use course_display::{Progress, progress};
///
/// let epochs = Progress::new(3, "epochs");
/// for epoch in 1..=3 {
///     for step in progress(0..100, "steps") { /* … */ }
///     epochs.message(format!("loss {:.2}", 1.0 / epoch as f64));
///     epochs.inc(1)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Progress {
    state: Mutex<State>,
}

/// Fewer rows than this are gone through before anybody reads a bar, unless each takes long.
const MANY_ROWS: u64 = 1000;
/// How long a few rows may take without a bar.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
struct State {
    snapshot: Snapshot,
    started: Instant,
    /// An item of [`progress`] is being worked on, and counts once the next is asked for.
    open_item: bool,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Notebook(group::Place),
    Terminal(ProgressBar),
    /// Nowhere as long as there is nothing to wait for.
    Hidden,
}

impl Place {
    fn new(snapshot: &Snapshot) -> Self {
        if link::connected() {
            Self::Notebook(group::Place::new(snapshot.clone()))
        } else {
            Self::Terminal(terminal::bar(snapshot.total, &snapshot.label, snapshot.unit))
        }
    }
}

impl Progress {
    /// A bar up to `total` steps; `None` where the end is not known.
    pub fn new(total: impl Into<Option<u64>>, label: impl Into<String>) -> Self {
        Self::start(total.into(), label.into(), Unit::Steps, true)
    }

    /// A bar over the rows of data: not shown for fewer than a thousand rows, unless they take longer than two seconds.
    pub fn rows(total: u64, label: impl Into<String>) -> Self {
        Self::start(Some(total), label.into(), Unit::Steps, total >= MANY_ROWS)
    }

    /// A bar that counts bytes.
    pub fn bytes(total: impl Into<Option<u64>>, label: impl Into<String>) -> Self {
        Self::start(total.into(), label.into(), Unit::Bytes, true)
    }

    fn start(total: Option<u64>, label: String, unit: Unit, shown: bool) -> Self {
        let snapshot = Snapshot {
            label,
            position: 0,
            total,
            unit,
            elapsed: Duration::ZERO,
            message: String::new(),
            phase: Phase::Running,
        };
        let place = if shown { Place::new(&snapshot) } else { Place::Hidden };
        Self { state: Mutex::new(State { snapshot, started: Instant::now(), open_item: false, place }) }
    }

    /// Counts `steps` more and polls the interrupt.
    ///
    /// # Errors
    /// [`Interrupted`] when the learner has pressed ■.
    pub fn inc(&self, steps: u64) -> Result<(), Interrupted> {
        self.change(|state| state.snapshot.position = state.snapshot.position.saturating_add(steps));
        interrupt::check()
    }

    /// Sets the count and polls the interrupt.
    ///
    /// # Errors
    /// [`Interrupted`] when the learner has pressed ■.
    pub fn set(&self, position: u64) -> Result<(), Interrupted> {
        self.change(|state| state.snapshot.position = position);
        interrupt::check()
    }

    /// Sets the total, once it is known or when it has grown.
    pub fn set_total(&self, total: u64) {
        self.change(|state| {
            state.snapshot.total = Some(total);
            if let Place::Terminal(bar) = &state.place {
                bar.set_length(total);
            }
        });
    }

    /// Shows `text` beside the bar, such as the loss.
    pub fn message(&self, text: impl Into<String>) {
        self.change(|state| state.snapshot.message = text.into());
    }

    /// Shows the bar as done.
    pub fn finish(&self) {
        self.end(|_| Phase::Done);
    }

    fn end(&self, phase: impl FnOnce(&Snapshot) -> Phase) {
        let mut state = self.lock();
        if state.snapshot.phase == Phase::Running {
            let phase = phase(&state.snapshot);
            let open_item = std::mem::take(&mut state.open_item);
            state.snapshot.position += u64::from(open_item && phase == Phase::Done);
            state.snapshot.phase = phase;
            state.snapshot.elapsed = state.started.elapsed();
            state.show();
        }
    }

    /// The item of [`progress`] that was handed out is done, the next is begun.
    fn begin_next(&self) -> Result<(), Interrupted> {
        self.change(|state| {
            let done = std::mem::replace(&mut state.open_item, true);
            state.snapshot.position += u64::from(done);
        });
        interrupt::check()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        // The time of a bar that has ended stands.
        if state.snapshot.phase == Phase::Running {
            state.snapshot.elapsed = state.started.elapsed();
        }
        if matches!(state.place, Place::Hidden) && state.snapshot.elapsed > PATIENCE {
            state.place = Place::new(&state.snapshot);
        }
        state.show();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let whole = |snapshot: &Snapshot| snapshot.total.is_some_and(|total| snapshot.position >= total);
        self.end(|snapshot| if whole(snapshot) { Phase::Done } else { Phase::Stopped });
    }
}

impl State {
    fn show(&self) {
        match &self.place {
            Place::Hidden => {}
            Place::Notebook(place) => place.show(&self.snapshot),
            Place::Terminal(bar) => {
                bar.set_position(self.snapshot.position);
                bar.set_message(self.snapshot.message.clone());
                match self.snapshot.phase {
                    Phase::Running => {}
                    Phase::Done => bar.finish(),
                    Phase::Stopped => bar.abandon(),
                }
            }
        }
    }
}
