//! Graded exercises and quizzes: checks that say what differed, hints, solutions, progress.

pub mod quiz;
