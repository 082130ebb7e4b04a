//! The types of what functions give back.

use crate::{Batch, Column, Error, Feature, Features, Result};

/// The names that tokenizers give their columns, and how wide their numbers have to be; as in Python's `datasets`.
pub(crate) fn optimised(name: &str, feature: Feature) -> Feature {
    let width = match name {
        "input_ids" => Feature::int32(),
        "attention_mask" | "special_tokens_mask" | "token_type_ids" => Feature::int8(),
        _ => return feature,
    };
    match feature {
        Feature::List { feature, length } if *feature == Feature::int64() => {
            Feature::List { feature: Box::new(width), length }
        }
        Feature::List { feature, length } => match *feature {
            Feature::List { feature: inner, length: within } if *inner == Feature::int64() => {
                Feature::List { feature: Box::new(Feature::List { feature: Box::new(width), length: within }), length }
            }
            other => Feature::List { feature: Box::new(other), length },
        },
        feature if feature == Feature::int64() => width,
        other => other,
    }
}

/// The column with the feature that the column of its name had before, where its values are of that kind.
pub(super) fn as_before(column: Column, before: &Feature) -> Column {
    if column.feature() == before || !same_kind(column.feature(), before) {
        return column;
    }
    Column::from_arrays(before.clone(), column.chunks().to_vec()).unwrap_or(column)
}

fn same_kind(one: &Feature, other: &Feature) -> bool {
    match (one, other) {
        (Feature::Value(one), Feature::Value(other)) => {
            one.is_integer() && other.is_integer()
                || one.is_float() && other.is_float()
                || one.is_string() && other.is_string()
                || one == other
        }
        (Feature::Value(one), Feature::ClassLabel(_)) => one.is_integer(),
        (Feature::List { feature: one, .. }, Feature::List { feature: other, .. }) => same_kind(one, other),
        (Feature::List { feature: one, .. }, Feature::LargeList(other)) => same_kind(one, other),
        (one, other) => one.is_null() || one.arrow_type() == other.arrow_type(),
    }
}

/// Features that hold what both hold.
///
/// # Errors
/// [`Error::Features`] naming the column whose types do not go together.
pub(super) fn widen(known: &Features, new: &Features) -> Result<Features> {
    let mut merged = known.clone();
    for (name, feature) in new.iter() {
        let before = known.column(name)?;
        let wider = wider(before, feature).ok_or_else(|| Error::Features {
            doing: "the function gives different types for different rows",
            column: name.to_owned(),
            first: before.to_string(),
            second: feature.to_string(),
        })?;
        merged.insert(name, wider);
    }
    match known.names().find(|name| new.get(name).is_none()) {
        Some(missing) => Err(Error::no_column(missing, new.names())),
        None => Ok(merged),
    }
}

fn wider(one: &Feature, other: &Feature) -> Option<Feature> {
    if one == other || other.is_null() && !matches!(one, Feature::Value(_)) || *other == Feature::null() {
        return Some(one.clone());
    }
    if one.is_null() {
        return Some(other.clone());
    }
    match (one, other) {
        (Feature::Value(first), Feature::Value(second)) => {
            let number = |value: &crate::ValueType| value.is_integer() || value.is_float();
            match (first.is_float(), second.is_float()) {
                _ if !number(first) || !number(second) => None,
                (false, false) => Some(Feature::int64()),
                _ => Some(Feature::float64()),
            }
        }
        (Feature::List { feature: one, length: None }, Feature::List { feature: other, length: None }) => {
            Some(Feature::list(wider(one, other)?))
        }
        (Feature::Struct(one), Feature::Struct(other)) => {
            let mut merged = one.clone();
            for (name, feature) in other.iter() {
                let field = match one.get(name) {
                    Some(before) => wider(before, feature)?,
                    None => feature.clone(),
                };
                merged.insert(name, field);
            }
            Some(Feature::Struct(merged))
        }
        _ => None,
    }
}

/// The batch with its columns in the order of `features`, and of their types.
pub(super) fn align(batch: &Batch, features: &Features) -> Result<Batch> {
    let mut aligned = Batch::new();
    for (name, feature) in features.iter() {
        let column = batch.column(name)?;
        aligned.set(name, cast_column(name, column, feature)?);
    }
    match batch.names().find(|name| features.get(name).is_none()) {
        Some(more) => Err(Error::no_column(more, features.names())),
        None => Ok(aligned),
    }
}

/// The column as `feature`. Where Arrow has no cast, as from one struct to a wider one, the values go through [`Value`](crate::Value).
pub(crate) fn cast_column(name: &str, column: &Column, feature: &Feature) -> Result<Column> {
    if column.feature() == feature {
        return Ok(column.clone());
    }
    let by_value = match feature {
        Feature::Struct(_) => column.feature().arrow_type() != feature.arrow_type(),
        Feature::ClassLabel(_) | Feature::Json => true,
        Feature::List { feature, .. } => !matches!(**feature, Feature::Value(_)),
        _ => false,
    };
    if by_value {
        let values: Vec<crate::Value> = column.iter().collect();
        return Column::build(name, &values.iter().collect::<Vec<_>>(), Some(feature));
    }
    Column::from_arrays(feature.clone(), column.chunks().to_vec()).map_err(|error| match error {
        Error::Cast { from, to, why, .. } => Error::Cast { column: name.to_owned(), from, to, why },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_widen_and_do_not_mix() {
        let list = |feature| Features::new().with("x", Feature::list(feature));
        assert_eq!(widen(&list(Feature::null()), &list(Feature::string())).unwrap(), list(Feature::string()));
        assert_eq!(widen(&list(Feature::string()), &list(Feature::null())).unwrap(), list(Feature::string()));
        assert_eq!(widen(&list(Feature::int64()), &list(Feature::float64())).unwrap(), list(Feature::float64()));
        let error = widen(&list(Feature::int64()), &list(Feature::string())).unwrap_err().to_string();
        assert!(
            error.contains("column \"x\" is List(Value('int64')) in one and List(Value('string')) in the other"),
            "{error}"
        );
        assert!(widen(&list(Feature::int64()), &Features::new()).is_err());
    }

    #[test]
    fn token_columns_are_narrow() {
        assert_eq!(optimised("input_ids", Feature::list(Feature::int64())), Feature::list(Feature::int32()));
        assert_eq!(optimised("attention_mask", Feature::list(Feature::int64())), Feature::list(Feature::int8()));
        assert_eq!(optimised("length", Feature::int64()), Feature::int64());
    }
}
