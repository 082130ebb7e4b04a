//! One step of a long job: what it is, how far it got, how long it took.
//!
//! On a terminal a step is a live bar that becomes one line when it ends; in a log it is a line when work begins,
//! one every tenth of the way if it takes long, and one at the end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const NAME_WIDTH: usize = 44;

/// A running step.
pub struct Step {
    bar: ProgressBar,
    title: String,
    started: Instant,
    tenths: AtomicU64,
}

impl Step {
    /// Starts a step; its length comes later or never.
    pub fn start(title: &str) -> Self {
        let bar = ProgressBar::new_spinner().with_style(style("{spinner:.cyan} {prefix} {elapsed:>5} {msg}"));
        bar.set_prefix(format!("{title:NAME_WIDTH$}"));
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self { bar, title: title.to_owned(), started: Instant::now(), tenths: AtomicU64::new(0) }
    }

    /// The step is drawn on a terminal.
    pub fn is_live(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// The bar itself, for a thread that only changes its message.
    pub fn messages(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// The number of pieces to come.
    pub fn set_length(&self, pieces: u64) {
        self.begin();
        self.bar.set_style(style("{spinner:.cyan} {prefix} {elapsed:>5} {bar:24.cyan/dim} {pos}/{len} {wide_msg}"));
        self.bar.set_length(pieces);
    }

    /// The number of bytes to come.
    pub fn set_bytes(&self, bytes: u64) {
        self.begin();
        self.bar.set_style(style(
            "{spinner:.cyan} {prefix} {elapsed:>5} {bar:24.cyan/dim} {bytes}/{total_bytes} {wide_msg}",
        ));
        self.bar.set_length(bytes);
    }

    /// A log says what is being done only where there is something to do.
    fn begin(&self) {
        if self.bar.is_hidden() {
            println!("  {} …", self.title);
        }
    }

    /// One piece is done; `doing` is what the bar says next to it.
    pub fn advance(&self, doing: &str) {
        self.move_to(self.bar.position() + 1);
        if !doing.is_empty() {
            self.bar.set_message(doing.to_owned());
        }
    }

    /// So many pieces or bytes are done.
    pub fn move_to(&self, position: u64) {
        // A guessed length can be too short: the bar then waits at its end.
        let length = self.bar.length().unwrap_or(position);
        self.bar.set_position(position.min(length));
        if let Some(tenth) = (position.min(length) * 10).checked_div(length)
            && tenth > self.tenths.load(Ordering::Relaxed)
            && self.bar.is_hidden()
        {
            self.tenths.store(tenth, Ordering::Relaxed);
            if self.started.elapsed() > Duration::from_secs(5) {
                println!("    {} %  {}", tenth * 10, duration(self.started.elapsed()));
            }
        }
    }

    /// Prints above the bar.
    pub fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// The step is over; `outcome` is said in a few words, with the time it took.
    pub fn done(self, outcome: &str) {
        self.end('✓', outcome);
    }

    /// The step is over and did not bring what it should.
    pub fn failed(self, outcome: &str) {
        self.end('✗', outcome);
    }

    fn end(self, mark: char, outcome: &str) {
        let elapsed = self.started.elapsed();
        self.bar.finish_and_clear();
        println!("{mark} {:NAME_WIDTH$} {:>9}  {outcome}", self.title, duration(elapsed));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        // A step that failed leaves its error, not its bar.
        self.bar.finish_and_clear();
    }
}

/// `0.4 s`, `12 s`, `3 m 05 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} m {:02} s", seconds / 60, seconds % 60),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(440)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(42)), "42 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 m 05 s");
    }
}
