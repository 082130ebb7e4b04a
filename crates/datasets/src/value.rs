//! One value of a cell of a dataset, whatever its type.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::moment::Moment;

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

    /// The value as JSON; bytes become lists of numbers, dates their ISO text, NaN and infinities null.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::UInt(value) => Json::from(*value),
            Self::Float(value) => Json::from(*value),
            Self::String(text) => Json::String(text.clone()),
            Self::Bytes(bytes) => Json::from(bytes.clone()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Struct(fields) => {
                Json::Object(fields.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect())
            }
            Self::Moment(moment) => Json::String(moment.iso()),
            Self::Decimal(digits) => Json::String(digits.clone()),
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

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(value: $integer) -> Self {
                match i64::try_from(value) {
                    Ok(value) => Self::Int(value),
                    // Only a `u64` or `usize` does not fit, and it fits that.
                    Err(_) => Self::UInt(value as u64),
                }
            }
        }
        impl PartialEq<$integer> for Value {
            fn eq(&self, other: &$integer) -> bool {
                match self {
                    Self::Int(value) => i64::try_from(*other).is_ok_and(|other| other == *value),
                    Self::UInt(value) => u64::try_from(*other).is_ok_and(|other| other == *value),
                    _ => false,
                }
            }
        }
    )*};
}
from_integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f32> for Value {
    fn from(value: f32) -> Self {
        Self::Float(f64::from(value))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::String(text.clone())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::String(text.into_owned())
    }
}

impl From<char> for Value {
    fn from(letter: char) -> Self {
        Self::String(letter.into())
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Self {
        Self::Moment(Box::new(moment))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Clone + Into<Self>> From<&[T]> for Value {
    fn from(items: &[T]) -> Self {
        Self::List(items.iter().cloned().map(Into::into).collect())
    }
}

impl<T: Into<Self>, const COUNT: usize> From<[T; COUNT]> for Value {
    fn from(items: [T; COUNT]) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

impl From<crate::Row> for Value {
    fn from(row: crate::Row) -> Self {
        Self::Struct(row.into_fields())
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(value),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => Self::Int(value),
                (None, Some(value)) => Self::UInt(value),
                (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::String(text),
            Json::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Json::Object(fields) => {
                Self::Struct(fields.into_iter().map(|(name, value)| (name.into(), Self::from(value))).collect())
            }
        }
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl PartialEq<f64> for Value {
    fn eq(&self, other: &f64) -> bool {
        self.as_f64() == Some(*other)
    }
}

impl PartialEq<bool> for Value {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::UInt(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(text) | Self::Decimal(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.collect_seq(bytes),
            Self::List(items) => serializer.collect_seq(items),
            Self::Struct(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(&**name, value)?;
                }
                map.end()
            }
            Self::Moment(moment) => serializer.serialize_str(&moment.iso()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("None"),
            Self::Bool(true) => formatter.write_str("True"),
            Self::Bool(false) => formatter.write_str("False"),
            Self::Int(value) => value.fmt(formatter),
            Self::UInt(value) => value.fmt(formatter),
            Self::Float(value) => write!(formatter, "{}", python_float(*value)),
            Self::String(text) => formatter.write_str(&quoted(text)),
            Self::Bytes(bytes) => formatter.write_str(&python_bytes(bytes)),
            Self::List(items) => {
                formatter.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(formatter, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                formatter.write_str("]")
            }
            Self::Struct(fields) => {
                formatter.write_str("{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    write!(formatter, "{}{}: {value}", if index == 0 { "" } else { ", " }, quoted(name))?;
                }
                formatter.write_str("}")
            }
            Self::Moment(moment) => moment.fmt(formatter),
            Self::Decimal(digits) => write!(formatter, "Decimal('{digits}')"),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl course_display::Rich for Value {
    fn rich(&self) -> course_display::Bundle {
        course_display::Bundle::text(self.to_string())
    }
}

/// The text in quotes as Python's `repr` writes it.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => out.extend(['\\', letter]),
            letter if letter.is_control() || letter == '\u{feff}' || letter == '\u{200b}' => match u32::from(letter) {
                code @ 0..=0xff => out.push_str(&format!("\\x{code:02x}")),
                code @ 0x100..=0xffff => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
            letter => out.push(letter),
        }
    }
    out.push(quote);
    out
}

/// A float as Python writes it: `1.0`, `0.1`, `1e-05`, `1e+16`, `nan`.
pub(crate) fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{value:?}")
}

fn python_bytes(bytes: &[u8]) -> String {
    let mut out = String::from("b'");
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\'' => out.push_str("\\'"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x20..=0x7e => out.push(char::from(byte)),
            other => out.push_str(&format!("\\x{other:02x}")),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_in_python() {
        let value = Value::fields([
            ("a", Value::from(vec![Some(1), None])),
            ("b", Value::from(true)),
            ("c", Value::from(0.1)),
            ("d", Value::from("it's")),
            ("e", Value::bytes(*b"\x00'a")),
        ]);
        assert_eq!(value.to_string(), r#"{'a': [1, None], 'b': True, 'c': 0.1, 'd': "it's", 'e': b'\x00\'a'}"#);
        assert_eq!(quoted("a\n\"'\u{1}"), r#"'a\n"\'\x01'"#);
        for (float, text) in [
            (1.0, "1.0"),
            (1e-5, "1e-05"),
            (1e16, "1e+16"),
            (123456.5, "123456.5"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (-0.0, "-0.0"),
        ] {
            assert_eq!(python_float(float), text);
        }
    }

    #[test]
    fn indexing_goes_in_and_misses_give_null() {
        let value = Value::from(serde_json::json!({ "answers": { "text": ["a", "b"] } }));
        assert_eq!(value["answers"]["text"][1], "b");
        assert!(value["answers"]["start"][0].is_null());
    }

    #[test]
    fn numbers_keep_their_size() {
        assert_eq!(Value::from(u64::MAX), Value::UInt(u64::MAX));
        assert_eq!(Value::from(7_u64), 7_i32);
        assert_eq!(Value::from(2_u8).as_f64(), Some(2.0));
        assert_eq!(serde_json::to_string(&Value::from(vec![u64::MAX])).unwrap(), "[18446744073709551615]");
    }
}
