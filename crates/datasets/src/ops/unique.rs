//! Which values a column has, and how often.

use std::collections::HashMap;
use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::DataType;
use course_display::{Bundle, Rich, Table};

use crate::{Column, Dataset, Result, Value};

/// How often each value of a column comes, the most frequent first; shows itself as a table.
#[derive(Clone, Debug)]
pub struct ValueCounts {
    column: String,
    counts: Vec<(Value, usize)>,
}

impl ValueCounts {
    /// Values with their counts, the most frequent first; of equal counts the one that comes first in the data.
    pub fn iter(&self) -> impl Iterator<Item = (&Value, usize)> {
        self.counts.iter().map(|(value, count)| (value, *count))
    }

    /// How often the value comes.
    pub fn get(&self, value: impl Into<Value>) -> usize {
        let value = value.into();
        self.counts.iter().find(|(known, _)| *known == value).map_or(0, |(_, count)| *count)
    }

    /// How many different values there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The counts as a dataset of two columns, the value and `count`.
    ///
    /// # Errors
    /// [`Error::TwoColumns`](crate::Error::TwoColumns) where the column itself is named `count`.
    pub fn to_dataset(&self) -> Result<Dataset> {
        let values: Vec<&Value> = self.counts.iter().map(|(value, _)| value).collect();
        let counts: Vec<usize> = self.counts.iter().map(|(_, count)| *count).collect();
        Dataset::from_columns([(self.column.as_str(), Column::build(&self.column, &values, None)?)])?
            .add_column("count", counts)
    }
}

impl Rich for ValueCounts {
    fn rich(&self) -> Bundle {
        let table = self
            .counts
            .iter()
            .fold(Table::new([self.column.as_str(), "count"]), |table, (value, count)| table.row((value, count)));
        table.limit(20).rich()
    }
}

impl Dataset {
    /// The different values of a column, in the order in which they first come.
    ///
    /// # Errors
    /// [`Error::NoColumn`](crate::Error::NoColumn).
    pub fn unique(&self, column: &str) -> Result<Vec<Value>> {
        let mut counts = count(&self.column(column)?);
        counts.sort_unstable_by_key(|(_, first, _)| *first);
        Ok(counts.into_iter().map(|(value, _, _)| value).collect())
    }

    /// How often each value of a column comes, the most frequent first.
    ///
    /// # Errors
    /// [`Error::NoColumn`](crate::Error::NoColumn).
    pub fn value_counts(&self, column: &str) -> Result<ValueCounts> {
        let mut counts = count(&self.column(column)?);
        counts.sort_unstable_by_key(|(_, first, count)| (std::cmp::Reverse(*count), *first));
        let counts = counts.into_iter().map(|(value, _, count)| (value, count)).collect();
        Ok(ValueCounts { column: column.to_owned(), counts })
    }
}

/// Each value, the row where it first comes, and how often it comes.
fn count(column: &Column) -> Vec<(Value, usize, usize)> {
    if let Ok(texts) = column.optional_strs() {
        return counted(texts.into_iter(), |text| Value::from(*text));
    }
    if column.feature().arrow_type() == DataType::Int64 {
        let numbers = column.chunks().iter().flat_map(|chunk| chunk.as_primitive::<Int64Type>().iter());
        return counted(numbers, |number| Value::from(*number));
    }
    // Floats have no equality to hash by, and structs no order; their spelling has both.
    let mut values: HashMap<String, (Value, usize, usize)> = HashMap::new();
    let mut spelling = String::new();
    for (row, value) in column.iter().enumerate() {
        spelling.clear();
        // Writing to a string cannot fail.
        let _ = write!(spelling, "{value}");
        match values.get_mut(&spelling) {
            Some((_, _, count)) => *count += 1,
            None => {
                values.insert(spelling.clone(), (value, row, 1));
            }
        }
    }
    values.into_values().collect()
}

fn counted<K: std::hash::Hash + Eq>(
    keys: impl Iterator<Item = K>,
    value: impl Fn(&K) -> Value,
) -> Vec<(Value, usize, usize)> {
    // A quick hash: the keys are the learner's own data, which nobody has made to fall together.
    let mut counts: HashMap<K, (usize, usize), ahash::RandomState> = HashMap::default();
    for (row, key) in keys.enumerate() {
        counts.entry(key).or_insert((row, 0)).1 += 1;
    }
    counts.into_iter().map(|(key, (row, count))| (value(&key), row, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row;

    #[test]
    fn values_are_counted() {
        let data = Dataset::from_rows([
            row! { "t" => "b", "n" => 0.5 },
            row! { "t" => "a", "n" => f64::NAN },
            row! { "t" => "b", "n" => f64::NAN },
            row! { "n" => 1 },
        ])
        .unwrap();
        assert_eq!(data.unique("t").unwrap(), [Value::from("b"), Value::from("a"), Value::Null]);
        assert_eq!(data.unique("n").unwrap().len(), 3);
        let counts = data.value_counts("t").unwrap();
        assert_eq!(counts.get("b"), 2);
        assert_eq!(counts.rich().plain(), "t  count\n─  ─────\nb      2\na      1\n       1");
        assert_eq!(counts.to_dataset().unwrap().row(0).unwrap().to_string(), "{'t': 'b', 'count': 2}");
        assert!(data.unique("x").is_err());
    }
}
