//! Arrays → values.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Decimal256Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use crate::moment::{Moment, MomentKind};
use crate::{Feature, Value};

/// The value at `index`; a missing one past the end.
pub(crate) fn read(array: &dyn Array, index: usize, feature: &Feature) -> Value {
    if index >= array.len() || array.is_null(index) {
        return Value::Null;
    }
    match feature {
        Feature::Json => match read_plain(array, index) {
            Value::String(text) => match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(json) => Value::from(json),
                Err(_) => Value::String(text),
            },
            other => other,
        },
        Feature::List { feature, .. } | Feature::LargeList(feature) => match items(array, index) {
            Some(items) => Value::List((0..items.len()).map(|index| read(&items, index, feature)).collect()),
            None => read_plain(array, index),
        },
        Feature::Struct(features) => match array.as_struct_opt() {
            Some(fields) => {
                let values = features.shared_names();
                let values = values.iter().zip(fields.columns()).zip(features.iter());
                Value::Struct(
                    values.map(|((name, column), (_, feature))| (name.clone(), read(column, index, feature))).collect(),
                )
            }
            None => read_plain(array, index),
        },
        _ => read_plain(array, index),
    }
}

/// The items of the list at `index`.
fn items(array: &dyn Array, index: usize) -> Option<ArrayRef> {
    Some(match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().value(index),
        DataType::LargeList(_) => array.as_list::<i64>().value(index),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().value(index),
        _ => return None,
    })
}

/// The value at `index` by Arrow's type alone.
pub(crate) fn read_plain(array: &dyn Array, index: usize) -> Value {
    if index >= array.len() || array.is_null(index) {
        return Value::Null;
    }
    macro_rules! integer {
        ($kind:ty) => {
            Value::from(array.as_primitive::<$kind>().value(index))
        };
    }
    macro_rules! moment {
        ($kind:ty, $what:expr) => {
            Value::from(Moment::new(i64::from(array.as_primitive::<$kind>().value(index)), $what))
        };
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Bool(array.as_boolean().value(index)),
        DataType::Int8 => integer!(Int8Type),
        DataType::Int16 => integer!(Int16Type),
        DataType::Int32 => integer!(Int32Type),
        DataType::Int64 => integer!(Int64Type),
        DataType::UInt8 => integer!(UInt8Type),
        DataType::UInt16 => integer!(UInt16Type),
        DataType::UInt32 => integer!(UInt32Type),
        DataType::UInt64 => integer!(UInt64Type),
        DataType::Float16 => Value::Float(array.as_primitive::<Float16Type>().value(index).to_f64()),
        DataType::Float32 => integer!(Float32Type),
        DataType::Float64 => integer!(Float64Type),
        DataType::Utf8 => Value::from(array.as_string::<i32>().value(index)),
        DataType::LargeUtf8 => Value::from(array.as_string::<i64>().value(index)),
        DataType::Utf8View => Value::from(array.as_string_view().value(index)),
        DataType::Binary => Value::bytes(array.as_binary::<i32>().value(index)),
        DataType::LargeBinary => Value::bytes(array.as_binary::<i64>().value(index)),
        DataType::BinaryView => Value::bytes(array.as_binary_view().value(index)),
        DataType::FixedSizeBinary(_) => Value::bytes(array.as_fixed_size_binary().value(index)),
        DataType::Date32 => moment!(Date32Type, MomentKind::Date),
        DataType::Date64 => {
            let days = array.as_primitive::<Date64Type>().value(index).div_euclid(86_400_000);
            Value::from(Moment::new(days, MomentKind::Date))
        }
        DataType::Time32(TimeUnit::Second) => moment!(Time32SecondType, MomentKind::Time(TimeUnit::Second)),
        DataType::Time32(_) => moment!(Time32MillisecondType, MomentKind::Time(TimeUnit::Millisecond)),
        DataType::Time64(TimeUnit::Microsecond) => {
            moment!(Time64MicrosecondType, MomentKind::Time(TimeUnit::Microsecond))
        }
        DataType::Time64(_) => moment!(Time64NanosecondType, MomentKind::Time(TimeUnit::Nanosecond)),
        DataType::Timestamp(unit, zone) => {
            let kind = MomentKind::Timestamp(*unit, zone.clone());
            match unit {
                TimeUnit::Second => moment!(TimestampSecondType, kind),
                TimeUnit::Millisecond => moment!(TimestampMillisecondType, kind),
                TimeUnit::Microsecond => moment!(TimestampMicrosecondType, kind),
                TimeUnit::Nanosecond => moment!(TimestampNanosecondType, kind),
            }
        }
        DataType::Duration(unit) => {
            let kind = MomentKind::Duration(*unit);
            match unit {
                TimeUnit::Second => moment!(DurationSecondType, kind),
                TimeUnit::Millisecond => moment!(DurationMillisecondType, kind),
                TimeUnit::Microsecond => moment!(DurationMicrosecondType, kind),
                TimeUnit::Nanosecond => moment!(DurationNanosecondType, kind),
            }
        }
        DataType::Decimal128(..) => Value::Decimal(array.as_primitive::<Decimal128Type>().value_as_string(index)),
        DataType::Decimal256(..) => Value::Decimal(array.as_primitive::<Decimal256Type>().value_as_string(index)),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => match items(array, index) {
            Some(items) => Value::List((0..items.len()).map(|index| read_plain(&items, index)).collect()),
            None => Value::Null,
        },
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter();
            let values = fields.iter().zip(columns);
            Value::Struct(
                values.map(|(field, column)| (Arc::from(field.name().as_str()), read_plain(column, index))).collect(),
            )
        }
        DataType::Map(..) => {
            let entries: ArrayRef = Arc::new(array.as_map().value(index));
            Value::List((0..entries.len()).map(|index| read_plain(&entries, index)).collect())
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            match dictionary.normalized_keys().get(index) {
                Some(&key) => read_plain(dictionary.values(), key),
                None => Value::Null,
            }
        }
        // Unions, intervals and the like: no dataset has them; their text is better than nothing.
        _ => match arrow_cast::display::array_value_to_string(array, index) {
            Ok(text) => Value::String(text),
            Err(_) => Value::Null,
        },
    }
}
