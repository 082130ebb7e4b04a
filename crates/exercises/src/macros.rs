//! What a learner writes.

/// Checks an exercise: `check!(name, |check| { … })` runs the body with a [`Check`](crate::Check), shows a card, keeps the progress, and
/// ends the cell with [`CheckFailed`](crate::CheckFailed) when something differs. The whole takes ten seconds at most.
///
/// ```
/// use course_exercises::{check, given};
///
/// fn half(x: f32) -> f32 { x / 2.0 }
///
/// # fn main() -> Result<(), course_exercises::CheckFailed> {
/// check!(half, |check| {
///     check.that("x = 3", || half(3.0)).is_close(&1.5, 1e-6);
///     for mut draw in check.draws(10) {
///         let x = draw.float(-10.0..10.0);
///         check.that(given!(x), || half(x)).is_close(&(x * 0.5), 1e-6);
///     }
/// });
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! check {
    ($name:ident, $body:expr $(,)?) => {
        $crate::run(::core::stringify!($name), $body)?
    };
}

/// Variables as a check tells them: `given!(logits, k)` is "logits = [1.0, 2.0], k = 1", long values shortened.
///
/// ```
/// let (logits, k) = (vec![1.0, 2.0], 1);
/// assert_eq!(course_exercises::given!(logits, k), "logits = [1.0, 2.0], k = 1");
/// ```
#[macro_export]
macro_rules! given {
    ($($value:expr),+ $(,)?) => {
        $crate::given(&[$((::core::stringify!($value), &$value as &dyn ::core::fmt::Debug)),+])
    };
}

/// Shows the next hint for an exercise: `hint!(softmax);`. It remembers how many it has shown.
#[macro_export]
macro_rules! hint {
    ($name:ident) => {
        $crate::help::hint(::core::stringify!($name))?
    };
}

/// Shows one way to do an exercise, once its check has passed: `solution!(softmax);`.
#[macro_export]
macro_rules! solution {
    ($name:ident) => {
        $crate::help::solution(::core::stringify!($name))?
    };
}

/// Shows how far one has come, a line a chapter.
#[macro_export]
macro_rules! progress {
    () => {
        $crate::show_progress()
    };
}
