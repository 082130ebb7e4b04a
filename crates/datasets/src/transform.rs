//! A function through which rows go whenever they are read.

use std::fmt;
use std::sync::Arc;

use crate::ops::code;
use crate::{Batch, Dataset, DatasetDict, Error, Fingerprint, Format, FormatKind, Outcome, Result, Row, RowError};

/// A function through which rows go whenever they are read.
#[derive(Clone)]
pub(crate) struct Transform {
    function: Arc<dyn Fn(Batch) -> Result<Batch, RowError> + Send + Sync>,
    /// By what the function is known: its code where that says all, or a number of its own.
    fingerprint: Fingerprint,
}

impl Transform {
    fn new<F: Fn(Batch) -> O + Send + Sync + 'static, O: Outcome<Batch>>(function: F) -> Self {
        // The address of this tells one function from another, so the function's code must lie in it.
        #[inline(never)]
        fn call<F: Fn(Batch) -> O, O: Outcome<Batch>>(function: &F, batch: Batch) -> Result<Batch, RowError> {
            function(batch).outcome()
        }
        let key = code::fingerprint_of(&function, call::<F, O> as fn(&F, Batch) -> _ as *const ());
        Self {
            fingerprint: key.map_or_else(Fingerprint::unique, |key| Fingerprint::of(key.as_bytes())),
            function: Arc::new(move |batch| call(&function, batch)),
        }
    }

    /// What the function makes of a batch: any columns of one length.
    pub(crate) fn batch(&self, batch: Batch) -> Result<Batch> {
        let (first, rows) = (batch.first_row(), batch.len());
        let place = || match rows {
            1 => format!("row {first}, read through the transform"),
            _ => format!("rows {first} to {}, read through the transform", first + rows.saturating_sub(1)),
        };
        let made = (self.function)(batch).map_err(|error| error.at(place()))?;
        made.check_lengths(rows)?;
        Ok(made.beginning_at(first))
    }

    /// What it makes of a batch of one row, which must be one row again.
    pub(crate) fn row(&self, batch: Batch) -> Result<Row> {
        let number = batch.first_row();
        let made = self.batch(batch)?;
        match made.rows()?.as_slice() {
            [row] => Ok(row.clone()),
            rows => Err(Error::Argument(format!(
                "the transform made {} rows of row {number}: read one by one, each row must stay one; read them with `batches` or `slice`",
                rows.len()
            ))),
        }
    }
}

impl fmt::Debug for Transform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Transform({})", self.fingerprint)
    }
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.function, &other.function)
    }
}

impl Dataset {
    /// Lets rows go through `transform` from now on whenever they are read, until [`Dataset::reset_format`]: by [`Dataset::row`],
    /// [`Dataset::iter`], [`Dataset::slice`], [`Dataset::batches`], [`Dataset::formatted`], by the functions of `map` and `filter`, and as a
    /// stream. Nothing is kept of what it makes, so that it may be something else each time, such as a text with random gaps.
    ///
    /// It gets a [`Batch`] and gives back one with the columns that the reader is to see; a row that is read alone is a batch of one. The
    /// data stays as it is: so [`Dataset::column`], sorting, saving and pushing to the Hub see it, and a transform is not saved.
    ///
    /// ```
    /// use course_datasets::{Dataset, batch, row};
    /// let mut data = Dataset::from_rows([row! { "text" => "GOOD" }, row! { "text" => "BAD" }])?;
    /// data.set_transform(|batch| {
    ///     let lower: Vec<String> = batch.strs("text")?.iter().map(|text| text.to_lowercase()).collect();
    ///     Ok(batch! { "lower" => lower })
    /// });
    /// assert_eq!(data.row(1)?.to_string(), "{'lower': 'bad'}");
    /// assert_eq!(data.head(2)?.to_string(), "{'lower': ['good', 'bad']}");
    /// # Ok::<(), course_datasets::Error>(())
    /// ```
    pub fn set_transform<F: Fn(Batch) -> O + Send + Sync + 'static, O: Outcome<Batch>>(&mut self, transform: F) {
        self.format = Format::of_transform(Transform::new(transform), None);
    }

    /// The dataset with such a function: see [`Dataset::set_transform`].
    #[must_use]
    pub fn with_transform<F: Fn(Batch) -> O + Send + Sync + 'static, O: Outcome<Batch>>(&self, transform: F) -> Self {
        Self { format: Format::of_transform(Transform::new(transform), None), ..self.clone() }
    }

    /// The dataset with such a function, which is handed only these columns.
    ///
    /// # Errors
    /// [`Error::NoColumn`].
    pub fn with_transform_of<F: Fn(Batch) -> O + Send + Sync + 'static, O: Outcome<Batch>>(
        &self,
        columns: impl IntoIterator<Item = impl Into<String>>,
        transform: F,
    ) -> Result<Self> {
        let with_columns = self.with_format(FormatKind::Batch, columns)?;
        let columns = with_columns.format().columns().map(<[String]>::to_vec);
        Ok(Self { format: Format::of_transform(Transform::new(transform), columns), ..with_columns })
    }

    pub(crate) fn transform(&self) -> Option<&Transform> {
        self.format.transform()
    }

    /// The dataset without its transform: the rows as they lie.
    pub(crate) fn plain(&self) -> Self {
        match self.transform() {
            Some(_) => Self { format: Format::default(), ..self.clone() },
            None => self.clone(),
        }
    }

    /// What the rows that a function sees are, and how they came to be.
    pub(crate) fn seen(&self) -> Fingerprint {
        match self.transform() {
            Some(transform) => {
                let columns = format!("transform {:?}", self.format.columns());
                Fingerprint::of_all([self.fingerprint, transform.fingerprint], &columns)
            }
            None => self.fingerprint,
        }
    }

    /// The rows of a batch as a reader sees them.
    pub(crate) fn through_transform(&self, batch: Batch) -> Result<Batch> {
        match self.transform() {
            Some(transform) => transform.batch(self.handed(batch)),
            None => Ok(batch),
        }
    }

    /// The batch with the columns that the format names; columns removed since are handed out no more.
    pub(crate) fn handed(&self, batch: Batch) -> Batch {
        let Some(columns) = self.format.columns() else { return batch };
        let first = batch.first_row();
        let handed: Batch = columns.iter().filter_map(|name| Some((name, batch.column(name).ok()?.clone()))).collect();
        handed.beginning_at(first)
    }
}

impl DatasetDict {
    /// [`Dataset::set_transform`] for every split.
    pub fn set_transform<F: Fn(Batch) -> O + Send + Sync + 'static, O: Outcome<Batch>>(&mut self, transform: F) {
        *self = self.with_transform(transform);
    }

    /// [`Dataset::with_transform`] for every split.
    #[must_use]
    pub fn with_transform<F: Fn(Batch) -> O + Send + Sync + 'static, O: Outcome<Batch>>(&self, transform: F) -> Self {
        let format = Format::of_transform(Transform::new(transform), None);
        let split =
            |(name, data): (&str, &Dataset)| (name.to_owned(), Dataset { format: format.clone(), ..data.clone() });
        Self::new(self.iter().map(split))
    }

    /// [`Dataset::reset_format`] for every split.
    pub fn reset_format(&mut self) {
        *self = Self::new(
            self.iter().map(|(name, data)| (name.to_owned(), Dataset { format: Format::default(), ..data.clone() })),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{Column, Formatted, Map, batch, row};

    fn numbers(rows: i64) -> Dataset {
        let data = Dataset::from_columns([("n", Column::from((0..rows).collect::<Vec<i64>>()))]).unwrap();
        data.add_column("text", (0..rows).map(|n| format!("row {n}")).collect::<Vec<_>>()).unwrap()
    }

    fn double(batch: Batch) -> Result<Batch, RowError> {
        let twice: Vec<i64> = batch.get::<i64>("n")?.iter().map(|n| 2 * n).collect();
        Ok(batch! { "twice" => twice })
    }

    fn shown(rows: impl IntoIterator<Item = Result<Row>>) -> Vec<String> {
        rows.into_iter().map(|row| row.unwrap().to_string()).collect()
    }

    #[test]
    fn every_way_of_reading_goes_through_it() {
        let mut data = numbers(4);
        data.set_transform(double);
        let all = ["{'twice': 0}", "{'twice': 2}", "{'twice': 4}", "{'twice': 6}"];
        assert_eq!(shown(&data), all);
        assert_eq!(shown((0..4).map(|row| data.row(row))), all);
        assert_eq!(data.row(3).unwrap().number(), Some(3));
        assert_eq!(data.slice(1..3).unwrap().to_string(), "{'twice': [2, 4]}");
        let batches: Vec<String> = data.batches(3).map(|batch| batch.unwrap().to_string()).collect();
        assert_eq!(batches, ["{'twice': [0, 2, 4]}", "{'twice': [6]}"]);
        assert!(
            matches!(data.formatted(2..4).unwrap(), Formatted::Batch(batch) if batch.to_string() == "{'twice': [4, 6]}")
        );
        assert_eq!(shown(data.to_iterable().iter()), all);
        assert_eq!(shown(data.to_iterable_shards(2).unwrap().skip(1).iter()), all[1..]);
        let splits = DatasetDict::new([("train", numbers(4))]).with_transform(double);
        assert_eq!(shown(splits.get("train").unwrap()), all);
        // It stays with the rows that are chosen of it.
        assert_eq!(shown(&data.shuffle(42).unwrap().sort("n").unwrap()), all);
        assert_eq!(shown(&data.select([3, 1]).unwrap()), ["{'twice': 6}", "{'twice': 2}"]);
        assert!(data.row(4).is_err());

        // The data itself is as it was.
        assert_eq!(data.column_names(), ["n", "text"]);
        assert_eq!(data.values::<i64>("n").unwrap(), [0, 1, 2, 3]);
        let folder = tempfile::tempdir().unwrap();
        data.save_to_disk(folder.path().join("saved")).unwrap();
        data.to_json(folder.path().join("data.jsonl")).unwrap();
        let saved = Dataset::load_from_disk(folder.path().join("saved")).unwrap();
        assert_eq!(saved.row(1).unwrap().to_string(), "{'n': 1, 'text': 'row 1'}");
        let text = std::fs::read_to_string(folder.path().join("data.jsonl")).unwrap();
        assert!(text.starts_with("{\"n\":0,\"text\":\"row 0\"}\n"), "{text}");
        data.reset_format();
        assert_eq!(data.row(1).unwrap().to_string(), "{'n': 1, 'text': 'row 1'}");
    }

    #[test]
    fn it_is_called_when_rows_are_read_and_each_time() {
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let data = {
            let (calls, seen) = (calls.clone(), seen.clone());
            numbers(5).with_transform_of(["text"], move |batch: Batch| {
                let call = calls.fetch_add(1, Ordering::Relaxed);
                seen.lock().unwrap().push((batch.first_row(), batch.len(), batch.names().count()));
                batch.with("call", Column::from(vec![call as i64; 1]))
            })
        };
        let data = data.unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        assert_eq!(data.row(4).unwrap().to_string(), "{'text': 'row 4', 'call': 0}");
        assert_eq!(data.row(4).unwrap().to_string(), "{'text': 'row 4', 'call': 1}");
        assert_eq!(*seen.lock().unwrap(), [(4, 1, 1), (4, 1, 1)]);
        // Two rows, one call: the columns differ in length.
        assert!(matches!(data.slice(0..2), Err(Error::ColumnLengths { .. })));
        assert!(numbers(1).with_transform_of(["x"], |batch: Batch| batch).is_err());
    }

    #[test]
    fn functions_see_what_it_makes_and_new_columns_go_beside_the_data() {
        // As in Python: `{**the row as it lies, **what the function gives back}`.
        let data = numbers(3).with_transform(double);
        let add = |row: Row| Ok(row! { "more" => row.get::<i64>("twice")? + 1 });
        assert_eq!(shown(&data.map(add).unwrap().plain())[2], "{'n': 2, 'text': 'row 2', 'more': 5}");
        let same = data.map(|row: Row| row).unwrap();
        assert_eq!(shown(&same.plain())[1], "{'n': 1, 'text': 'row 1', 'twice': 2}");
        let batched = |batch: Batch| Ok(batch.clone().with("rows", vec![batch.len() as i64; batch.len()]));
        let made = data.map_with(Map::batched(2).remove_columns(["text"]), batched).unwrap();
        assert_eq!(shown(&made.plain())[2], "{'n': 2, 'twice': 4, 'rows': 1}");
        // The transform stays, and meets the new columns.
        assert_eq!(shown(&made), ["{'twice': 0}", "{'twice': 2}", "{'twice': 4}"]);
        assert_eq!(data.filter(|row| Ok(row.get::<i64>("twice")? == 4)).unwrap().values::<i64>("n").unwrap(), [2]);
    }

    #[test]
    fn what_was_kept_for_other_eyes_is_not_taken() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        fn negate(batch: Batch) -> Result<Batch, RowError> {
            Ok(batch! { "twice" => batch.get::<i64>("n")?.iter().map(|n| -n).collect::<Vec<i64>>() })
        }
        let least = |row: &Row| {
            CALLS.fetch_add(1, Ordering::Relaxed);
            Ok(row.get::<i64>("twice")? >= 0)
        };
        let folder = tempfile::tempdir().unwrap();
        numbers(3).save_to_disk(folder.path()).unwrap();
        let load = || Dataset::load_from_disk(folder.path()).unwrap();
        let kept = |data: Dataset| data.filter(least).unwrap().len();
        assert_eq!((kept(load().with_transform(double)), CALLS.swap(0, Ordering::Relaxed)), (3, 3));
        assert_eq!((kept(load().with_transform(negate)), CALLS.swap(0, Ordering::Relaxed)), (1, 3));
        assert_eq!((kept(load().with_transform(double)), CALLS.swap(0, Ordering::Relaxed)), (3, 0));
    }

    #[test]
    fn failures_name_the_rows() {
        let data = numbers(3).with_transform(|batch: Batch| Ok(batch! { "x" => batch.get::<String>("n")? }));
        let error = data.row(2).unwrap_err().to_string();
        assert!(error.starts_with("row 2, read through the transform: "), "{error}");
        let error = data.slice(1..3).unwrap_err().to_string();
        assert!(error.starts_with("rows 1 to 2, read through the transform: "), "{error}");
        let twice = numbers(3).with_transform(|batch: Batch| Ok(batch.take([0, 0])?));
        let error = twice.row(1).unwrap_err().to_string();
        assert!(error.starts_with("the transform made 2 rows of row 1: "), "{error}");
        assert_eq!(twice.slice(1..2).unwrap().len(), 2);
    }
}
