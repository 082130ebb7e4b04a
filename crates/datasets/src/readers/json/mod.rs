//! JSON files, read as pyarrow reads them: one object on each line, one list of objects, or a list in a field of an object.
//!
//! | file | what |
//! |---|---|
//! | `values.rs` | a file as blocks of whole values, whichever way it is laid out |
//! | `kind.rs` | what a column holds, told from its first values |
//! | `moment.rs` | dates and moments in text |
//! | `node.rs` | values straight into Arrow arrays |

mod kind;
mod moment;
mod node;
mod values;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_cast::CastOptions;
use arrow_schema::SchemaRef;
use serde::de::DeserializeSeed;

use self::kind::{Kind, Look, Path};
use self::node::{Node, Pour};
use self::values::{Layout, ValueBlocks, Values};
use super::pipeline::Pipeline;
use super::{BadData, Inferred, InferredColumn};
use crate::files::TextInput;
use crate::{Error, Feature, Features, Result};

/// How a JSON file is read.
#[derive(Debug, Clone)]
pub(crate) struct JsonOptions {
    /// The field of the file's object that holds the list of rows.
    pub(crate) field: Option<String>,
    /// How many bytes the types are told from.
    pub(crate) infer_bytes: usize,
    /// Types of single columns in place of what would be told.
    pub(crate) column_types: Vec<(String, Feature)>,
}

impl Default for JsonOptions {
    /// Types are told from what Python's `datasets` reads at a time: 10 MiB.
    fn default() -> Self {
        Self { field: None, infer_bytes: 10 << 20, column_types: Vec::new() }
    }
}

/// The column of values that are no objects.
const PLAIN_COLUMN: &str = "text";

/// A file whose columns and their types are known.
pub(crate) struct JsonFile {
    pub(crate) features: Features,
    pub(crate) inferred: Option<Inferred>,
    blocks: ValueBlocks,
    sample: Vec<Values>,
    plan: Plan,
}

/// How values become rows.
struct Plan {
    file: String,
    features: Features,
    schema: SchemaRef,
    /// Whether each value is a row of one column, not an object.
    plain: bool,
    /// Whether the types were told from the data.
    told: bool,
    layout: Layout,
}

impl JsonFile {
    /// Reads as much as the types are told from. With `features`, types are not told.
    ///
    /// # Errors
    /// [`Error::BadData`] for empty files, broken JSON and mixed types, with line and column.
    pub(crate) fn open(input: TextInput, options: &JsonOptions, features: Option<&Features>) -> Result<Self> {
        let (mut blocks, layout) = ValueBlocks::open(input, options.field.as_deref())?;
        let file = blocks.file().to_owned();
        let mut sample: Vec<Values> = Vec::new();
        let plan = |features: &Features, plain: bool, told: bool| {
            let schema = features.to_arrow_schema();
            Plan { file: file.clone(), features: features.clone(), schema, plain, told, layout }
        };
        if let Some(features) = features {
            sample.extend(blocks.next()?);
            let plain = sample
                .iter()
                .flat_map(Values::iter)
                .next()
                .is_some_and(|(_, value)| !value.trim_start().starts_with('{'));
            let plan = plan(features, plain && features.len() == 1, false);
            return Ok(Self { features: features.clone(), inferred: None, blocks, sample, plan });
        }
        let mut kind = Kind::Null;
        let (mut rows, mut looked_at, mut all) = (0, 0, false);
        while looked_at < options.infer_bytes {
            course_wire::interrupt::check()?;
            let Some(values) = blocks.next()? else {
                all = true;
                break;
            };
            rows += look(&values, &mut kind, &file, layout)?;
            looked_at += values.size();
            sample.push(values);
        }
        let (fields, plain) = match kind {
            Kind::Struct(fields) => (fields, false),
            // A list without an element has no columns.
            Kind::Null if rows == 0 => (Vec::new(), false),
            kind => (vec![(PLAIN_COLUMN.to_owned(), kind)], true),
        };
        if fields.is_empty() {
            let advice = "A JSON file holds one object on each line, or a list of objects.";
            return Err(BadData::new(&file, "there is no row with a column in this file", advice).into());
        }
        let mut notes = Vec::new();
        if rows == 1
            && let Some((name, _)) =
                fields.iter().find(|(_, kind)| matches!(kind, Kind::List(item) if matches!(**item, Kind::Struct(_))))
        {
            notes.push(format!("the file is one object, so there is one row; for the rows in its list {name:?}, read it with `.field({name:?})`"));
        }
        let mut features = Features::new();
        let mut columns = Vec::with_capacity(fields.len());
        for (name, kind) in fields {
            let given = options.column_types.iter().find(|(given, _)| *given == name);
            let (feature, why) = match given {
                Some((_, feature)) => (feature.clone(), "as you said"),
                None => (Feature::from_arrow(&kind.arrow_type()), kind.describe()),
            };
            columns.push(InferredColumn {
                name: name.clone(),
                feature: super::feature_name(&feature),
                why: why.to_owned(),
            });
            features.insert(name.as_str(), feature);
        }
        let plan = plan(&features, plain, true);
        let inferred = Inferred { file: file.clone(), rows, all, columns, notes };
        Ok(Self { features, inferred: Some(inferred), blocks, sample, plan })
    }

    /// All rows.
    pub(crate) fn batches(self) -> Box<dyn Iterator<Item = Result<RecordBatch>> + Send> {
        let Self { mut blocks, sample, plan, .. } = self;
        Box::new(Pipeline::new(move || blocks.next(), move |values: Values| plan.convert(&values)).with_first(sample))
    }
}

/// Takes in what the values of a block are; returns how many there are.
fn look(values: &Values, kind: &mut Kind, file: &str, layout: Layout) -> Result<usize> {
    each(values, file, layout, true, |deserializer| Look { kind, place: Path::ROW }.deserialize(deserializer))
}

type Slice<'a> = serde_json::Deserializer<serde_json::de::SliceRead<'a>>;

/// Hands each value of a block to `take`; returns how many there were.
fn each(
    values: &Values,
    file: &str,
    layout: Layout,
    told: bool,
    mut take: impl FnMut(&mut Slice<'_>) -> serde_json::Result<()>,
) -> Result<usize> {
    let mut count = 0;
    for (start, text) in values.iter() {
        let mut at = 0;
        // Almost always there is one value on a line; where there are more, each goes on where the last ended.
        while let Some(rest) = text.get(at..).filter(|rest| !rest.trim_ascii().is_empty()) {
            let mut deserializer = serde_json::Deserializer::from_slice(rest.as_bytes());
            let bad = |error: serde_json::Error| explain(values, start + at, rest, &error, file, layout, told);
            take(&mut deserializer).map_err(&bad)?;
            count += 1;
            match deserializer.end() {
                Ok(()) => break,
                Err(error) if rest.as_bytes().get(place_in(rest, &error)) == Some(&b'{') => {
                    at += place_in(rest, &error)
                }
                Err(error) => return Err(bad(error)),
            }
        }
    }
    Ok(count)
}

/// The byte of a text that an error is at.
fn place_in(text: &str, error: &serde_json::Error) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line - 2).map_or(0, |(newline, _)| newline + 1),
    };
    (line_start + error.column().saturating_sub(1)).min(text.len())
}

fn explain(
    values: &Values,
    start: usize,
    text: &str,
    error: &serde_json::Error,
    file: &str,
    layout: Layout,
    told: bool,
) -> Error {
    let (line, column) = values.locate(start + place_in(text, error));
    let whole = error.to_string();
    let what = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(what, _)| what).to_owned();
    let (problem, advice) = if error.is_data() {
        let advice = if told {
            "Make the values one type, or give the column's: `.column_type(\"name\", \"string\")`. Types are told from the start of the file; `.infer_bytes(…)` looks further."
        } else {
            "Make the values fit the features, or the features fit the values."
        };
        (what, advice.to_owned())
    } else {
        let nothing = ["NaN", "Infinity", "-Infinity"].iter().find(|word| text.contains(*word));
        let advice = match (nothing, layout) {
            (Some(word), _) if !error.is_eof() => format!("{word} is not JSON: write null in its place."),
            (_, Layout::Lines) => {
                "Each line must be one whole JSON value. The lines before this one are fine.".to_owned()
            }
            _ => "The values before this one are fine.".to_owned(),
        };
        (format!("this is not JSON: {what}"), advice)
    };
    BadData::new(file, problem, advice).at(line, Some(column)).into()
}

impl Plan {
    /// The values as a batch.
    ///
    /// # Errors
    /// [`Error::BadData`] with the place of the first value that is broken or does not fit.
    fn convert(&self, values: &Values) -> Result<RecordBatch> {
        let mut root = if self.plain {
            let feature = self.features.iter().next().map(|(_, feature)| feature);
            feature.map_or_else(|| Node::Null(0), Node::new)
        } else {
            Node::new(&Feature::Struct(self.features.clone()))
        };
        let name = self.features.names().next().unwrap_or(PLAIN_COLUMN);
        let row = Path::ROW;
        let place = if self.plain { row.field(name) } else { row };
        let rows = each(values, &self.file, self.layout, self.told, |deserializer| {
            Pour { node: &mut root, place }.deserialize(deserializer)
        })?;
        let array = root.finish();
        let columns: Vec<ArrayRef> = match array.as_any().downcast_ref::<StructArray>() {
            Some(objects) if !self.plain => objects.columns().to_vec(),
            _ => vec![array],
        };
        let columns = columns.into_iter().zip(self.schema.fields()).map(|(column, field)| {
            if column.data_type() == field.data_type() {
                return Ok(column);
            }
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            arrow_cast::cast_with_options(&column, field.data_type(), &strict).map_err(|error| {
                let fits = |row: usize| {
                    arrow_cast::cast_with_options(&column.slice(row, 1), field.data_type(), &strict).is_ok()
                };
                let row = (0..column.len()).find(|row| !fits(*row)).unwrap_or(0);
                let (line, _) = values.iter().nth(row).map_or((1, 1), |(start, _)| values.locate(start));
                let problem = format!("a value cannot be made {} ({error})", field.data_type());
                BadData::new(&self.file, problem, "Give the column another type.")
                    .at(line, None)
                    .named(field.name())
                    .into()
            })
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(Error::arrow("reading JSON"))
    }
}

#[cfg(test)]
mod tests;
