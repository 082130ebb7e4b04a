//! Columns of numbers as tensors.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int64Type, UInt8Type, UInt32Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use candle_core::{Device, Tensor};

use crate::{Column, Error, Result};

impl Column {
    /// The numbers as a tensor on the CPU: of shape (rows) for single numbers, (rows, length) for lists of one length, and so on inwards.
    ///
    /// Floats keep their precision; whole numbers become `i64`, token ids (`uint32`) and bytes (`uint8`) stay what they are.
    ///
    /// # Errors
    /// [`Error::WrongType`] where it holds texts or the like, a value is missing, or lists differ in length.
    pub fn to_tensor(&self) -> Result<Tensor> {
        let array = self.to_array()?;
        let mut shape = vec![array.len()];
        let numbers = self.flat(array, &mut shape)?;
        let device = &Device::Cpu;
        Ok(match numbers.data_type() {
            DataType::Float32 => Tensor::from_slice(numbers.as_primitive::<Float32Type>().values(), shape, device)?,
            DataType::Float64 => Tensor::from_slice(numbers.as_primitive::<Float64Type>().values(), shape, device)?,
            DataType::UInt32 => Tensor::from_slice(numbers.as_primitive::<UInt32Type>().values(), shape, device)?,
            DataType::UInt8 => Tensor::from_slice(numbers.as_primitive::<UInt8Type>().values(), shape, device)?,
            _ => Tensor::from_slice(numbers.as_primitive::<Int64Type>().values(), shape, device)?,
        })
    }

    /// The numbers of all lists one after the other; adds a dimension to `shape` for each level of lists.
    fn flat(&self, array: ArrayRef, shape: &mut Vec<usize>) -> Result<ArrayRef> {
        if array.null_count() > 0 {
            return Err(self.no_tensor("there are missing values; fill or filter them first".to_owned()));
        }
        let (lengths, items): (Vec<usize>, ArrayRef) = match array.data_type() {
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                (lists.offsets().lengths().collect(), within(lists.values(), lists.value_offsets()))
            }
            DataType::LargeList(_) => {
                let lists = array.as_list::<i64>();
                (lists.offsets().lengths().collect(), within(lists.values(), lists.value_offsets()))
            }
            DataType::FixedSizeList(_, size) => {
                let size = usize::try_from(*size).unwrap_or(0);
                let lists = array.as_fixed_size_list();
                (vec![size; lists.len()], lists.values().slice(0, size * lists.len()))
            }
            DataType::Float32 | DataType::Float64 | DataType::UInt32 | DataType::UInt8 | DataType::Int64 => {
                return Ok(array);
            }
            DataType::Float16 => return cast(&array, &DataType::Float32),
            DataType::Boolean => return cast(&array, &DataType::UInt8),
            number if number.is_integer() => return cast(&array, &DataType::Int64),
            _ => return Err(self.no_tensor("only numbers become tensors".to_owned())),
        };
        let length = lengths.first().copied().unwrap_or(0);
        if let Some((row, other)) = lengths.iter().enumerate().find(|(_, other)| **other != length) {
            return Err(self.no_tensor(format!(
                "row 0 has {length} items and row {row} has {other}; pad them to one length first"
            )));
        }
        shape.push(length);
        self.flat(items, shape)
    }

    fn no_tensor(&self, why: String) -> Error {
        Error::WrongType {
            place: "the column".to_owned(),
            found: self.feature().to_string(),
            wanted: format!("what a tensor can hold: {why}"),
        }
    }
}

/// The items that the lists of a slice have: those between its first and last offset.
fn within<O: arrow_array::OffsetSizeTrait>(values: &ArrayRef, offsets: &[O]) -> ArrayRef {
    match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => values.slice(first.as_usize(), last.as_usize() - first.as_usize()),
        _ => values.slice(0, 0),
    }
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    arrow_cast::cast(array, to).map_err(Error::arrow("making a tensor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_tensors() {
        let tensor = Column::from(vec![vec![1_u32, 2], vec![3, 4], vec![5, 6]]).to_tensor().unwrap();
        assert_eq!(tensor.to_vec2::<u32>().unwrap(), [[1, 2], [3, 4], [5, 6]]);
        assert_eq!(Column::from(vec![1_i8, -1]).to_tensor().unwrap().to_vec1::<i64>().unwrap(), [1, -1]);
        let deep = Column::from(vec![vec![vec![0.5_f32], vec![1.5]]]).to_tensor().unwrap();
        assert_eq!(deep.dims(), [1, 2, 1]);
        let data = crate::Dataset::from_columns([("x", Column::from(vec![vec![1_i64], vec![2], vec![3]]))]).unwrap();
        assert_eq!(data.range(1..3).column("x").unwrap().to_tensor().unwrap().to_vec2::<i64>().unwrap(), [[2], [3]]);
    }

    #[test]
    fn what_is_no_tensor_says_why() {
        let error = Column::from(vec![vec![1_i64], vec![2, 3]]).to_tensor().unwrap_err().to_string();
        assert!(error.contains("row 0 has 1 items and row 1 has 2; pad them"), "{error}");
        assert!(Column::from(vec!["a"]).to_tensor().unwrap_err().to_string().contains("only numbers"));
        assert!(Column::from(vec![Some(1_i64), None]).to_tensor().unwrap_err().to_string().contains("missing values"));
    }
}
