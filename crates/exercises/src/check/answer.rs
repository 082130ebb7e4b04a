//! What the learner's code gave, and what is asked of it.

use std::fmt::{Debug, Display};

use super::{Check, Finding};
use crate::compare::{self, Close};

/// What the learner's code gave in one case; nothing, if it panicked or an earlier case has failed. Every method tells the first
/// difference and does nothing after it, so they can be chained.
#[derive(Debug)]
pub struct Answer<'a, T> {
    check: &'a Check,
    value: Option<T>,
}

impl<'a, T> Answer<'a, T> {
    pub(super) fn new(check: &'a Check, value: Option<T>) -> Self {
        Self { check, value }
    }

    /// It must equal `expected`. Of lists and structs the first part that differs is told, of texts the first character.
    pub fn equals<E: Debug>(self, expected: E) -> Self
    where
        T: Debug + PartialEq<E>,
    {
        if let Some(value) = self.asked()
            && *value != expected
        {
            self.check.find(Finding::differs(compare::unequal(value, &expected)));
        }
        self
    }

    /// Its numbers must be those of `expected`, give or take `tolerance`: floats, lists of them, tuples, options, tensors. Shapes,
    /// lengths, and a tensor's dtype must be the same, infinities and NaN too.
    pub fn is_close<E: Close + ?Sized>(self, expected: &E, tolerance: f64) -> Self
    where
        T: Close,
    {
        if let Some(value) = self.asked()
            && let Some(difference) = compare::distant(value, &expected, tolerance)
        {
            self.check.find(Finding::differs(difference));
        }
        self
    }

    /// A condition that has no one right value: `.holds("the probabilities sum to 1", |p| …)`.
    pub fn holds(self, what: &str, condition: impl FnOnce(&T) -> bool) -> Self
    where
        T: Debug,
    {
        if let Some(value) = self.asked()
            && !condition(value)
        {
            self.check.find(Finding::not_held(what, compare::shown(value)));
        }
        self
    }

    /// The code must panic on this input.
    pub fn panics(self)
    where
        T: Debug,
    {
        if self.check.state().pending.take().is_none()
            && let Some(value) = self.asked()
        {
            self.check.find(Finding::no_panic(compare::shown(value)));
        }
    }

    /// The value, for a check that goes on with it.
    pub fn value(self) -> Option<T> {
        self.check.settle();
        self.value
    }

    /// The value, if it is still to be looked at.
    fn asked(&self) -> Option<&T> {
        self.check.settle();
        self.value.as_ref()
    }
}

impl<'a, T, E: Display> Answer<'a, Result<T, E>> {
    /// It must be `Ok`, and what is in it is looked at from here on.
    pub fn ok(self) -> Answer<'a, T> {
        self.check.settle();
        let value = match self.value {
            Some(Ok(value)) => Some(value),
            Some(Err(error)) => {
                self.check.find(Finding::error(&error.to_string()));
                None
            }
            None => None,
        };
        Answer { check: self.check, value }
    }
}
