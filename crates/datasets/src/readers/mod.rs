//! Files of every format as record batches.
//!
//! [`open`] tells the columns from the first file (and says how, as [`Inferred`]), and hands out the rows of all files in batches, a few
//! megabytes at a time, whatever the size of the files.

mod arrow;
mod bad_data;
mod csv;
mod inferred;
mod json;
mod lines;
mod parquet;
mod pipeline;
mod text;

use std::sync::Arc;

use arrow_array::RecordBatch;

pub use bad_data::BadData;
pub(crate) use bad_data::{lines_in, locate, shortened};
pub use csv::BadRows;
pub(crate) use csv::{CsvOptions, Nulls};
pub use inferred::{Inferred, InferredColumn};
pub(crate) use json::JsonOptions;
pub use text::SampleBy;

pub(crate) use crate::files::disk::size as disk_size;
use crate::files::{DataFile, Encoding, Meter, open_text};
use crate::{Error, Feature, Features, Result};

/// Rows in batches, read as they are asked for.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// The formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    Csv,
    Json,
    Parquet,
    Arrow,
    Text,
}

impl Format {
    /// The format of a name that a learner gives, such as `csv`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Self::Csv,
            "json" | "jsonl" | "ndjson" => Self::Json,
            "parquet" => Self::Parquet,
            "arrow" => Self::Arrow,
            "text" | "txt" => Self::Text,
            _ => return None,
        })
    }

    /// The format of files with an extension.
    pub(crate) fn of_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "csv" | "tsv" => Self::Csv,
            "json" | "jsonl" | "ndjson" => Self::Json,
            "parquet" | "geoparquet" | "gpq" => Self::Parquet,
            "arrow" => Self::Arrow,
            "txt" => Self::Text,
            _ => return None,
        })
    }

    /// The name that Python's `datasets` gives it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Text => "text",
        }
    }
}

/// How files are read.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadOptions {
    pub(crate) csv: CsvOptions,
    pub(crate) json: JsonOptions,
    pub(crate) sample_by: SampleBy,
    pub(crate) keep_linebreaks: bool,
    pub(crate) encoding: Encoding,
    /// The columns to read, where that saves work.
    pub(crate) columns: Option<Vec<String>>,
    /// What the columns hold, in place of what would be told.
    pub(crate) features: Option<Features>,
    /// How many bytes a packed file may unpack to in any case.
    pub(crate) allowed: Option<u64>,
}

/// Files that are being read.
pub(crate) struct Opened {
    /// The columns.
    pub(crate) features: Features,
    /// How the columns were told, where they were.
    pub(crate) inferred: Option<Inferred>,
    /// The rows.
    pub(crate) batches: Batches,
}

/// Opens files one after the other as one table; the first one says the columns.
///
/// # Errors
/// [`Error::BadData`] for whatever is wrong with the first file; what is wrong later comes out of the batches.
pub(crate) fn open(format: Format, files: Vec<DataFile>, options: Arc<ReadOptions>, meter: &Meter) -> Result<Opened> {
    let mut files = files.into_iter();
    let Some(first) = files.next() else {
        return Err(Error::Argument("there are no files to read".to_owned()));
    };
    let opened = open_one(format, &first, &options, options.features.as_ref(), meter)?;
    let (features, meter) = (opened.features.clone(), meter.clone());
    let mut current = opened.batches;
    let batches = std::iter::from_fn(move || {
        loop {
            if let Some(batch) = current.next() {
                return Some(batch);
            }
            let file = files.next()?;
            match open_one(format, &file, &options, Some(&features), &meter) {
                Ok(opened) => current = opened.batches,
                Err(error) => {
                    current = Box::new(std::iter::empty());
                    files = Vec::new().into_iter();
                    return Some(Err(error));
                }
            }
        }
    });
    Ok(Opened { features: opened.features, inferred: opened.inferred, batches: Box::new(batches) })
}

/// Whether a file is an Arrow file.
///
/// # Errors
/// [`Error::BadData`] where it is not, or is cut off at its start.
pub(crate) fn check_arrow(file: &DataFile) -> Result<()> {
    arrow::ArrowInput::open(file).map(|_| ())
}

fn open_one(
    format: Format,
    file: &DataFile,
    options: &ReadOptions,
    features: Option<&Features>,
    meter: &Meter,
) -> Result<Opened> {
    let input = || open_text(file, options.encoding, options.allowed, meter);
    match format {
        Format::Csv => {
            let opened = csv::CsvFile::open(input()?, &options.csv, features)?;
            Ok(Opened {
                features: opened.features.clone(),
                inferred: opened.inferred.clone(),
                batches: opened.batches(),
            })
        }
        Format::Json => {
            let opened = json::JsonFile::open(input()?, &options.json, features)?;
            Ok(Opened {
                features: opened.features.clone(),
                inferred: opened.inferred.clone(),
                batches: opened.batches(),
            })
        }
        Format::Parquet => {
            let opened = parquet::ParquetFile::open(file, options.columns.as_deref())?;
            let features = features.unwrap_or(&opened.features).clone();
            Ok(Opened { inferred: None, batches: opened.batches(&features, meter)?, features })
        }
        Format::Arrow => {
            let opened = arrow::ArrowInput::open(file)?;
            let features = features.unwrap_or(&opened.features).clone();
            Ok(Opened { inferred: None, batches: opened.batches(&features, meter)?, features })
        }
        Format::Text => {
            if file.size() == 0 {
                return Err(
                    BadData::new(&file.name, "the file is empty", "A text file has a row for each line.").into()
                );
            }
            let features = features.cloned().unwrap_or_else(|| Features::new().with("text", Feature::string()));
            if features.len() != 1
                || features.iter().any(|(_, feature)| feature.arrow_type() != arrow_schema::DataType::Utf8)
            {
                let problem = format!("a text file has one column of strings, not {features}");
                return Err(BadData::new(&file.name, problem, "Leave out `features`, or give one column.").into());
            }
            let schema = features.to_arrow_schema();
            let batches = text::read(input()?, schema, options.sample_by, options.keep_linebreaks);
            Ok(Opened { features, inferred: None, batches })
        }
    }
}

/// A type in a word: `int64`, `string`; nested ones as Python writes them.
pub(crate) fn feature_name(feature: &Feature) -> String {
    match feature {
        Feature::Value(value_type) => value_type.to_string(),
        other => other.to_string(),
    }
}
