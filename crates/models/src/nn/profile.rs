//! Where the time of a training step goes, by operation.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use course_display::{Bundle, Rich, Table};

static ON: AtomicBool = AtomicBool::new(false);
static TIMES: Mutex<BTreeMap<&'static str, [Spent; 2]>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    calls: u64,
    time: Duration,
}

/// The time that this module's operations took, forward and backward, while [`profile`] looked.
#[derive(Debug, Clone)]
pub struct Profile {
    rows: Vec<(&'static str, [Spent; 2])>,
    total: Duration,
}

/// Runs `work` and says how long each operation of this module took in it, on whatever thread. What they do not account for is the
/// rest: candle's own operations, the sums of gradients, memory.
///
/// ```
/// use candle_core::{DType, Device, Tensor};
/// let x = Tensor::ones((64, 64), DType::F32, &Device::Cpu)?;
/// let (y, profile) = course_models::nn::profile(|| course_models::nn::gelu(&x));
/// assert_eq!(y?.dims(), [64, 64]);
/// assert_eq!(profile.calls("gelu"), (1, 0)); // forward, backward
/// # Ok::<(), course_models::Error>(())
/// ```
pub fn profile<T>(work: impl FnOnce() -> T) -> (T, Profile) {
    times().clear();
    let began = Instant::now();
    ON.store(true, Ordering::Relaxed);
    let result = work();
    ON.store(false, Ordering::Relaxed);
    let total = began.elapsed();
    let mut rows = times().iter().map(|(name, spent)| (*name, *spent)).collect::<Vec<_>>();
    rows.sort_by_key(|(_, [forward, backward])| std::cmp::Reverse(forward.time + backward.time));
    (result, Profile { rows, total })
}

fn times() -> std::sync::MutexGuard<'static, BTreeMap<&'static str, [Spent; 2]>> {
    TIMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts the time until it is dropped, if anyone looks.
pub(super) struct Timer {
    name: &'static str,
    backward: bool,
    began: Option<Instant>,
}

pub(super) fn timer(name: &'static str, backward: bool) -> Timer {
    Timer { name, backward, began: ON.load(Ordering::Relaxed).then(Instant::now) }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(began) = self.began {
            let time = began.elapsed();
            let mut times = times();
            let [forward, backward] = times.entry(self.name).or_default();
            let spent = if self.backward { backward } else { forward };
            spent.calls += 1;
            spent.time += time;
        }
    }
}

impl Profile {
    /// How often an operation ran, forward and backward.
    pub fn calls(&self, name: &str) -> (u64, u64) {
        let row = self.rows.iter().find(|(row, _)| *row == name);
        row.map_or((0, 0), |(_, [forward, backward])| (forward.calls, backward.calls))
    }

    /// The whole time.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// What no operation of this module accounts for.
    pub fn rest(&self) -> Duration {
        let ours = self.rows.iter().map(|(_, [forward, backward])| forward.time + backward.time).sum();
        self.total.saturating_sub(ours)
    }

    fn table(&self) -> Table {
        let milliseconds = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
        let share =
            |time: Duration| format!("{:.1} %", 100.0 * time.as_secs_f64() / self.total.as_secs_f64().max(1e-9));
        let table = Table::new(["operation", "calls", "forward ms", "backward ms", "share"]);
        let table = self.rows.iter().fold(table, |table, (name, [forward, backward])| {
            let times = (milliseconds(forward.time), milliseconds(backward.time), share(forward.time + backward.time));
            table.row((name, forward.calls, times.0, times.1, times.2))
        });
        let rest = share(self.rest());
        table
            .row(("the rest", "", milliseconds(self.rest()), "", rest))
            .caption(format!("{} ms", milliseconds(self.total)))
    }
}

impl Rich for Profile {
    fn rich(&self) -> Bundle {
        self.table().rich()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table().rich().plain())
    }
}
