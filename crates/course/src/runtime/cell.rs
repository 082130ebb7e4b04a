//! What the generated code of a cell calls.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use course_wire::{Bundle, Failure};

use super::{panic, store};

thread_local! {
    static FAILURE: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// The error that `?` in a cell converts into: any type that prints with `{}`.
///
/// It implements neither `Display` nor `Debug` itself, or the blanket conversion would meet itself.
pub struct Error(Failure);

impl<E: std::fmt::Display> From<E> for Error {
    fn from(error: E) -> Self {
        Self(failure::<E>(error.to_string()))
    }
}

/// The same for cells whose errors print only with `{:?}`; the kernel picks it when [`Error`] does not compile.
pub struct DebugError(Failure);

impl<E: std::fmt::Debug> From<E> for DebugError {
    fn from(error: E) -> Self {
        Self(failure::<E>(format!("{error:?}")))
    }
}

/// What a cell's closure may fail with.
pub trait CellError {
    /// The failure to report.
    fn into_failure(self) -> Failure;
}

impl CellError for Error {
    fn into_failure(self) -> Failure {
        self.0
    }
}

impl CellError for DebugError {
    fn into_failure(self) -> Failure {
        self.0
    }
}

fn failure<E>(message: String) -> Failure {
    Failure { name: name_of(std::any::type_name::<E>()), message, place: None, frames: Vec::new() }
}

/// The name of a failure by an error of this type.
pub(super) fn name_of(type_name: &str) -> String {
    // An interrupted loop of the course may be wrapped in any crate's error: the flag is what tells.
    match course_wire::interrupt::is_requested() {
        true => "Interrupted".to_owned(),
        false => short_name(type_name),
    }
}

/// A type as a learner writes it: `ParseIntError`, `io::Error`; a boxed error and a text are just `Error`.
fn short_name(full: &str) -> String {
    if full.contains('<') || full.starts_with('&') || full == "alloc::string::String" {
        return "Error".to_owned();
    }
    let mut parts = full.rsplit("::").filter(|part| *part != "error");
    match (parts.next().unwrap_or(full), parts.next()) {
        ("Error", Some(parent)) => format!("{}::Error", parent.strip_prefix("course_").unwrap_or(parent)),
        (name, _) => name.to_owned(),
    }
}

/// Runs the learner's lines; a panic or an error is kept for the report.
pub fn run<E: CellError>(body: impl FnOnce() -> Result<(), E>) {
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.into_failure()),
        Err(payload) => Some(panic::failure(payload)),
    };
    FAILURE.set(failure);
}

/// Waits for a cell that uses `.await`, on the course's tokio runtime.
///
/// The runtime is entered but does not drive the future itself, so calls in the cell that block on a runtime of their own still work.
pub fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<Option<tokio::runtime::Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().ok());
    let _entered = runtime.as_ref().map(|runtime| runtime.enter());
    pollster::block_on(future)
}

/// Takes a stored variable for the cell that mentions it.
///
/// # Panics
/// When it is not there with this type; the kernel asks only for what it knows to be stored.
pub fn take<T: 'static>(name: &str) -> T {
    match store::take(name) {
        Some(value) => value,
        None => {
            panic!("the variable `{name}` is not stored as {}: please report this as a bug", std::any::type_name::<T>())
        }
    }
}

/// Stores a new variable.
pub fn put<T: 'static>(name: &str, value: T) {
    store::put(name, value);
}

/// Puts a variable back after the cell, unless the cell made a new one of that name.
pub fn put_back<T: 'static>(name: &str, value: T) {
    if !store::contains(name) {
        store::put(name, value);
    }
}

/// Hands over the value of the last expression; `()` shows nothing.
pub fn result(bundle: Option<Bundle>) {
    if let Some(bundle) = bundle {
        // The kernel is gone when this fails, and this process ends with it.
        let _ = course_wire::link::result(bundle);
    }
}

/// Takes what the last cell failed with.
pub(super) fn take_failure() -> Option<Failure> {
    FAILURE.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_as_a_learner_writes_them() {
        assert_eq!(short_name(std::any::type_name::<std::num::ParseIntError>()), "ParseIntError");
        assert_eq!(short_name(std::any::type_name::<std::io::Error>()), "io::Error");
        assert_eq!(short_name("course_hub::error::Error"), "hub::Error");
        assert_eq!(short_name(std::any::type_name::<Box<dyn std::error::Error>>()), "Error");
        assert_eq!(short_name(std::any::type_name::<&str>()), "Error");
    }
}
