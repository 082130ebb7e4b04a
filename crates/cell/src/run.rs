//! The learner's lines, run so that whatever they do, the variables around them come back.

use std::any::Any;
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{CellError, Failure};
use super::store;

/// How the learner's lines ended.
#[derive(Debug)]
pub enum Ended {
    /// They ran through.
    Ok,
    /// `?` met an error.
    Failed(Box<Failure>),
    /// They panicked, with this payload.
    Panicked(Box<dyn Any + Send>),
}

thread_local! {
    static ENDED: RefCell<Ended> = const { RefCell::new(Ended::Ok) };
}

/// Runs the learner's lines; how they ended is kept for [`end`].
///
/// It does not unwind; see the crate's documentation for why it is `extern "C"`.
pub extern "C" fn run<E: CellError, F: FnOnce() -> Result<(), E>>(body: F) {
    let mut body = MaybeUninit::new(body);
    // SAFETY: `call` gets the closure it was made for, once; it is not used or dropped here afterwards.
    unsafe { run_erased(call::<E, F>, body.as_mut_ptr().cast()) }
}

/// Moves the closure out of `body` and calls it.
///
/// # Safety
/// `body` must point to an `F` that nobody uses afterwards.
unsafe fn call<E: CellError, F: FnOnce() -> Result<(), E>>(body: *mut u8) -> Option<Box<Failure>> {
    // SAFETY: the caller's promise.
    let body = unsafe { body.cast::<F>().read() };
    match body() {
        Ok(()) => None,
        Err(error) => Some(error.into_failure()),
    }
}

/// # Safety
/// `call` must be sound for `body`.
unsafe fn run_erased(call: unsafe fn(*mut u8) -> Option<Box<Failure>>, body: *mut u8) {
    // SAFETY: the caller's promise.
    let ended = match catch_unwind(AssertUnwindSafe(|| unsafe { call(body) })) {
        Ok(None) => Ended::Ok,
        Ok(Some(failure)) => Ended::Failed(failure),
        Err(payload) => Ended::Panicked(payload),
    };
    ENDED.set(ended);
}

/// Says how the last cell ended, after its entry point has returned, and drops what the cell left behind.
pub fn end() -> Ended {
    let ended = ENDED.replace(Ended::Ok);
    match catch_unwind(store::settle) {
        Ok(()) => ended,
        // A destructor is the learner's code too; an earlier failure is the better news.
        Err(payload) => match ended {
            Ended::Ok => Ended::Panicked(payload),
            earlier => earlier,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn a_cell_ends_well_or_by_an_error_or_by_a_panic() {
        run::<Error, _>(|| Ok(()));
        assert!(matches!(end(), Ended::Ok));
        run::<Error, _>(|| {
            "x".parse::<u8>()?;
            Ok(())
        });
        let Ended::Failed(failure) = end() else { panic!("no failure") };
        assert_eq!(failure.message, "invalid digit found in string");
        run::<Error, _>(|| std::panic::resume_unwind(Box::new("stop")));
        let Ended::Panicked(payload) = end() else { panic!("no panic") };
        assert_eq!(payload.downcast_ref(), Some(&"stop"));
        assert!(matches!(end(), Ended::Ok), "it is told once");
    }

    #[test]
    fn the_closure_is_dropped_once_whatever_happens() {
        let counted = std::rc::Rc::new(());
        let moved = counted.clone();
        run::<Error, _>(move || {
            let _moved = moved;
            std::panic::resume_unwind(Box::new(()))
        });
        let _ = end();
        assert_eq!(std::rc::Rc::strong_count(&counted), 1);
    }
}
