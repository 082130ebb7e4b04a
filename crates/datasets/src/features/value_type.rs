//! The types of single values, under the names that Python's `datasets` gives them.

use std::fmt;

use arrow_schema::{DataType, IntervalUnit, TimeUnit};

use crate::{Error, Result};

/// The type of single values: a wrapper around Arrow's `DataType` that reads and writes Python's names.
///
/// ```
/// use course_datasets::ValueType;
/// let stamp: ValueType = "timestamp[us, tz=UTC]".parse()?;
/// assert_eq!(stamp.to_string(), "timestamp[us, tz=UTC]");
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ValueType(DataType);

impl ValueType {
    /// Arrow's own type.
    pub fn arrow(&self) -> &DataType {
        &self.0
    }

    /// The type of Arrow's single values; `None` for lists and structs. A dictionary counts as what it holds.
    pub fn from_arrow(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Dictionary(_, values) => Self::from_arrow(values),
            DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(..)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::Struct(_)
            | DataType::Map(..)
            | DataType::Union(..)
            | DataType::RunEndEncoded(..) => None,
            DataType::Interval(IntervalUnit::YearMonth | IntervalUnit::DayTime | IntervalUnit::MonthDayNano) => None,
            plain => Some(Self(plain.clone())),
        }
    }

    /// Whether its values are whole numbers.
    pub fn is_integer(&self) -> bool {
        self.0.is_integer()
    }

    /// Whether its values are numbers with a point.
    pub fn is_float(&self) -> bool {
        self.0.is_floating()
    }

    /// Whether its values are text.
    pub fn is_string(&self) -> bool {
        matches!(self.0, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    }
}

impl std::str::FromStr for ValueType {
    type Err = Error;

    /// # Errors
    /// [`Error::NoType`] for a name that Python's `datasets` does not have either.
    fn from_str(name: &str) -> Result<Self> {
        parse(name.trim()).map(Self).ok_or_else(|| Error::NoType(name.to_owned()))
    }
}

fn parse(name: &str) -> Option<DataType> {
    Some(match name {
        "null" => DataType::Null,
        "bool" | "bool_" => DataType::Boolean,
        "int8" => DataType::Int8,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "uint8" => DataType::UInt8,
        "uint16" => DataType::UInt16,
        "uint32" => DataType::UInt32,
        "uint64" => DataType::UInt64,
        "float16" => DataType::Float16,
        "float32" => DataType::Float32,
        "float64" => DataType::Float64,
        "string" | "utf8" => DataType::Utf8,
        "large_string" | "large_utf8" => DataType::LargeUtf8,
        "string_view" => DataType::Utf8View,
        "binary" => DataType::Binary,
        "large_binary" => DataType::LargeBinary,
        "binary_view" => DataType::BinaryView,
        "date32" => DataType::Date32,
        "date64" => DataType::Date64,
        _ => return parse_bracketed(name),
    })
}

/// `timestamp[us, tz=UTC]`, `time32[s]`, `decimal128(10, 2)` and the like.
fn parse_bracketed(name: &str) -> Option<DataType> {
    let open = name.find(['[', '('])?;
    let (kind, rest) = name.split_at(open);
    let inside = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inside = inside.or_else(|| rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')))?;
    let (first, second) = match inside.split_once(',') {
        Some((first, second)) => (first.trim(), Some(second.trim())),
        None => (inside.trim(), None),
    };
    Some(match (kind, second) {
        ("timestamp", None) => DataType::Timestamp(unit(first)?, None),
        ("timestamp", Some(zone)) => DataType::Timestamp(unit(first)?, Some(zone.strip_prefix("tz=")?.into())),
        ("duration", None) => DataType::Duration(unit(first)?),
        ("time32", None) => match unit(first)? {
            unit @ (TimeUnit::Second | TimeUnit::Millisecond) => DataType::Time32(unit),
            _ => return None,
        },
        ("time64", None) => match unit(first)? {
            unit @ (TimeUnit::Microsecond | TimeUnit::Nanosecond) => DataType::Time64(unit),
            _ => return None,
        },
        ("decimal128", Some(scale)) => DataType::Decimal128(first.parse().ok()?, scale.parse().ok()?),
        ("decimal256", Some(scale)) => DataType::Decimal256(first.parse().ok()?, scale.parse().ok()?),
        ("fixed_size_binary", None) => DataType::FixedSizeBinary(first.parse().ok()?),
        _ => return None,
    })
}

fn unit(name: &str) -> Option<TimeUnit> {
    Some(match name {
        "s" => TimeUnit::Second,
        "ms" => TimeUnit::Millisecond,
        "us" => TimeUnit::Microsecond,
        "ns" => TimeUnit::Nanosecond,
        _ => return None,
    })
}

fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            DataType::Null => "null",
            DataType::Boolean => "bool",
            DataType::Int8 => "int8",
            DataType::Int16 => "int16",
            DataType::Int32 => "int32",
            DataType::Int64 => "int64",
            DataType::UInt8 => "uint8",
            DataType::UInt16 => "uint16",
            DataType::UInt32 => "uint32",
            DataType::UInt64 => "uint64",
            DataType::Float16 => "float16",
            DataType::Float32 => "float32",
            DataType::Float64 => "float64",
            DataType::Utf8 => "string",
            DataType::LargeUtf8 => "large_string",
            DataType::Utf8View => "string_view",
            DataType::Binary => "binary",
            DataType::LargeBinary => "large_binary",
            DataType::BinaryView => "binary_view",
            DataType::Date32 => "date32",
            DataType::Date64 => "date64",
            DataType::Timestamp(unit, None) => return write!(formatter, "timestamp[{}]", unit_name(*unit)),
            DataType::Timestamp(unit, Some(zone)) => {
                return write!(formatter, "timestamp[{}, tz={zone}]", unit_name(*unit));
            }
            DataType::Duration(unit) => return write!(formatter, "duration[{}]", unit_name(*unit)),
            DataType::Time32(unit) => return write!(formatter, "time32[{}]", unit_name(*unit)),
            DataType::Time64(unit) => return write!(formatter, "time64[{}]", unit_name(*unit)),
            DataType::Decimal128(precision, scale) => {
                return write!(formatter, "decimal128({precision}, {scale})");
            }
            DataType::Decimal256(precision, scale) => {
                return write!(formatter, "decimal256({precision}, {scale})");
            }
            DataType::FixedSizeBinary(width) => return write!(formatter, "fixed_size_binary[{width}]"),
            other => return write!(formatter, "{other}"),
        };
        formatter.write_str(name)
    }
}

impl fmt::Debug for ValueType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_python_comes_back() {
        let names = [
            "null",
            "bool",
            "int8",
            "uint64",
            "float16",
            "float32",
            "float64",
            "string",
            "large_string",
            "binary",
            "large_binary",
            "date32",
            "date64",
            "time32[s]",
            "time64[ns]",
            "timestamp[us]",
            "timestamp[s, tz=UTC]",
            "timestamp[ns, tz=America/New_York]",
            "duration[ms]",
            "decimal128(10, 2)",
            "decimal128(4, -2)",
            "decimal256(30, 2)",
            "fixed_size_binary[16]",
            "string_view",
            "binary_view",
        ];
        for name in names {
            assert_eq!(name.parse::<ValueType>().unwrap().to_string(), name);
        }
        assert_eq!("decimal128(10,2)".parse::<ValueType>().unwrap().to_string(), "decimal128(10, 2)");
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "text", "int", "timestamp", "timestamp[h]", "time32[us]", "timestamp[s, UTC]", "decimal128(2)"]
        {
            assert!(name.parse::<ValueType>().is_err(), "{name}");
        }
    }
}
