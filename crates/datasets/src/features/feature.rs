//! What a column holds.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field};
use serde_json::Value as Json;

use super::{ClassLabel, Features, ValueType};
use crate::Result;
use crate::value::quoted;

/// What a column holds: single values, classes, lists, structs. Shown as Python's `datasets` shows it.
///
/// ```
/// use course_datasets::Feature;
/// assert_eq!(Feature::list(Feature::int32()).to_string(), "List(Value('int32'))");
/// ```
#[derive(Clone, PartialEq, Debug)]
pub enum Feature {
    /// Single values.
    Value(ValueType),
    /// Numbers that stand for classes.
    ClassLabel(ClassLabel),
    /// Lists, of any length or of one.
    List {
        /// What a list holds.
        feature: Box<Feature>,
        /// The length of every list, where it is fixed.
        length: Option<usize>,
    },
    /// Lists with 64-bit offsets, for more than two billion items in one batch.
    LargeList(Box<Feature>),
    /// Named fields.
    Struct(Features),
    /// Arrays of two to five dimensions; Python's `Array2D` … `Array5D`.
    Array {
        /// The shape; the first dimension may be open.
        shape: Vec<Option<usize>>,
        /// The type of the numbers.
        dtype: ValueType,
    },
    /// Values of any shape, kept as JSON text.
    Json,
    /// One text in several languages: a struct with a field for each.
    Translation(Vec<String>),
    /// A kind this crate keeps as it is and does not decode: images, sounds, videos.
    Opaque {
        /// How Python's metadata describes it, with `_type`.
        description: Json,
        /// How it is stored.
        storage: DataType,
    },
}

impl Feature {
    /// Single values of the type of this name, such as `int64`.
    ///
    /// # Errors
    /// [`Error::NoType`](crate::Error::NoType) where there is no such type.
    pub fn value(name: &str) -> Result<Self> {
        Ok(Self::Value(name.parse()?))
    }

    fn plain(data_type: &DataType) -> Self {
        // Every type given here is one of single values.
        Self::from_arrow(data_type)
    }

    /// Text.
    pub fn string() -> Self {
        Self::plain(&DataType::Utf8)
    }

    /// Whole numbers of 64 bits.
    pub fn int64() -> Self {
        Self::plain(&DataType::Int64)
    }

    /// Whole numbers of 32 bits.
    pub fn int32() -> Self {
        Self::plain(&DataType::Int32)
    }

    /// Whole numbers of 8 bits, as masks are.
    pub fn int8() -> Self {
        Self::plain(&DataType::Int8)
    }

    /// Numbers with a point, of 64 bits.
    pub fn float64() -> Self {
        Self::plain(&DataType::Float64)
    }

    /// Numbers with a point, of 32 bits.
    pub fn float32() -> Self {
        Self::plain(&DataType::Float32)
    }

    /// True or false.
    pub fn bool() -> Self {
        Self::plain(&DataType::Boolean)
    }

    /// Bytes.
    pub fn binary() -> Self {
        Self::plain(&DataType::Binary)
    }

    /// Nothing but missing values.
    pub fn null() -> Self {
        Self::plain(&DataType::Null)
    }

    /// Lists of `feature`.
    pub fn list(feature: Self) -> Self {
        Self::List { feature: Box::new(feature), length: None }
    }

    /// Lists of `length` items each.
    pub fn fixed_list(feature: Self, length: usize) -> Self {
        Self::List { feature: Box::new(feature), length: Some(length) }
    }

    /// Classes of these names.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) when two classes have one name.
    pub fn class_label(names: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        Ok(Self::ClassLabel(ClassLabel::new(names)?))
    }

    /// The feature that Arrow's type alone tells of.
    pub fn from_arrow(data_type: &DataType) -> Self {
        match data_type {
            DataType::Struct(fields) => {
                Self::Struct(fields.iter().map(|field| (field.name().clone(), Self::from_field(field))).collect())
            }
            DataType::List(item) | DataType::ListView(item) => Self::list(Self::from_field(item)),
            DataType::LargeList(item) | DataType::LargeListView(item) => {
                Self::LargeList(Box::new(Self::from_field(item)))
            }
            DataType::FixedSizeList(item, length) => match usize::try_from(*length) {
                Ok(length) => Self::fixed_list(Self::from_field(item), length),
                Err(_) => Self::list(Self::from_field(item)),
            },
            // A map is a list of key–value structs.
            DataType::Map(entries, _) => Self::list(Self::from_field(entries)),
            DataType::Dictionary(_, values) => Self::from_arrow(values),
            other => match ValueType::from_arrow(other) {
                Some(plain) => Self::Value(plain),
                None => Self::Opaque {
                    description: serde_json::json!({ "_type": other.to_string() }),
                    storage: other.clone(),
                },
            },
        }
    }

    /// The same, with what the field's extension type adds.
    pub(crate) fn from_field(field: &Field) -> Self {
        match super::schema::extension(field) {
            Some(feature) => feature,
            None => Self::from_arrow(field.data_type()),
        }
    }

    /// Arrow's type that holds it.
    pub fn arrow_type(&self) -> DataType {
        match self {
            Self::Value(value) => value.arrow().clone(),
            Self::ClassLabel(_) => DataType::Int64,
            Self::List { feature, length: None } => DataType::List(item(feature)),
            Self::List { feature, length: Some(length) } => {
                DataType::FixedSizeList(item(feature), i32::try_from(*length).unwrap_or(i32::MAX))
            }
            Self::LargeList(feature) => DataType::LargeList(item(feature)),
            Self::Struct(features) => {
                DataType::Struct(features.iter().map(|(name, feature)| Arc::new(feature.field(name))).collect())
            }
            Self::Array { shape, dtype } => shape
                .iter()
                .fold(dtype.arrow().clone(), |inner, _| DataType::List(Arc::new(Field::new_list_field(inner, true)))),
            Self::Json => DataType::Utf8,
            Self::Translation(languages) => DataType::Struct(
                languages.iter().map(|language| Arc::new(Field::new(language, DataType::Utf8, true))).collect(),
            ),
            Self::Opaque { storage, .. } => storage.clone(),
        }
    }

    /// Arrow's field that holds it.
    pub(crate) fn field(&self, name: &str) -> Field {
        super::schema::with_extension(Field::new(name, self.arrow_type(), true), self)
    }

    /// Whether it holds nothing but missing values, or lists of them.
    pub(crate) fn is_null(&self) -> bool {
        match self {
            Self::Value(value) => *value.arrow() == DataType::Null,
            Self::List { feature, .. } | Self::LargeList(feature) => feature.is_null(),
            _ => false,
        }
    }

    /// The classes, where there are.
    pub fn as_class_label(&self) -> Option<&ClassLabel> {
        match self {
            Self::ClassLabel(label) => Some(label),
            _ => None,
        }
    }
}

fn item(feature: &Feature) -> Arc<Field> {
    Arc::new(feature.field("item"))
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(formatter, "Value('{value}')"),
            Self::ClassLabel(label) => label.fmt(formatter),
            Self::List { feature, length: None } => write!(formatter, "List({feature})"),
            Self::List { feature, length: Some(length) } => write!(formatter, "List({feature}, length={length})"),
            Self::LargeList(feature) => write!(formatter, "LargeList({feature})"),
            Self::Struct(features) => features.fmt(formatter),
            Self::Array { shape, dtype } => {
                let sizes: Vec<String> =
                    shape.iter().map(|size| size.map_or("None".to_owned(), |size| size.to_string())).collect();
                write!(formatter, "Array{}D(shape=({}), dtype='{dtype}')", shape.len(), sizes.join(", "))
            }
            Self::Json => formatter.write_str("Json(decode=True)"),
            Self::Translation(languages) => {
                let languages: Vec<String> = languages.iter().map(|language| quoted(language)).collect();
                write!(formatter, "Translation(languages=[{}])", languages.join(", "))
            }
            Self::Opaque { description, .. } => {
                let kind = description.get("_type").and_then(Json::as_str).unwrap_or("Unknown");
                let options = description.as_object().into_iter().flatten().filter(|(name, _)| *name != "_type");
                let options: Vec<String> =
                    options.map(|(name, value)| format!("{name}={}", crate::Value::from(value.clone()))).collect();
                write!(formatter, "{kind}({})", options.join(", "))
            }
        }
    }
}
