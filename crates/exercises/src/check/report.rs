//! What a check shows at its end, and what it keeps.

use course_display::display;

use super::{CheckFailed, Finding, State};
use crate::card::{Card, Tone};
use crate::lookup::{self, Exercise};
use crate::progress::{self, Progress};

/// As much of the inputs as the one line of an error takes, in characters.
const GIVEN: usize = 100;

/// Shows how the check ended and keeps it.
pub(super) fn report(name: &str, state: &State) -> Result<(), CheckFailed> {
    let exercise = lookup::find(name);
    let passed = state.finding.is_none();
    // What goes wrong here is among the notices: the check counts all the same.
    let _ = Progress::update(|progress| {
        let exercise = progress.exercises.entry(name.to_owned()).or_default();
        exercise.attempts = exercise.attempts.saturating_add(1);
        exercise.passed |= passed;
    });
    let card = match &state.finding {
        None => success(name, state, exercise.as_ref()),
        Some(finding) => failure(name, state, finding, exercise.as_ref()),
    };
    display(&card.notes(progress::notices()));
    match &state.finding {
        None => Ok(()),
        Some(finding) => Err(CheckFailed(line(name, state, finding))),
    }
}

fn title(name: &str, exercise: Option<&Exercise>) -> String {
    exercise.map_or_else(|| lookup::prettified(name), |exercise| exercise.title.clone())
}

fn success(name: &str, state: &State, exercise: Option<&Exercise>) -> Card {
    let cases = if state.cases == 1 { "1 case".to_owned() } else { format!("{} cases", state.cases) };
    let solution = match exercise {
        Some(_) => format!(" `solution!({name})` shows how we did it."),
        None => String::new(),
    };
    Card::new(Tone::Good, format!("✓ {} — passed, {cases}.{solution}", title(name, exercise)))
}

fn failure(name: &str, state: &State, finding: &Finding, exercise: Option<&Exercise>) -> Card {
    let what = if finding.is_a_difference() { "what differs" } else { "what happened" };
    let mut card = Card::new(Tone::NotYet, format!("✗ {} — not yet", title(name, exercise)))
        .maybe_row("given", Some(&state.given))
        .maybe_row("expected", finding.expected.as_deref())
        .maybe_row("got", finding.got.as_deref())
        .row(what, &finding.sentence);
    if let Some(advice) = &finding.advice {
        card = card.note(advice);
    }
    if finding.hard_coded {
        card = card.note("The written-out examples pass, and an input that was drawn just now does not: does the code compute its result from what it is given, whatever that is?");
    }
    if let Some(seed) = finding.seed {
        card = card.note(format!("The inputs were drawn from seed {seed}; `COURSE_SEED={seed}` draws them again."));
    }
    match exercise.map(|exercise| exercise.hints.len()) {
        Some(1..) => card.note(format!("How to go on: `hint!({name});` in a new cell gives a hint.")),
        _ => card,
    }
}

/// The one line of the error.
fn line(name: &str, state: &State, finding: &Finding) -> String {
    let sentence = finding.sentence.lines().next().unwrap_or_default();
    let given: String =
        state.given.chars().take(GIVEN).map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
    let more = if state.given.chars().count() > GIVEN { " …" } else { "" };
    match given.is_empty() {
        true => format!("{name}: {sentence}"),
        false => format!("{name}: {sentence} (given {given}{more})"),
    }
}
