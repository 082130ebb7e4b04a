//! What holds for the quizzes of a course, beyond each being well-formed.

use std::collections::HashMap;

use crate::{Kind, Question, Quiz};

/// The fewest questions of a chapter.
pub const MINIMUM: usize = 10;
/// How many of the questions with one right choice may have it in the same place, or be told by its length.
const MOST: f64 = 0.4;
/// The fewest words that explain something.
const FEWEST_WORDS: usize = 5;

/// What these quizzes break of the rules, in words that name file and line; empty when all is well.
///
/// A chapter has at least [`MINIMUM`] questions; no id stands twice in the course; explanations explain; and the right choice
/// is neither mostly the first, nor mostly the longest or the shortest.
pub fn rules(quizzes: &[Quiz]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut ids = HashMap::new();
    for quiz in quizzes {
        let file = quiz.file.display();
        if quiz.questions.len() < MINIMUM {
            let count = quiz.questions.len();
            broken.push(format!("{file} has {count} questions; a chapter has at least {MINIMUM}"));
        }
        for question in &quiz.questions {
            let here = format!("{file}, line {}", question.line);
            if let Some(earlier) = ids.insert(question.id, here.clone()) {
                broken.push(format!("{here}: the question has the id of the one in {earlier}"));
            }
            for explanation in explanations(question) {
                if explanation.split_whitespace().count() < FEWEST_WORDS {
                    broken.push(format!("{here}: “{explanation}” explains nothing"));
                }
            }
        }
        broken.extend(tells(quiz).into_iter().map(|what| format!("{file}: {what}")));
    }
    broken
}

fn explanations(question: &Question) -> Vec<&str> {
    match &question.kind {
        Kind::MultipleChoice { choices } => choices.iter().map(|choice| choice.explanation.as_str()).collect(),
        Kind::ShortAnswer { explanation, mistakes, .. } => {
            mistakes.iter().map(|mistake| mistake.explanation.as_str()).chain([explanation.as_str()]).collect()
        }
        Kind::Tracing { explanation, mistakes, .. } => {
            mistakes.iter().map(|mistake| mistake.explanation.as_str()).chain([explanation.as_str()]).collect()
        }
    }
}

/// By what one could find right choices without knowing anything.
fn tells(quiz: &Quiz) -> Vec<String> {
    let mut total = 0usize;
    let (mut longest, mut shortest) = (0usize, 0usize);
    let mut places: HashMap<usize, usize> = HashMap::new();
    for question in &quiz.questions {
        let Kind::MultipleChoice { choices } = &question.kind else { continue };
        let mut right = choices.iter().enumerate().filter(|(_, choice)| choice.right);
        let (Some((place, choice)), None) = (right.next(), right.next()) else { continue };
        let length = |text: &str| text.chars().count();
        let others = || choices.iter().filter(|other| !other.right).map(|other| length(&other.text));
        total += 1;
        longest += usize::from(others().all(|other| other < length(&choice.text)));
        shortest += usize::from(others().all(|other| other > length(&choice.text)));
        *places.entry(place).or_default() += 1;
    }
    let mut found = Vec::new();
    let mut tell = |count: usize, what: String| {
        // With a handful of questions, chance alone does it.
        if total >= 5 && count as f64 > MOST * total as f64 {
            found.push(format!("{what} in {count} of {total} questions, which tells it"));
        }
    };
    tell(longest, "the right choice is the longest".into());
    tell(shortest, "the right choice is the shortest".into());
    let mut places: Vec<(usize, usize)> = places.into_iter().collect();
    places.sort_unstable();
    for (place, count) in places {
        tell(count, format!("the right choice stands in place {}", place + 1));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Choice, Uuid};

    fn question(id: u128, right: usize, texts: &[&str]) -> Question {
        let choice = |(place, text): (usize, &&str)| Choice {
            text: (*text).to_owned(),
            right: place == right,
            explanation: "because it is so, here".into(),
        };
        let choices = texts.iter().enumerate().map(choice).collect();
        let id = Uuid::from_u128(id);
        Question { id, line: 1, prompt: "p".into(), code: None, section: None, kind: Kind::MultipleChoice { choices } }
    }

    fn quiz(questions: Vec<Question>) -> Quiz {
        Quiz { chapter: "01".into(), name: "01-a".into(), title: "a".into(), file: "01-a.toml".into(), questions }
    }

    #[test]
    fn places_and_lengths_that_tell_are_found() {
        let texts = ["aa", "bb", "cc", "dd"];
        let fair: Vec<Question> = (0..12).map(|id| question(id, id as usize % 4, &texts)).collect();
        assert_eq!(rules(&[quiz(fair.clone())]), Vec::<String>::new());
        let first: Vec<Question> = (0..12).map(|id| question(id, 0, &texts)).collect();
        assert_eq!(
            rules(&[quiz(first)]),
            ["01-a.toml: the right choice stands in place 1 in 12 of 12 questions, which tells it"]
        );
        let long = |id: u128| match id % 4 {
            0 => question(id, 0, &["aaaa", "b", "c"]),
            1 => question(id, 1, &["a", "bbbb", "c"]),
            place => question(id, place as usize % 3, &["a", "b", "cccc"]),
        };
        let broken = rules(&[quiz((0..12).map(long).collect())]);
        assert!(broken.iter().any(|what| what.contains("the longest in")), "{broken:?}");
    }

    #[test]
    fn few_questions_doubled_ids_and_empty_words_are_found() {
        let mut bare = question(1, 0, &["a", "b"]);
        if let Kind::MultipleChoice { choices } = &mut bare.kind {
            choices[1].explanation = "Wrong.".into();
        }
        let broken = rules(&[quiz(vec![bare]), quiz(vec![question(1, 0, &["a", "b"])])]);
        assert!(broken[0].contains("has 1 questions; a chapter has at least 10"), "{broken:?}");
        assert!(broken.iter().any(|what| what.contains("“Wrong.” explains nothing")), "{broken:?}");
        assert!(broken.iter().any(|what| what.contains("has the id of the one in 01-a.toml, line 1")), "{broken:?}");
    }
}
