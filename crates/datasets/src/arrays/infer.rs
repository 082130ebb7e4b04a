//! What values have in common: the feature of a column that holds them.

use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};

use crate::moment::MomentKind;
use crate::{Error, Feature, Features, Result, Value};

/// The feature that all `values` fit: `int64`, `float64` where whole numbers and others meet, `string`, lists, structs.
///
/// # Errors
/// [`Error::MixedTypes`] naming the first two rows that do not go together.
pub(crate) fn infer(column: &str, values: &[&Value]) -> Result<Feature> {
    let mut kind = Kind::Null;
    for (row, value) in values.iter().enumerate() {
        if let Err((first, second)) = kind.add(value) {
            // The row that set the kind: the first with which this one does not go together.
            let alone = |other: &&Value| {
                let mut kind = Kind::Null;
                kind.add(other).is_err() || kind.add(value).is_err()
            };
            let first_row = values.iter().take(row).position(alone).unwrap_or(0);
            return Err(Error::MixedTypes { column: column.to_owned(), first, first_row, second, second_row: row });
        }
    }
    Ok(kind.feature())
}

#[derive(Clone, PartialEq)]
enum Kind {
    Null,
    Bool,
    Int,
    UInt,
    Float,
    String,
    Bytes,
    List(Box<Kind>),
    Struct(Vec<(Arc<str>, Kind)>),
    Moment(MomentKind),
    /// Digits before and behind the point.
    Decimal(usize, usize),
}

impl Kind {
    fn add(&mut self, value: &Value) -> Result<(), (String, String)> {
        match (&mut *self, value) {
            (_, Value::Null)
            | (Self::Bool, Value::Bool(_))
            | (Self::Int | Self::UInt | Self::Float, Value::Int(_))
            | (Self::UInt | Self::Float, Value::UInt(_))
            | (Self::Float, Value::Float(_))
            | (Self::String, Value::String(_))
            | (Self::Bytes, Value::Bytes(_)) => {}
            (kind @ (Self::Null | Self::Int), Value::UInt(_)) => *kind = Self::UInt,
            (kind @ (Self::Null | Self::Int | Self::UInt), Value::Float(_)) => *kind = Self::Float,
            (kind @ Self::Null, Value::Int(_)) => *kind = Self::Int,
            (kind @ Self::Null, Value::Bool(_)) => *kind = Self::Bool,
            (kind @ Self::Null, Value::String(_)) => *kind = Self::String,
            (kind @ Self::Null, Value::Bytes(_)) => *kind = Self::Bytes,
            (kind @ Self::Null, Value::Moment(moment)) => *kind = Self::Moment(moment.kind().clone()),
            (Self::Moment(known), Value::Moment(moment)) if same_moment(known, moment.kind()) => {
                if let Some(finer) = finer(known, moment.kind()) {
                    *known = finer;
                }
            }
            (kind @ Self::Null, Value::List(items)) => {
                let mut inner = Self::Null;
                items.iter().try_for_each(|item| inner.add(item))?;
                *kind = Self::List(Box::new(inner));
            }
            (Self::List(inner), Value::List(items)) => items.iter().try_for_each(|item| inner.add(item))?,
            (kind @ Self::Null, Value::Struct(_)) => {
                *kind = Self::Struct(Vec::new());
                kind.add(value)?;
            }
            (Self::Struct(known), Value::Struct(fields)) => {
                for (index, (name, value)) in fields.iter().enumerate() {
                    // Nearly always the fields come in the same order.
                    let place = match known.get(index) {
                        Some((other, _)) if other == name => Some(index),
                        _ => known.iter().position(|(other, _)| other == name),
                    };
                    match place.and_then(|place| known.get_mut(place)) {
                        Some((_, kind)) => kind.add(value)?,
                        None => {
                            let mut kind = Self::Null;
                            kind.add(value)?;
                            known.push((name.clone(), kind));
                        }
                    }
                }
            }
            (kind @ (Self::Null | Self::Decimal(..)), Value::Decimal(digits)) => {
                let (before, behind) = match kind {
                    Self::Decimal(before, behind) => (*before, *behind),
                    _ => (1, 0),
                };
                let digits = digits.trim_start_matches('-');
                let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
                *kind = Self::Decimal(before.max(whole.len()), behind.max(rest.len()));
            }
            (kind, value) => return Err((kind.name(), value.kind().to_owned())),
        }
        Ok(())
    }

    fn feature(&self) -> Feature {
        match self {
            Self::Null => Feature::null(),
            Self::Bool => Feature::bool(),
            Self::Int => Feature::int64(),
            Self::UInt => Feature::from_arrow(&DataType::UInt64),
            Self::Float => Feature::float64(),
            Self::String => Feature::string(),
            Self::Bytes => Feature::binary(),
            Self::List(inner) => Feature::list(inner.feature()),
            Self::Struct(fields) => {
                Feature::Struct(fields.iter().map(|(name, kind)| (name.clone(), kind.feature())).collect::<Features>())
            }
            Self::Moment(kind) => Feature::from_arrow(&match kind {
                MomentKind::Date => DataType::Date32,
                MomentKind::Time(unit @ (TimeUnit::Second | TimeUnit::Millisecond)) => DataType::Time32(*unit),
                MomentKind::Time(unit) => DataType::Time64(*unit),
                MomentKind::Timestamp(unit, zone) => DataType::Timestamp(*unit, zone.clone()),
                MomentKind::Duration(unit) => DataType::Duration(*unit),
            }),
            Self::Decimal(before, behind) => {
                let precision = u8::try_from(before + behind).unwrap_or(u8::MAX);
                let scale = i8::try_from(*behind).unwrap_or(0);
                Feature::from_arrow(&match precision {
                    ..=38 => DataType::Decimal128(precision, scale),
                    39.. => DataType::Decimal256(precision.min(76), scale),
                })
            }
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Null => "a missing value",
            Self::Bool => "a bool",
            Self::Int | Self::UInt => "an integer",
            Self::Float => "a float",
            Self::String => "a string",
            Self::Bytes => "bytes",
            Self::List(_) => "a list",
            Self::Struct(_) => "a struct",
            Self::Moment(_) => "a date or time",
            Self::Decimal(..) => "a decimal number",
        }
        .to_owned()
    }
}

fn same_moment(one: &MomentKind, other: &MomentKind) -> bool {
    match (one, other) {
        (MomentKind::Timestamp(_, one), MomentKind::Timestamp(_, other)) => one == other,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// The kind with the finer unit, where that is the other one's.
fn finer(known: &MomentKind, other: &MomentKind) -> Option<MomentKind> {
    let unit = |kind: &MomentKind| match kind {
        MomentKind::Date => None,
        MomentKind::Time(unit) | MomentKind::Timestamp(unit, _) | MomentKind::Duration(unit) => Some(*unit),
    };
    (crate::moment::nanoseconds(unit(other)?) < crate::moment::nanoseconds(unit(known)?)).then(|| other.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(json: serde_json::Value) -> Result<String> {
        let Value::List(values) = Value::from(json) else { panic!("a list") };
        Ok(infer("x", &values.iter().collect::<Vec<_>>())?.to_string())
    }

    #[test]
    fn what_values_have_in_common() {
        assert_eq!(of(json!([null])).unwrap(), "Value('null')");
        assert_eq!(of(json!([1, null, 2])).unwrap(), "Value('int64')");
        assert_eq!(of(json!([1, 2.5])).unwrap(), "Value('float64')");
        assert_eq!(of(json!([1, 18446744073709551615u64])).unwrap(), "Value('uint64')");
        assert_eq!(of(json!([[], [1], null])).unwrap(), "List(Value('int64'))");
        assert_eq!(
            of(json!([{"a": 1}, {"b": ["x"], "a": 0.5}])).unwrap(),
            "{'a': Value('float64'), 'b': List(Value('string'))}"
        );
    }

    #[test]
    fn a_mixture_names_both_rows() {
        let error = of(json!([null, 1, 2, "x"])).unwrap_err().to_string();
        assert!(error.starts_with("column \"x\" mixes types: an integer in row 1 and a string in row 3;"), "{error}");
        let error = of(json!([[1], ["x"]])).unwrap_err().to_string();
        assert!(error.contains("an integer in row 0 and a string in row 1"), "{error}");
    }
}
