//! Values → arrays of a given feature.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, LargeBinaryBuilder, LargeStringBuilder, PrimitiveBuilder,
    StringBuilder, StringViewBuilder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, FixedSizeListArray, LargeListArray, ListArray, NullArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields};

use crate::moment::nanoseconds;
use crate::{ClassLabel, Error, Feature, Result, Value};

/// An array of `feature` that holds `values`.
///
/// Class names become their numbers. Whole numbers fit columns of floats; floats fit columns of whole numbers where nothing is lost.
///
/// # Errors
/// [`Error::DoesNotFit`] naming the row, [`Error::NoClass`].
pub(crate) fn build(column: &str, values: &[&Value], feature: &Feature) -> Result<ArrayRef> {
    make(values, feature).map_err(|unfit| {
        // Which row it was is found out only now, so that the way without errors need not carry it along.
        let row = values.iter().position(|value| make(&[value], feature).is_err()).unwrap_or(0);
        match unfit {
            Unfit::Class(error) => error,
            Unfit::Value(value) => {
                Error::DoesNotFit { column: column.to_owned(), row, value, feature: feature.to_string() }
            }
            Unfit::Arrow(source) => Error::Arrow { doing: format!("building column {column:?}"), source },
        }
    })
}

enum Unfit {
    Value(String),
    Class(Error),
    Arrow(arrow_schema::ArrowError),
}

type Made = Result<ArrayRef, Unfit>;

fn unfit(value: &Value) -> Unfit {
    Unfit::Value(value.brief())
}

fn make(values: &[&Value], feature: &Feature) -> Made {
    match feature {
        Feature::Value(value) => plain(values, value.arrow()),
        Feature::ClassLabel(label) => classes(values, label),
        Feature::Json => {
            let mut builder = StringBuilder::with_capacity(values.len(), 16 * values.len());
            values.iter().for_each(|value| match value {
                Value::Null => builder.append_null(),
                value => builder.append_value(value.to_json().to_string()),
            });
            Ok(Arc::new(builder.finish()))
        }
        Feature::List { feature: inner, .. } | Feature::LargeList(inner) => {
            lists(values, &feature.arrow_type(), |items| make(items, inner))
        }
        Feature::Struct(features) => {
            let DataType::Struct(fields) = feature.arrow_type() else { return plain(values, &DataType::Null) };
            structs(values, fields, |index, items| match features.at(index) {
                Some((_, feature)) => make(items, feature),
                None => plain(items, &DataType::Null),
            })
        }
        Feature::Array { .. } | Feature::Translation(_) | Feature::Opaque { .. } => {
            by_type(values, &feature.arrow_type())
        }
    }
}

/// By Arrow's type alone, lists and structs too.
fn by_type(values: &[&Value], data_type: &DataType) -> Made {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            lists(values, data_type, |items| by_type(items, item.data_type()))
        }
        DataType::Struct(fields) => structs(values, fields.clone(), |index, items| {
            by_type(items, fields.get(index).map_or(&DataType::Null, |field| field.data_type()))
        }),
        other => plain(values, other),
    }
}

fn lists(values: &[&Value], data_type: &DataType, inner: impl FnOnce(&[&Value]) -> Made) -> Made {
    let mut items: Vec<&Value> = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    let fixed = match data_type {
        DataType::FixedSizeList(_, size) => usize::try_from(*size).ok(),
        _ => None,
    };
    for value in values {
        match value {
            Value::List(list) => {
                if fixed.is_some_and(|size| size != list.len()) {
                    return Err(unfit(value));
                }
                items.extend(list);
                lengths.push(list.len());
                valid.push(true);
            }
            Value::Null => {
                items.extend(std::iter::repeat_n(&Value::Null, fixed.unwrap_or(0)));
                lengths.push(0);
                valid.push(false);
            }
            other => return Err(unfit(other)),
        }
    }
    let nulls = nulls(valid);
    let too_many = || Unfit::Value(format!("lists of {} items together", items.len()));
    let built = inner(&items)?;
    Ok(match data_type {
        DataType::FixedSizeList(item, size) => Arc::new(
            FixedSizeListArray::try_new_with_length(retyped(item, &built), *size, built, nulls, values.len())
                .map_err(Unfit::Arrow)?,
        ),
        DataType::LargeList(item) => Arc::new(
            LargeListArray::try_new(retyped(item, &built), OffsetBuffer::from_lengths(lengths), built, nulls)
                .map_err(Unfit::Arrow)?,
        ),
        DataType::List(item) => {
            if i32::try_from(built.len()).is_err() {
                return Err(too_many());
            }
            Arc::new(
                ListArray::try_new(retyped(item, &built), OffsetBuffer::from_lengths(lengths), built, nulls)
                    .map_err(Unfit::Arrow)?,
            )
        }
        _ => Arc::new(NullArray::new(values.len())),
    })
}

/// The item field with the type that was really built.
fn retyped(item: &Arc<Field>, built: &ArrayRef) -> Arc<Field> {
    if item.data_type() == built.data_type() {
        return item.clone();
    }
    Arc::new(item.as_ref().clone().with_data_type(built.data_type().clone()))
}

fn structs(values: &[&Value], fields: Fields, inner: impl Fn(usize, &[&Value]) -> Made) -> Made {
    let mut valid = Vec::with_capacity(values.len());
    let mut columns: Vec<Vec<&Value>> = vec![Vec::with_capacity(values.len()); fields.len()];
    for value in values {
        match value {
            Value::Struct(entries) => {
                valid.push(true);
                let mut found = 0;
                for (index, (field, column)) in fields.iter().zip(&mut columns).enumerate() {
                    let entry = match entries.get(index) {
                        Some(entry) if *entry.0 == **field.name() => Some(entry),
                        _ => entries.iter().find(|entry| *entry.0 == **field.name()),
                    };
                    found += usize::from(entry.is_some());
                    column.push(entry.map_or(&crate::value::NULL, |entry| &entry.1));
                }
                // A field that the column does not have would be lost.
                if found < entries.len() {
                    return Err(unfit(value));
                }
            }
            Value::Null => {
                valid.push(false);
                columns.iter_mut().for_each(|column| column.push(&crate::value::NULL));
            }
            other => return Err(unfit(other)),
        }
    }
    let arrays: Vec<ArrayRef> =
        columns.iter().enumerate().map(|(index, column)| inner(index, column)).collect::<Result<_, _>>()?;
    let fields: Fields = fields.iter().zip(&arrays).map(|(field, array)| retyped(field, array)).collect();
    let made = StructArray::try_new_with_length(fields, arrays, nulls(valid), values.len());
    Ok(Arc::new(made.map_err(Unfit::Arrow)?))
}

fn nulls(valid: Vec<bool>) -> Option<NullBuffer> {
    if valid.iter().all(|valid| *valid) { None } else { Some(NullBuffer::from(valid)) }
}

fn classes(values: &[&Value], label: &ClassLabel) -> Made {
    let mut builder = PrimitiveBuilder::<Int64Type>::with_capacity(values.len());
    for value in values {
        match value {
            Value::Null => builder.append_null(),
            Value::Int(class) if *class == -1 || label.name(*class).is_some() => builder.append_value(*class),
            Value::String(name) => builder.append_value(label.str2int(name).map_err(Unfit::Class)?),
            other => return Err(Unfit::Class(label.no_class(other.brief()))),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn plain(values: &[&Value], data_type: &DataType) -> Made {
    macro_rules! texts {
        ($builder:expr) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::String(text) => builder.append_value(text),
                    other => return Err(unfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }};
    }
    macro_rules! bytes {
        ($builder:expr) => {{
            let mut builder = $builder;
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::Bytes(bytes) => builder.append_value(bytes),
                    Value::String(text) => builder.append_value(text.as_bytes()),
                    other => return Err(unfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }};
    }
    match data_type {
        DataType::Null => match values.iter().find(|value| !value.is_null()) {
            Some(value) => Err(unfit(value)),
            None => Ok(Arc::new(NullArray::new(values.len()))),
        },
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::Bool(value) => builder.append_value(*value),
                    other => return Err(unfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::Int8 => numbers::<Int8Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::Int16 => numbers::<Int16Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::Int32 => numbers::<Int32Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::Int64 => numbers::<Int64Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::UInt8 => numbers::<UInt8Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::UInt16 => numbers::<UInt16Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::UInt32 => numbers::<UInt32Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::UInt64 => numbers::<UInt64Type>(values, |value| whole(value)?.try_into().ok()),
        DataType::Float16 => numbers::<Float16Type>(values, |value| float(value).map(half_from)),
        DataType::Float32 => numbers::<Float32Type>(values, |value| float(value).map(|value| value as f32)),
        DataType::Float64 => numbers::<Float64Type>(values, float),
        DataType::Utf8 if long(values) => Err(Unfit::Value("text of more than 2 GB in one batch".to_owned())),
        DataType::Utf8 => texts!(StringBuilder::with_capacity(values.len(), 32 * values.len())),
        DataType::LargeUtf8 => texts!(LargeStringBuilder::new()),
        DataType::Utf8View => texts!(StringViewBuilder::new()),
        DataType::Binary if long(values) => Err(Unfit::Value("more than 2 GB of bytes in one batch".to_owned())),
        DataType::Binary => bytes!(BinaryBuilder::new()),
        DataType::LargeBinary => bytes!(LargeBinaryBuilder::new()),
        DataType::BinaryView => cast(bytes!(BinaryBuilder::new())?, data_type),
        DataType::FixedSizeBinary(width) => {
            let mut builder = FixedSizeBinaryBuilder::with_capacity(values.len(), *width);
            for value in values {
                match value {
                    Value::Null => builder.append_null(),
                    Value::Bytes(bytes) => builder.append_value(bytes).map_err(|_| unfit(value))?,
                    other => return Err(unfit(other)),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            let texts: Vec<Value> = values
                .iter()
                .map(|value| match value {
                    Value::Decimal(digits) => Value::String(digits.clone()),
                    Value::Int(_) | Value::UInt(_) | Value::Float(_) => Value::String(value.to_string()),
                    other => (*other).clone(),
                })
                .collect();
            cast(plain(&texts.iter().collect::<Vec<_>>(), &DataType::Utf8)?, data_type)
        }
        DataType::Date32 => moments(values, 86_400_000_000_000, &DataType::Int32, data_type),
        DataType::Date64 => moments(values, 1_000_000, &DataType::Int64, data_type),
        DataType::Time32(unit) => moments(values, nanoseconds(*unit), &DataType::Int32, data_type),
        DataType::Time64(unit) | DataType::Timestamp(unit, _) | DataType::Duration(unit) => {
            moments(values, nanoseconds(*unit), &DataType::Int64, data_type)
        }
        _ => Err(Unfit::Value(format!("a value of the type {data_type}"))),
    }
}

fn long(values: &[&Value]) -> bool {
    let length = |value: &&Value| match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 0,
    };
    i32::try_from(values.iter().map(length).sum::<usize>()).is_err()
}

fn half_from(value: f64) -> <Float16Type as ArrowPrimitiveType>::Native {
    <Float16Type as ArrowPrimitiveType>::Native::from_f64(value)
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::UInt(value) => Some(i128::from(*value)),
        Value::Bool(value) => Some(i128::from(*value)),
        Value::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => Some(*value as i128),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(value) => Some(*value as f64),
        Value::UInt(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::Decimal(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn numbers<T: ArrowPrimitiveType>(values: &[&Value], native: impl Fn(&Value) -> Option<T::Native>) -> Made {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(values.len());
    for value in values {
        match value {
            Value::Null => builder.append_null(),
            value => builder.append_value(native(value).ok_or_else(|| unfit(value))?),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Dates and times as counts of `unit` nanoseconds; text in ISO form is understood too.
fn moments(values: &[&Value], unit: i128, storage: &DataType, data_type: &DataType) -> Made {
    if values.iter().any(|value| matches!(value, Value::String(_))) {
        return cast(plain(values, &DataType::Utf8)?, data_type);
    }
    let counts = numbers::<Int64Type>(values, |value| match value {
        Value::Moment(moment) => moment.nanoseconds().div_euclid(unit).try_into().ok(),
        Value::Int(count) => Some(*count),
        _ => None,
    })?;
    cast(cast(counts, storage)?, data_type)
}

fn cast(array: ArrayRef, data_type: &DataType) -> Made {
    let options = arrow_cast::CastOptions { safe: false, ..Default::default() };
    arrow_cast::cast_with_options(&array, data_type, &options).map_err(Unfit::Arrow)
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::Moment;

    fn round(values: Vec<Value>, feature: &Feature) -> Vec<Value> {
        let array = build("x", &values.iter().collect::<Vec<_>>(), feature).unwrap();
        assert_eq!(array.data_type(), &feature.arrow_type());
        (0..array.len()).map(|index| read(&array, index, feature)).collect()
    }

    #[test]
    fn values_come_back_from_arrays() {
        let json = |json| match Value::from(json) {
            Value::List(values) => values,
            other => vec![other],
        };
        let cases = [
            (json(serde_json::json!([1, null, -3])), "int8"),
            (json(serde_json::json!([0.5, null])), "float32"),
            (json(serde_json::json!([0.5, -2.0])), "float16"),
            (json(serde_json::json!(["a", null, "é😀"])), "string"),
            (json(serde_json::json!(["a", null, "é😀"])), "large_string"),
            (json(serde_json::json!(["a", null, "é😀 and a long one"])), "string_view"),
            (json(serde_json::json!([true, null])), "bool"),
            (json(serde_json::json!([u64::MAX, 1])), "uint64"),
            (vec![Value::bytes(*b"\x00\xff"), Value::Null], "binary"),
            (vec![Value::bytes(*b"ab"), Value::Null], "fixed_size_binary[2]"),
            (vec![Value::Decimal("1.50".to_owned()), Value::Null], "decimal128(10, 2)"),
            (vec![Value::from(Moment::date(5)), Value::Null], "date32"),
            (vec![Value::from(Moment::timestamp(5)), Value::Null], "timestamp[s]"),
        ];
        for (values, name) in cases {
            assert_eq!(round(values.clone(), &Feature::value(name).unwrap()), values, "{name}");
        }
    }

    #[test]
    fn lists_and_structs_come_back() {
        let values = vec![Value::from(vec![Some(1), None]), Value::Null, Value::from(Vec::<i64>::new())];
        assert_eq!(round(values.clone(), &Feature::list(Feature::int32())), values);
        assert_eq!(round(values.clone(), &Feature::LargeList(Box::new(Feature::int32()))), values);
        let pairs = vec![Value::from([1, 2]), Value::Null];
        assert_eq!(round(pairs.clone(), &Feature::fixed_list(Feature::int64(), 2)), pairs);
        let json = Value::from(serde_json::json!([{"a": [{"b": null}]}, null]));
        let feature = infer_of(&json);
        let Value::List(values) = json else { panic!("a list") };
        let feature = match feature.to_string().as_str() {
            "{'a': List({'b': Value('null')})}" => feature,
            other => panic!("{other}"),
        };
        assert_eq!(round(values.clone(), &feature), values);
        assert_eq!(round(values.clone(), &Feature::Json), values);
    }

    fn infer_of(list: &Value) -> Feature {
        super::super::infer("x", &list.as_list().unwrap().iter().collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_does_not_fit_names_its_row() {
        let values = [Value::from(1), Value::from(300)];
        let error = build("n", &values.iter().collect::<Vec<_>>(), &Feature::int8()).unwrap_err().to_string();
        assert_eq!(error, "column \"n\", row 1: 300 does not fit Value('int8')");
        let values = [Value::from([1]), Value::from(["x"])];
        let error =
            build("n", &values.iter().collect::<Vec<_>>(), &Feature::list(Feature::int64())).unwrap_err().to_string();
        assert_eq!(error, "column \"n\", row 1: 'x' does not fit List(Value('int64'))");
    }

    #[test]
    fn class_names_become_numbers() {
        let feature = Feature::class_label(["neg", "pos"]).unwrap();
        let values = vec![Value::from("pos"), Value::from(0), Value::Null, Value::from(-1)];
        assert_eq!(round(values, &feature), vec![Value::from(1), Value::from(0), Value::Null, Value::from(-1)]);
        let values = [Value::from(2)];
        let error = build("label", &values.iter().collect::<Vec<_>>(), &feature).unwrap_err().to_string();
        assert_eq!(error, "2 is not one of the 2 classes: \"neg\", \"pos\"");
    }
}
