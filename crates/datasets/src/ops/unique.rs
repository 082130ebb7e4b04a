//! Which values a column has, and how often.

use std::collections::HashMap;
use std::fmt::Write;
use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::DataType;
use course_display::{Bundle, Rich, Table};
use hashbrown::{DefaultHashBuilder, HashTable};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

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
        Ok(count(&self.column(column)?).into_iter().map(|(value, _)| value).collect())
    }

    /// How often each value of a column comes, the most frequent first.
    ///
    /// # Errors
    /// [`Error::NoColumn`](crate::Error::NoColumn).
    pub fn value_counts(&self, column: &str) -> Result<ValueCounts> {
        let mut counts = count(&self.column(column)?);
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(ValueCounts { column: column.to_owned(), counts })
    }
}

/// Each value and how often it comes, in the order in which they first come.
fn count(column: &Column) -> Vec<(Value, usize)> {
    let hasher = DefaultHashBuilder::default();
    if let Ok(texts) = column.optional_strs() {
        let hashes: Vec<u64> = texts.par_iter().map(|text| hasher.hash_one(text)).collect();
        return counted(texts.into_iter().zip(hashes));
    }
    if column.feature().arrow_type() == DataType::Int64 {
        let numbers = column.chunks().iter().flat_map(|chunk| chunk.as_primitive::<Int64Type>());
        return counted(numbers.map(|number| (number, hasher.hash_one(number))));
    }
    // Floats have no equality to hash by, and structs no order; their spelling has both.
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut counts: Vec<(Value, usize)> = Vec::new();
    let mut spelling = String::new();
    for value in column.iter() {
        spelling.clear();
        // Writing to a string cannot fail.
        let _ = write!(spelling, "{value}");
        match places.get(&spelling).and_then(|place| counts.get_mut(*place)) {
            Some((_, count)) => *count += 1,
            None => {
                places.insert(spelling.clone(), counts.len());
                counts.push((value, 1));
            }
        }
    }
    counts
}

/// The same for keys that come with their hashes; only those that differ become values.
fn counted<K: Copy + Eq + Into<Value> + Send>(keys: impl Iterator<Item = (K, u64)>) -> Vec<(Value, usize)> {
    // A key, its hash, and its place among the counts.
    let mut places: HashTable<(K, u64, usize)> = HashTable::new();
    let mut counts: Vec<(K, usize)> = Vec::new();
    for (key, hash) in keys {
        let entry = places.entry(hash, |(known, ..)| *known == key, |(_, hash, _)| *hash);
        let place = entry.or_insert((key, hash, counts.len())).get().2;
        match counts.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => counts.push((key, 1)),
        }
    }
    counts.into_par_iter().map(|(key, count)| (key.into(), count)).collect()
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

    #[test]
    fn numbers_and_texts_come_in_the_order_in_which_they_first_come() {
        let numbers: Vec<Option<i64>> = (0..5000).map(|n| (n % 11 != 3).then_some((n * n) % 97 - 40)).collect();
        let texts: Vec<Option<String>> =
            numbers.iter().map(|n| n.map(|n| "x".repeat(n.unsigned_abs() as usize))).collect();
        let data =
            Dataset::from_columns([("n", Column::from(numbers.clone())), ("t", Column::from(texts.clone()))]).unwrap();
        let mut expected: Vec<Value> = Vec::new();
        for value in numbers.into_iter().map(Value::from) {
            if !expected.contains(&value) {
                expected.push(value);
            }
        }
        assert_eq!(data.unique("n").unwrap(), expected);
        let counts = data.value_counts("t").unwrap();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), 5000);
        for (value, count) in counts.iter() {
            assert_eq!(texts.iter().filter(|text| Value::from((*text).clone()) == *value).count(), count);
        }
        assert!(counts.iter().zip(counts.iter().skip(1)).all(|(one, next)| one.1 >= next.1));
    }
}
