//! Datasets as polars data frames and back, by Arrow's C data interface: numbers, dates and lists of them share their memory.

use std::mem::ManuallyDrop;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::{Array, ArrayRef, make_array};
use arrow_schema::DataType;
use polars::prelude::{Column as PolarsColumn, CompatLevel, DataFrame, PlSmallStr, Series};

use crate::ops::concatenate_datasets;
use crate::{Column, Dataset, Error, Feature, Features, Result, Value};

impl Dataset {
    /// The rows as a polars data frame. Numbers, truth values, dates and lists are not copied where the rows lie in order; texts get polars'
    /// own index. Structs and decimal numbers become texts (JSON, digits), since the course's polars has no such types.
    ///
    /// # Errors
    /// [`Error::Polars`], [`Error::Arrow`].
    pub fn to_polars(&self) -> Result<DataFrame> {
        let mut columns = Vec::with_capacity(self.num_columns());
        for name in self.features.names() {
            columns.push(PolarsColumn::from(series(name, &self.column(name)?)?));
        }
        DataFrame::new(self.len(), columns).map_err(polars("making a data frame"))
    }

    /// A dataset of a polars data frame.
    ///
    /// # Errors
    /// [`Error::Arrow`] for a type that Arrow does not know.
    pub fn from_polars(frame: &DataFrame) -> Result<Self> {
        let mut columns = Vec::with_capacity(frame.width());
        for column in frame.columns() {
            let series = column.as_materialized_series();
            let arrays = (0..series.n_chunks()).map(|chunk| from_polars(series, chunk)).collect::<Result<Vec<_>>>()?;
            let feature = arrays.first().map_or_else(Feature::null, |array| Feature::from_arrow(array.data_type()));
            columns.push((series.name().to_string(), Column::from_arrays(feature, arrays)?));
        }
        let features: Features =
            columns.iter().map(|(name, column)| (name.as_str(), column.feature().clone())).collect();
        if columns.is_empty() {
            return Self::from_batches(features, Vec::new());
        }
        // Chunks of columns need not fall together.
        let parts: Result<Vec<Self>> =
            columns.into_iter().map(|(name, column)| Self::from_column(&name, column)).collect();
        super::ops::concatenate_columns(&parts?)
    }

    /// A dataset of one column, chunk by chunk.
    fn from_column(name: &str, column: Column) -> Result<Self> {
        let chunks = column.chunks().iter();
        let parts = chunks.map(|chunk| {
            let part = Column::of(column.feature().clone(), vec![chunk.clone()]);
            Self::from_columns([(name, part)])
        });
        let parts: Vec<Self> = parts.collect::<Result<_>>()?;
        if parts.is_empty() {
            return Self::from_columns([(name, column)]);
        }
        concatenate_datasets(&parts)
    }
}

fn polars(doing: &'static str) -> impl Fn(polars::error::PolarsError) -> Error {
    move |source| Error::Polars { doing, source }
}

/// The column as a polars series, chunk by chunk.
fn series(name: &str, column: &Column) -> Result<Series> {
    let empty = [arrow_array::new_empty_array(&column.feature().arrow_type())];
    let chunks = if column.chunks().is_empty() { &empty[..] } else { column.chunks() };
    let arrays: Result<Vec<_>> = chunks.iter().map(|chunk| to_polars(&known(chunk, column.feature())?)).collect();
    Series::try_from((PlSmallStr::from(name), arrays?)).map_err(polars("making a series"))
}

/// The array as a type that polars has here.
fn known(array: &ArrayRef, feature: &Feature) -> Result<ArrayRef> {
    let cast = |to: &DataType| arrow_cast::cast(array, to).map_err(Error::arrow("making a series"));
    match array.data_type() {
        DataType::FixedSizeList(item, _) if plain(item.data_type()) => cast(&DataType::LargeList(item.clone())),
        DataType::Decimal128(..) | DataType::Decimal256(..) => cast(&DataType::LargeUtf8),
        DataType::FixedSizeBinary(_) => cast(&DataType::LargeBinary),
        other if plain(other) => Ok(array.clone()),
        _ => {
            let json = (0..array.len()).map(|row| match crate::arrays::read(array, row, feature) {
                Value::Null => None,
                value => Some(value.to_json().to_string()),
            });
            Ok(std::sync::Arc::new(json.collect::<arrow_array::LargeStringArray>()))
        }
    }
}

fn plain(data_type: &DataType) -> bool {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) => plain(item.data_type()),
        DataType::Struct(_)
        | DataType::Map(..)
        | DataType::FixedSizeList(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..)
        | DataType::FixedSizeBinary(_) => false,
        other => !other.is_nested(),
    }
}

/// Arrow's array as polars', by the C data interface.
fn to_polars(array: &ArrayRef) -> Result<Box<dyn polars_arrow::array::Array>> {
    let (array, schema) = to_ffi(&array.to_data()).map_err(Error::arrow("handing an array to polars"))?;
    // SAFETY: both types are the C data interface's structures (`repr(C)`, the same fields), so each is the other; the original is not
    // dropped (`ManuallyDrop`), so the array is released once, by polars.
    let (array, schema): (polars_arrow::ffi::ArrowArray, polars_arrow::ffi::ArrowSchema) = unsafe {
        (std::mem::transmute_copy(&ManuallyDrop::new(array)), std::mem::transmute_copy(&ManuallyDrop::new(schema)))
    };
    // SAFETY: the structures come from Arrow's export above and are valid; the type is that of the schema exported with the array.
    let imported = unsafe {
        let field = polars_arrow::ffi::import_field_from_c(&schema).map_err(polars("reading a type"))?;
        polars_arrow::ffi::import_array_from_c(array, field.dtype)
    };
    imported.map_err(polars("taking an array"))
}

/// A chunk of a polars series as Arrow's array, by the C data interface.
fn from_polars(series: &Series, chunk: usize) -> Result<ArrayRef> {
    let array = series.to_arrow(chunk, CompatLevel::oldest());
    let field = polars_arrow::datatypes::Field::new(series.name().clone(), array.dtype().clone(), true);
    let schema = polars_arrow::ffi::export_field_to_c(&field);
    let array = polars_arrow::ffi::export_array_to_c(array);
    // SAFETY: as in `to_polars`, the other way: one structure under two names, released once, by Arrow.
    let (array, schema): (FFI_ArrowArray, FFI_ArrowSchema) = unsafe {
        (std::mem::transmute_copy(&ManuallyDrop::new(array)), std::mem::transmute_copy(&ManuallyDrop::new(schema)))
    };
    // SAFETY: both come from polars' export above.
    let data = unsafe { from_ffi(array, &schema) }.map_err(Error::arrow("taking an array from polars"))?;
    Ok(make_array(data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Moment, row};

    #[test]
    fn a_dataset_becomes_a_frame_and_comes_back() {
        let rows = [
            row! { "text" => "naïve and long enough for a buffer", "n" => 1, "f" => 0.5, "b" => true, "ids" => [1, 2], "day" => Moment::date(3), "at" => Moment::timestamp(9) },
            row! { "text" => "x", "n" => Value::Null, "f" => 1.5, "b" => false, "ids" => Value::Null },
        ];
        let data = Dataset::from_rows(rows).unwrap();
        let data = concatenate_datasets(&[data.clone(), data.select([1, 0]).unwrap()]).unwrap();
        let frame = data.to_polars().unwrap();
        assert_eq!(frame.shape(), (4, 7));
        let back = Dataset::from_polars(&frame).unwrap();
        let plain = |data: &Dataset| {
            data.remove_columns(["at"]).unwrap().iter().map(|row| row.unwrap().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(plain(&back), plain(&data));
        assert_eq!(back.row(0).unwrap()["at"].as_moment().unwrap().iso(), "1970-01-01T00:00:09");
        assert_eq!(back.features().get("text").unwrap().to_string(), "Value('large_string')");
    }

    #[test]
    fn numbers_are_not_copied() {
        let data = Dataset::from_columns([("n", Column::from((0..1000).collect::<Vec<i64>>()))]).unwrap();
        let frame = data.to_polars().unwrap();
        let here = data.column("n").unwrap().chunks()[0].to_data().buffers()[0].as_ptr() as usize;
        let there = frame.column("n").unwrap().i64().unwrap().cont_slice().unwrap().as_ptr() as usize;
        assert_eq!(here, there);
        let back = Dataset::from_polars(&frame).unwrap();
        assert_eq!(back.column("n").unwrap().chunks()[0].to_data().buffers()[0].as_ptr() as usize, here);
    }

    #[test]
    fn structs_become_json() {
        let data = Dataset::from_rows([row! { "a" => Value::fields([("x", 1)]) }]).unwrap();
        assert_eq!(data.to_polars().unwrap().column("a").unwrap().str().unwrap().get(0), Some("{\"x\":1}"));
    }
}
