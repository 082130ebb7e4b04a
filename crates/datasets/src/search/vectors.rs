//! Vectors of one length, one below the other.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use candle_core::{DType, Tensor};

use crate::{Error, Result};

/// Vectors of one length, as one block of numbers: what an index searches.
///
/// ```
/// use course_datasets::search::Vectors;
///
/// let vectors = Vectors::from_rows([[1.0, 2.0], [3.0, 4.0]])?;
/// assert_eq!((vectors.len(), vectors.dimension()), (2, 2));
/// assert_eq!(vectors.row(1), Some(&[3.0, 4.0][..]));
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Vectors {
    numbers: Vec<f32>,
    dimension: usize,
}

impl Vectors {
    /// Vectors from one block of numbers: `(rows, dimension)`, row after row.
    ///
    /// # Errors
    /// When the block is no whole number of rows, has no row, or holds a NaN or an infinity.
    pub fn new(numbers: Vec<f32>, dimension: usize) -> Result<Self> {
        if dimension == 0 || numbers.is_empty() {
            return Err(Error::vectors("there are none: an index needs at least one vector with at least one number"));
        }
        if !numbers.len().is_multiple_of(dimension) {
            let (count, left) = (numbers.len(), numbers.len() % dimension);
            return Err(Error::vectors(format!(
                "{count} numbers are no whole rows of {dimension}: {left} are left over"
            )));
        }
        if numbers.len() / dimension > i32::MAX as usize {
            return Err(Error::vectors("an index takes at most 2,147,483,647 vectors"));
        }
        if let Some(place) = numbers.iter().position(|number| !number.is_finite()) {
            let (row, column) = (place / dimension, place % dimension);
            let number = numbers[place];
            return Err(Error::vectors(format!(
                "row {row} has {number} at place {column}, and nothing is near to that; look at how this row was made"
            )));
        }
        Ok(Self { numbers, dimension })
    }

    /// Vectors from rows: arrays, slices or vectors.
    ///
    /// # Errors
    /// When rows differ in length, there is none, or one holds a NaN or an infinity.
    pub fn from_rows<R: AsRef<[f32]>>(rows: impl IntoIterator<Item = R>) -> Result<Self> {
        let (mut numbers, mut dimension) = (Vec::new(), 0);
        for (index, row) in rows.into_iter().enumerate() {
            let row = row.as_ref();
            if index == 0 {
                dimension = row.len();
            }
            same_length(index, row.len(), dimension)?;
            numbers.extend_from_slice(row);
        }
        Self::new(numbers, dimension)
    }

    /// Vectors from a tensor: `(rows, dimension)`, or `(dimension)` for one row.
    ///
    /// # Errors
    /// When the tensor has more dimensions, or holds a NaN or an infinity.
    pub fn from_tensor(tensor: &Tensor) -> Result<Self> {
        let dimension = match tensor.dims() {
            [dimension] | [_, dimension] => *dimension,
            shape => {
                return Err(Error::vectors(format!(
                    "a tensor of shape {shape:?} is no list of vectors: it must be (rows, dimension)"
                )));
            }
        };
        let numbers = tensor.to_dtype(DType::F32).and_then(|tensor| tensor.flatten_all()?.to_vec1());
        Self::new(numbers.map_err(|error| Error::vectors(error.to_string()))?, dimension)
    }

    /// Vectors from a column of lists of floats, of fixed length or not.
    ///
    /// # Errors
    /// When the column is of another type, has a missing row or number, rows of different lengths, or a NaN or an infinity.
    pub fn from_arrow(column: &dyn Array) -> Result<Self> {
        let mut numbers = Numbers::default();
        numbers.extend(column)?;
        numbers.finish()
    }

    /// The same from a column in several pieces.
    pub(crate) fn from_chunks(chunks: impl IntoIterator<Item = ArrayRef>) -> Result<Self> {
        let mut numbers = Numbers::default();
        for chunk in chunks {
            numbers.extend(&chunk)?;
        }
        numbers.finish()
    }

    /// The number of vectors.
    pub fn len(&self) -> usize {
        self.numbers.len() / self.dimension
    }

    /// Never: there is always a vector.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The length of each.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// One of them; `None` past the last.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.numbers.get(index.checked_mul(self.dimension)?..)?.get(..self.dimension)
    }

    /// All of them in order.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &[f32]> + ExactSizeIterator {
        self.numbers.chunks_exact(self.dimension)
    }

    /// The block of numbers, row after row.
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// That a query fits.
    pub(crate) fn check_query(&self, query: &[f32]) -> Result<()> {
        if query.len() != self.dimension {
            return Err(Error::vectors(format!(
                "the query has {} numbers, and the vectors of this index have {}: \
                 both must come from the same model, and a batch of one is not yet a vector",
                query.len(),
                self.dimension
            )));
        }
        match query.iter().position(|number| !number.is_finite()) {
            Some(place) => Err(Error::vectors(format!("the query has {} at place {place}", query[place]))),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Vectors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Vectors({} × {})", self.len(), self.dimension)
    }
}

fn same_length(row: usize, length: usize, dimension: usize) -> Result<()> {
    if length == dimension {
        return Ok(());
    }
    Err(Error::vectors(format!("row {row} has {length} numbers and row 0 has {dimension}: they must be of one length")))
}

/// Numbers gathered from pieces of a column.
#[derive(Default)]
struct Numbers {
    numbers: Vec<f32>,
    rows: usize,
    dimension: usize,
}

impl Numbers {
    fn extend(&mut self, column: &dyn Array) -> Result<()> {
        // Each list as its place in the values below it.
        let (values, ends): (&ArrayRef, Vec<usize>) = match column.data_type() {
            DataType::List(_) => {
                let list = column.as_list::<i32>();
                (list.values(), list.value_offsets().iter().map(|&end| end as usize).collect())
            }
            DataType::LargeList(_) => {
                let list = column.as_list::<i64>();
                (list.values(), list.value_offsets().iter().map(|&end| end as usize).collect())
            }
            DataType::FixedSizeList(_, length) => {
                let list = column.as_fixed_size_list();
                (list.values(), (0..=list.len()).map(|row| row * *length as usize).collect())
            }
            other => {
                return Err(Error::vectors(format!(
                    "a column of {other} has no vectors: it must be a list of floats in each row"
                )));
            }
        };
        if let Some(row) = (0..column.len()).find(|&row| column.is_null(row)) {
            return Err(Error::vectors(format!("row {} is missing: filter such rows out first", self.rows + row)));
        }
        for (row, place) in ends.windows(2).enumerate() {
            let length = place[1] - place[0];
            if self.rows + row == 0 {
                self.dimension = length;
            }
            same_length(self.rows + row, length, self.dimension)?;
        }
        let (first, last) = (ends.first().copied().unwrap_or(0), ends.last().copied().unwrap_or(0));
        let values = values.slice(first, last - first);
        if let Some(place) = (0..values.len()).find(|&place| values.is_null(place)) {
            let row = self.rows + place / self.dimension.max(1);
            return Err(Error::vectors(format!("row {row} has a number that is missing")));
        }
        match values.data_type() {
            DataType::Float32 => self.numbers.extend_from_slice(values.as_primitive::<Float32Type>().values()),
            DataType::Float64 => self.push::<Float64Type>(&values, |number| number as f32),
            DataType::Float16 => self.push::<Float16Type>(&values, f32::from),
            other => {
                return Err(Error::vectors(format!("lists of {other} are no vectors: the numbers must be floats")));
            }
        }
        self.rows += column.len();
        Ok(())
    }

    fn push<T: ArrowPrimitiveType>(&mut self, values: &dyn Array, convert: fn(T::Native) -> f32) {
        self.numbers.extend(values.as_primitive::<T>().values().iter().map(|&number| convert(number)));
    }

    fn finish(self) -> Result<Vectors> {
        Vectors::new(self.numbers, self.dimension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int32Type;
    use arrow_array::{FixedSizeListArray, ListArray};
    use candle_core::Device;

    #[test]
    fn every_source_gives_the_same_vectors() {
        let expected = Vectors::new(vec![1.0, 2.0, 3.0, 4.0], 2).unwrap();
        assert_eq!(Vectors::from_rows([vec![1.0, 2.0], vec![3.0, 4.0]]).unwrap(), expected);
        let tensor = Tensor::new(&[[1f64, 2.0], [3.0, 4.0]], &Device::Cpu).unwrap();
        assert_eq!(Vectors::from_tensor(&tensor).unwrap(), expected);
        let rows = [[1.0, 2.0], [3.0, 4.0]].map(|row| Some(row.map(Some)));
        let list = ListArray::from_iter_primitive::<Float64Type, _, _>(rows);
        assert_eq!(Vectors::from_arrow(&list).unwrap(), expected);
        let rows = [[0f32, 0.0], [1.0, 2.0], [3.0, 4.0]].map(|row| Some(row.map(Some)));
        let fixed = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(rows, 2);
        // A slice begins in the middle of the values.
        assert_eq!(Vectors::from_arrow(&fixed.slice(1, 2)).unwrap(), expected);
        let list = ListArray::from_iter_primitive::<Float32Type, _, _>(rows);
        assert_eq!(Vectors::from_arrow(&list.slice(1, 2)).unwrap(), expected);
        let one: ArrayRef = std::sync::Arc::new(list.slice(1, 1));
        let other: ArrayRef = std::sync::Arc::new(list.slice(2, 1));
        assert_eq!(Vectors::from_chunks([one, other]).unwrap(), expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_row() {
        let message = |result: Result<Vectors>| result.unwrap_err().to_string();
        let ragged = message(Vectors::from_rows([vec![1.0], vec![1.0, 2.0]]));
        assert!(ragged.contains("row 1 has 2 numbers and row 0 has 1"), "{ragged}");
        let infinite = message(Vectors::new(vec![1.0, 2.0, 3.0, f32::INFINITY], 2));
        assert!(infinite.contains("row 1 has inf at place 1"), "{infinite}");
        assert!(message(Vectors::new(vec![1.0; 5], 2)).contains("1 are left over"));
        assert!(message(Vectors::from_rows::<[f32; 0]>([])).contains("there are none"));
        let missing = ListArray::from_iter_primitive::<Float32Type, _, _>([Some([Some(1.0)]), None]);
        assert!(message(Vectors::from_arrow(&missing)).contains("row 1 is missing"));
        let hole = ListArray::from_iter_primitive::<Float32Type, _, _>([Some([Some(1.0)]), Some([None])]);
        assert!(message(Vectors::from_arrow(&hole)).contains("row 1 has a number that is missing"));
        let integers = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]);
        assert!(message(Vectors::from_arrow(&integers)).contains("must be floats"));
        let cube = Tensor::zeros((1, 2, 3), DType::F32, &Device::Cpu).unwrap();
        assert!(message(Vectors::from_tensor(&cube)).contains("(rows, dimension)"));
    }

    #[test]
    fn a_query_of_another_length_names_both() {
        let vectors = Vectors::from_rows([[1.0, 2.0]]).unwrap();
        let error = vectors.check_query(&[1.0]).unwrap_err().to_string();
        assert!(error.contains("the query has 1 numbers, and the vectors of this index have 2"), "{error}");
        assert!(vectors.check_query(&[f32::NAN, 0.0]).is_err());
    }
}
