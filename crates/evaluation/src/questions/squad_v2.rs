//! Scores of SQuAD, version 2: some questions have no answer in their text.

use super::answer::{Answer, AnswerKey, best, exact, normalize_answer, questions, word_f1};
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Scores};

/// `squad_v2`: as [`Squad`](super::Squad), with questions that have no answer.
///
/// To such a question the empty answer is right. An answer whose `no_answer_probability` is above the threshold counts as empty.
///
/// Scores: `exact`, `f1`, `total`; the same over the questions that have an answer (`HasAns_…`) and those that have none (`NoAns_…`), where
/// there are any; and `best_exact`, `best_f1` with `best_exact_thresh`, `best_f1_thresh`: what the best threshold would give. The threshold is
/// chosen on the same questions, so `best_…` is better than what new ones would score.
///
/// | setting | what it is |
/// |---|---|
/// | `no_answer_threshold` | 1 unless set: what the model says counts |
///
/// Rajpurkar, Jia and Liang, "Know What You Don't Know" (2018), and the script published with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SquadV2 {
    /// Above this probability of no answer, the answer counts as empty.
    pub no_answer_threshold: f64,
}

impl Default for SquadV2 {
    fn default() -> Self {
        Self { no_answer_threshold: 1.0 }
    }
}

/// A question, scored.
struct Scored {
    has_answer: bool,
    /// Whether the model's answer is not empty, and how sure it is that there is none.
    answered: bool,
    no_answer_probability: f64,
    exact: f64,
    f1: f64,
}

impl Measure for SquadV2 {
    fn name(&self) -> &str {
        "squad_v2"
    }

    fn about(&self) -> &str {
        "exact answers and the F1 of their words in percent, where some questions have no answer"
    }

    fn settings(&self) -> &[&'static str] {
        &["no_answer_threshold"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        self.no_answer_threshold = given.number()?;
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        // A question that the model did not answer at all plays no part, as in the script.
        let answered = questions(inputs)?.into_iter().filter_map(|(key, answer)| answer.map(|answer| (key, answer)));
        let scored: Vec<Scored> = answered.map(|(key, answer)| score(&key, &answer)).collect();
        if scored.is_empty() {
            return Err(inputs.empty("no question was answered"));
        }
        let mut scores = Scores::new();
        self.means(&mut scores, "", scored.iter());
        self.means(&mut scores, "HasAns_", scored.iter().filter(|one| one.has_answer));
        self.means(&mut scores, "NoAns_", scored.iter().filter(|one| !one.has_answer));
        for (name, of) in [("exact", (|one| one.exact) as fn(&Scored) -> f64), ("f1", |one| one.f1)] {
            let (best, threshold) = best_threshold(&scored, of);
            scores.insert(format!("best_{name}"), best);
            scores.insert(format!("best_{name}_thresh"), threshold);
        }
        Ok(scores)
    }
}

impl SquadV2 {
    fn means<'a>(&self, scores: &mut Scores, prefix: &str, of: impl Iterator<Item = &'a Scored>) {
        let (mut exact, mut f1, mut total) = (0.0, 0.0, 0);
        for one in of {
            // Taken as empty: right where there is no answer.
            let empty = one.no_answer_probability > self.no_answer_threshold;
            let right_if_empty = f64::from(u8::from(!one.has_answer));
            exact += if empty { right_if_empty } else { one.exact };
            f1 += if empty { right_if_empty } else { one.f1 };
            total += 1;
        }
        if total > 0 {
            scores.insert(format!("{prefix}exact"), 100.0 * exact / f64::from(total));
            scores.insert(format!("{prefix}f1"), 100.0 * f1 / f64::from(total));
            scores.insert(format!("{prefix}total"), total as usize);
        }
    }
}

fn score(key: &AnswerKey, answer: &Answer) -> Scored {
    let mut right: Vec<String> =
        key.answers.iter().map(|text| normalize_answer(text)).filter(|text| !text.is_empty()).collect();
    if right.is_empty() {
        right.push(String::new());
    }
    let given = normalize_answer(&answer.text);
    Scored {
        has_answer: !key.answers.is_empty(),
        answered: !answer.text.is_empty(),
        no_answer_probability: answer.no_answer_probability,
        exact: best(&given, &right, exact),
        f1: best(&given, &right, word_f1_or_empty),
    }
}

/// The F1 of words; where one side has none, both must.
fn word_f1_or_empty(prediction: &str, reference: &str) -> f64 {
    if prediction.is_empty() || reference.is_empty() {
        return exact(prediction, reference);
    }
    word_f1(prediction, reference)
}

/// The score that the best threshold would give, in percent, and that threshold.
///
/// With a threshold below all probabilities every answer counts as empty. Raised step by step, it lets through one answer after the other, the
/// most confident first: each adds its score, or takes away a point if there was nothing to answer.
fn best_threshold(scored: &[Scored], of: fn(&Scored) -> f64) -> (f64, f64) {
    let mut order: Vec<&Scored> = scored.iter().collect();
    order.sort_by(|one, other| one.no_answer_probability.total_cmp(&other.no_answer_probability));
    let mut current = scored.iter().filter(|one| !one.has_answer).count() as f64;
    let (mut best, mut threshold) = (current, 0.0);
    for one in order {
        current += match (one.has_answer, one.answered) {
            (true, _) => of(one),
            (false, true) => -1.0,
            (false, false) => 0.0,
        };
        if current > best {
            (best, threshold) = (current, one.no_answer_probability);
        }
    }
    (100.0 * best / scored.len() as f64, threshold)
}

#[cfg(test)]
mod tests {
    use crate::load;
    use crate::questions::{Answer, AnswerKey};

    /// The example on the card of Python's metric.
    #[test]
    fn it_agrees_with_pythons_card() {
        let (predictions, references) = ([Answer::new("a", "1976")], [AnswerKey::new("a", &["1976"])]);
        let scores = load("squad_v2").unwrap().compute(&predictions, &references).unwrap();
        assert_eq!(
            scores.to_string(),
            "{exact: 100.0, f1: 100.0, total: 1, HasAns_exact: 100.0, HasAns_f1: 100.0, HasAns_total: 1, \
             best_exact: 100.0, best_exact_thresh: 0.0, best_f1: 100.0, best_f1_thresh: 0.0}"
        );
    }

    #[test]
    fn the_empty_answer_is_right_where_there_is_none() {
        let keys = [AnswerKey::new("a", &["cat"]), AnswerKey::new("b", &[]), AnswerKey::new("c", &[])];
        let answers = [
            Answer::new("a", "cat").no_answer_probability(0.1),
            Answer::new("b", "").no_answer_probability(0.9),
            Answer::new("c", "dog").no_answer_probability(0.8),
        ];
        let scores = load("squad_v2").unwrap().compute(&answers, &keys).unwrap();
        assert_eq!(scores.get("NoAns_exact").unwrap(), 50.0);
        assert_eq!(scores.get("HasAns_total").unwrap(), 1.0);
        assert_eq!(scores.get("best_exact").unwrap(), 100.0);
        assert_eq!(scores.get("best_exact_thresh").unwrap(), 0.1);
        let lower = load("squad_v2").unwrap().with("no_answer_threshold", 0.5).unwrap();
        assert_eq!(lower.compute(&answers, &keys).unwrap().get("exact").unwrap(), 100.0);
    }
}
