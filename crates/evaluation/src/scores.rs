//! What a metric gives: numbers with names, in order.

use std::fmt;

use course_display::{Bundle, Rich, Table};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::{Error, Result};

/// One entry of [`Scores`].
#[derive(Debug, Clone, PartialEq)]
pub enum Score {
    /// A number.
    Number(f64),
    /// How many.
    Count(u64),
    /// A number for each class, n-gram order or example.
    List(Vec<f64>),
    /// Rows of numbers.
    Matrix(Vec<Vec<f64>>),
    /// Scores of one group, such as an entity type.
    Group(Scores),
}

impl From<f64> for Score {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Score {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<Vec<f64>> for Score {
    fn from(list: Vec<f64>) -> Self {
        Self::List(list)
    }
}

impl From<Scores> for Score {
    fn from(group: Scores) -> Self {
        Self::Group(group)
    }
}

/// Scores by name, in the order in which the metric gives them.
///
/// ```
/// use course_evaluation::Scores;
///
/// let scores = Scores::new().with("precision", 0.5).with("recall", 1.0);
/// assert_eq!(scores.get("recall")?, 1.0);
/// assert_eq!(scores.to_string(), "{precision: 0.5, recall: 1.0}");
/// assert_eq!(
///     scores.get("recal").unwrap_err().to_string(),
///     "there is no score \"recal\"; did you mean \"recall\"?; the scores are precision, recall",
/// );
/// # Ok::<(), course_evaluation::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    entries: Vec<(String, Score)>,
}

impl Scores {
    /// No scores yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and one more; a score of the same name is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, score: impl Into<Score>) -> Self {
        self.insert(name, score);
        self
    }

    /// Adds a score, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, score: impl Into<Score>) {
        let (name, score) = (name.into(), score.into());
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = score,
            None => self.entries.push((name, score)),
        }
    }

    /// The number of that name; `"PER.f1"` is the number `f1` in the group `PER`.
    ///
    /// # Errors
    /// [`Error::NoScore`], or [`Error::NotANumber`] for a list or a group.
    pub fn get(&self, name: &str) -> Result<f64> {
        match self.score(name)? {
            Score::Number(number) => Ok(*number),
            Score::Count(count) => Ok(*count as f64),
            Score::List(list) => Err(not_a_number(name, &format!("a list of {} numbers", list.len()))),
            Score::Matrix(_) => Err(not_a_number(name, "a matrix")),
            Score::Group(group) => {
                Err(not_a_number(name, &format!("a group with the scores {}", group.names().join(", "))))
            }
        }
    }

    /// The numbers of that name.
    ///
    /// # Errors
    /// [`Error::NoScore`], or [`Error::NotANumber`] for what is no list.
    pub fn list(&self, name: &str) -> Result<&[f64]> {
        match self.score(name)? {
            Score::List(list) => Ok(list),
            _ => Err(not_a_number(name, "no list")),
        }
    }

    /// The entry of that name, whatever it is; `"PER.f1"` is the entry `f1` in the group `PER`.
    ///
    /// # Errors
    /// [`Error::NoScore`] with the names there are.
    pub fn score(&self, name: &str) -> Result<&Score> {
        if let Some((_, score)) = self.entries.iter().find(|(known, _)| known == name) {
            return Ok(score);
        }
        if let Some((group, rest)) = name.split_once('.')
            && let Some((_, Score::Group(inner))) = self.entries.iter().find(|(known, _)| known == group)
        {
            return inner.score(rest);
        }
        Err(Error::NoScore { name: name.into(), names: self.names().iter().map(|&name| name.to_owned()).collect() })
    }

    /// The names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Names and entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Score)> {
        self.entries.iter().map(|(name, score)| (name.as_str(), score))
    }

    /// All single numbers with their names, those in groups as `"PER.f1"`: what a training log takes.
    pub fn numbers(&self) -> Vec<(String, f64)> {
        let mut numbers = Vec::new();
        for (name, score) in self.iter() {
            match score {
                Score::Number(number) => numbers.push((name.to_owned(), *number)),
                Score::Count(count) => numbers.push((name.to_owned(), *count as f64)),
                Score::Group(group) => numbers
                    .extend(group.numbers().into_iter().map(|(inner, number)| (format!("{name}.{inner}"), number))),
                Score::List(_) | Score::Matrix(_) => {}
            }
        }
        numbers
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn not_a_number(name: &str, found: &str) -> Error {
    Error::NotANumber { name: name.into(), found: found.into() }
}

/// The single numbers, as [`Scores::numbers`].
impl IntoIterator for Scores {
    type Item = (String, f64);
    type IntoIter = std::vec::IntoIter<(String, f64)>;

    fn into_iter(self) -> Self::IntoIter {
        self.numbers().into_iter()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::List(list) => write!(f, "{list:?}"),
            Self::Matrix(rows) => write!(f, "{rows:?}"),
            Self::Group(group) => write!(f, "{group}"),
        }
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<String> = self.iter().map(|(name, score)| format!("{name}: {score}")).collect();
        write!(f, "{{{}}}", entries.join(", "))
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::List(list) => list.serialize(serializer),
            Self::Matrix(rows) => rows.serialize(serializer),
            Self::Group(group) => group.serialize(serializer),
        }
    }
}

impl Serialize for Scores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len()))?;
        for (name, score) in &self.entries {
            map.serialize_entry(name, score)?;
        }
        map.end()
    }
}

/// A table of names and values; one of groups and their scores before it, where there are groups.
impl Rich for Scores {
    fn rich(&self) -> Bundle {
        let groups: Vec<Group<'_>> = self.iter().filter_map(|(name, score)| Group::of(name, score)).collect();
        let mut table = Table::new(["score", "value"]);
        for (name, score) in self.iter().filter(|(_, score)| !matches!(score, Score::Group(_))) {
            table = table.row((name, score));
        }
        let Ok(first) = Table::of(&groups) else { return table.rich() };
        match (groups.is_empty(), table.is_empty()) {
            (true, _) => table.rich(),
            (false, true) => first.rich(),
            (false, false) => {
                let (first, second) = (first.rich(), table.rich());
                let html = |bundle: &Bundle| bundle.data.get("text/html")?.as_str().map(str::to_owned);
                let plain = format!("{}\n\n{}", first.plain(), second.plain());
                match (html(&first), html(&second)) {
                    (Some(first), Some(second)) => Bundle::html(first + &second, plain),
                    _ => Bundle::text(plain),
                }
            }
        }
    }
}

/// A row of the table of groups.
struct Group<'a> {
    name: &'a str,
    scores: &'a Scores,
}

impl<'a> Group<'a> {
    fn of(name: &'a str, score: &'a Score) -> Option<Self> {
        if let Score::Group(scores) = score { Some(Self { name, scores }) } else { None }
    }
}

impl Serialize for Group<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("group", self.name)?;
        for (name, score) in self.scores.iter() {
            map.serialize_entry(name, score)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Scores {
        Scores::new()
            .with("PER", Scores::new().with("f1", 0.5).with("number", 3))
            .with("overall_f1", 0.75)
            .with("precisions", vec![1.0, 0.5])
    }

    #[test]
    fn scores_are_found_by_name_and_by_path() {
        let scores = scores();
        assert_eq!(scores.get("overall_f1").unwrap(), 0.75);
        assert_eq!(scores.get("PER.number").unwrap(), 3.0);
        assert_eq!(scores.list("precisions").unwrap(), [1.0, 0.5]);
        assert_eq!(scores.numbers().len(), 3);
        assert_eq!(
            scores.get("precisions").unwrap_err().to_string(),
            "the score \"precisions\" is a list of 2 numbers, not one number"
        );
        assert!(scores.get("LOC.f1").unwrap_err().to_string().contains("the scores are PER, overall_f1, precisions"));
    }

    #[test]
    fn they_show_themselves() {
        let plain = scores().rich().plain().to_owned();
        assert!(plain.starts_with("group   f1  number\n"), "{plain}");
        assert!(plain.contains("overall_f1"), "{plain}");
        assert_eq!(
            serde_json::to_string(&scores()).unwrap(),
            r#"{"PER":{"f1":0.5,"number":3},"overall_f1":0.75,"precisions":[1.0,0.5]}"#
        );
    }
}
