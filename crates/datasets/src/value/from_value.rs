//! Values as Rust types.

use crate::{Moment, Value};

/// A type that a [`Value`] can be asked for as: `row.get::<f64>("score")?`.
pub trait FromValue: Sized {
    /// What is asked for, in words for an error message.
    fn wanted() -> String;

    /// The value, where it is one of this type. Whole numbers are floats too; a missing value is only an `Option`.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! simple {
    ($($type:ty, $wanted:literal, $value:ident => $read:expr;)*) => {$(
        impl FromValue for $type {
            fn wanted() -> String {
                $wanted.to_owned()
            }

            fn from_value($value: &Value) -> Option<Self> {
                $read
            }
        }
    )*};
}

simple! {
    String, "a string", value => value.as_str().map(str::to_owned);
    bool, "a bool", value => value.as_bool();
    f64, "a number", value => value.as_f64();
    f32, "a number", value => value.as_f64().map(|value| value as f32);
    Value, "a value", value => Some(value.clone());
    Moment, "a date or time", value => value.as_moment().cloned();
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FromValue for $integer {
            fn wanted() -> String {
                concat!("a whole number (", stringify!($integer), ")").to_owned()
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Int(value) => (*value).try_into().ok(),
                    Value::UInt(value) => (*value).try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl<T: FromValue> FromValue for Option<T> {
    fn wanted() -> String {
        format!("{} or nothing", T::wanted())
    }

    fn from_value(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn wanted() -> String {
        format!("a list of which each item is {}", T::wanted())
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::List(items) => items.iter().map(T::from_value).collect(),
            Value::Bytes(bytes) => bytes.iter().map(|byte| T::from_value(&Value::from(*byte))).collect(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_rust_types() {
        let list = Value::from(vec![Some(1), None]);
        assert_eq!(Vec::<Option<u8>>::from_value(&list), Some(vec![Some(1), None]));
        assert_eq!(Vec::<u8>::from_value(&list), None);
        assert_eq!(u8::from_value(&Value::from(300)), None);
        assert_eq!(f32::from_value(&Value::from(3)), Some(3.0));
        assert_eq!(i64::from_value(&Value::from(3.5)), None);
        assert_eq!(Vec::<u8>::from_value(&Value::bytes(*b"ab")), Some(vec![97, 98]));
    }
}
