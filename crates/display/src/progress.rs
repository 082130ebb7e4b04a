//! How far a loop has come: live in a notebook, an indicatif bar in a terminal.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use course_wire::{Bundle, Interrupted, interrupt, link};
use indicatif::{ProgressBar, ProgressStyle};

use crate::number::{grouped, short};
use crate::{Rich, escape};

/// The least time between two updates in a notebook.
const INTERVAL: Duration = Duration::from_millis(100);

/// Goes through `iterable` and shows how far it has come, at most ten times a second.
///
/// When the learner presses ■ the loop ends and the cell with it: the iterator unwinds with [`Interrupted`], which the
/// kernel reports as such, variables kept.
///
/// ```
/// let sum: u64 = course_display::progress(1..=10u64, "adding").sum();
/// assert_eq!(sum, 55);
/// ```
pub fn progress<I: IntoIterator>(iterable: I, label: impl Into<String>) -> ProgressIter<I::IntoIter> {
    let iterator = iterable.into_iter();
    let total = match iterator.size_hint() {
        (low, Some(high)) if low == high => Some(low as u64),
        _ => None,
    };
    ProgressIter { bar: Progress::new(total, label), iterator }
}

/// The iterator behind [`progress`].
#[derive(Debug)]
pub struct ProgressIter<I> {
    iterator: I,
    bar: Progress,
}

impl<I> ProgressIter<I> {
    /// The bar, for a [message](Progress::message) beside it.
    pub fn bar(&self) -> &Progress {
        &self.bar
    }
}

impl<I: Iterator> Iterator for ProgressIter<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        match self.iterator.next() {
            Some(item) => {
                if let Err(interrupted) = self.bar.begin_next() {
                    // An iterator has no way to return the error, and ending early would let the code below the loop
                    // run as if it were whole. Unlike a panic this prints nothing.
                    std::panic::resume_unwind(Box::new(interrupted));
                }
                Some(item)
            }
            None => {
                self.bar.finish();
                None
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.iterator.size_hint()
    }
}

impl<I: ExactSizeIterator> ExactSizeIterator for ProgressIter<I> {}

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
        (Unit::Bytes, Some(_)) => "[{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} eta {eta} {msg}",
        (Unit::Bytes, None) => "{spinner} {binary_bytes} {binary_bytes_per_sec} {elapsed} {msg}",
    };
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
    // A label is text, not a template.
    if let Ok(style) = ProgressStyle::with_template(&format!("{{prefix}} {counts}")) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.with_prefix(label.to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Steps,
    Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Done,
    Stopped,
}

/// What a bar shows at one moment.
#[derive(Debug, Clone)]
struct Snapshot {
    label: String,
    position: u64,
    total: Option<u64>,
    unit: Unit,
    elapsed: Duration,
    message: String,
    phase: Phase,
}

impl Snapshot {
    fn fraction(&self) -> Option<f64> {
        match self.total? {
            0 => Some(1.0),
            total => Some((self.position as f64 / total as f64).clamp(0.0, 1.0)),
        }
    }

    /// "3 of 10 · 2.5/s · 3 s left · loss 0.31".
    fn figures(&self) -> String {
        let count = match (self.unit, self.total) {
            (Unit::Steps, Some(total)) => format!("{} of {}", grouped(self.position), grouped(total)),
            (Unit::Steps, None) => grouped(self.position),
            (Unit::Bytes, Some(total)) => format!("{} of {}", bytes(self.position as f64), bytes(total as f64)),
            (Unit::Bytes, None) => bytes(self.position as f64),
        };
        let mut parts = vec![count];
        let seconds = self.elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { self.position as f64 / seconds } else { 0.0 };
        if rate > 0.0 {
            parts.push(match self.unit {
                Unit::Bytes => format!("{}/s", bytes(rate)),
                Unit::Steps if rate < 1.0 => format!("{} s each", three_digits(1.0 / rate)),
                Unit::Steps => format!("{}/s", three_digits(rate)),
            });
        }
        match (self.phase, self.total) {
            (Phase::Running, Some(total)) if rate > 0.0 => {
                let left = total.saturating_sub(self.position) as f64 / rate;
                parts.push(format!("{} left", duration(left)));
            }
            (Phase::Running, _) => {}
            (Phase::Done, _) => parts.push(format!("done in {}", duration(seconds))),
            (Phase::Stopped, _) => parts.push(format!("stopped after {}", duration(seconds))),
        }
        if !self.message.is_empty() {
            parts.push(self.message.clone());
        }
        parts.join(" · ")
    }

    fn text(&self) -> String {
        const WIDTH: usize = 30;
        let filled = self.fraction().map_or(0, |fraction| (fraction * WIDTH as f64) as usize);
        let bar = match self.fraction() {
            Some(_) => format!(" [{}{}]", "█".repeat(filled), "·".repeat(WIDTH - filled)),
            None => String::new(),
        };
        format!("{}{bar} {}", self.label, self.figures())
    }

    fn html(&self) -> String {
        let colour = match self.phase {
            Phase::Running => "rgb(52,120,200)",
            Phase::Done => "rgb(30,135,85)",
            Phase::Stopped => "rgb(206,100,20)",
        };
        let percent = self.fraction().map(|fraction| (fraction * 100.0).floor());
        let bar = match percent {
            Some(percent) => format!(
                "<div role=\"progressbar\" aria-valuemin=\"0\" aria-valuemax=\"100\" aria-valuenow=\"{percent}\" \
                 aria-label=\"{}\" style=\"flex:0 0 220px;height:10px;border-radius:5px;overflow:hidden;\
                 background:rgba(128,128,128,0.25)\"><div style=\"width:{percent}%;height:100%;background:{colour}\">\
                 </div></div>",
                escape(&self.label)
            ),
            None => format!("<span style=\"color:{colour}\">●</span>"),
        };
        format!(
            "<div style=\"display:flex;align-items:center;gap:10px;flex-wrap:wrap;font-variant-numeric:tabular-nums\">\
             <span style=\"min-width:6em\">{}</span>{bar}<span>{}</span></div>",
            escape(&self.label),
            escape(&self.figures())
        )
    }
}

impl Rich for Snapshot {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), self.text())
    }
}

fn three_digits(value: f64) -> String {
    match value {
        value if value >= 100.0 => grouped(value.round() as u64),
        value if value >= 10.0 => format!("{value:.0}"),
        value => short((value * 100.0).round() / 100.0),
    }
}

/// Bytes in the units that file managers use, powers of 1000.
fn bytes(count: f64) -> String {
    let (scale, unit) = match count {
        count if count >= 1e9 => (1e9, "GB"),
        count if count >= 1e6 => (1e6, "MB"),
        count if count >= 1e3 => (1e3, "kB"),
        _ => return format!("{count:.0} B"),
    };
    format!("{:.1} {unit}", count / scale)
}

fn duration(seconds: f64) -> String {
    match seconds {
        seconds if !seconds.is_finite() => "?".into(),
        seconds if seconds < 1.0 => format!("{seconds:.1} s"),
        seconds if seconds < 60.0 => format!("{seconds:.0} s"),
        seconds if seconds < 3600.0 => format!("{} min {:02} s", seconds as u64 / 60, seconds as u64 % 60),
        seconds => format!("{} h {:02} min", seconds as u64 / 3600, seconds as u64 % 3600 / 60),
    }
}
