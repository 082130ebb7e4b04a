//! Shuffling and sorting: only the numbers of rows are moved.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_ord::ord::make_comparator;
use arrow_schema::{DataType, SortOptions};
use rayon::slice::ParallelSliceMut;

use super::radix;
use crate::random::Generator;
use crate::{Dataset, DatasetDict, Error, Result};

/// Which way to sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The smallest first.
    #[default]
    Ascending,
    /// The largest first.
    Descending,
}

/// How to sort: by which columns, which way, and where missing values go.
///
/// ```
/// use course_datasets::{Dataset, Order, SortBy, row};
/// let data = Dataset::from_rows([row! { "n" => 1, "t" => "b" }, row! { "n" => 1, "t" => "a" }, row! { "n" => 2, "t" => "c" }])?;
/// let sorted = data.sort_by(&SortBy::column("n", Order::Descending).then("t", Order::Ascending))?;
/// assert_eq!(sorted.strings("t")?, ["c", "a", "b"]);
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SortBy {
    keys: Vec<(String, Order)>,
    nulls_first: bool,
}

impl SortBy {
    /// By this column.
    pub fn column(name: &str, order: Order) -> Self {
        Self { keys: vec![(name.to_owned(), order)], nulls_first: false }
    }

    /// By this column where all before it are equal.
    #[must_use]
    pub fn then(mut self, name: &str, order: Order) -> Self {
        self.keys.push((name.to_owned(), order));
        self
    }

    /// Missing values come first; they come last unless this is said.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.nulls_first = true;
        self
    }
}

impl Dataset {
    /// The rows in the random order that Python's `datasets` gives for this seed.
    ///
    /// # Errors
    /// None that is the learner's; [`Error::NoRow`] is what its inner parts could give.
    pub fn shuffle(&self, seed: u64) -> Result<Self> {
        let shuffled = self.select_rows(Generator::new(seed).permutation(self.len()))?;
        Ok(Self { fingerprint: self.fingerprint.then("shuffle", &seed.to_string()), ..shuffled })
    }

    /// The rows in a random order that is another one each time.
    ///
    /// # Errors
    /// As for [`Dataset::shuffle`].
    pub fn shuffle_unseeded(&self) -> Result<Self> {
        self.select_rows(Generator::unseeded().permutation(self.len()))
    }

    /// The rows sorted by a column, the smallest first; rows that are equal keep their order, missing values come last.
    ///
    /// # Errors
    /// [`Error::NoColumn`], [`Error::Arrow`] for a type that has no order.
    pub fn sort(&self, column: &str) -> Result<Self> {
        self.sort_by(&SortBy::column(column, Order::Ascending))
    }

    /// The rows sorted by a column, the largest first; rows that are equal keep their order, missing values come last.
    ///
    /// # Errors
    /// As for [`Dataset::sort`].
    pub fn sort_reverse(&self, column: &str) -> Result<Self> {
        self.sort_by(&SortBy::column(column, Order::Descending))
    }

    /// The rows sorted by one or more columns.
    ///
    /// # Errors
    /// As for [`Dataset::sort`].
    pub fn sort_by(&self, by: &SortBy) -> Result<Self> {
        let mut columns = Vec::with_capacity(by.keys.len());
        for (name, order) in &by.keys {
            columns.push((self.column(name)?.to_array()?, *order));
        }
        let sorted = match columns.as_slice() {
            [(array, order)] if array.null_count() == 0 => by_one(array, *order, by.nulls_first),
            _ => None,
        };
        let sorted = match sorted {
            Some(sorted) => sorted,
            None => by_many(&columns, by.nulls_first, self.len())?,
        };
        let chosen = self.select_rows(sorted)?;
        Ok(Self { fingerprint: self.fingerprint.then("sort", &format!("{by:?}")), ..chosen })
    }
}

/// The common cases, with the keys beside the numbers: whole numbers, floats, texts. Equal keys are told apart by their numbers, which
/// keeps their order.
fn by_one(array: &ArrayRef, order: Order, nan_first: bool) -> Option<Vec<u64>> {
    fn sorted<K: Ord + Send>(keys: impl Iterator<Item = K>, order: Order) -> Vec<u64> {
        let mut pairs: Vec<(K, u64)> = keys.zip(0..).collect();
        pairs.par_sort_unstable_by(|one, other| {
            let keys = match order {
                Order::Ascending => one.0.cmp(&other.0),
                Order::Descending => other.0.cmp(&one.0),
            };
            keys.then(one.1.cmp(&other.1))
        });
        pairs.into_iter().map(|(_, row)| row).collect()
    }
    Some(match array.data_type() {
        DataType::Int64 => {
            let keys = array.as_primitive::<Int64Type>().values();
            match radix::order_of(keys, order == Order::Descending) {
                Some(rows) => rows,
                None => sorted(keys.iter().copied(), order),
            }
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().values();
            sorted(values.iter().map(|value| float_key(*value, order, nan_first)), order)
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().values();
            sorted(values.iter().map(|value| float_key(f64::from(*value), order, nan_first)), order)
        }
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            sorted((0..texts.len()).map(|row| texts.value(row)), order)
        }
        _ => return None,
    })
}

/// A number whose order is that of the float; NaN comes beside the missing values either way, and −0 equals 0.
fn float_key(value: f64, order: Order, nan_first: bool) -> i64 {
    if value.is_nan() {
        return if (order == Order::Ascending) == nan_first { i64::MIN } else { i64::MAX };
    }
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed()
}

/// Any number of keys of any type that has an order.
fn by_many(columns: &[(ArrayRef, Order)], nulls_first: bool, rows: usize) -> Result<Vec<u64>> {
    let compare: Vec<_> = columns
        .iter()
        .map(|(array, order)| {
            let descending = *order == Order::Descending;
            // Arrow takes NaN for the largest; here it comes beside the missing values.
            let array = &match array.data_type() {
                DataType::Float16 | DataType::Float32 | DataType::Float64 => float_keys(array, *order, nulls_first)?,
                _ => array.clone(),
            };
            make_comparator(array, array, SortOptions { descending, nulls_first }).map_err(Error::arrow("sorting"))
        })
        .collect::<Result<_>>()?;
    let mut order: Vec<u64> = (0..rows as u64).collect();
    // Row numbers come from a vector in memory, so they fit.
    order.par_sort_by(|one, other| {
        let compared = compare.iter().map(|compare| compare(*one as usize, *other as usize));
        compared.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    Ok(order)
}

fn float_keys(array: &ArrayRef, order: Order, nan_first: bool) -> Result<ArrayRef> {
    let floats = arrow_cast::cast(array, &DataType::Float64).map_err(Error::arrow("sorting"))?;
    let keys = floats.as_primitive::<Float64Type>().unary::<_, Int64Type>(|value| float_key(value, order, nan_first));
    Ok(std::sync::Arc::new(keys))
}

impl DatasetDict {
    /// [`Dataset::shuffle`] for every split, each with this seed.
    ///
    /// # Errors
    /// As for [`Dataset::shuffle`].
    pub fn shuffle(&self, seed: u64) -> Result<Self> {
        self.each(|data| data.shuffle(seed))
    }

    /// [`Dataset::sort`] for every split.
    ///
    /// # Errors
    /// As for [`Dataset::sort`].
    pub fn sort(&self, column: &str) -> Result<Self> {
        self.each(|data| data.sort(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    fn numbers() -> Dataset {
        let n = vec![Some(3), None, Some(1), Some(2), Some(1)];
        let f = vec![0.5, f64::NAN, -0.0, 0.0, f64::INFINITY];
        let t = vec!["b", "a", "é", "B", "b"];
        let mut batch = crate::Batch::new();
        batch.set("n", Column::from(n));
        batch.set("f", Column::from(f));
        batch.set("t", Column::from(t));
        batch.set("row", Column::from(vec![0_i64, 1, 2, 3, 4]));
        Dataset::from_batch(&batch).unwrap()
    }

    fn rows(data: &Dataset) -> Vec<i64> {
        data.values("row").unwrap()
    }

    #[test]
    fn sorting_keeps_equals_in_order_and_puts_nothing_last() {
        let data = numbers();
        assert_eq!(rows(&data.sort("n").unwrap()), [2, 4, 3, 0, 1]);
        assert_eq!(rows(&data.sort_reverse("n").unwrap()), [0, 3, 2, 4, 1]);
        assert_eq!(rows(&data.sort_by(&SortBy::column("n", Order::Ascending).nulls_first()).unwrap()), [1, 2, 4, 3, 0]);
        assert_eq!(rows(&data.sort("f").unwrap()), [2, 3, 0, 4, 1]);
        assert_eq!(rows(&data.sort_reverse("f").unwrap()), [4, 0, 2, 3, 1]);
        assert_eq!(rows(&data.sort("t").unwrap()), [3, 1, 0, 4, 2]);
        assert_eq!(
            rows(&data.sort_by(&SortBy::column("f", Order::Descending).nulls_first()).unwrap()),
            [1, 4, 0, 2, 3]
        );
        let by = SortBy::column("n", Order::Ascending).then("f", Order::Descending);
        assert_eq!(rows(&data.sort_by(&by).unwrap()), [4, 2, 3, 0, 1]);
        assert_eq!(rows(&data.select([4, 2, 0]).unwrap().sort("row").unwrap()), [0, 2, 4]);
        assert!(data.sort("nothing").is_err());
    }

    #[test]
    fn a_seed_gives_the_rows_of_python() {
        let data = Dataset::from_columns([("row", Column::from((0..10).collect::<Vec<i64>>()))]).unwrap();
        assert_eq!(rows(&data.shuffle(42).unwrap()), [5, 6, 0, 7, 3, 2, 4, 9, 1, 8]);
        assert_eq!(data.shuffle(42).unwrap().fingerprint(), data.shuffle(42).unwrap().fingerprint());
        assert_ne!(data.shuffle(42).unwrap().fingerprint(), data.shuffle(43).unwrap().fingerprint());
    }
}
