//! What the generated code of a cell calls besides `course_cell`: what needs the rest of the course.

use std::future::Future;
use std::sync::OnceLock;

use course_cell::Ended;
use course_wire::Failure;

use super::panic;

/// What the kernel is told of how a cell ended.
pub(super) fn failure(ended: Ended) -> Option<Failure> {
    match ended {
        Ended::Ok => None,
        Ended::Failed(error) => {
            let place = panic::place_of(error.place);
            Some(Failure { name: name_of(error.type_name), message: error.message, place, frames: Vec::new() })
        }
        Ended::Panicked(payload) => Some(panic::failure(payload)),
    }
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

/// Waits for a cell that uses `.await`, on the course's tokio runtime.
///
/// The runtime is entered but does not drive the future itself, so calls in the cell that block on a runtime of their own still work.
pub fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<Option<tokio::runtime::Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().ok());
    let _entered = runtime.as_ref().map(|runtime| runtime.enter());
    pollster::block_on(future)
}

/// Shows the value of the last expression, which [`course_display::keep!`] or [`course_cell::keep!`] has kept.
pub fn result() {
    if let Some(bundle) = course_display::ladder::kept() {
        // The kernel is gone when this fails, and this process ends with it.
        let _ = course_wire::link::result(bundle);
    }
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
