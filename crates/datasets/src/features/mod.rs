//! The columns of a dataset and what they hold.

mod card;
mod feature;
mod json;
mod label;
mod schema;
mod value_type;

use std::fmt;
use std::sync::Arc;

pub use feature::Feature;
pub use label::ClassLabel;
pub use value_type::ValueType;

use crate::value::quoted;
use crate::{Error, Result};

/// The columns of a dataset in order: name → [`Feature`].
///
/// ```
/// use course_datasets::{Feature, Features};
/// let features = Features::new().with("text", Feature::string()).with("label", Feature::class_label(["neg", "pos"])?);
/// assert_eq!(features.to_string(), "{'text': Value('string'), 'label': ClassLabel(names=['neg', 'pos'])}");
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Features {
    entries: Vec<(Arc<str>, Feature)>,
}

impl Features {
    /// No columns yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column, or gives the column of this name another feature.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, feature: Feature) -> Self {
        self.insert(name, feature);
        self
    }

    /// Adds a column, or gives the column of this name another feature.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, feature: Feature) {
        let name = name.into();
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some(entry) => entry.1 = feature,
            None => self.entries.push((name, feature)),
        }
    }

    /// Takes a column out.
    pub fn remove(&mut self, name: &str) -> Option<Feature> {
        let index = self.index_of(name)?;
        Some(self.entries.remove(index).1)
    }

    /// What the column holds, where there is one.
    pub fn get(&self, name: &str) -> Option<&Feature> {
        self.entries.iter().find(|(known, _)| &**known == name).map(|(_, feature)| feature)
    }

    /// What the column holds.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn column(&self, name: &str) -> Result<&Feature> {
        self.get(name).ok_or_else(|| Error::no_column(name, self.names()))
    }

    /// The class names of a column of class labels.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it holds something else.
    pub fn class_label(&self, name: &str) -> Result<&ClassLabel> {
        let feature = self.column(name)?;
        feature.as_class_label().ok_or_else(|| Error::WrongType {
            place: format!("column {name:?}"),
            found: feature.to_string(),
            wanted: "class labels; `class_encode_column` makes them".to_owned(),
        })
    }

    /// The number of the column, counted from 0.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|(known, _)| &**known == name)
    }

    pub(crate) fn position(&self, name: &str) -> Result<usize> {
        self.index_of(name).ok_or_else(|| Error::no_column(name, self.names()))
    }

    /// The column of this number.
    pub(crate) fn at(&self, index: usize) -> Option<(&Arc<str>, &Feature)> {
        self.entries.get(index).map(|(name, feature)| (name, feature))
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| &**name)
    }

    pub(crate) fn name_arcs(&self) -> impl Iterator<Item = &Arc<str>> {
        self.entries.iter().map(|(name, _)| name)
    }

    pub(crate) fn shared_names(&self) -> Arc<[Arc<str>]> {
        self.entries.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Names and features in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Feature)> {
        self.entries.iter().map(|(name, feature)| (&**name, feature))
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The features with every struct replaced by its fields, named `column.field`, all the way down.
    #[must_use]
    pub fn flatten(&self) -> Self {
        let mut flat = Self::new();
        for (name, feature) in self.iter() {
            match feature {
                Feature::Struct(fields) => {
                    for (field, feature) in fields.flatten().iter() {
                        flat.insert(format!("{name}.{field}"), feature.clone());
                    }
                }
                other => flat.insert(name, other.clone()),
            }
        }
        flat
    }
}

impl<N: Into<Arc<str>>> FromIterator<(N, Feature)> for Features {
    fn from_iter<I: IntoIterator<Item = (N, Feature)>>(entries: I) -> Self {
        let mut features = Self::new();
        for (name, feature) in entries {
            features.insert(name, feature);
        }
        features
    }
}

impl<N: Into<Arc<str>>, const COUNT: usize> From<[(N, Feature); COUNT]> for Features {
    fn from(entries: [(N, Feature); COUNT]) -> Self {
        entries.into_iter().collect()
    }
}

impl fmt::Display for Features {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<String> = self.iter().map(|(name, feature)| format!("{}: {feature}", quoted(name))).collect();
        write!(formatter, "{{{}}}", entries.join(", "))
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl course_display::Rich for Features {
    fn rich(&self) -> course_display::Bundle {
        let lines: Vec<String> = self.iter().map(|(name, feature)| format!("{}: {feature}", quoted(name))).collect();
        let plain = format!("{{{}}}", lines.join(",\n "));
        let rows = self.iter().fold(course_display::Table::new(["column", "holds"]), |table, (name, feature)| {
            table.row((name, feature.to_string()))
        });
        let mut bundle = rows.rich();
        bundle.data.insert("text/plain".to_owned(), plain.into());
        bundle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_is_flattened_into_its_fields() {
        let answers = Features::from([("text", Feature::list(Feature::string())), ("start", Feature::int32())]);
        let features = Features::from([("id", Feature::string()), ("answers", Feature::Struct(answers))]);
        assert_eq!(features.flatten().names().collect::<Vec<_>>(), ["id", "answers.text", "answers.start"]);
        assert_eq!(
            features.to_string(),
            "{'id': Value('string'), 'answers': {'text': List(Value('string')), 'start': Value('int32')}}"
        );
    }

    #[test]
    fn class_names_of_a_column_that_has_none() {
        let features = Features::new().with("stars", Feature::int64());
        let error = features.class_label("stars").unwrap_err().to_string();
        assert!(error.starts_with("column \"stars\" holds Value('int64'), not class labels"), "{error}");
    }
}
