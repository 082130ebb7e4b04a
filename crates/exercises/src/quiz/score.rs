//! The score of a quiz in the learner's progress.

use crate::{Progress, QuizProgress, notices};

/// The best score so far, out of `of` questions; none where the quiz was never taken, or progress cannot be read.
pub(crate) fn best(chapter: &str, of: u32) -> Option<u32> {
    let progress = Progress::load().ok()?;
    progress.quizzes.get(chapter).map(|quiz| quiz.best.min(of))
}

/// Keeps a score, and the best of all; what the learner should know about where it is kept.
pub(crate) fn keep(chapter: &str, right: u32, of: u32) -> Option<String> {
    let kept = Progress::update(|progress| {
        let before = progress.quizzes.get(chapter).map_or(0, |quiz| quiz.best);
        // Questions come and go: no score is better than all of them.
        let best = before.max(right).min(of);
        progress.quizzes.insert(chapter.to_owned(), QuizProgress { right, of, best });
    });
    let failed = kept.err().map(|error| format!("The score could not be kept: {error}"));
    let notes: Vec<String> = failed.into_iter().chain(notices()).collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}
