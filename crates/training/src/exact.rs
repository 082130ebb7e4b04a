//! Numbers in JSON that come back to the last bit: as text, since a JSON reader may round them.

use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// The same for lists, and for a number that may be missing.
pub(crate) mod each {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<'a, S: Serializer>(
        numbers: impl IntoIterator<Item = &'a f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.into_iter().map(f64::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: Numbers>(deserializer: D) -> Result<T, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let numbers: Result<Vec<f64>, _> = texts.iter().map(|text| text.parse()).collect();
        Ok(T::of(numbers.map_err(serde::de::Error::custom)?))
    }

    /// What a list of numbers is read as.
    pub(crate) trait Numbers {
        fn of(numbers: Vec<f64>) -> Self;
    }

    impl Numbers for Vec<f64> {
        fn of(numbers: Vec<f64>) -> Self {
            numbers
        }
    }

    impl Numbers for Option<f64> {
        fn of(numbers: Vec<f64>) -> Self {
            numbers.first().copied()
        }
    }
}
