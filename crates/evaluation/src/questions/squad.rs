//! Scores of SQuAD, version 1: every question has an answer.

use super::answer::{best, exact, normalize_answer, questions, word_f1};
use crate::{Inputs, Measure, Result, Scores};

/// `squad`: the share of answers that are exactly right, and how many of their words are, in percent.
///
/// Both are means over all questions, for each the best against any of its right answers, in the form of
/// [`normalize_answer`](super::normalize_answer):
///
/// * `exact_match`: 100 where the two are the same, 0 otherwise
/// * `f1`: 100 times the F1 of the words they share
///
/// Predictions are [`Answer`](super::Answer)s and references [`AnswerKey`](super::AnswerKey)s, which belong together by their id; texts belong
/// together by their place. A question without an answer scores 0. Rajpurkar and others, "SQuAD: 100,000+ Questions for Machine Comprehension of
/// Text" (2016).
///
/// ```
/// use course_evaluation::{load, questions::{Answer, AnswerKey}};
///
/// let scores = load("squad")?.compute(&[Answer::new("q1", "in 1976")], &[AnswerKey::new("q1", &["1976", "since 1976"])])?;
/// assert_eq!(scores.get("exact_match")?, 0.0);
/// assert_eq!(scores.get("f1")?.round(), 67.0);
/// # Ok::<(), course_evaluation::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Squad;

impl Measure for Squad {
    fn name(&self) -> &str {
        "squad"
    }

    fn about(&self) -> &str {
        "the share of answers that are exactly right, and the F1 of their words, in percent"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let questions = questions(inputs)?;
        let (mut exact_sum, mut f1_sum) = (0.0, 0.0);
        for (row, (key, answer)) in questions.iter().enumerate() {
            if key.answers.is_empty() {
                return Err(inputs
                    .example(row, format!("the question {:?} has no right answer; `squad_v2` scores those", key.id)));
            }
            if let Some(answer) = answer {
                let right: Vec<String> = key.answers.iter().map(|text| normalize_answer(text)).collect();
                let given = normalize_answer(&answer.text);
                exact_sum += best(&given, &right, exact);
                f1_sum += best(&given, &right, word_f1);
            }
        }
        let percent = |sum: f64| 100.0 * sum / questions.len() as f64;
        Ok(Scores::new().with("exact_match", percent(exact_sum)).with("f1", percent(f1_sum)))
    }
}

#[cfg(test)]
mod tests {
    use crate::load;
    use crate::questions::{Answer, AnswerKey};

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let (predictions, references) = ([Answer::new("a", "1976")], [AnswerKey::new("a", &["1976"])]);
        let scores = load("squad").unwrap().compute(&predictions, &references).unwrap();
        assert_eq!(scores.to_string(), "{exact_match: 100.0, f1: 100.0}");
    }

    #[test]
    fn a_question_that_was_left_out_scores_0() {
        let keys = [AnswerKey::new("a", &["the cat"]), AnswerKey::new("b", &["dog"])];
        let scores = load("squad").unwrap().compute(&[Answer::new("a", "Cat.")], &keys).unwrap();
        assert_eq!(scores.to_string(), "{exact_match: 50.0, f1: 50.0}");
    }

    #[test]
    fn ids_belong_together() {
        let metric = load("squad").unwrap();
        let error = metric.compute(&[Answer::new("c", "x")], &[AnswerKey::new("a", &["x"])]).unwrap_err().to_string();
        assert_eq!(error, "squad: \"c\" is the id of an answer, and no reference has it");
        let twice = [Answer::new("a", "x"), Answer::new("a", "y")];
        assert!(
            metric.compute(&twice, &[AnswerKey::new("a", &["x"])]).unwrap_err().to_string().contains("two answers")
        );
        let scores = metric.compute(&["x", "y z"], &["x", "z"]).unwrap();
        assert_eq!(scores.get("exact_match").unwrap(), 50.0);
        assert!(metric.compute(&["x"], &[AnswerKey::new("0", &[])]).unwrap_err().to_string().contains("squad_v2"));
    }
}
