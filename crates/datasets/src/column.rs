//! One column of a dataset or of a batch.

use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, LargeListArray, LargeStringArray, ListArray, PrimitiveArray, StringArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};

use crate::arrays::{build, infer, read};
use crate::{Error, Feature, FromValue, Result, Value};

/// One column: its [`Feature`] and its values, in one or more Arrow arrays. Cheap to clone.
///
/// ```
/// use course_datasets::Column;
/// let lengths = Column::from(vec![4, 5]);
/// assert_eq!(lengths.to_vec::<i64>()?, [4, 5]);
/// assert_eq!(lengths.to_string(), "Column([4, 5])");
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone)]
pub struct Column {
    feature: Feature,
    chunks: Vec<ArrayRef>,
    rows: usize,
}

impl Column {
    /// A column of Arrow arrays that hold `feature`.
    ///
    /// # Errors
    /// [`Error::Cast`] where one is of another type that cannot be brought to it.
    pub fn from_arrays(feature: Feature, chunks: Vec<ArrayRef>) -> Result<Self> {
        let features = crate::Features::new().with("column", feature);
        let mut conformed = Vec::with_capacity(chunks.len());
        for chunk in &chunks {
            conformed.extend(crate::table::conform(std::slice::from_ref(chunk), &features)?);
        }
        let rows = conformed.iter().map(|chunk| chunk.len()).sum();
        let feature = features.at(0).map_or_else(Feature::null, |(_, feature)| feature.clone());
        Ok(Self { feature, chunks: conformed, rows })
    }

    pub(crate) fn of(feature: Feature, chunks: Vec<ArrayRef>) -> Self {
        let rows = chunks.iter().map(|chunk| chunk.len()).sum();
        Self { feature, chunks, rows }
    }

    /// A column of an Arrow array, whose type says the feature.
    pub fn from_array(array: ArrayRef) -> Result<Self> {
        Self::from_arrays(Feature::from_arrow(array.data_type()), vec![array])
    }

    /// A column of values of the given feature, or of the one that they have in common.
    ///
    /// # Errors
    /// [`Error::DoesNotFit`] or [`Error::MixedTypes`], naming the rows.
    pub fn from_values<V: Into<Value>>(values: impl IntoIterator<Item = V>, feature: Option<&Feature>) -> Result<Self> {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        Self::build("column", &values.iter().collect::<Vec<_>>(), feature)
    }

    pub(crate) fn build(name: &str, values: &[&Value], feature: Option<&Feature>) -> Result<Self> {
        let feature = match feature {
            Some(feature) => feature.clone(),
            None => infer(name, values)?,
        };
        let array = build(name, values, &feature)?;
        Ok(Self::of(feature, vec![array]))
    }

    /// What it holds.
    pub fn feature(&self) -> &Feature {
        &self.feature
    }

    /// How many values it has.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether it has no value.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Its Arrow arrays, one after the other.
    pub fn chunks(&self) -> &[ArrayRef] {
        &self.chunks
    }

    /// All of it as one Arrow array; copied where it is in several.
    ///
    /// # Errors
    /// [`Error::Arrow`] where it is too large for one.
    pub fn to_array(&self) -> Result<ArrayRef> {
        match self.chunks.as_slice() {
            [] => Ok(arrow_array::new_empty_array(&self.feature.arrow_type())),
            [one] => Ok(one.clone()),
            many => {
                let many: Vec<&dyn Array> = many.iter().map(AsRef::as_ref).collect();
                arrow_select::concat::concat(&many).map_err(Error::arrow("joining the parts of a column"))
            }
        }
    }

    /// How many values are missing.
    pub fn null_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.logical_null_count()).sum()
    }

    /// The value at `index`.
    ///
    /// # Errors
    /// [`Error::NoRow`].
    pub fn value(&self, index: usize) -> Result<Value> {
        let mut rest = index;
        for chunk in &self.chunks {
            if rest < chunk.len() {
                return Ok(read(chunk, rest, &self.feature));
            }
            rest -= chunk.len();
        }
        Err(Error::NoRow { index, rows: self.rows })
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = Value> {
        self.chunks.iter().flat_map(|chunk| (0..chunk.len()).map(|index| read(chunk, index, &self.feature)))
    }

    /// The values as a Rust type.
    ///
    /// # Errors
    /// [`Error::WrongType`] naming the first row that is of another type.
    pub fn to_vec<T: FromValue>(&self) -> Result<Vec<T>> {
        let mut values = Vec::with_capacity(self.rows);
        for (row, value) in self.iter().enumerate() {
            values.push(T::from_value(&value).ok_or_else(|| self.wrong(row, &value, T::wanted()))?);
        }
        Ok(values)
    }

    /// The texts, not copied; `None` where one is missing.
    ///
    /// # Errors
    /// [`Error::WrongType`] where it holds no text.
    pub fn optional_strs(&self) -> Result<Vec<Option<&str>>> {
        let mut texts = Vec::with_capacity(self.rows);
        for chunk in &self.chunks {
            match chunk.data_type() {
                DataType::Utf8 => texts.extend(chunk.as_string::<i32>()),
                DataType::LargeUtf8 => texts.extend(chunk.as_string::<i64>()),
                DataType::Utf8View => texts.extend(chunk.as_string_view()),
                DataType::Null => texts.extend(std::iter::repeat_n(None, chunk.len())),
                _ => {
                    return Err(Error::WrongType {
                        place: "the column".to_owned(),
                        found: self.feature.to_string(),
                        wanted: "texts".to_owned(),
                    });
                }
            }
        }
        Ok(texts)
    }

    /// The texts, not copied.
    ///
    /// # Errors
    /// [`Error::WrongType`] where it holds no text, or one is missing ([`Column::optional_strs`] allows that).
    pub fn strs(&self) -> Result<Vec<&str>> {
        let missing = |row| self.wrong(row, &Value::Null, "a text; `optional_strs` allows missing ones".to_owned());
        let texts = self.optional_strs()?.into_iter().enumerate();
        texts.map(|(row, text)| text.ok_or_else(|| missing(row))).collect()
    }

    fn wrong(&self, row: usize, value: &Value, wanted: String) -> Error {
        Error::WrongType {
            place: format!("row {row} of the column"),
            found: format!("{} ({})", value.kind(), value.brief()),
            wanted,
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        let shown: Vec<String> = self.iter().take(SHOWN).map(|value| value.to_string()).collect();
        let more = if self.rows > SHOWN { ", ..." } else { "" };
        write!(formatter, "Column([{}{more}])", shown.join(", "))
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl course_display::Rich for Column {
    fn rich(&self) -> course_display::Bundle {
        course_display::Bundle::text(self.to_string())
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.feature == other.feature && self.rows == other.rows && self.iter().eq(other.iter())
    }
}

/// A Rust type whose values a column can be made of without going through [`Value`]: numbers, texts, `Option`s and lists of them.
pub trait ColumnItem: Sized {
    /// The array, and the feature that it holds.
    #[doc(hidden)]
    fn array(items: Vec<Self>) -> (Feature, ArrayRef);
    /// What stands in the place of a missing item.
    #[doc(hidden)]
    fn filler() -> Self;
}

impl<T: ColumnItem> From<Vec<T>> for Column {
    fn from(items: Vec<T>) -> Self {
        let (feature, array) = T::array(items);
        Self::of(feature, vec![array])
    }
}

impl<T: ColumnItem + Clone> From<&[T]> for Column {
    fn from(items: &[T]) -> Self {
        Self::from(items.to_vec())
    }
}

impl<T: ColumnItem, const COUNT: usize> From<[T; COUNT]> for Column {
    fn from(items: [T; COUNT]) -> Self {
        Self::from(Vec::from(items))
    }
}

fn primitive<T: ArrowPrimitiveType>(items: Vec<T::Native>) -> (Feature, ArrayRef) {
    let array = PrimitiveArray::<T>::new(ScalarBuffer::from(items), None);
    (Feature::from_arrow(array.data_type()), Arc::new(array))
}

macro_rules! column_items {
    ($($native:ty => $arrow:ty),*) => {$(
        impl ColumnItem for $native {
            fn array(items: Vec<Self>) -> (Feature, ArrayRef) {
                primitive::<$arrow>(items)
            }
            fn filler() -> Self {
                Self::default()
            }
        }
    )*};
}
column_items!(i8 => Int8Type, i16 => Int16Type, i32 => Int32Type, i64 => Int64Type, u8 => UInt8Type, u16 => UInt16Type, u32 => UInt32Type, u64 => UInt64Type, f32 => Float32Type, f64 => Float64Type);

impl ColumnItem for usize {
    fn array(items: Vec<Self>) -> (Feature, ArrayRef) {
        // No length or count is larger.
        primitive::<Int64Type>(items.into_iter().map(|item| i64::try_from(item).unwrap_or(i64::MAX)).collect())
    }
    fn filler() -> Self {
        0
    }
}

impl ColumnItem for bool {
    fn array(items: Vec<Self>) -> (Feature, ArrayRef) {
        (Feature::bool(), Arc::new(BooleanArray::from(items)))
    }
    fn filler() -> Self {
        false
    }
}

fn texts(items: &[impl AsRef<str>]) -> (Feature, ArrayRef) {
    let bytes: usize = items.iter().map(|item| item.as_ref().len()).sum();
    if i32::try_from(bytes).is_ok() {
        return (Feature::string(), Arc::new(StringArray::from_iter_values(items)));
    }
    let large = LargeStringArray::from_iter_values(items);
    (Feature::from_arrow(large.data_type()), Arc::new(large))
}

impl ColumnItem for String {
    fn array(items: Vec<Self>) -> (Feature, ArrayRef) {
        texts(&items)
    }
    fn filler() -> Self {
        Self::new()
    }
}

impl ColumnItem for &str {
    fn array(items: Vec<Self>) -> (Feature, ArrayRef) {
        texts(&items)
    }
    fn filler() -> Self {
        ""
    }
}

impl<T: ColumnItem> ColumnItem for Option<T> {
    fn array(items: Vec<Self>) -> (Feature, ArrayRef) {
        let missing: Vec<bool> = items.iter().map(Option::is_none).collect();
        let (feature, array) = T::array(items.into_iter().map(|item| item.unwrap_or_else(T::filler)).collect());
        // Two arrays of one length: this cannot fail.
        match arrow_select::nullif::nullif(&array, &BooleanArray::from(missing)) {
            Ok(with_nulls) => (feature, with_nulls),
            Err(_) => (feature, array),
        }
    }
    fn filler() -> Self {
        None
    }
}

impl<T: ColumnItem> ColumnItem for Vec<T> {
    fn array(items: Vec<Self>) -> (Feature, ArrayRef) {
        let lengths: Vec<usize> = items.iter().map(Vec::len).collect();
        let mut flat = Vec::with_capacity(lengths.iter().sum());
        items.into_iter().for_each(|item| flat.extend(item));
        let (feature, values) = T::array(flat);
        lists(feature, values, &lengths, None)
    }
    fn filler() -> Self {
        Self::new()
    }
}

/// Lists of these lengths, one after the other in `values`.
fn lists(feature: Feature, values: ArrayRef, lengths: &[usize], nulls: Option<NullBuffer>) -> (Feature, ArrayRef) {
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    if i32::try_from(values.len()).is_ok() {
        let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
        return (Feature::list(feature), Arc::new(ListArray::new(item, offsets, values, nulls)));
    }
    let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
    (Feature::LargeList(Box::new(feature)), Arc::new(LargeListArray::new(item, offsets, values, nulls)))
}

impl Column {
    /// A column of lists out of one flat run of numbers: list `i` has `lengths[i]` of them. The way by which token ids and vectors come in
    /// without a copy.
    ///
    /// # Errors
    /// [`Error::Argument`] where the lengths do not add up to the numbers there are.
    pub fn from_flat<T: ColumnItem>(values: Vec<T>, lengths: &[usize]) -> Result<Self> {
        let (feature, values) = T::array(values);
        let total: usize = lengths.iter().sum();
        if total != values.len() {
            return Err(Error::Argument(format!(
                "the lengths add up to {total}, but there are {} values",
                values.len()
            )));
        }
        let (feature, array) = lists(feature, values, lengths, None);
        Ok(Self::of(feature, vec![array]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_become_columns() {
        let column = Column::from(vec![vec![1_u32, 2], vec![], vec![3]]);
        assert_eq!(column.feature().to_string(), "List(Value('uint32'))");
        assert_eq!(column.to_string(), "Column([[1, 2], [], [3]])");
        assert_eq!(Column::from_flat(vec![1_u32, 2, 3], &[2, 0, 1]).unwrap(), column);
        assert!(Column::from_flat(vec![1_u32], &[2]).is_err());
        let column = Column::from([Some("a"), None]);
        assert_eq!(column.feature(), &Feature::string());
        assert_eq!(column.null_count(), 1);
        assert_eq!(column.optional_strs().unwrap(), [Some("a"), None]);
        let error = column.strs().unwrap_err().to_string();
        assert!(error.starts_with("row 1 of the column holds a missing value"), "{error}");
        assert_eq!(Column::from(vec![Some(vec![0.5_f32]), None]).to_string(), "Column([[0.5], None])");
    }

    #[test]
    fn a_column_of_parts() {
        let parts: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from(vec!["a", "b"])), Arc::new(StringArray::from(vec!["c"]))];
        let column = Column::from_arrays(Feature::string(), parts).unwrap();
        assert_eq!(column.value(2).unwrap(), "c");
        assert_eq!(
            column.value(3).unwrap_err().to_string(),
            "there is no row 3: the dataset has 3 rows, numbered from 0"
        );
        assert_eq!(column.to_array().unwrap().len(), 3);
        assert_eq!(column.strs().unwrap(), ["a", "b", "c"]);
    }
}
