//! What a check has found, in words for someone who writes this for the first time.

use std::time::Duration;

use course_wire::CellName;

use crate::apart::Panic;
use crate::compare::Difference;

/// The first thing that was not as it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What happened, as a sentence without its full stop.
    pub sentence: String,
    /// What was expected, where that can be shown.
    pub expected: Option<String>,
    /// What came instead.
    pub got: Option<String>,
    /// What to look at.
    pub advice: Option<String>,
    /// The seed that its inputs were drawn from.
    pub seed: Option<u64>,
    /// Whether examples passed and a drawn input did not.
    pub hard_coded: bool,
}

impl Finding {
    fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), ..Self::default() }
    }

    fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// The value is another one than expected.
    pub(crate) fn differs(difference: Difference) -> Self {
        let Difference { sentence, expected, got, advice } = difference;
        Self { sentence, expected: Some(expected), got: Some(got), advice, ..Self::default() }
    }

    /// The code panicked, or is not written yet.
    pub(crate) fn panicked(panic: &Panic) -> Self {
        let place = panic.place.map(|place| format!("{}, line {}", CellName(place.cell), place.line));
        let message = panic.message.trim();
        if message.starts_with("not yet implemented") {
            let place = place.map_or(String::new(), |place| format!(" ({place})"));
            return Self::new(format!("not written yet: put your code where `todo!` stands{place}"));
        }
        let place = place.map_or(String::new(), |place| format!(" in {place}"));
        let finding = Self::new(format!("the code panicked{place}: {message}"));
        match panic_advice(message) {
            Some(advice) => finding.advice(advice),
            None => finding,
        }
    }

    /// `?` or a returned `Err`.
    pub(crate) fn error(message: &str) -> Self {
        Self::new(format!("the code returned an error: {}", message.trim()))
    }

    /// The code does not come to an end; `whole` when it is the check as a whole that takes too long.
    pub(crate) fn endless(limit: Duration, whole: bool) -> Self {
        let seconds = limit.as_secs_f64();
        if whole {
            return Self::new(format!("the whole check was not done after {seconds} s, and was stopped")).advice(
                "Each case may be quick enough alone, and all of them are not: is something computed again and again?",
            );
        }
        Self::new(format!("the code had not come to an end after {seconds} s, and was stopped"))
            .advice("Does every loop come nearer to its end at each turn? Your variables are all still there.")
    }

    /// The stack is full.
    pub(crate) fn overflowed() -> Self {
        Self::new("a function called itself so deeply that the stack was full")
            .advice("A recursion needs a case that makes no further call, and every call must come nearer to it.")
    }

    /// A condition does not hold.
    pub(crate) fn not_held(what: &str, got: String) -> Self {
        Self {
            expected: Some(what.to_owned()),
            got: Some(got),
            ..Self::new(format!("this must hold and does not: {what}"))
        }
    }

    /// A case that must panic returned.
    pub(crate) fn no_panic(got: String) -> Self {
        Self {
            expected: Some("a panic".to_owned()),
            got: Some(got),
            ..Self::new("the code must panic here, and it returned a value")
        }
    }

    /// A check that asks nothing.
    pub(crate) fn no_case() -> Self {
        Self::new("this check has no case, so it can say nothing: please report it")
    }

    /// Whether a value was compared and is another one.
    pub(crate) fn is_a_difference(&self) -> bool {
        self.got.is_some()
    }
}

/// What to look at after the panics that beginners meet most.
fn panic_advice(message: &str) -> Option<&'static str> {
    [
        ("index out of bounds", "An index goes from 0 to the length less 1."),
        (
            "attempt to subtract with overflow",
            "A `usize` cannot be negative: compare before you subtract, or use `saturating_sub`.",
        ),
        ("attempt to divide by zero", "Which input makes the divisor 0?"),
        ("called `Option::unwrap()` on a `None` value", "There was nothing to unwrap: which input has no such value?"),
        ("called `Result::unwrap()` on an `Err` value", "`?` hands an error on; `unwrap` panics on it."),
        (
            "byte index",
            "A `str` is sliced by bytes, and a letter may have more than one: `chars()` goes letter by letter.",
        ),
        ("slice index starts at", "Is the start of the range beyond its end for some input?"),
        ("range end index", "A range may end at the length at most."),
        ("already borrowed", "A `RefCell` is borrowed twice at once: end the first borrow before the second begins."),
    ]
    .into_iter()
    .find_map(|(beginning, advice)| message.starts_with(beginning).then_some(advice))
}

#[cfg(test)]
mod tests {
    use course_wire::Place;

    use super::*;

    fn panic(message: &str) -> Panic {
        Panic { message: message.into(), place: Some(Place { cell: 3, line: 2, column: Some(5) }) }
    }

    #[test]
    fn what_is_not_written_yet_is_no_panic_to_be_puzzled_by() {
        let finding = Finding::panicked(&panic("not yet implemented: your code here"));
        assert_eq!(finding.sentence, "not written yet: put your code where `todo!` stands (cell [3], line 2)");
        assert!(finding.advice.is_none());
    }

    #[test]
    fn a_panic_names_its_line_and_says_what_to_look_at() {
        let finding = Finding::panicked(&panic("index out of bounds: the len is 3 but the index is 3"));
        assert_eq!(
            finding.sentence,
            "the code panicked in cell [3], line 2: index out of bounds: the len is 3 but the index is 3"
        );
        assert!(finding.advice.unwrap().contains("length less 1"));
        assert_eq!(Finding::panicked(&panic("my own words")).advice, None);
    }

    #[test]
    fn slow_is_told_from_endless() {
        assert!(Finding::endless(Duration::from_secs(10), true).sentence.contains("whole check"));
        assert!(Finding::endless(Duration::from_millis(500), false).sentence.contains("after 0.5 s"));
    }
}
