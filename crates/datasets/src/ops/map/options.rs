//! How [`Dataset::map_with`](crate::Dataset::map_with) works through a dataset.

use std::marker::PhantomData;

use crate::{Batch, Features, Row};

/// How `map_with` works through a dataset: row by row or in batches, with how many threads, what it leaves out.
///
/// ```
/// use course_datasets::{Dataset, Map, batch, row};
/// let data = Dataset::from_rows([row! { "text" => "one two" }, row! { "text" => "three" }])?;
/// let words = data.map_with(Map::batched(1000).remove_columns(["text"]).num_proc(2), |batch| {
///     let words: Vec<&str> = batch.strs("text")?.into_iter().flat_map(str::split_whitespace).collect();
///     Ok(batch! { "word" => words })
/// })?;
/// assert_eq!(words.strings("word")?, ["one", "two", "three"]);
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Map<K> {
    pub(super) options: Options,
    kind: PhantomData<fn() -> K>,
}

#[derive(Clone, Debug)]
pub(super) struct Options {
    /// Rows that go through together.
    pub(super) size: usize,
    /// Whether the function gets rows.
    pub(super) one_by_one: bool,
    pub(super) remove: Vec<String>,
    pub(super) threads: usize,
    pub(super) cache: bool,
    pub(super) key: Option<String>,
    pub(super) features: Option<Features>,
    pub(super) label: String,
}

impl Options {
    pub(super) fn new(size: usize) -> Self {
        Self {
            size: size.max(1),
            one_by_one: false,
            remove: Vec::new(),
            threads: 1,
            cache: true,
            key: None,
            features: None,
            label: "Map".to_owned(),
        }
    }
}

impl Map<Row> {
    /// The function gets one row at a time.
    pub fn rows() -> Self {
        Self { options: Options { one_by_one: true, ..Options::new(1000) }, kind: PhantomData }
    }
}

impl Map<Batch> {
    /// The function gets `size` rows at a time, column by column; it may give back another number of rows.
    pub fn batched(size: usize) -> Self {
        Self { options: Options::new(size), kind: PhantomData }
    }
}

impl<K> Map<K> {
    /// Leaves these columns out of the result, unless the function makes them anew.
    #[must_use]
    pub fn remove_columns(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.options.remove.extend(names.into_iter().map(Into::into));
        self
    }

    /// Works on this many batches at once, in threads; the order of the rows stays. 1 unless set.
    #[must_use]
    pub fn num_proc(mut self, threads: usize) -> Self {
        self.options.threads = threads.max(1);
        self
    }

    /// Whether a result that is there from an earlier run is taken; it is unless set to `false`.
    ///
    /// Results are kept for datasets that lie in files, under what the data is and what the function does: the code it was compiled to. A
    /// function that uses variables from around it is not known by its code alone: [`Map::cache_key`] says what they stand for. What comes
    /// of data that no later session can make again is kept as long as a dataset has it.
    #[must_use]
    pub fn cache(mut self, cache: bool) -> Self {
        self.options.cache = cache;
        self
    }

    /// Says what the function does, in words of yours: under equal words the result of an earlier run is taken. For functions that use
    /// variables from around them, such as a tokenizer: name it and its options.
    #[must_use]
    pub fn cache_key(mut self, key: impl Into<String>) -> Self {
        self.options.key = Some(key.into());
        self
    }

    /// What the columns of the result hold; found out unless set.
    #[must_use]
    pub fn features(mut self, features: Features) -> Self {
        self.options.features = Some(features);
        self
    }

    /// What the bar says.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.options.label = label.into();
        self
    }
}
