//! `hint!` and `solution!`: help in small steps, and one way to do it for those who have done it.

use course_display::{Bundle, display};

use crate::card::{Card, Tone};
use crate::error::{ExerciseError, Result};
use crate::lookup::{self, Exercise};
use crate::progress::{self, ExerciseProgress, Progress};

fn exercise(name: &str) -> Result<Exercise> {
    lookup::find(name).ok_or_else(|| ExerciseError::Unknown { name: name.to_owned(), near: lookup::near(name) })
}

fn reached(name: &str) -> ExerciseProgress {
    Progress::load().ok().and_then(|progress| progress.exercises.get(name).copied()).unwrap_or_default()
}

/// Shows the next hint; `hint!` calls it.
///
/// # Errors
/// [`ExerciseError::Unknown`] with the names that are written nearly so.
pub fn hint(name: &str) -> Result<()> {
    let exercise = exercise(name)?;
    let shown = reached(name).hints as usize;
    let card = ladder(&exercise, shown);
    if shown < exercise.hints.len() {
        Progress::update(|progress| {
            let exercise = progress.exercises.entry(name.to_owned()).or_default();
            exercise.hints = exercise.hints.saturating_add(1);
        })?;
    }
    display(&card.notes(progress::notices()));
    Ok(())
}

/// The hint after those that were shown; all of them, when all were.
fn ladder(exercise: &Exercise, shown: usize) -> Card {
    let Exercise { name, title, hints, .. } = exercise;
    let count = hints.len();
    match hints.get(shown) {
        Some(hint) => {
            let card = Card::new(Tone::Plain, format!("Hint {} of {count} — {title}", shown + 1)).note(hint);
            match shown + 1 < count {
                true => card.note(format!("Still stuck? `hint!({name});` again gives the next one.")),
                false => card.note("That was the last one."),
            }
        }
        None if count == 0 => Card::new(Tone::Plain, format!("{title} has no hints")),
        None => Card::new(Tone::Plain, format!("All {count} hints — {title}"))
            .notes(hints.iter().enumerate().map(|(index, hint)| format!("{}. {hint}", index + 1)))
            .note(format!("When the check has passed, `solution!({name});` shows how we did it.")),
    }
}

/// Shows one way to do it, once the check has passed; `solution!` calls it.
///
/// # Errors
/// [`ExerciseError::Unknown`] with the names that are written nearly so.
pub fn solution(name: &str) -> Result<()> {
    let exercise = exercise(name)?;
    let reached = reached(name);
    if !reached.passed {
        let left = exercise.hints.len().saturating_sub(reached.hints as usize);
        let card =
            Card::new(Tone::Plain, format!("The solution of {} opens when its check has passed", exercise.title));
        let card = match left {
            0 => card.note("All hints were shown; the card of the failed check says what differs first."),
            1 => card.note(format!("There is one more hint: `hint!({name});`")),
            left => card.note(format!("There are {left} more hints: `hint!({name});`")),
        };
        display(&card.notes(progress::notices()));
        return Ok(());
    }
    match exercise.solution.clone().or_else(|| lookup::solution(name)) {
        Some(code) => display(&shown(&exercise.title, &code)),
        None => display(&Card::new(
            Tone::Plain,
            format!("The solution of {} is in `chapters/`, which this kernel does not find", exercise.title),
        )),
    }
    Ok(())
}

/// Markdown, since front ends colour the code in it.
fn shown(title: &str, code: &str) -> Bundle {
    let heading = format!("{title}: one way to do it");
    let mut bundle = Bundle::text(format!("{heading}\n\n{code}"));
    bundle.insert("text/markdown", format!("{heading}\n\n```rust\n{code}\n```"));
    bundle
}

#[cfg(test)]
mod tests {
    use course_display::Rich as _;

    use super::*;

    #[test]
    fn hints_come_one_by_one_and_in_the_end_all_together() {
        let hints = vec!["Look at the largest.".to_owned(), "Use `max`.".to_owned()];
        let exercise = Exercise { name: "top_k".into(), title: "Top-k".into(), hints, solution: None };
        let text = |shown| ladder(&exercise, shown).rich().plain().to_owned();
        assert_eq!(
            text(0),
            "Hint 1 of 2 — Top-k\nLook at the largest.\nStill stuck? `hint!(top_k);` again gives the next one."
        );
        assert_eq!(text(1), "Hint 2 of 2 — Top-k\nUse `max`.\nThat was the last one.");
        assert!(text(2).contains("1. Look") && text(2).contains("2. Use"), "{}", text(2));
    }
}
