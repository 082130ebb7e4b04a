//! An output that follows data that changes: shown at most so often, and always up to its last change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use course_wire::{link, steady};

use crate::Rich;

/// Those whose last change waits to be shown. A cell ends with all of them shown: whoever saves the notebook reads no further.
static WAITING: Mutex<Vec<Arc<dyn Shower + Send + Sync>>> = Mutex::new(Vec::new());

trait Shower {
    /// Shows what has changed since it was shown last.
    fn show_changes(&self);
}

impl<T: Rich> Shower for Shared<T> {
    fn show_changes(&self) {
        let _steady = steady::hold();
        let mut state = self.lock();
        if state.changed {
            state.show(self);
        }
    }
}

fn show_waiting() {
    let waiting = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    waiting.iter().for_each(|shower| shower.show_changes());
}

/// Data with its place in a notebook's output. Clones are the same place.
#[derive(Debug)]
pub(crate) struct Live<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    id: String,
    interval: Duration,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    data: T,
    /// When it was shown last.
    shown: Option<Instant>,
    /// How long to leave it so: the interval, or longer where showing takes long.
    pause: Duration,
    /// It has changed since.
    changed: bool,
    /// A thread waits to show the change.
    waiting: bool,
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Rich + Send + 'static> Live<T> {
    /// Data that is not shown before it first changes, and then at most once each `interval`.
    pub(crate) fn new(data: T, interval: Duration) -> Self {
        let state = State { data, shown: None, pause: interval, changed: false, waiting: false };
        Self(Arc::new(Shared { id: uuid::Uuid::new_v4().to_string(), interval, state: Mutex::new(state) }))
    }

    /// Shows what has changed since it was shown last.
    pub(crate) fn show_changes(&self) {
        self.0.show_changes();
    }

    /// Looks at the data.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        let _steady = steady::hold();
        look(&self.0.lock().data)
    }

    /// Changes the data, and shows it soon; at once where `at_once` says so of the changed data and the result.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> R, at_once: impl FnOnce(&T, &R) -> bool) -> R {
        let _steady = steady::hold();
        let mut state = self.0.lock();
        let result = change(&mut state.data);
        state.changed = true;
        let wait = match at_once(&state.data, &result) {
            true => Duration::ZERO,
            false => state.due_in(Instant::now()),
        };
        if wait.is_zero() {
            state.show(&self.0);
        } else if !state.waiting {
            // The change may be the last for long: it must not wait for the next.
            link::at_end_of_cell(show_waiting);
            let shower: Arc<dyn Shower + Send + Sync> = self.0.clone();
            let same = Arc::clone(&shower);
            let shared = Arc::clone(&self.0);
            let later = move || {
                thread::sleep(wait);
                WAITING.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| !Arc::ptr_eq(other, &same));
                shared.lock().waiting = false;
                shared.show_changes();
            };
            state.waiting = thread::Builder::new().name("live output".into()).spawn(later).is_ok();
            // Should the thread be quicker, it stays until the end of the cell, with nothing to show.
            WAITING.lock().unwrap_or_else(PoisonError::into_inner).push(shower);
        }
        result
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Rich> State<T> {
    /// How long until it may be shown again.
    fn due_in(&self, now: Instant) -> Duration {
        self.shown.map_or(Duration::ZERO, |shown| self.pause.saturating_sub(now.saturating_duration_since(shown)))
    }

    fn show(&mut self, shared: &Shared<T>) {
        let begun = Instant::now();
        // A kernel that is gone takes this process with it: there is nobody left to tell.
        let _ = link::display(self.data.rich(), Some(shared.id.clone()), self.shown.is_some());
        // After the kernel has taken it, so that a slow front end is not asked for more than it can show, and what is shown does
        // not take more than a tenth of the time.
        self.shown = Some(Instant::now());
        self.pause = shared.interval.max(begun.elapsed() * 10).min(Duration::from_secs(5));
        self.changed = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_keep_their_distance_and_the_last_change_is_shown() {
        let live = Live::new(String::new(), Duration::from_millis(20));
        live.change(|text| text.push('a'), |_, ()| false);
        assert!(!live.0.lock().changed, "the first change is shown at once");
        let before = live.0.lock().shown;
        live.change(|text| text.push('b'), |_, ()| false);
        assert!(live.0.lock().waiting || live.0.lock().shown != before);
        while live.0.lock().changed {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(live.0.lock().shown > before);
        live.change(|text| text.push('c'), |text, ()| text == "abc");
        assert!(!live.0.lock().changed, "this one could not wait");
        let (now, state) = (Instant::now(), live.0.lock());
        let shown = state.shown.unwrap();
        assert!(
            state.due_in(shown) >= Duration::from_millis(20) && state.due_in(now + Duration::from_secs(9)).is_zero()
        );
    }
}
