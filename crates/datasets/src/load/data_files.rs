//! Which files to load, as a learner writes it: one path, several, or several for each split.

use std::path::{Path, PathBuf};

/// Files by split. Every place that takes it takes a path, a pattern, a web address, a list of them, or pairs of a split and such:
///
/// ```
/// use course_datasets::DataFiles;
///
/// let one: DataFiles = "reviews.csv".into();
/// let many: DataFiles = ["a.csv", "b.csv"].into();
/// let by_split: DataFiles = [("train", "data/train-*.csv"), ("test", "https://example.org/test.csv.gz")].into();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataFiles {
    /// Splits in order with their paths; all `train` unless said otherwise.
    pub(crate) splits: Vec<(String, Vec<String>)>,
}

impl DataFiles {
    fn of(split: &str, paths: Vec<String>) -> Self {
        Self { splits: vec![(split.to_owned(), paths)] }
    }

    /// Adds paths to a split.
    #[must_use]
    pub fn with(mut self, split: &str, paths: impl Into<DataFiles>) -> Self {
        let paths: Vec<String> = paths.into().splits.into_iter().flat_map(|(_, paths)| paths).collect();
        match self.splits.iter_mut().find(|(known, _)| known == split) {
            Some((_, known)) => known.extend(paths),
            None => self.splits.push((split.to_owned(), paths)),
        }
        self
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl From<&str> for DataFiles {
    fn from(path: &str) -> Self {
        Self::of("train", vec![path.to_owned()])
    }
}

impl From<String> for DataFiles {
    fn from(path: String) -> Self {
        Self::of("train", vec![path])
    }
}

impl From<&String> for DataFiles {
    fn from(path: &String) -> Self {
        path.as_str().into()
    }
}

impl From<&Path> for DataFiles {
    fn from(path: &Path) -> Self {
        text(path).into()
    }
}

impl From<PathBuf> for DataFiles {
    fn from(path: PathBuf) -> Self {
        text(&path).into()
    }
}

impl From<&PathBuf> for DataFiles {
    fn from(path: &PathBuf) -> Self {
        text(path).into()
    }
}

/// What may stand in a list of files: a path, or a pair of a split and paths.
pub trait FileEntry {
    /// The files and this one.
    fn add_to(self, files: DataFiles) -> DataFiles;
}

macro_rules! entries {
    ($($path:ty),*) => {$(
        impl FileEntry for $path {
            fn add_to(self, files: DataFiles) -> DataFiles {
                files.with("train", self)
            }
        }
    )*};
}

entries!(&str, String, &String, &Path, PathBuf, &PathBuf);

impl<S: AsRef<str>, P: Into<DataFiles>> FileEntry for (S, P) {
    fn add_to(self, files: DataFiles) -> DataFiles {
        files.with(self.0.as_ref(), self.1)
    }
}

impl<E: FileEntry, const N: usize> From<[E; N]> for DataFiles {
    fn from(entries: [E; N]) -> Self {
        entries.into_iter().fold(Self::default(), |files, entry| entry.add_to(files))
    }
}

impl<E: FileEntry> From<Vec<E>> for DataFiles {
    fn from(entries: Vec<E>) -> Self {
        entries.into_iter().fold(Self::default(), |files, entry| entry.add_to(files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(files: impl Into<DataFiles>) -> Vec<(String, Vec<String>)> {
        files.into().splits
    }

    #[test]
    fn files_are_written_in_many_ways() {
        let train =
            |paths: &[&str]| ("train".to_owned(), paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
        assert_eq!(splits("a"), [train(&["a"])]);
        assert_eq!(splits(Path::new("a")), [train(&["a"])]);
        assert_eq!(splits(vec![PathBuf::from("a"), PathBuf::from("b")]), [train(&["a", "b"])]);
        let both = [train(&["a", "b"]), ("test".to_owned(), vec!["c".to_owned()])];
        assert_eq!(splits([("train", vec!["a", "b"]), ("test", vec!["c"])]), both);
        assert_eq!(splits([("train", "a"), ("test", "c"), ("train", "b")]), both);
        assert_eq!(splits([("train", DataFiles::from(["a", "b"])), ("test", "c".into())]), both);
    }
}
