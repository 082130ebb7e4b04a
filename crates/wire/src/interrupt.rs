//! The interrupt flag. The kernel raises it, every long loop of the course polls it, and the callbacks of widgets run there too.
//!
//! ```
//! use course_wire::interrupt;
//! fn train() -> Result<(), course_wire::Interrupted> {
//!     for _step in 0..3 {
//!         interrupt::check()?;
//!     }
//!     Ok(())
//! }
//! # train().unwrap();
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// The learner pressed ■: the loop stopped at a safe point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Asks every polling loop to stop.
pub fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Takes the request back; done before each cell.
pub fn clear() {
    REQUESTED.store(false, Ordering::Relaxed);
}

/// Whether a stop is asked for.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// Waits this long, polling as [`check`] does.
///
/// # Errors
/// [`Interrupted`], when a stop is asked for.
pub fn sleep(pause: Duration) -> Result<(), Interrupted> {
    let end = Instant::now() + pause;
    loop {
        check()?;
        match end.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => std::thread::sleep(left.min(Duration::from_millis(100))),
            _ => return Ok(()),
        }
    }
}

/// Runs the callbacks of widgets that were touched ([`comm::poll`](crate::comm::poll)), and returns [`Interrupted`] when a
/// stop is asked for: call it once a step with `?`.
///
/// # Errors
/// [`Interrupted`], when a stop is asked for.
pub fn check() -> Result<(), Interrupted> {
    crate::comm::poll();
    if is_requested() { Err(Interrupted) } else { Ok(()) }
}
