//! Cells as Arrow arrays of the column's type; the first cell that does not fit is named with its line.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, LargeStringArray, NullArray, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_cast::CastOptions;
use arrow_schema::{DataType, SchemaRef};

use super::cell::{Nulls, boolean, float, integer, unsigned};
use super::records::Records;
use crate::readers::{BadData, shortened};
use crate::{ClassLabel, Error, Feature, Features, Result};

/// How cells become values: what each column holds, and which field of a record it is.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) file: String,
    pub(super) features: Features,
    pub(super) schema: SchemaRef,
    /// For each column, the number of its field in a record.
    pub(super) fields: Vec<usize>,
    pub(super) nulls: Nulls,
    /// How the types came about, for messages: `Some(rows)` when told from so many rows, `None` when the learner gave them.
    pub(super) told_from: Option<usize>,
}

/// A cell that does not fit: its row among the records, and what should be there.
struct Misfit {
    row: usize,
    wanted: String,
}

impl Plan {
    /// The records as a batch.
    ///
    /// # Errors
    /// [`Error::BadData`] for the first cell that does not fit its column.
    pub(super) fn convert(&self, records: &Records) -> Result<RecordBatch> {
        let columns = self.features.iter().zip(&self.fields).map(|((name, feature), field)| {
            let cells = Cells { records, field: *field, nulls: &self.nulls };
            cells.array(feature).map_err(|misfit| self.explain(records, *field, name, feature, misfit))
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
        RecordBatch::try_new(self.schema.clone(), columns).map_err(Error::arrow("reading CSV"))
    }

    fn explain(&self, records: &Records, field: usize, name: &str, feature: &Feature, misfit: Misfit) -> Error {
        let cell = shortened(&records.field(misfit.row, field));
        let Misfit { row, wanted } = misfit;
        let (problem, advice) = match self.told_from {
            Some(rows) => (
                format!("{cell} is not {wanted}, which this column holds in the first {rows} rows ({feature})"),
                format!(
                    "If it is text, say so: `.column_type({name:?}, \"string\")`; if it stands for an empty cell: `.null_values([{cell}])`; or look at more rows: `.infer_rows({})`.",
                    rows * 10
                ),
            ),
            None => (
                format!("{cell} is not {wanted}, and this column is {feature}"),
                format!(
                    "Give the column another type, or name what stands for an empty cell: `.null_values([{cell}])`."
                ),
            ),
        };
        BadData::new(&self.file, problem, advice).at(records.line_of(row), Some(field as u64 + 1)).named(name).into()
    }
}

/// The cells of one column.
#[derive(Clone, Copy)]
struct Cells<'a> {
    records: &'a Records,
    field: usize,
    nulls: &'a Nulls,
}

impl Cells<'_> {
    fn array(self, feature: &Feature) -> Result<ArrayRef, Misfit> {
        if let Feature::ClassLabel(label) = feature {
            return self.classes(label);
        }
        let data_type = feature.arrow_type();
        let whole = "a whole number";
        Ok(match data_type {
            DataType::Int64 => self.numbers::<Int64Type>(integer, whole)?,
            DataType::Float64 => self.numbers::<Float64Type>(float, "a number")?,
            DataType::UInt64 => self.numbers::<UInt64Type>(unsigned, "a whole number from 0 on")?,
            DataType::Int8 => self.numbers::<Int8Type>(|cell| integer(cell)?.try_into().ok(), "from -128 to 127")?,
            DataType::Int16 => {
                self.numbers::<Int16Type>(|cell| integer(cell)?.try_into().ok(), "from -32768 to 32767")?
            }
            DataType::Int32 => {
                self.numbers::<Int32Type>(|cell| integer(cell)?.try_into().ok(), "a 32-bit whole number")?
            }
            DataType::UInt8 => self.numbers::<UInt8Type>(|cell| integer(cell)?.try_into().ok(), "from 0 to 255")?,
            DataType::UInt16 => self.numbers::<UInt16Type>(|cell| integer(cell)?.try_into().ok(), "from 0 to 65535")?,
            DataType::UInt32 => {
                self.numbers::<UInt32Type>(|cell| integer(cell)?.try_into().ok(), "a 32-bit whole number from 0 on")?
            }
            DataType::Float32 => self.numbers::<Float32Type>(|cell| Some(float(cell)? as f32), "a number")?,
            DataType::Boolean => self.booleans()?,
            DataType::Utf8 => Arc::new(self.text()),
            DataType::LargeUtf8 => {
                let text: LargeStringArray = self.text().iter().collect();
                Arc::new(text)
            }
            DataType::Null => self.nothing()?,
            other => self.cast(&other)?,
        })
    }

    fn numbers<T: ArrowPrimitiveType>(
        self,
        parse: impl Fn(&str) -> Option<T::Native>,
        wanted: &str,
    ) -> Result<ArrayRef, Misfit> {
        let rows = self.records.len();
        let mut values = Vec::with_capacity(rows);
        let mut valid = NullBufferBuilder::new(rows);
        for (row, cell) in self.records.column(self.field).enumerate() {
            // Most cells are numbers: whether one is empty is asked of the others.
            match parse(&cell) {
                Some(value) if !(T::DATA_TYPE.is_floating() && self.nulls.is_null(&cell)) => {
                    values.push(value);
                    valid.append_non_null();
                }
                _ if self.nulls.is_null(&cell) => {
                    values.push(T::Native::default());
                    valid.append_null();
                }
                _ => return Err(Misfit { row, wanted: wanted.to_owned() }),
            }
        }
        Ok(Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), valid.finish())))
    }

    fn booleans(self) -> Result<ArrayRef, Misfit> {
        let cells = self.records.column(self.field).enumerate().map(|(row, cell)| match boolean(&cell) {
            Some(value) => Ok(Some(value)),
            None if self.nulls.is_null(&cell) => Ok(None),
            None => match &*cell {
                "1" | "1.0" => Ok(Some(true)),
                "0" | "0.0" => Ok(Some(false)),
                _ => Err(Misfit { row, wanted: "true or false".to_owned() }),
            },
        });
        Ok(Arc::new(cells.collect::<Result<BooleanArray, _>>()?))
    }

    fn text(self) -> StringArray {
        let rows = self.records.len();
        let mut bytes = Vec::with_capacity(self.records.size_hint(self.field));
        let mut offsets: Vec<i32> = Vec::with_capacity(rows + 1);
        offsets.push(0);
        let mut valid = NullBufferBuilder::new(rows);
        for cell in self.records.column(self.field) {
            if self.nulls.is_null(&cell) {
                valid.append_null();
            } else {
                valid.append_non_null();
                bytes.extend_from_slice(cell.as_bytes());
            }
            // A block is far shorter than 2 GiB.
            offsets.push(bytes.len() as i32);
        }
        StringArray::new(OffsetBuffer::new(offsets.into()), Buffer::from(bytes), valid.finish())
    }

    fn classes(self, label: &ClassLabel) -> Result<ArrayRef, Misfit> {
        let parse = |cell: &str| {
            let number = label.names().iter().position(|name| **name == *cell).map(|place| place as i64);
            number.or_else(|| integer(cell).filter(|number| (-1..label.names().len() as i64).contains(number)))
        };
        self.numbers::<Int64Type>(parse, "one of the classes")
    }

    fn nothing(self) -> Result<ArrayRef, Misfit> {
        match self.records.column(self.field).position(|cell| !self.nulls.is_null(&cell)) {
            Some(row) => Err(Misfit { row, wanted: "empty".to_owned() }),
            None => Ok(Arc::new(NullArray::new(self.records.len()))),
        }
    }

    /// Dates, moments, decimals and whatever else Arrow reads from text.
    fn cast(self, data_type: &DataType) -> Result<ArrayRef, Misfit> {
        let text = self.text();
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        arrow_cast::cast_with_options(&text, data_type, &strict).map_err(|_| {
            let fits = |row: usize| arrow_cast::cast_with_options(&text.slice(row, 1), data_type, &strict).is_ok();
            let row = (0..text.len()).find(|row| !fits(*row)).unwrap_or(0);
            Misfit { row, wanted: format!("a value of type {data_type}") }
        })
    }
}
