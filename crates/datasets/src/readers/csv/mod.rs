//! Comma-separated tables, read as pandas reads them, and faster.
//!
//! | file | what |
//! |---|---|
//! | `scan.rs` | where fields begin and end, quotes taken into account |
//! | `records.rs` | a file as blocks of whole records of equal width |
//! | `cell.rs` | what a cell says: nothing, yes or no, a number, text |
//! | `infer.rs` | a column's type from its first cells |
//! | `columns.rs` | cells as Arrow arrays |

mod cell;
mod columns;
mod infer;
mod records;
mod scan;

use arrow_array::RecordBatch;

use self::columns::Plan;
use self::records::{RecordBlocks, Records};
use super::pipeline::Pipeline;
use super::{BadData, Inferred};
use crate::files::TextInput;
use crate::{Feature, Features, Result};

pub(crate) use self::cell::Nulls;
pub(crate) use self::scan::Dialect;

/// What to do with rows that have more or fewer fields than the table has columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadRows {
    /// Stop with an error that names the line.
    #[default]
    Error,
    /// Leave them out, and say how many.
    Skip,
    /// Take missing fields for empty, as pandas does; more fields than columns are an error.
    Fill,
}

/// How a table is written and read.
#[derive(Debug, Clone)]
pub(crate) struct CsvOptions {
    pub(crate) dialect: Dialect,
    /// Whether the first record has the names of the columns.
    pub(crate) header: bool,
    /// Names in place of those in the file.
    pub(crate) names: Option<Vec<String>>,
    /// Lines to pass over at the start.
    pub(crate) skip_lines: usize,
    pub(crate) nulls: Nulls,
    pub(crate) bad_rows: BadRows,
    /// How many rows a type is told from.
    pub(crate) infer_rows: usize,
    /// Types of single columns in place of what would be told.
    pub(crate) column_types: Vec<(String, Feature)>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            header: true,
            names: None,
            skip_lines: 0,
            nulls: Nulls::default(),
            bad_rows: BadRows::default(),
            infer_rows: INFER_ROWS,
            column_types: Vec::new(),
        }
    }
}

/// pandas reads, and Python's `datasets` decides, in pieces of so many rows.
pub(crate) const INFER_ROWS: usize = 10_000;

/// A file whose columns and their types are known.
pub(crate) struct CsvFile {
    pub(crate) features: Features,
    /// What was told from the cells, unless all types were given.
    pub(crate) inferred: Option<Inferred>,
    blocks: RecordBlocks,
    sample: Vec<Records>,
    plan: Plan,
}

impl CsvFile {
    /// Reads the header and as many rows as the types are told from. With `features`, types are not told: the file must have
    /// these columns.
    ///
    /// # Errors
    /// [`Error::BadData`](crate::Error::BadData) for empty files, ragged rows, quotes that are not closed, and columns that are not those of `features`.
    pub(crate) fn open(input: TextInput, options: &CsvOptions, features: Option<&Features>) -> Result<Self> {
        let mut blocks = RecordBlocks::new(input, options.dialect, options.bad_rows);
        blocks.skip_lines(options.skip_lines)?;
        let (names, mut sample) = header(&mut blocks, options)?;
        blocks.set_names(names.clone());
        if let Some(features) = features {
            let plan = plan(&blocks, options, &names, features, None)?;
            return Ok(Self { features: features.clone(), inferred: None, blocks, sample, plan });
        }
        let mut rows: usize = sample.iter().map(Records::len).sum();
        let mut all = false;
        while rows < options.infer_rows {
            course_wire::interrupt::check()?;
            match blocks.next()? {
                Some(records) => {
                    rows += records.len();
                    sample.push(records);
                }
                None => {
                    all = true;
                    break;
                }
            }
        }
        let (columns, looked_at) = infer::infer(&names, &sample, options.infer_rows, &options.nulls);
        let mut features = Features::new();
        let mut told = Vec::with_capacity(columns.len());
        for (mut column, data_type) in columns {
            let given = options.column_types.iter().find(|(name, _)| *name == column.name);
            let feature = match given {
                Some((_, feature)) => {
                    column.why = "as you said".to_owned();
                    feature.clone()
                }
                None => Feature::from_arrow(&data_type),
            };
            column.feature = super::feature_name(&feature);
            features.insert(column.name.as_str(), feature);
            told.push(column);
        }
        if let Some((name, _)) = options.column_types.iter().find(|(name, _)| features.get(name).is_none()) {
            return Err(crate::Error::no_column(name, features.names()));
        }
        let notes = match blocks.left_out() {
            0 => Vec::new(),
            count => vec![format!("{count} rows with the wrong number of fields are left out so far")],
        };
        let plan = plan(&blocks, options, &names, &features, Some(looked_at))?;
        let inferred = Inferred { file: blocks.file().to_owned(), rows: looked_at, all, columns: told, notes };
        Ok(Self { features, inferred: Some(inferred), blocks, sample, plan })
    }

    /// All rows.
    pub(crate) fn batches(self) -> Box<dyn Iterator<Item = Result<RecordBatch>> + Send> {
        let Self { mut blocks, sample, plan, .. } = self;
        Box::new(
            Pipeline::new(move || blocks.next(), move |records: Records| plan.convert(&records)).with_first(sample),
        )
    }
}

/// The names of the columns, and the first record where it does not hold them.
fn header(blocks: &mut RecordBlocks, options: &CsvOptions) -> Result<(Vec<String>, Vec<Records>)> {
    let first = blocks.one()?;
    let Some(first) = first else {
        if let Some(names) = options.names.clone().filter(|_| !options.header) {
            return Ok((names, Vec::new()));
        }
        let advice = "A CSV file begins with a line of column names.";
        return Err(BadData::new(blocks.file(), "the file is empty: there is no header and no row", advice).into());
    };
    let cells: Vec<String> = (0..first.width).map(|column| first.field(0, column).into_owned()).collect();
    let width = cells.len();
    let names = match (&options.names, options.header) {
        (Some(names), _) if names.len() != width => {
            let problem = format!(
                "{} column names were given ({}), and its first row has {width} fields",
                names.len(),
                names.join(", ")
            );
            let advice = "Give a name for each, or check `.delimiter(…)`.";
            return Err(BadData::new(blocks.file(), problem, advice).at(first.line_of(0), None).into());
        }
        (Some(names), _) => names.clone(),
        (None, true) => named(cells),
        (None, false) => (0..width).map(|column| column.to_string()).collect(),
    };
    let sample = if options.header { Vec::new() } else { vec![first] };
    Ok((names, sample))
}

/// Column names as pandas makes them: `Unnamed: 0` for one without, `a.1` for a second `a`.
fn named(cells: Vec<String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(cells.len());
    for (column, cell) in cells.iter().enumerate() {
        let wanted = if cell.is_empty() { format!("Unnamed: {column}") } else { cell.clone() };
        let mut name = wanted.clone();
        let mut count = 0;
        while names.contains(&name) || (count > 0 && cells.contains(&name)) {
            count += 1;
            name = format!("{wanted}.{count}");
        }
        names.push(name);
    }
    names
}

fn plan(
    blocks: &RecordBlocks,
    options: &CsvOptions,
    names: &[String],
    features: &Features,
    told_from: Option<usize>,
) -> Result<Plan> {
    let mut fields = Vec::with_capacity(features.len());
    for name in features.names() {
        match names.iter().position(|known| known == name) {
            Some(field) => fields.push(field),
            None => {
                let problem = format!("there is no column {name:?}; the file has {}", names.join(", "));
                let advice = "All files of a split have the same columns, and `features` names those to read.";
                return Err(BadData::new(blocks.file(), problem, advice).at(1, None).into());
            }
        }
    }
    Ok(Plan {
        file: blocks.file().to_owned(),
        features: features.clone(),
        schema: features.to_arrow_schema(),
        fields,
        nulls: options.nulls.clone(),
        told_from,
    })
}

#[cfg(test)]
mod tests;
