//! Texts with labels and their scores: what every pipeline that classifies gives.

use course_display::{Bundle, Rich, Table};
use serde::Serialize;

use crate::list::slice_of;
use crate::sentence_similarity::round;

/// With more labels than this, a table of several texts shows the best of each alone.
const COLUMNS: usize = 8;

/// A label with its score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelScore {
    /// The label.
    pub label: String,
    /// How well it fits. After a softmax the scores of all labels add up to 1; after a sigmoid each is from 0 to 1 by itself.
    pub score: f32,
    /// What the score was made of: the classifier's logit, or the mean log-probability that a language model gives the label's tokens.
    pub logit: f32,
}

/// One text with the labels, best first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Classification {
    /// The text, or what else was classified.
    pub text: String,
    /// The second text, where pairs were classified.
    pub pair: Option<String>,
    /// The labels, best first; of equal ones the first.
    pub labels: Vec<LabelScore>,
}

impl Classification {
    pub(crate) fn new(text: String, labels: &[String], logits: &[f32], scores: &[f32]) -> Self {
        let numbers = scores.iter().zip(logits);
        let labels = labels.iter().zip(numbers);
        let mut labels: Vec<LabelScore> =
            labels.map(|(label, (&score, &logit))| LabelScore { label: label.clone(), score, logit }).collect();
        labels.sort_by(|one, other| other.score.total_cmp(&one.score));
        Self { text, pair: None, labels }
    }

    /// The best label.
    pub fn label(&self) -> &str {
        self.labels.first().map_or("", |best| &best.label)
    }

    /// The best label's score.
    pub fn score(&self) -> f32 {
        self.labels.first().map_or(0.0, |best| best.score)
    }

    /// The score of this label, if it is there.
    pub fn score_of(&self, label: &str) -> Option<f32> {
        self.labels.iter().find(|scored| scored.label == label).map(|scored| scored.score)
    }

    fn shown(&self) -> String {
        match &self.pair {
            Some(pair) => format!("{} ‖ {pair}", self.text),
            None => self.text.clone(),
        }
    }
}

/// Texts with their labels, in the texts' order. A slice of [`Classification`]s in every other respect.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifications {
    items: Vec<Classification>,
    /// How the scores came about, said below every table of them.
    method: String,
}

impl Classifications {
    pub(crate) fn new(items: Vec<Classification>, method: String) -> Self {
        Self { items, method }
    }

    /// All of them, one line a text.
    fn several(&self) -> Table {
        let mut labels: Vec<&str> =
            self.items.iter().flat_map(|item| &item.labels).map(|scored| scored.label.as_str()).collect();
        labels.sort_unstable();
        labels.dedup();
        if labels.len() > COLUMNS || self.items.iter().any(|item| item.labels.len() < labels.len()) {
            let table = Table::new(["text", "label", "score"]);
            let row =
                |table: Table, item: &Classification| table.row((item.shown(), item.label(), round(item.score())));
            return self.items.iter().fold(table, row);
        }
        let headers = ["text", "label"].into_iter().chain(labels.iter().copied());
        self.items.iter().fold(Table::new(headers), |table, item| {
            let score =
                |label: &&str| item.score_of(label).map_or(serde_json::Value::Null, |score| round(score).into());
            let cells: Vec<serde_json::Value> =
                [item.shown().into(), item.label().into()].into_iter().chain(labels.iter().map(score)).collect();
            table.row(cells)
        })
    }
}

slice_of!(Classifications, Classification);

/// Of one text all its labels, of several a line each.
impl Rich for Classifications {
    fn rich(&self) -> Bundle {
        let table = match self.items.as_slice() {
            [one] => {
                let table = Table::new(["label", "score"]).caption(one.shown());
                one.labels.iter().fold(table, |table, label| table.row((&label.label, round(label.score))))
            }
            _ => self.several(),
        };
        table.note(&self.method).rich()
    }
}

impl std::fmt::Display for Classifications {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headed::shares;

    fn classified(text: &str, names: &[&str], logits: &[f32]) -> Classification {
        let names = names.iter().map(ToString::to_string).collect::<Vec<_>>();
        Classification::new(text.into(), &names, logits, &shares(logits))
    }

    #[test]
    fn labels_are_sorted_by_their_score() {
        let answer = classified("text", &["a", "b"], &[-3.0, -1.0]);
        assert_eq!((answer.label(), answer.labels[0].logit), ("b", -1.0));
        let expected = 1.0 / (1.0 + (-2f64).exp());
        assert!((f64::from(answer.score()) - expected).abs() < 1e-6);
        assert!((answer.labels.iter().map(|label| label.score).sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!((answer.score_of("b"), answer.score_of("c")), (Some(answer.score()), None));
    }

    #[test]
    fn every_table_says_how_its_scores_came_about() {
        let one = classified("text", &["a", "b"], &[-1.0, -1.0]);
        let single = Classifications::new(vec![one.clone()], "scores: so".into());
        assert_eq!(single.rich().plain(), "text\nlabel  score\n─────  ─────\na        0.5\nb        0.5\nscores: so");
        let several = Classifications::new(vec![one.clone(), one], "scores: so".into());
        assert!(several.rich().plain().starts_with("text  label    a    b\n"), "{}", several.rich().plain());
    }

    #[test]
    fn the_best_label_stands_alone_where_not_all_are_there() {
        let mut one = classified("text", &["a", "b"], &[1.0, 1.0]);
        one.labels.truncate(1);
        one.pair = Some("other".into());
        let other = classified("more", &["a", "b"], &[0.0, 0.0]);
        let several = Classifications::new(vec![one, other], String::new());
        assert!(several.rich().plain().starts_with("text          label  score\n"), "{}", several.rich().plain());
        assert!(several.to_string().contains("text ‖ other  a        0.5"), "{several}");
    }
}
