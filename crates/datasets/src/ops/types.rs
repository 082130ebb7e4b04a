//! Other types for columns.

use std::collections::BTreeSet;

use crate::ops::cast_column;
use crate::{Batch, Column, Dataset, DatasetDict, Error, Feature, Features, Result, Sink, Value};

impl Dataset {
    /// The dataset with the types of `features`, which names the same columns.
    ///
    /// Types that are stored alike, such as numbers and classes, are only relabelled; others are written anew.
    ///
    /// # Errors
    /// [`Error::Cast`] or [`Error::DoesNotFit`] where a value cannot be brought to the new type; [`Error::NoColumn`] where names differ.
    pub fn cast(&self, features: Features) -> Result<Self> {
        for name in features.names() {
            self.features.position(name)?;
        }
        for name in self.features.names() {
            features.column(name)?;
        }
        let order: Vec<String> = features.names().map(str::to_owned).collect();
        let data = if self.features.names().eq(features.names()) { self.clone() } else { self.select_columns(&order)? };
        let fingerprint = self.fingerprint.then("cast", &features.to_string());
        if data.features.iter().zip(features.iter()).all(|((_, old), (_, new))| relabels(old, new)) {
            data.check_classes(&features)?;
            return Ok(Self { features: features.into(), fingerprint, ..data });
        }
        let mut sink = Sink::new(None, Some(features.clone()));
        let bar = course_display::Progress::rows(data.len() as u64, "Casting the dataset");
        for batch in data.plain().batches(1000) {
            let batch = batch?;
            let mut cast = Batch::new();
            for ((name, column), (_, feature)) in batch.iter().zip(features.iter()) {
                cast.set(name, cast_column(name, column, feature)?);
            }
            sink.write(&cast)?;
            bar.inc(batch.len() as u64)?;
        }
        bar.finish();
        let cast = sink.finish()?;
        let (split, info, format) = (self.split.clone(), self.info.clone(), self.format.clone());
        Ok(Self { split, info, format, features: features.into(), fingerprint, ..cast })
    }

    /// The dataset with another type for one column.
    ///
    /// # Errors
    /// As for [`Dataset::cast`].
    pub fn cast_column(&self, name: &str, feature: Feature) -> Result<Self> {
        self.features.position(name)?;
        self.cast((*self.features).clone().with(name, feature))
    }

    /// Numbers that become classes must be those of classes.
    fn check_classes(&self, features: &Features) -> Result<()> {
        for ((name, old), (_, new)) in self.features.iter().zip(features.iter()) {
            if let (Feature::ClassLabel(label), false) = (new, old == new) {
                let column = self.column(name)?;
                let bad = column.iter().find(|value| match value {
                    Value::Int(class) => *class != -1 && label.name(*class).is_none(),
                    _ => false,
                });
                if let Some(value) = bad {
                    return Err(label.no_class(value.to_string()));
                }
            }
        }
        Ok(())
    }

    /// The dataset with the values of a column as classes: their texts, sorted, are the names. Missing values stay missing.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::WrongType`] where it holds lists, structs or classes.
    pub fn class_encode_column(&self, name: &str) -> Result<Self> {
        let feature = self.features.column(name)?;
        if !matches!(feature, Feature::Value(_)) {
            return Err(Error::WrongType {
                place: format!("column {name:?}"),
                found: feature.to_string(),
                wanted: "single values, of which classes can be made".to_owned(),
            });
        }
        let column = self.column(name)?;
        let names: BTreeSet<String> =
            column.iter().filter(|value| !value.is_null()).map(|value| text(&value)).collect();
        let feature = Feature::class_label(names)?;
        let values: Vec<Value> =
            column.iter().map(|value| if value.is_null() { value } else { Value::String(text(&value)) }).collect();
        let encoded = Column::build(name, &values.iter().collect::<Vec<_>>(), Some(&feature))?;
        let order = self.column_names();
        let fingerprint = self.fingerprint.then("class_encode_column", name);
        let data = self.remove_columns([name])?.add_column(name, encoded)?.select_columns(&order)?;
        Ok(Self { split: self.split.clone(), fingerprint, ..data })
    }

    /// The dataset with the numbers of a label column in the order of another list of names, such as a model's.
    ///
    /// # Errors
    /// [`Error::WrongType`] where the column holds no labels, [`Error::NoClass`] where one of its names is not in the list.
    pub fn align_labels(&self, column: &str, names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let old = self.features.class_label(column)?;
        let new = crate::ClassLabel::new(names)?;
        let numbers: Vec<i64> = old
            .names()
            .iter()
            .map(|name| {
                let lower = |known: &&String| known.to_lowercase() == name.to_lowercase();
                new.str2int(new.names().iter().find(lower).unwrap_or(name))
            })
            .collect::<Result<_>>()?;
        let renumbered: Vec<Value> = self
            .column(column)?
            .iter()
            .map(|value| match value.as_i64().and_then(|class| usize::try_from(class).ok()) {
                Some(class) => numbers.get(class).map_or(Value::Null, |class| Value::Int(*class)),
                None => value,
            })
            .collect();
        let feature = Feature::ClassLabel(new);
        let made = Column::build(column, &renumbered.iter().collect::<Vec<_>>(), Some(&feature))?;
        let order = self.column_names();
        self.remove_columns([column])?.add_column(column, made)?.select_columns(&order)
    }
}

/// Whether values of `old` are values of `new` as they are stored.
fn relabels(old: &Feature, new: &Feature) -> bool {
    old == new || old.arrow_type() == new.arrow_type() && !matches!(new, Feature::Json)
}

/// A value as the name of a class.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl DatasetDict {
    /// [`Dataset::cast`] for every split.
    ///
    /// # Errors
    /// As for one dataset.
    pub fn cast(&self, features: &Features) -> Result<Self> {
        self.each(|data| data.cast(features.clone()))
    }

    /// [`Dataset::class_encode_column`] for every split, each by its own values, as in Python.
    ///
    /// # Errors
    /// As for one dataset.
    pub fn class_encode_column(&self, name: &str) -> Result<Self> {
        self.each(|data| data.class_encode_column(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    fn data() -> Dataset {
        Dataset::from_rows([
            row! { "t" => "pos", "n" => 1 },
            row! { "t" => "neg", "n" => 0 },
            row! { "t" => Value::Null, "n" => 1 },
        ])
        .unwrap()
    }

    #[test]
    fn columns_are_cast() {
        let cast = data().cast_column("n", Feature::float32()).unwrap();
        assert_eq!(cast.features().to_string(), "{'t': Value('string'), 'n': Value('float32')}");
        assert_eq!(cast.column("n").unwrap().to_string(), "Column([1.0, 0.0, 1.0])");
        let label = Feature::class_label(["neg", "pos"]).unwrap();
        let cast = data().cast_column("n", label.clone()).unwrap().cast_column("t", label).unwrap();
        assert_eq!(cast.row(0).unwrap().to_string(), "{'t': 1, 'n': 1}");
        assert!(
            data()
                .cast_column("n", Feature::class_label(["one"]).unwrap())
                .unwrap_err()
                .to_string()
                .starts_with("1 is not one of")
        );
        let error = data().cast_column("t", Feature::int64()).unwrap_err().to_string();
        assert!(error.starts_with("column \"t\" cannot be cast from Value('string') to Value('int64')"), "{error}");
        assert!(data().cast(Features::new()).is_err());
    }

    #[test]
    fn values_become_classes() {
        let encoded = data().class_encode_column("t").unwrap();
        assert_eq!(encoded.features().to_string(), "{'t': ClassLabel(names=['neg', 'pos']), 'n': Value('int64')}");
        assert_eq!(encoded.column("t").unwrap().to_string(), "Column([1, 0, None])");
        assert_eq!(data().class_encode_column("n").unwrap().features().class_label("n").unwrap().names(), ["0", "1"]);
        let aligned = encoded.align_labels("t", ["POS", "other", "NEG"]).unwrap();
        assert_eq!(aligned.column("t").unwrap().to_string(), "Column([0, 2, None])");
    }
}
