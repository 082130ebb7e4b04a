//! Why there is no quiz to show.

/// The result of asking for a quiz.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no quiz to show.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody has said where the course is.
    #[error(
        "COURSE_ROOT is not set, so the quizzes cannot be found; open notebooks with `cargo xtask lab`, or set COURSE_ROOT to the course's folder"
    )]
    NoRoot,
    /// The quiz is not there, or not in order.
    #[error(transparent)]
    Quiz(#[from] course_quizzes::Error),
}
