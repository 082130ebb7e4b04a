//! Datasets out of Arrow files, record batches, columns and rows.

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::arrow_file::ArrowFile;
use crate::table::Table;
use crate::{Batch, Column, Dataset, Error, Features, Fingerprint, Result, Row, Value};

impl Dataset {
    /// The rows of Arrow files (stream or file format) one after the other, mapped and not read.
    ///
    /// Without `features`, the metadata of the first file says them, or its types do.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::BadFile`] for what is no Arrow file, was cut off, or has other columns than the first.
    pub fn from_arrow_files(
        paths: &[impl AsRef<Path>],
        features: Option<Features>,
        split: Option<&str>,
    ) -> Result<Self> {
        let files: Vec<Arc<ArrowFile>> =
            paths.iter().map(|path| ArrowFile::open(path.as_ref())).collect::<Result<_>>()?;
        let features = match (features, files.first()) {
            (Some(features), _) => features,
            (None, Some(file)) => Features::from_arrow_schema(file.schema()),
            (None, None) => Features::new(),
        };
        for file in &files {
            let names = file.schema().fields().iter().map(|field| field.name().as_str());
            if !names.eq(features.names()) {
                let names: Vec<&String> = file.schema().fields().iter().map(|field| field.name()).collect();
                return Err(Error::BadFile {
                    place: file.path().display().to_string(),
                    problem: format!(
                        "its columns are {names:?}, but {:?} were expected",
                        features.names().collect::<Vec<_>>()
                    ),
                });
            }
        }
        let fingerprint = Fingerprint::of_files(&files);
        let mut dataset = Self::new(Table::from_files(&files, &features), features, fingerprint);
        dataset.split = split.map(str::to_owned);
        Ok(dataset)
    }

    /// The rows of one Arrow file, mapped and not read.
    ///
    /// # Errors
    /// Those of [`Dataset::from_arrow_files`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::from_arrow_files(&[path], None, None)
    }

    /// The rows of record batches in memory.
    ///
    /// # Errors
    /// [`Error::Cast`] where a column cannot be brought to its feature.
    pub fn from_batches(features: Features, batches: Vec<RecordBatch>) -> Result<Self> {
        let fingerprint = Fingerprint::of_batches(&batches);
        Self::from_known_batches(features, &batches, fingerprint)
    }

    /// The same where the fingerprint is known, or will be.
    pub(crate) fn from_known_batches(
        features: Features,
        batches: &[RecordBatch],
        fingerprint: Fingerprint,
    ) -> Result<Self> {
        Ok(Self::new(Table::from_batches(batches, &features)?, features, fingerprint))
    }

    /// A dataset of columns of one length.
    ///
    /// # Errors
    /// [`Error::ColumnLengths`].
    pub fn from_batch(batch: &Batch) -> Result<Self> {
        Self::from_batches(batch.features(), vec![batch.to_record_batch()?])
    }

    /// A dataset of columns: `Dataset::from_columns([("text", Column::from(texts))])`.
    ///
    /// # Errors
    /// [`Error::ColumnLengths`] where they differ in length.
    pub fn from_columns<N: AsRef<str>, C: Into<Column>>(columns: impl IntoIterator<Item = (N, C)>) -> Result<Self> {
        Self::from_batch(&columns.into_iter().collect())
    }

    /// A dataset of rows; the types are found out. A column that a row does not have is missing there.
    ///
    /// # Errors
    /// [`Error::MixedTypes`] naming the rows whose values do not go together.
    pub fn from_rows(rows: impl IntoIterator<Item = impl Into<Row>>) -> Result<Self> {
        let rows: Vec<Row> = rows.into_iter().map(Into::into).collect();
        let mut names: Vec<&str> = Vec::new();
        for row in &rows {
            for name in row.names() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let values: Vec<&Value> = rows.iter().map(|row| &row[name]).collect();
            columns.push((name, Column::build(name, &values, None)?));
        }
        Self::from_columns(columns)
    }

    /// A dataset of rows of the given features.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] naming the row whose value does not fit.
    pub fn from_rows_of(features: Features, rows: impl IntoIterator<Item = impl Into<Row>>) -> Result<Self> {
        let rows: Vec<Row> = rows.into_iter().map(Into::into).collect();
        let mut batch = Batch::new();
        for (name, feature) in features.iter() {
            let values: Vec<&Value> = rows.iter().map(|row| &row[name]).collect();
            batch.set(name, Column::build(name, &values, Some(feature))?);
        }
        Self::from_batch(&batch)
    }
}
