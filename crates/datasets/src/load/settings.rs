//! The options of [`load_dataset`](crate::load_dataset), each a method of [`Load`].

use std::path::PathBuf;

use course_hub::HubConfig;

use super::find::{self, Found};
use super::{DataFiles, Load, cache};
use crate::files::{DataFile, Encoding};
use crate::readers::{BadRows, Nulls, ReadOptions, SampleBy};
use crate::{Dataset, Feature, Features, Result};

/// What is to be loaded, and how.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(super) name: String,
    pub(super) data_files: Option<DataFiles>,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) read: ReadOptions,
    pub(super) encoding: Option<String>,
    pub(super) delimiter: Option<u8>,
    pub(super) column_types: Vec<(String, String)>,
    pub(super) revision: Option<String>,
    pub(super) cache_folder: Option<PathBuf>,
    pub(super) hub: Option<HubConfig>,
    pub(super) fresh: bool,
    pub(super) quiet: bool,
}

impl Settings {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            data_files: None,
            data_dir: None,
            read: ReadOptions::default(),
            encoding: None,
            delimiter: None,
            column_types: Vec::new(),
            revision: None,
            cache_folder: None,
            hub: None,
            fresh: false,
            quiet: false,
        }
    }

    /// The folder for what is downloaded, unpacked and converted.
    pub(super) fn cache(&self) -> PathBuf {
        match &self.cache_folder {
            Some(folder) => folder.clone(),
            None => HubConfig::from_env().course_cache.join("datasets"),
        }
    }

    pub(super) fn find(&self) -> Result<Found> {
        find::find(self)
    }

    /// How the files that were found are read.
    pub(super) fn options(&self, found: &Found) -> Result<ReadOptions> {
        let mut options = self.read.clone();
        options.csv.dialect.delimiter = self.delimiter.unwrap_or(if found.tabs { b'\t' } else { b',' });
        if let Some(name) = &self.encoding {
            options.encoding = Encoding::named(name)?;
        }
        let types = self.column_types.iter().map(|(column, name)| Ok((column.clone(), Feature::value(name)?)));
        let types = types.collect::<Result<Vec<(String, Feature)>>>()?;
        options.json.column_types.clone_from(&types);
        options.csv.column_types = types;
        Ok(options)
    }

    /// A split's files as a dataset; says what was told from them.
    pub(super) fn dataset(&self, found: &Found, split: &str, files: &[DataFile]) -> Result<Dataset> {
        let options = self.options(found)?;
        let cached = cache::dataset(found.format, split, files, &options, &self.cache(), self.fresh)?;
        if let Some(inferred) = cached.inferred.filter(|_| !self.quiet) {
            println!("{}", inferred.summary());
        }
        Ok(cached.dataset)
    }
}

impl<Output> Load<Output> {
    /// The files to load: a path, a pattern such as `data/*.csv`, a web address, a list of them, or pairs of a split and such.
    pub fn data_files(mut self, files: impl Into<DataFiles>) -> Self {
        self.settings.data_files = Some(files.into());
        self
    }

    /// The folder that the files are in.
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.data_dir = Some(folder.into());
        self
    }

    /// What the columns hold, in place of telling it from the data.
    pub fn features(mut self, features: Features) -> Self {
        self.settings.read.features = Some(features);
        self
    }

    /// What one column holds, such as `column_type("zip", "string")`; the others are told from the data (CSV and JSON).
    pub fn column_type(mut self, column: &str, value_type: &str) -> Self {
        self.settings.column_types.push((column.to_owned(), value_type.to_owned()));
        self
    }

    /// The columns to read (parquet): the others are not even unpacked.
    pub fn columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.settings.read.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// The encoding of text files that are not UTF-8, such as `latin-1`, `windows-1252`, `utf-16le`, `shift_jis`.
    pub fn encoding(mut self, name: &str) -> Self {
        self.settings.encoding = Some(name.to_owned());
        self
    }

    /// What stands between the fields of a CSV file: `b','` unless said otherwise, `b'\t'` in `.tsv` files.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.settings.delimiter = Some(delimiter);
        self
    }

    /// What stands around the fields of a CSV file that have a delimiter or a line break in them: `b'"'` unless said otherwise.
    pub fn quote(mut self, quote: u8) -> Self {
        self.settings.read.csv.dialect.quote = Some(quote);
        self
    }

    /// Takes quotes in a CSV file for letters.
    pub fn no_quotes(mut self) -> Self {
        self.settings.read.csv.dialect.quote = None;
        self
    }

    /// Passes over lines of a CSV file that begin with this sign.
    pub fn comment(mut self, sign: u8) -> Self {
        self.settings.read.csv.dialect.comment = Some(sign);
        self
    }

    /// Whether the first row of a CSV file has the names of the columns (it has, unless this says `false`).
    pub fn header(mut self, header: bool) -> Self {
        self.settings.read.csv.header = header;
        self
    }

    /// The names of a CSV file's columns. A file that is read with names has no row of names, as in pandas, unless
    /// [`header`](Self::header) says so afterwards.
    pub fn column_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.settings.read.csv.names = Some(names.into_iter().map(Into::into).collect());
        self.settings.read.csv.header = false;
        self
    }

    /// Passes over so many lines at the start of a CSV file.
    pub fn skip_lines(mut self, lines: usize) -> Self {
        self.settings.read.csv.skip_lines = lines;
        self
    }

    /// More texts that stand for an empty cell, beside those of pandas (nothing at all, `NA`, `null`, `NaN`, …).
    pub fn null_values<S: Into<String>>(mut self, texts: impl IntoIterator<Item = S>) -> Self {
        let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
        self.settings.read.csv.nulls = Nulls::with(&texts);
        self
    }

    /// The only texts that stand for an empty cell.
    pub fn only_null_values<S: Into<String>>(mut self, texts: impl IntoIterator<Item = S>) -> Self {
        self.settings.read.csv.nulls = Nulls::new(texts.into_iter().map(Into::into).collect());
        self
    }

    /// What to do with rows of a CSV file that have more or fewer fields than there are columns.
    pub fn on_bad_rows(mut self, bad_rows: BadRows) -> Self {
        self.settings.read.csv.bad_rows = bad_rows;
        self
    }

    /// How many rows of a CSV file its types are told from: 10 000, as many as Python looks at.
    pub fn infer_rows(mut self, rows: usize) -> Self {
        self.settings.read.csv.infer_rows = rows.max(1);
        self
    }

    /// How many bytes of a JSON file its types are told from: 10 MiB, as many as Python looks at.
    pub fn infer_bytes(mut self, bytes: usize) -> Self {
        self.settings.read.json.infer_bytes = bytes.max(1);
        self
    }

    /// The field of a JSON file's object that holds the list of rows.
    pub fn field(mut self, field: &str) -> Self {
        self.settings.read.json.field = Some(field.to_owned());
        self
    }

    /// What makes a row of a text file: each line, paragraph or document.
    pub fn sample_by(mut self, sample_by: SampleBy) -> Self {
        self.settings.read.sample_by = sample_by;
        self
    }

    /// Whether the lines of a text file keep their ends.
    pub fn keep_linebreaks(mut self, keep: bool) -> Self {
        self.settings.read.keep_linebreaks = keep;
        self
    }

    /// The branch, tag or commit of a repository of the Hub.
    pub fn revision(mut self, revision: &str) -> Self {
        self.settings.revision = Some(revision.to_owned());
        self
    }

    /// How many bytes a packed file may become in any case. Above that, and above two hundred times its size, it is taken for a
    /// bomb.
    pub fn max_unpacked_bytes(mut self, bytes: u64) -> Self {
        self.settings.read.allowed = Some(bytes);
        self
    }

    /// The folder for what is downloaded, unpacked and converted, in place of `COURSE_CACHE/datasets`.
    pub fn cache_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.cache_folder = Some(folder.into());
        self
    }

    /// Where the Hub is, in place of what the environment says.
    pub fn hub(mut self, config: HubConfig) -> Self {
        self.settings.hub = Some(config);
        self
    }

    /// Downloads and converts again, whatever is in the cache.
    pub fn fresh(mut self) -> Self {
        self.settings.fresh = true;
        self
    }

    /// Says nothing about the types that were told.
    pub fn quiet(mut self) -> Self {
        self.settings.quiet = true;
        self
    }
}
