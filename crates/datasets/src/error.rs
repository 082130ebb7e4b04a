//! What can go wrong with a dataset, said so that a learner knows where and what to do.

use std::fmt;
use std::path::PathBuf;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with a dataset.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("{}: {doing} failed: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done, such as "reading".
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is no such column.
    #[error("there is no column {name:?}; the columns are {}{}", listed(.columns), nearest(.name, .columns))]
    NoColumn {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// There is no such row.
    #[error("there is no row {index}: the dataset has {rows} rows, numbered from 0")]
    NoRow {
        /// The number that was asked for.
        index: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// There is no such split.
    #[error("there is no split {name:?}; the splits are {}{}", listed(.splits), nearest(.name, .splits))]
    NoSplit {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        splits: Vec<String>,
    },
    /// Two columns would have one name.
    #[error("there would be two columns named {0:?}; give one of them another name, or remove it first")]
    TwoColumns(String),
    /// A value is asked for as something that it is not.
    #[error("{place} holds {found}, not {wanted}")]
    WrongType {
        /// The column, and the row where it is known.
        place: String,
        /// What is there.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A value does not fit the type of its column.
    #[error("column {column:?}, row {row}: {value} does not fit {feature}")]
    DoesNotFit {
        /// The column.
        column: String,
        /// The row, counted from the first of those that were being written.
        row: usize,
        /// The value, shortened.
        value: String,
        /// The type of the column, as Python writes it.
        feature: String,
    },
    /// Values of several types met in one column.
    #[error(
        "column {column:?} mixes types: {first} in row {first_row} and {second} in row {second_row}; make them one type, or give the column's type with `features`"
    )]
    MixedTypes {
        /// The column.
        column: String,
        /// The type met first.
        first: String,
        /// Where it was met.
        first_row: usize,
        /// The other type.
        second: String,
        /// Where that was met.
        second_row: usize,
    },
    /// Columns of a batch have different lengths. The first line is what Python's `datasets` says.
    #[error(
        "Column {index} named {column} expected length {expected} but got length {found}\n\
         A batch may come back with another number of rows only if all its columns do: the columns that are left as they were still have {old}. \
         Remove them with `remove_columns`, or repeat their values so that each has one for each new row."
    )]
    ColumnLengths {
        /// The number of the column.
        index: usize,
        /// Its name.
        column: String,
        /// The length of the first column.
        expected: usize,
        /// The length of this one.
        found: usize,
        /// The number of rows that went in.
        old: usize,
    },
    /// Two sets of features do not go together.
    #[error("{doing}: column {column:?} is {first} in one and {second} in the other; cast one of them first")]
    Features {
        /// What was being done.
        doing: &'static str,
        /// The column.
        column: String,
        /// Its type in the first.
        first: String,
        /// Its type in the second.
        second: String,
    },
    /// A type cannot be cast to another.
    #[error("column {column:?} cannot be cast from {from} to {to}: {why}")]
    Cast {
        /// The column.
        column: String,
        /// Its type.
        from: String,
        /// The type that was asked for.
        to: String,
        /// Why not.
        why: String,
    },
    /// A class name or number that the column's labels do not have.
    #[error("{value} is not one of the {} classes: {}", .names.len(), listed(.names))]
    NoClass {
        /// What was given.
        value: String,
        /// The names of the classes.
        names: Vec<String>,
    },
    /// The name of a type that there is not.
    #[error(
        "{0:?} is not the name of a type; there are string, bool, int8 … int64, uint8 … uint64, float16, float32, float64, binary, date32, timestamp[us], timestamp[s, tz=UTC], duration[ms], decimal128(10, 2) and more"
    )]
    NoType(String),
    /// A file says something that cannot be used.
    #[error("{place}: {problem}")]
    BadFile {
        /// The file, and the place in it.
        place: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// An argument that cannot be used.
    #[error("{0}")]
    Argument(String),
    /// A function of the learner's failed.
    #[error("{place}: {error}")]
    Function {
        /// Which rows it was given.
        place: String,
        /// What it failed with.
        error: RowError,
    },
    /// The learner pressed ■.
    #[error(transparent)]
    Interrupted(#[from] course_wire::Interrupted),
    /// The Arrow library refused.
    #[error("{doing}: {source}")]
    Arrow {
        /// What was being done.
        doing: String,
        /// What Arrow said.
        source: arrow_schema::ArrowError,
    },
    /// A tensor could not be made.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// A data file is not what it should be.
    #[error(transparent)]
    BadData(Box<crate::BadData>),
    /// A dataset cannot be cut in two as asked.
    #[error("the split does not work: {0}")]
    Split(String),
    /// What is to be written does not fit on the disk.
    #[error(
        "{what} needs about {needed} of disk, and {} has {free} free; free some, or set COURSE_CACHE to a folder on a larger disk",
        folder.display()
    )]
    DiskFull {
        /// What was to be written.
        what: String,
        /// Where to.
        folder: PathBuf,
        /// How much it needs.
        needed: String,
        /// How much there is.
        free: String,
    },
    /// No place has a dataset of this name.
    #[error(
        "there is no dataset {name:?}; looked at\n  {}\nFor files, name the format and the files: `load_dataset(\"csv\").data_files(\"reviews.csv\")`.",
        looked.join("\n  ")
    )]
    NoDataset {
        /// The name.
        name: String,
        /// Every place, and what was found there.
        looked: Vec<String>,
    },
    /// The Hub, or another server, does not answer as it should.
    #[error(transparent)]
    Hub(#[from] course_hub::HubError),
    /// Polars refused.
    #[error("{doing}: {source}")]
    Polars {
        /// What was being done.
        doing: &'static str,
        /// What Polars said.
        source: polars::error::PolarsError,
    },
    /// A tokenizer refused.
    #[error(transparent)]
    Tokenizer(course_tokenization::Error),
    /// A batch is too large for lists with 32-bit offsets.
    #[error("a batch has more than 2147483647 tokens; make the batches smaller")]
    TooManyTokens,
}

impl From<course_tokenization::Error> for Error {
    fn from(error: course_tokenization::Error) -> Self {
        match error {
            course_tokenization::Error::Interrupted(stop) => Self::Interrupted(stop),
            other => Self::Tokenizer(other),
        }
    }
}

impl Error {
    /// For `map_err` on file operations: `Error::io("reading", &path)`.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, doing, source }
    }

    /// For `map_err` on Arrow's operations.
    pub(crate) fn arrow(doing: impl Into<String>) -> impl FnOnce(arrow_schema::ArrowError) -> Self {
        let doing = doing.into();
        move |source| Self::Arrow { doing, source }
    }

    pub(crate) fn split(problem: impl Into<String>) -> Self {
        Self::Split(problem.into())
    }

    pub(crate) fn no_column<'n>(name: &str, columns: impl IntoIterator<Item = &'n str>) -> Self {
        Self::NoColumn { name: name.to_owned(), columns: columns.into_iter().map(str::to_owned).collect() }
    }
}

/// The error of a function that a learner hands to `map` or `filter`: any error becomes one by `?`.
///
/// ```
/// use course_datasets::RowError;
/// fn number(text: &str) -> Result<f64, RowError> {
///     Ok(text.trim().parse::<f64>()?)
/// }
/// assert_eq!(number("x").unwrap_err().to_string(), "invalid float literal");
/// ```
pub struct RowError(Box<dyn std::error::Error + Send + Sync>);

impl RowError {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into().into())
    }

    /// Whether it is the interrupt of a learner who pressed ■ that came this way.
    pub(crate) fn is_interrupt(&self) -> bool {
        self.0.is::<course_wire::Interrupted>()
            || matches!(self.0.downcast_ref(), Some(Error::Interrupted(_)))
            || matches!(self.0.downcast_ref(), Some(course_tokenization::Error::Interrupted(_)))
    }

    /// The error of this crate for a function that failed on `place`.
    pub(crate) fn at(self, place: impl fmt::Display) -> Error {
        if self.is_interrupt() {
            return Error::Interrupted(course_wire::Interrupted);
        }
        Error::Function { place: place.to_string(), error: self }
    }
}

// Not an `Error` itself, or the conversion from every error would overlap with that from itself.
impl<E: std::error::Error + Send + Sync + 'static> From<E> for RowError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// `"a", "b" and "c"`, with an end where there are many.
pub(crate) fn listed(names: &[String]) -> String {
    const MOST: usize = 12;
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("{name:?}")).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `; did you mean "text"?`, where a name is one or two letters away.
fn nearest(name: &str, names: &[String]) -> String {
    let best = names.iter().map(|known| (distance(&name.to_lowercase(), &known.to_lowercase()), known)).min();
    match best {
        Some((steps, known)) if steps <= 2 && steps < known.chars().count() => format!("; did you mean {known:?}?"),
        _ => String::new(),
    }
}

/// Levenshtein's distance: letters to change, add or drop.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, &second) in other.iter().enumerate() {
            let change = row.get(j).copied().unwrap_or(0) + usize::from(letter != second);
            let drop = row.get(j + 1).copied().unwrap_or(0) + 1;
            let add = next.last().copied().unwrap_or(0) + 1;
            next.push(change.min(drop).min(add));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_is_not_there_is_told_with_those_that_are() {
        let error = Error::no_column("reveiw", ["review", "rating"]).to_string();
        assert_eq!(
            error,
            "there is no column \"reveiw\"; the columns are \"review\", \"rating\"; did you mean \"review\"?"
        );
        let error = Error::no_column("label", ["review"]).to_string();
        assert_eq!(error, "there is no column \"label\"; the columns are \"review\"");
    }

    #[test]
    fn many_names_are_cut() {
        let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert!(listed(&names).ends_with("\"11\" and 8 more"));
    }

    #[test]
    fn any_error_becomes_a_row_error_and_an_interrupt_stays_one() {
        fn parse() -> Result<i64, RowError> {
            Ok("x".parse::<i64>()?)
        }
        let error = parse().unwrap_err().at("row 3");
        assert_eq!(error.to_string(), "row 3: invalid digit found in string");
        let error = RowError::from(Error::Interrupted(course_wire::Interrupted)).at("row 3");
        assert!(matches!(error, Error::Interrupted(_)));
    }
}
