//! Typed getters for a GGUF file's metadata: the format has thirteen types, readers want five.

use candle_core::quantized::gguf_file::{Value, ValueType};

use super::Gguf;
use crate::{HubError, Result, text};

impl Gguf {
    /// Every metadata key, sorted.
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.content.metadata.keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    /// One metadata value as it is, `None` when the key is not there.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(key)
    }

    /// `general.architecture`, such as `llama`: the prefix of the architecture's own keys.
    ///
    /// # Errors
    /// As [`string`](Self::string).
    pub fn architecture(&self) -> Result<&str> {
        self.string("general.architecture")
    }

    /// A text.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`].
    pub fn string(&self, key: &str) -> Result<&str> {
        match self.value(key)? {
            Value::String(text) => Ok(text),
            other => Err(self.wrong_type(key, "a text", other)),
        }
    }

    /// A whole number ≥ 0, of whatever width the file uses.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`], also for a negative number.
    pub fn usize(&self, key: &str) -> Result<usize> {
        let value = self.value(key)?;
        whole(value)
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| self.wrong_type(key, "a whole number from 0", value))
    }

    /// A whole number that fits `u32`.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`], also for a number that does not fit.
    pub fn u32(&self, key: &str) -> Result<u32> {
        let value = self.value(key)?;
        whole(value)
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| self.wrong_type(key, "a whole number from 0 to 2³²", value))
    }

    /// A number, whole or not.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`].
    pub fn f64(&self, key: &str) -> Result<f64> {
        let value = self.value(key)?;
        number(value).ok_or_else(|| self.wrong_type(key, "a number", value))
    }

    /// A truth value.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`].
    pub fn bool(&self, key: &str) -> Result<bool> {
        match self.value(key)? {
            Value::Bool(truth) => Ok(*truth),
            other => Err(self.wrong_type(key, "true or false", other)),
        }
    }

    /// A list of texts.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`].
    pub fn strings(&self, key: &str) -> Result<Vec<String>> {
        self.list(key, "a list of texts", |item| match item {
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// A list of whole numbers.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`].
    pub fn i64s(&self, key: &str) -> Result<Vec<i64>> {
        self.list(key, "a list of whole numbers", |item| whole(item).and_then(|number| i64::try_from(number).ok()))
    }

    /// A list of numbers.
    ///
    /// # Errors
    /// [`HubError::MissingKey`]; [`HubError::WrongType`].
    pub fn f64s(&self, key: &str) -> Result<Vec<f64>> {
        self.list(key, "a list of numbers", number)
    }

    fn list<T>(&self, key: &str, wanted: &'static str, convert: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>> {
        let value = self.value(key)?;
        let items = match value {
            Value::Array(items) => items.iter().map(convert).collect(),
            _ => None,
        };
        items.ok_or_else(|| self.wrong_type(key, wanted, value))
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.get(key).ok_or_else(|| HubError::MissingKey {
            path: self.path().to_path_buf(),
            key: key.to_owned(),
            nearest: text::nearest(key, self.content.metadata.keys().map(String::as_str)).map(Into::into),
        })
    }

    fn wrong_type(&self, key: &str, wanted: &'static str, value: &Value) -> HubError {
        HubError::WrongType { path: self.path().to_path_buf(), key: key.to_owned(), wanted, found: described(value) }
    }
}

fn whole(value: &Value) -> Option<i128> {
    Some(match *value {
        Value::U8(number) => number.into(),
        Value::I8(number) => number.into(),
        Value::U16(number) => number.into(),
        Value::I16(number) => number.into(),
        Value::U32(number) => number.into(),
        Value::I32(number) => number.into(),
        Value::U64(number) => number.into(),
        Value::I64(number) => number.into(),
        _ => return None,
    })
}

fn number(value: &Value) -> Option<f64> {
    match *value {
        Value::F32(number) => Some(number.into()),
        Value::F64(number) => Some(number),
        _ => whole(value).map(|number| number as f64),
    }
}

/// What a value is, with the value where it is short: `the text "llama"`, `a list of 49152 texts`.
fn described(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 40 => format!("the text {text:?}"),
        Value::String(text) => format!("a text of {} characters", text.chars().count()),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(items) => match items.first().map(Value::value_type) {
            None => "an empty list".into(),
            Some(ValueType::String) => format!("a list of {} texts", items.len()),
            Some(ValueType::Array) => format!("a list of {} lists", items.len()),
            Some(_) => format!("a list of {} numbers", items.len()),
        },
        other => number(other).map_or_else(|| "something else".into(), |number| format!("the number {number}")),
    }
}
