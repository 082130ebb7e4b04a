//! How far a loop has come: live in a notebook, an indicatif bar in a terminal.

mod iterator;
mod snapshot;

pub use iterator::{ProgressIter, progress};

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use course_wire::{Interrupted, interrupt, link};
use indicatif::{ProgressBar, ProgressStyle};

use self::snapshot::{Phase, Snapshot, Unit};
use crate::Rich;

/// The least time between two updates in a notebook.
const INTERVAL: Duration = Duration::from_millis(100);

/// A progress bar: count, rate and remaining time; any number of them may run at once or inside one another.
///
/// Its last state is always shown: done after [`Progress::finish`] or at its total, stopped when it is dropped before.
///
/// ```
/// # fn main() -> Result<(), course_wire::Interrupted> {
/// let bar = course_display::Progress::new(3, "epochs");
/// for epoch in 1..=3 {
///     bar.message(format!("loss {:.2}", 1.0 / epoch as f64));
///     bar.inc(1)?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Progress {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    snapshot: Snapshot,
    started: Instant,
    shown: Option<Instant>,
    /// An item of [`progress`] is being worked on, and counts once the next is asked for.
    open_item: bool,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Notebook { id: String },
    Terminal(ProgressBar),
}

impl Progress {
    /// A bar up to `total` steps; `None` where the end is not known.
    pub fn new(total: impl Into<Option<u64>>, label: impl Into<String>) -> Self {
        Self::start(total.into(), label.into(), Unit::Steps)
    }

    /// A bar that counts bytes.
    pub fn bytes(total: impl Into<Option<u64>>, label: impl Into<String>) -> Self {
        Self::start(total.into(), label.into(), Unit::Bytes)
    }

    fn start(total: Option<u64>, label: String, unit: Unit) -> Self {
        let place = if link::connected() {
            Place::Notebook { id: uuid::Uuid::new_v4().to_string() }
        } else {
            Place::Terminal(terminal_bar(total, &label, unit))
        };
        let snapshot = Snapshot {
            label,
            position: 0,
            total,
            unit,
            elapsed: Duration::ZERO,
            message: String::new(),
            phase: Phase::Running,
        };
        let mut state = State { snapshot, started: Instant::now(), shown: None, open_item: false, place };
        state.show();
        Self { state: Mutex::new(state) }
    }

    /// Counts `steps` more and polls the interrupt.
    ///
    /// # Errors
    /// [`Interrupted`] when the learner has pressed ■.
    pub fn inc(&self, steps: u64) -> Result<(), Interrupted> {
        self.change(|state| state.snapshot.position += steps);
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
        let mut state = self.lock();
        if state.snapshot.phase == Phase::Running {
            state.snapshot.position += u64::from(std::mem::take(&mut state.open_item));
            state.snapshot.phase = Phase::Done;
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
        match &state.place {
            // indicatif has its own clock.
            Place::Terminal(_) => state.show(),
            Place::Notebook { .. } if state.is_due(Instant::now()) => state.show(),
            Place::Notebook { .. } => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let mut state = self.lock();
        if state.snapshot.phase == Phase::Running {
            let whole = state.snapshot.total.is_some_and(|total| state.snapshot.position >= total);
            state.snapshot.phase = if whole { Phase::Done } else { Phase::Stopped };
            state.show();
        }
    }
}

impl State {
    /// Whether the last update is old enough for another.
    fn is_due(&self, now: Instant) -> bool {
        self.shown.is_none_or(|shown| now.saturating_duration_since(shown) >= INTERVAL)
    }

    fn show(&mut self) {
        self.snapshot.elapsed = self.started.elapsed();
        match &self.place {
            Place::Notebook { id } => {
                // A kernel that is gone takes this process with it: there is nobody left to tell.
                let _ = link::display(self.snapshot.rich(), Some(id.clone()), self.shown.is_some());
                // After the kernel has taken it, so that a slow front end is not asked for more than it can show.
                self.shown = Some(Instant::now());
            }
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

fn terminal_bar(total: Option<u64>, label: &str, unit: Unit) -> ProgressBar {
    let counts = match (unit, total) {
        (Unit::Steps, Some(_)) => "[{bar:30}] {human_pos}/{human_len} {per_sec} eta {eta} {msg}",
        (Unit::Steps, None) => "{spinner} {human_pos} {per_sec} {elapsed} {msg}",
        (Unit::Bytes, Some(_)) => {
            "[{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta} {msg}"
        }
        (Unit::Bytes, None) => "{spinner} {binary_bytes} {binary_bytes_per_sec} {elapsed} {msg}",
    };
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
    // A label is text, not a template.
    if let Ok(style) = ProgressStyle::with_template(&format!("{{prefix}} {counts}")) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.with_prefix(label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_keep_their_distance() {
        let bar = Progress::new(10, "work");
        let mut state = bar.lock();
        let now = Instant::now();
        assert!(state.is_due(now), "nothing shown yet");
        state.shown = Some(now);
        assert!(!state.is_due(now + INTERVAL / 2));
        assert!(state.is_due(now + INTERVAL));
    }
}
