//! Regions in which a thread must not be stopped for ever, because it holds what others need.
//!
//! The check of an exercise stops a learner's endless loop by parking its thread (docs/decisions/0013-exercises.md). A thread that
//! holds a lock of the course says so here. It is one counter for all threads, since the signal handler that reads it may touch
//! no thread-local.

use std::sync::atomic::{AtomicUsize, Ordering};

static HELD: AtomicUsize = AtomicUsize::new(0);

/// No thread is parked until the guard is dropped.
#[must_use = "threads are kept from being parked only while the guard lives"]
pub fn hold() -> Steady {
    HELD.fetch_add(1, Ordering::SeqCst);
    Steady(())
}

/// Whether any thread is in such a region. Async-signal-safe.
pub fn is_held() -> bool {
    HELD.load(Ordering::SeqCst) > 0
}

/// The guard of [`hold`].
#[derive(Debug)]
pub struct Steady(());

impl Drop for Steady {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_nest_across_threads() {
        let outer = hold();
        std::thread::spawn(|| drop(hold())).join().unwrap();
        assert!(is_held());
        drop(outer);
    }
}
