//! What `?` in a cell converts an error into.

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::panic::Location;

/// An error that ended a cell, as text: its type may be gone with the cell's library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error's type, as rustc names it.
    pub type_name: &'static str,
    /// What it prints.
    pub message: String,
    /// Where `?` met it.
    pub place: &'static Location<'static>,
}

impl Failure {
    #[track_caller]
    fn of(type_name: &'static str, error: &dyn Display) -> Box<Self> {
        Box::new(Self { type_name, message: error.to_string(), place: Location::caller() })
    }

    #[track_caller]
    fn of_debug(type_name: &'static str, error: &dyn Debug) -> Box<Self> {
        Box::new(Self { type_name, message: format!("{error:?}"), place: Location::caller() })
    }
}

/// The error that `?` in a cell converts into: any type that prints with `{}`.
///
/// It implements neither `Display` nor `Debug` itself, or the blanket conversion would meet itself.
pub struct Error(Box<Failure>);

impl<E: Display> From<E> for Error {
    // The caller is the `?`: std's conversion of results tracks its own caller.
    #[track_caller]
    fn from(error: E) -> Self {
        // A reference is what is made a trait object: the table of a `&E` needs no destructor of `E`.
        Self(Failure::of(type_name::<E>(), &&error))
    }
}

/// The same for cells whose errors print only with `{:?}`; the kernel picks it when [`Error`] does not compile.
pub struct DebugError(Box<Failure>);

impl<E: Debug> From<E> for DebugError {
    #[track_caller]
    fn from(error: E) -> Self {
        Self(Failure::of_debug(type_name::<E>(), &&error))
    }
}

/// What a cell's closure may fail with.
pub trait CellError {
    /// The failure to report.
    fn into_failure(self) -> Box<Failure>;
}

impl CellError for Error {
    fn into_failure(self) -> Box<Failure> {
        self.0
    }
}

impl CellError for DebugError {
    fn into_failure(self) -> Box<Failure> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_kept_as_its_type_and_its_text() {
        let parsed: Result<i32, Error> = "x".parse::<i32>().map_err(Error::from);
        let failure = parsed.err().unwrap().into_failure();
        assert_eq!(failure.type_name, "core::num::error::ParseIntError");
        assert_eq!(failure.message, "invalid digit found in string");
        let line = line!() + 1;
        let fails = || -> Result<(), Error> { Err("no")? };
        assert_eq!(fails().err().unwrap().into_failure().place.line(), line);
        #[derive(Debug)]
        struct Silent;
        assert_eq!(DebugError::from(Silent).into_failure().message, "Silent");
    }
}
