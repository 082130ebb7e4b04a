//! Callbacks: closures that live as long as their widget.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

/// What a callback may return: nothing, or a `Result` whose error is shown under the widget.
pub trait Outcome {
    /// The failure, if it is one.
    ///
    /// # Errors
    /// [`Failed`], when the callback returned an error.
    fn outcome(self) -> Result<(), Failed>;
}

/// The error that a callback returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// `std::any::type_name` of the error.
    pub type_name: &'static str,
    /// What it says.
    pub message: String,
}

impl Outcome for () {
    fn outcome(self) -> Result<(), Failed> {
        Ok(())
    }
}

impl<E: Display> Outcome for Result<(), E> {
    fn outcome(self) -> Result<(), Failed> {
        self.map_err(|error| Failed { type_name: std::any::type_name::<E>(), message: error.to_string() })
    }
}

type Callback<T> = Rc<RefCell<dyn FnMut(&T) -> Result<(), Failed>>>;

/// The callbacks of one event.
pub(crate) struct Callbacks<T: ?Sized>(RefCell<Vec<Callback<T>>>);

impl<T: ?Sized> Default for Callbacks<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: ?Sized> Callbacks<T> {
    /// Adds one, to run after the others.
    pub(crate) fn add(&self, callback: impl FnMut(&T) -> Result<(), Failed> + 'static) {
        self.0.borrow_mut().push(Rc::new(RefCell::new(callback)));
    }

    /// Runs all of them, and gives the first error.
    ///
    /// One that is running already, because what it does has led here again, is passed over: that ends the circle.
    pub(crate) fn run(&self, event: &T) -> Result<(), Failed> {
        let callbacks = self.0.borrow().clone();
        let mut result = Ok(());
        for callback in callbacks {
            let Ok(mut callback) = callback.try_borrow_mut() else { continue };
            result = result.and(callback(event));
        }
        result
    }

    /// Drops all of them, and what they hold.
    pub(crate) fn clear(&self) {
        // Outside the borrow: a destructor may do anything.
        drop(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_callback_that_leads_back_to_itself_runs_once() {
        let callbacks = Rc::new(Callbacks::<i32>::default());
        let runs = Rc::new(Cell::new(0));
        callbacks.add({
            let (callbacks, runs) = (callbacks.clone(), runs.clone());
            move |value| {
                runs.set(runs.get() + 1);
                callbacks.run(&(value + 1))
            }
        });
        callbacks.run(&1).unwrap();
        assert_eq!(runs.get(), 1);
        callbacks.clear();
        assert_eq!(Rc::strong_count(&runs), 1);
    }

    #[test]
    fn after_an_error_or_a_panic_the_callback_is_still_there() {
        let callbacks = Callbacks::<i32>::default();
        let seen = Rc::new(RefCell::new(Vec::new()));
        callbacks.add(|&value| if value == 1 { Err("one").outcome() } else { Ok(()) });
        callbacks.add({
            let seen = seen.clone();
            move |&value| {
                assert_ne!(value, 2);
                seen.borrow_mut().push(value);
                Ok(())
            }
        });
        let failed = callbacks.run(&1).unwrap_err();
        assert_eq!((failed.type_name, failed.message.as_str()), ("&str", "one"));
        assert!(catch_unwind(AssertUnwindSafe(|| callbacks.run(&2))).is_err());
        callbacks.run(&3).unwrap();
        assert_eq!(*seen.borrow(), [1, 3]);
    }
}
