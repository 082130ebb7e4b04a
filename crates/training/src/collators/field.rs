//! A column of a batch as plain numbers.

use candle_core::{Device, Tensor};
use course_datasets::{Batch, Column, Value};

use crate::{Error, Result};

/// The numbers of a column, one entry a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    IntLists(Vec<Vec<i64>>),
    FloatLists(Vec<Vec<f32>>),
    /// Lists of lists: choices, offsets.
    Nested(Vec<Vec<Vec<i64>>>),
}

/// What a model reads as `u32`.
const UNSIGNED: [&str; 8] = [
    "input_ids",
    "attention_mask",
    "token_type_ids",
    "position_ids",
    "special_tokens_mask",
    "decoder_input_ids",
    "decoder_attention_mask",
    "seq_idx",
];

/// The columns of numbers by the names that models know: `label` and `label_ids` are `labels`. Texts are left out.
pub(super) fn fields(batch: &Batch) -> Result<Vec<(String, Field)>> {
    if batch.is_empty() {
        return Err(Error::data("the batch", "it has no rows"));
    }
    let mut fields = Vec::new();
    for (name, column) in batch.iter() {
        let renamed = if matches!(name, "label" | "label_ids") { "labels" } else { name };
        if let Some(field) = read(name, column)? {
            fields.push((renamed.to_owned(), field));
        }
    }
    Ok(fields)
}

/// The numbers; none where the column holds something else.
fn read(name: &str, column: &Column) -> Result<Option<Field>> {
    let values: Vec<Value> = column.iter().collect();
    // A text that is missing is nobody's concern.
    if values.iter().any(|value| value.as_str().is_some()) {
        return Ok(None);
    }
    if let Some(row) = values.iter().position(Value::is_null) {
        // A column that is missing throughout, such as the labels of a test set, is no column.
        return match values.iter().all(Value::is_null) {
            true => Ok(None),
            false => Err(Error::data(format!("column {name:?}"), format!("row {row} of the batch is missing (None)"))),
        };
    }
    let numbers = |value: &Value| value.as_i64().or(value.as_bool().map(i64::from));
    let ints = |list: &Value| list.as_list()?.iter().map(numbers).collect::<Option<Vec<i64>>>();
    let floats = |list: &Value| list.as_list()?.iter().map(|v| Some(v.as_f64()? as f32)).collect::<Option<Vec<f32>>>();
    let nested = |lists: &Value| lists.as_list()?.iter().map(ints).collect::<Option<Vec<_>>>();
    let all = |of: &dyn Fn(&Value) -> bool| values.iter().all(of);
    Ok(if all(&|value| numbers(value).is_some()) {
        Some(Field::Ints(values.iter().filter_map(numbers).collect()))
    } else if all(&|value| value.as_f64().is_some()) {
        Some(Field::Floats(values.iter().filter_map(|value| Some(value.as_f64()? as f32)).collect()))
    } else if let Some(lists) = values.iter().map(ints).collect::<Option<Vec<_>>>() {
        Some(Field::IntLists(lists))
    } else if let Some(lists) = values.iter().map(floats).collect::<Option<Vec<_>>>() {
        Some(Field::FloatLists(lists))
    } else {
        values.iter().map(nested).collect::<Option<Vec<_>>>().map(Field::Nested)
    })
}

impl Field {
    /// The tensor, (rows) or (rows, length), in the type that models want for a column of this name.
    pub(super) fn tensor(&self, name: &str) -> Result<Tensor> {
        let device = &Device::Cpu;
        Ok(match self {
            Self::Ints(numbers) => whole(name, numbers.clone(), &[numbers.len()])?,
            Self::Floats(numbers) => Tensor::from_slice(numbers, numbers.len(), device)?,
            Self::IntLists(lists) => whole(name, lists.concat(), &[lists.len(), one_length(name, lists)?])?,
            Self::FloatLists(lists) => {
                Tensor::from_vec(lists.concat(), (lists.len(), one_length(name, lists)?), device)?
            }
            Self::Nested(rows) => {
                let choices = one_length(name, rows)?;
                let lists: Vec<Vec<i64>> = rows.concat();
                let length = one_length(name, &lists)?;
                whole(name, lists.concat(), &[rows.len(), choices, length])?
            }
        })
    }
}

/// Whole numbers as the model wants them.
pub(super) fn whole(name: &str, numbers: Vec<i64>, shape: &[usize]) -> Result<Tensor> {
    if !UNSIGNED.contains(&name) {
        return Ok(Tensor::from_vec(numbers, shape, &Device::Cpu)?);
    }
    let unsigned = numbers.iter().map(|&number| u32::try_from(number)).collect::<Result<Vec<u32>, _>>();
    let negative = || numbers.iter().find(|number| **number < 0).copied().unwrap_or_default();
    let unsigned = unsigned
        .map_err(|_| Error::data(format!("column {name:?}"), format!("{} is no token id or mask", negative())))?;
    Ok(Tensor::from_vec(unsigned, shape, &Device::Cpu)?)
}

fn one_length<T>(name: &str, lists: &[Vec<T>]) -> Result<usize> {
    let length = lists.first().map_or(0, Vec::len);
    match lists.iter().position(|list| list.len() != length) {
        None => Ok(length),
        Some(row) => Err(Error::data(
            format!("column {name:?}"),
            format!(
                "row 0 of the batch has {length} items and row {row} has {}; a collator that pads, such as DataCollatorWithPadding, makes them \
                 one length",
                lists.get(row).map_or(0, Vec::len)
            ),
        )),
    }
}
