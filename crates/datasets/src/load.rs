//! `load_dataset`: files of any format as a mapped dataset, with the types of the columns told from the data.

mod cache;
mod data_files;
mod find;
mod hub;
mod settings;
mod slice;

use std::marker::PhantomData;
use std::sync::Arc;

pub use self::data_files::{DataFiles, FileEntry};
use self::find::Found;
pub(crate) use self::settings::Settings;
use self::slice::Slice;
use crate::files::{DataFile, Meter};
use crate::readers::{self, Inferred};
use crate::{Dataset, DatasetDict, Error, Result};

/// Begins to load a dataset: by format (`csv`, `json`, `parquet`, `arrow`, `text`), or by the name of a file, a folder, a web
/// address, or a repository of the Hub.
///
/// ```no_run
/// use course_datasets::load_dataset;
///
/// let reviews = load_dataset("csv").data_files("reviews.tsv").delimiter(b'\t').load()?; // DatasetDict, as in Python
/// let train = load_dataset("csv").data_files("reviews.tsv").split("train[:10%]").load()?; // Dataset
/// let squad = load_dataset("json").data_files([("train", "SQuAD_it-train.json.gz")]).field("data").load()?;
/// let folder = load_dataset("data/my_reviews").load()?;
/// let from_the_hub = load_dataset("owner/name").split("test").load()?;
/// # Ok::<(), course_datasets::Error>(())
/// ```
///
/// Files are converted once into an Arrow file in the cache (`COURSE_CACHE`), and mapped from then on. `.gz` and `.zst` are
/// unpacked on the way; `.zip` and `.tar` are opened with care: nothing is written outside their folder, and what unpacks to more than
/// 256 MB and two hundred times its size is refused, unless [`max_unpacked_bytes`](Load::max_unpacked_bytes) allows it.
pub fn load_dataset(name: impl Into<String>) -> Load<DatasetDict> {
    Load { settings: Box::new(Settings::new(name.into())), split: None, output: PhantomData }
}

/// A dataset about to be loaded, and how: made by [`load_dataset`].
///
/// `load()` gives a [`DatasetDict`]; after [`split`](Load::split) it gives a [`Dataset`].
#[derive(Debug, Clone)]
#[must_use = "nothing is loaded before `.load()`"]
pub struct Load<Output = DatasetDict> {
    settings: Box<Settings>,
    split: Option<String>,
    output: PhantomData<Output>,
}

impl Load<DatasetDict> {
    /// Takes one split, or part of one: `"train"`, `"train[:10%]"`, `"train[100:200]"`, `"train+test"`.
    pub fn split(self, split: &str) -> Load<Dataset> {
        Load { settings: self.settings, split: Some(split.to_owned()), output: PhantomData }
    }

    /// Loads all splits, each a dataset that is mapped from the cache; says what was told from the data.
    ///
    /// # Errors
    /// [`Error::BadData`] with file, line and column for whatever cannot be read, [`Error::NoDataset`] for a name that is nothing,
    /// [`Error::DiskFull`], [`Error::Hub`], [`Error::Interrupted`]. Nothing is left half done.
    pub fn load(self) -> Result<DatasetDict> {
        let found = self.settings.find()?;
        let mut splits = Vec::with_capacity(found.splits.len());
        for (split, files) in &found.splits {
            splits.push((split.clone(), self.settings.dataset(&found, split, files)?));
        }
        Ok(DatasetDict::new(splits))
    }

    /// [`load`](Self::load) by another name.
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn load_dict(self) -> Result<DatasetDict> {
        self.load()
    }
}

impl Load<Dataset> {
    /// Loads the split.
    ///
    /// # Errors
    /// Those of loading all splits; [`Error::NoSplit`] for one that is not there.
    pub fn load(self) -> Result<Dataset> {
        let found = self.settings.find()?;
        let mut parts = Vec::new();
        for slice in Slice::parse(self.split.as_deref().unwrap_or("train"))? {
            let data = self.settings.dataset(&found, &slice.split, files_of(&found, &slice.split)?)?;
            parts.push(if slice.is_whole() { data } else { data.range(slice.rows(data.len())?) });
        }
        match parts.len() {
            1 => parts.pop().ok_or_else(|| Error::Argument("there is no split to load".to_owned())),
            _ => crate::concatenate_datasets(&parts),
        }
    }

    /// The split's files, and how they are read.
    pub(crate) fn sources(&self) -> Result<(readers::Format, Vec<DataFile>, readers::ReadOptions)> {
        let found = self.settings.find()?;
        let files = files_of(&found, self.split.as_deref().unwrap_or("train"))?.to_vec();
        let options = self.settings.options(&found)?;
        Ok((found.format, files, options))
    }
}

fn files_of<'f>(found: &'f Found, split: &str) -> Result<&'f [DataFile]> {
    let files = found.splits.iter().find(|(known, _)| known == split).map(|(_, files)| files.as_slice());
    files.ok_or_else(|| Error::NoSplit {
        name: split.to_owned(),
        splits: found.splits.iter().map(|(known, _)| known.clone()).collect(),
    })
}

impl<Output> Load<Output> {
    /// What the columns hold and why, told from the start of the first file of each split; loads nothing. Empty for formats
    /// whose files say their types themselves.
    ///
    /// # Errors
    /// Those of loading.
    pub fn inferred(&self) -> Result<Vec<Inferred>> {
        let found = self.settings.find()?;
        let options = Arc::new(self.settings.options(&found)?);
        let mut all = Vec::new();
        for (_, files) in &found.splits {
            let opened = readers::open(found.format, files.clone(), options.clone(), &Meter::default())?;
            all.extend(opened.inferred);
        }
        Ok(all)
    }
}
