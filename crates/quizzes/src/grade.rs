//! Whether an answer is right, and what to say to it.

use crate::normalise::{numbers, output, words};
use crate::{Kind, Outcome, Question};

/// What a learner answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// These choices, by their place in the file.
    Choices(Vec<usize>),
    /// This word or number.
    Text(String),
    /// The program does this.
    Outcome(Outcome),
}

/// What to say to an answer. It tells what is right, so it is for those who have answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is right, all of it.
    pub right: bool,
    /// For every choice of a multiple-choice question, in the order of the file.
    pub marks: Vec<Mark>,
    /// The right answer in words, where there is nothing to choose; in [`markup`](crate::markup).
    pub answer: Option<String>,
    /// What to say to this very answer, and why the right one is right; in [`markup`](crate::markup).
    pub notes: Vec<String>,
}

/// What to say to a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whether the learner has chosen it.
    pub chosen: bool,
    /// Whether it was to be chosen.
    pub right: bool,
    /// Why; only for what was chosen, and for what was to be.
    pub explanation: Option<String>,
}

impl Question {
    /// Grades an answer. One of another kind than the question is wrong.
    pub fn grade(&self, answer: &Answer) -> Verdict {
        match (&self.kind, answer) {
            (Kind::MultipleChoice { choices }, answer) => {
                let chosen = |place: usize| matches!(answer, Answer::Choices(places) if places.contains(&place));
                let marks: Vec<Mark> = choices
                    .iter()
                    .enumerate()
                    .map(|(place, choice)| Mark {
                        chosen: chosen(place),
                        right: choice.right,
                        explanation: (chosen(place) || choice.right).then(|| choice.explanation.clone()),
                    })
                    .collect();
                let right = marks.iter().all(|mark| mark.chosen == mark.right);
                Verdict { right, marks, answer: None, notes: Vec::new() }
            }
            (Kind::ShortAnswer { answers, tolerance, explanation, mistakes }, answer) => {
                let given = if let Answer::Text(text) = answer { text.as_str() } else { "" };
                let right = answers.iter().any(|answer| same(answer, given, tolerance.unwrap_or(0.0)));
                let mistake = mistakes.iter().find(|mistake| same(&mistake.answer, given, 0.0));
                let said = mistake.filter(|_| !right).map(|mistake| mistake.explanation.clone());
                Verdict {
                    right,
                    marks: Vec::new(),
                    answer: answers.first().map(|answer| format!("`{answer}`")),
                    notes: said.into_iter().chain([explanation.clone()]).collect(),
                }
            }
            (Kind::Tracing { outcome, explanation, mistakes, .. }, answer) => {
                let like = |outcome: &Outcome| matches!(answer, Answer::Outcome(given) if outcome.is_like(given));
                let right = like(outcome);
                let mistake = mistakes.iter().find(|mistake| like(&mistake.answer)).filter(|_| !right);
                Verdict {
                    right,
                    marks: Vec::new(),
                    answer: Some(outcome.to_string()),
                    notes: mistake
                        .map(|one| one.explanation.clone())
                        .into_iter()
                        .chain([explanation.clone()])
                        .collect(),
                }
            }
        }
    }
}

impl Outcome {
    /// Whether both are the same to a learner.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Prints(one), Self::Prints(other)) => output(one) == output(other),
            (Self::Fails { line, .. }, Self::Fails { line: other, .. }) => line == other,
            _ => false,
        }
    }
}

/// Whether `given` says `wanted`: in words, or where that is a number, as a number no further off than `tolerance`.
pub(crate) fn same(wanted: &str, given: &str, tolerance: f64) -> bool {
    if words(wanted) == words(given) {
        return true;
    }
    let Ok(wanted) = wanted.trim().parse::<f64>() else { return false };
    // A hair more than the tolerance, or 0.3 would not be within 0.1 of 0.2.
    let most = tolerance + 1e-9 * wanted.abs().max(1.0);
    numbers(given).iter().any(|number| (number - wanted).abs() <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiz;

    fn question(body: &str) -> Question {
        let text = format!(
            "title = \"t\"\n[[questions]]\nid = \"6f1c9a4e-2f0b-4c59-8d8a-0d3b6f0a7c11\"\nprompt = \"p\"\n{body}"
        );
        Quiz::parse("00-t.toml", &text).unwrap().questions.remove(0)
    }

    #[test]
    fn all_right_choices_and_no_other() {
        let several = question(
            "kind = \"multiple-choice\"
            choices = [
                { text = \"a\", right = true, explanation = \"why a\" },
                { text = \"b\", explanation = \"why not b\" },
                { text = \"c\", right = true, explanation = \"why c\" },
                { text = \"d\", explanation = \"why not d\" },
            ]",
        );
        let right = |choices: &[usize]| several.grade(&Answer::Choices(choices.to_vec())).right;
        assert!(right(&[2, 0]));
        assert!(!right(&[0]) && !right(&[0, 1, 2]) && !right(&[]) && !right(&[0, 2, 3]));
        let verdict = several.grade(&Answer::Choices(vec![0, 1]));
        let told: Vec<Option<&str>> = verdict.marks.iter().map(|mark| mark.explanation.as_deref()).collect();
        assert_eq!(told, [Some("why a"), Some("why not b"), Some("why c"), None], "d was neither chosen nor right");
        assert!(!several.grade(&Answer::Text("a".into())).right);
    }

    #[test]
    fn numbers_within_their_tolerance() {
        let number = question(
            "kind = \"short-answer\"\nanswers = [\"0.2\"]\ntolerance = 0.1\nexplanation = \"e\"
            mistakes = [{ answer = \"2\", explanation = \"too many\" }]",
        );
        let grade = |text: &str| number.grade(&Answer::Text(text.into()));
        assert!(grade("0.3").right && grade(".1").right && grade("20 %").right && grade("1/5").right);
        assert!(!grade("0.31").right && !grade("").right && !grade("lots").right);
        assert_eq!(grade("2").notes, ["too many", "e"]);
        assert_eq!(grade("0.2").notes, ["e"]);
    }

    #[test]
    fn words_in_any_accepted_spelling() {
        let word =
            question("kind = \"short-answer\"\nanswers = [\"self-attention\", \"attention\"]\nexplanation = \"e\"");
        let grade = |text: &str| word.grade(&Answer::Text(text.into())).right;
        assert!(grade("Attention.") && grade(" the self-attention") && !grade("a tension"));
    }

    #[test]
    fn a_program_prints_or_fails() {
        let prints = question(
            "kind = \"tracing\"\nprogram = \"fn main() { println!(\\\"1\\\"); }\"\nprints = \"1\"\nexplanation = \"e\"
            mistakes = [{ fails-at = 1, explanation = \"it compiles\" }]",
        );
        let grade = |outcome: Outcome| prints.grade(&Answer::Outcome(outcome));
        assert!(grade(Outcome::Prints("1 \n".into())).right);
        assert!(!grade(Outcome::Prints("11".into())).right);
        assert_eq!(grade(Outcome::Fails { line: 1, error: None }).notes, ["it compiles", "e"]);
        assert_eq!(grade(Outcome::Prints(String::new())).answer.unwrap(), "It compiles and prints `1`.");
    }
}
