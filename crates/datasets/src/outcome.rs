//! What a function handed to `map` or `filter` may return: the thing itself, or a `Result` with it.

use crate::{Batch, Row, RowError};

/// A `T`, or a `Result` of one with [`RowError`], into which `?` turns every error.
///
/// There is one implementation for `Result`, so that a closure which ends in `Ok(…)` needs to name no type.
pub trait Outcome<T> {
    /// The result.
    #[doc(hidden)]
    fn outcome(self) -> Result<T, RowError>;
}

macro_rules! outcomes {
    ($($kind:ty),*) => {$(
        impl Outcome<$kind> for $kind {
            fn outcome(self) -> Result<$kind, RowError> {
                Ok(self)
            }
        }
        impl Outcome<$kind> for Result<$kind, RowError> {
            fn outcome(self) -> Result<$kind, RowError> {
                self
            }
        }
    )*};
}
outcomes!(Row, Batch, bool, Vec<bool>);

impl Outcome<()> for () {
    fn outcome(self) -> Result<(), RowError> {
        Ok(())
    }
}

impl Outcome<()> for Result<(), RowError> {
    fn outcome(self) -> Result<(), RowError> {
        self
    }
}
