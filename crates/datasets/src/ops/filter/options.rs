//! How [`Dataset::filter_with`](crate::Dataset::filter_with) works through a dataset.

/// How `filter_with` works through a dataset: with how many threads, and whether it takes what an earlier run found.
///
/// ```
/// use course_datasets::{Dataset, Filter, row};
/// let data = Dataset::from_rows([row! { "n" => 1 }, row! { "n" => 2 }])?;
/// let least = 2;
/// let filter = Filter::new().num_proc(2).cache_key(format!("n from {least}"));
/// assert_eq!(data.filter_with(&filter, |row| Ok(row.get::<i64>("n")? >= least))?.len(), 1);
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Filter {
    pub(super) threads: usize,
    pub(super) cache: bool,
    pub(super) key: Option<String>,
    pub(super) label: String,
}

impl Default for Filter {
    fn default() -> Self {
        Self { threads: 1, cache: true, key: None, label: "Filter".to_owned() }
    }
}

impl Filter {
    /// With one thread, and with what an earlier run found.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for this many rows at once, in threads; the order of the rows stays. 1 unless set.
    #[must_use]
    pub fn num_proc(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Whether the row numbers that an earlier run found are taken; they are unless set to `false`. They are kept by the rules of
    /// [`Map::cache`](crate::Map::cache).
    #[must_use]
    pub fn cache(mut self, cache: bool) -> Self {
        self.cache = cache;
        self
    }

    /// Says what the function asks, in words of yours: under equal words the row numbers of an earlier run are taken. For functions that
    /// use variables from around them.
    #[must_use]
    pub fn cache_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// What the bar says.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
}
