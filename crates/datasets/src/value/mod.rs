//! One value of a cell of a dataset, whatever its type.

mod convert;
mod from_value;
mod json;
mod python;

use std::sync::Arc;

use crate::moment::Moment;

pub use from_value::FromValue;
pub(crate) use python::{python_float, quoted};

/// One value: what stands in one row of one column, or inside of it.
///
/// `value["field"]` and `value[0]` go into structs and lists; where there is nothing of that name or number they give
/// [`Value::Null`], as `serde_json` does. It is printed as Python would print it.
///
/// ```
/// use course_datasets::Value;
/// let value = Value::from(vec!["a", "b"]);
/// assert_eq!(value[1].as_str(), Some("b"));
/// assert_eq!(value.to_string(), "['a', 'b']");
/// ```
#[derive(Clone, PartialEq, Default)]
pub enum Value {
    /// Missing; Python's `None`.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`; smaller ones are `Int`.
    UInt(u64),
    /// A number with a point, of any precision.
    Float(f64),
    /// Text.
    String(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// Named fields in order.
    Struct(Vec<(Arc<str>, Value)>),
    /// A date, a time, a timestamp or a duration.
    Moment(Box<Moment>),
    /// A decimal number, in its digits.
    Decimal(String),
}

/// What indexing gives where there is nothing.
pub(crate) static NULL: Value = Value::Null;

impl Value {
    /// Bytes, where `From<Vec<u8>>` would give a list of numbers.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// A struct of these fields.
    pub fn fields<N: Into<Arc<str>>, V: Into<Self>>(fields: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::Struct(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Whether it is missing.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, where it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number, where it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, whole or not.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::UInt(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Decimal(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The bytes, where it is bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The items, where it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The date or time, where it is one; `.seconds()` and `.iso()` say more.
    pub fn as_moment(&self) -> Option<&Moment> {
        match self {
            Self::Moment(moment) => Some(moment),
            _ => None,
        }
    }

    /// The field of this name, where it is a struct that has one.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct(fields) => fields.iter().find(|(known, _)| &**known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// How many items, fields or characters it has; 0 for anything else.
    pub fn len(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Struct(fields) => fields.len(),
            Self::String(text) => text.chars().count(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// Whether [`Value::len`] is 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What kind of value it is, in a word for error messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "a missing value",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::UInt(_) => "an integer",
            Self::Float(_) => "a float",
            Self::String(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Struct(_) => "a struct",
            Self::Moment(_) => "a date or time",
            Self::Decimal(_) => "a decimal number",
        }
    }

    /// The value in one line, cut where it is long, for error messages.
    pub(crate) fn brief(&self) -> String {
        const MOST: usize = 60;
        let text = self.to_string();
        match text.char_indices().nth(MOST) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

impl std::ops::Index<&str> for Value {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        self.get(name).unwrap_or(&NULL)
    }
}

impl std::ops::Index<usize> for Value {
    type Output = Self;

    fn index(&self, index: usize) -> &Self {
        self.as_list().and_then(|items| items.get(index)).unwrap_or(&NULL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexing_goes_in_and_misses_give_null() {
        let value = Value::from(serde_json::json!({ "answers": { "text": ["a", "b"] } }));
        assert_eq!(value["answers"]["text"][1], "b");
        assert!(value["answers"]["start"][0].is_null());
    }
}
