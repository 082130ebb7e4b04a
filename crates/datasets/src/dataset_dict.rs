//! The splits of a dataset.

use std::fmt;

use crate::{Dataset, Error, Result};

/// The splits of a dataset by name: `train`, `test`, …
///
/// ```
/// use course_datasets::{Dataset, DatasetDict, row};
/// let data = Dataset::from_rows([row! { "text" => "good" }])?;
/// let splits = DatasetDict::new([("train", data.clone()), ("test", data)]);
/// assert_eq!(splits.get("train")?.len(), 1);
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct DatasetDict {
    splits: Vec<(String, Dataset)>,
}

impl DatasetDict {
    /// These splits, each of which gets its name.
    pub fn new<N: Into<String>>(splits: impl IntoIterator<Item = (N, Dataset)>) -> Self {
        let mut dict = Self::default();
        for (name, dataset) in splits {
            dict.insert(name, dataset);
        }
        dict
    }

    /// The split of this name.
    ///
    /// # Errors
    /// [`Error::NoSplit`] naming those there are.
    pub fn get(&self, name: &str) -> Result<&Dataset> {
        let found = self.splits.iter().find(|(known, _)| known == name);
        found
            .map(|(_, dataset)| dataset)
            .ok_or_else(|| Error::NoSplit { name: name.to_owned(), splits: self.names().map(str::to_owned).collect() })
    }

    /// Whether there is such a split.
    pub fn contains(&self, name: &str) -> bool {
        self.splits.iter().any(|(known, _)| known == name)
    }

    /// Adds a split, or puts the dataset in the place of the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, dataset: Dataset) {
        let name = name.into();
        let dataset = dataset.with_split(&name);
        match self.splits.iter_mut().find(|(known, _)| *known == name) {
            Some((_, place)) => *place = dataset,
            None => self.splits.push((name, dataset)),
        }
    }

    /// Takes a split out.
    ///
    /// # Errors
    /// [`Error::NoSplit`].
    pub fn remove(&mut self, name: &str) -> Result<Dataset> {
        self.get(name)?;
        let index = self.splits.iter().position(|(known, _)| known == name).unwrap_or_default();
        Ok(self.splits.remove(index).1)
    }

    /// The names of the splits.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.splits.iter().map(|(name, _)| name.as_str())
    }

    /// Names and datasets in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Dataset)> {
        self.splits.iter().map(|(name, dataset)| (name.as_str(), dataset))
    }

    /// How many splits there are.
    pub fn len(&self) -> usize {
        self.splits.len()
    }

    /// Whether there is no split.
    pub fn is_empty(&self) -> bool {
        self.splits.is_empty()
    }

    /// How many rows each split has.
    pub fn num_rows(&self) -> Vec<(String, usize)> {
        self.splits.iter().map(|(name, dataset)| (name.clone(), dataset.len())).collect()
    }

    /// The columns' names of each split.
    pub fn column_names(&self) -> Vec<(String, Vec<String>)> {
        self.splits.iter().map(|(name, dataset)| (name.clone(), dataset.column_names())).collect()
    }

    /// Every split through `change`: `splits.each(|data| data.shuffle(42))?`.
    ///
    /// # Errors
    /// The first that `change` gives.
    pub fn each(&self, mut change: impl FnMut(&Dataset) -> Result<Dataset>) -> Result<Self> {
        let splits = self.splits.iter().map(|(name, dataset)| Ok((name.clone(), change(dataset)?)));
        Ok(Self { splits: splits.collect::<Result<_>>()? })
    }
}

impl IntoIterator for DatasetDict {
    type Item = (String, Dataset);
    type IntoIter = std::vec::IntoIter<(String, Dataset)>;

    fn into_iter(self) -> Self::IntoIter {
        self.splits.into_iter()
    }
}

impl<'d> IntoIterator for &'d DatasetDict {
    type Item = (&'d str, &'d Dataset);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'd>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl fmt::Display for DatasetDict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatasetDict({\n")?;
        for (name, dataset) in self.iter() {
            writeln!(formatter, "    {name}: {}", dataset.to_string().replace('\n', "\n    "))?;
        }
        formatter.write_str("})")
    }
}

impl fmt::Debug for DatasetDict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl course_display::Rich for DatasetDict {
    fn rich(&self) -> course_display::Bundle {
        crate::show::splits(self)
    }
}
