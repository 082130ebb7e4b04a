//! What a setting of a metric may be given.

use std::fmt;

use crate::{Error, Result};

/// A value for [`Metric::with`](crate::Metric::with): a switch, a number, a name, or a list of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// On or off.
    Switch(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A name.
    Text(String),
    /// Whole numbers.
    Wholes(Vec<i64>),
    /// Numbers.
    Numbers(Vec<f64>),
    /// Names.
    Texts(Vec<String>),
}

macro_rules! settings {
    ($($from:ty => |$value:ident| $made:expr),* $(,)?) => {$(
        impl From<$from> for Setting {
            fn from($value: $from) -> Self {
                $made
            }
        }
    )*};
}
settings! {
    bool => |value| Self::Switch(value),
    i32 => |value| Self::Whole(value.into()),
    i64 => |value| Self::Whole(value),
    u32 => |value| Self::Whole(value.into()),
    usize => |value| Self::Whole(value as i64),
    f32 => |value| Self::Number(value.into()),
    f64 => |value| Self::Number(value),
    &str => |value| Self::Text(value.into()),
    String => |value| Self::Text(value),
    Vec<i64> => |value| Self::Wholes(value),
    Vec<f64> => |value| Self::Numbers(value),
    Vec<String> => |value| Self::Texts(value),
    &[f64] => |value| Self::Numbers(value.to_vec()),
    &[i64] => |value| Self::Wholes(value.to_vec()),
    &[&str] => |value| Self::Texts(value.iter().map(|text| (*text).to_owned()).collect()),
}

impl<const N: usize> From<[f64; N]> for Setting {
    fn from(value: [f64; N]) -> Self {
        Self::Numbers(value.to_vec())
    }
}

impl<const N: usize> From<[i64; N]> for Setting {
    fn from(value: [i64; N]) -> Self {
        Self::Wholes(value.to_vec())
    }
}

impl<const N: usize> From<[&str; N]> for Setting {
    fn from(value: [&str; N]) -> Self {
        Self::from(&value[..])
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Wholes(value) => write!(f, "{value:?}"),
            Self::Numbers(value) => write!(f, "{value:?}"),
            Self::Texts(value) => write!(f, "{value:?}"),
        }
    }
}

/// A setting on its way to a metric, with what the errors need.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub(crate) metric: &'a str,
    pub(crate) name: &'a str,
    pub(crate) known: &'a [&'a str],
    pub(crate) value: &'a Setting,
}

impl Given<'_> {
    /// The name of the setting.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The error of a setting that the metric does not have.
    pub fn unknown(&self) -> Error {
        let names = self.known.iter().map(|&name| name.to_owned()).collect();
        Error::NoSetting { metric: self.metric.into(), name: self.name.into(), names }
    }

    /// The error of a value that the setting cannot have.
    pub fn wrong(&self, wanted: &str) -> Error {
        let (metric, name, found) = (self.metric.into(), self.name.into(), self.value.to_string());
        Error::Setting { metric, name, found, wanted: wanted.into() }
    }

    /// On or off.
    ///
    /// # Errors
    /// [`Error::Setting`] for anything else; so have the other readers.
    pub fn switch(&self) -> Result<bool> {
        if let Setting::Switch(value) = self.value { Ok(*value) } else { Err(self.wrong("true or false")) }
    }

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// [`Error::Setting`]
    pub fn count(&self, least: usize) -> Result<usize> {
        match self.value {
            Setting::Whole(value) => usize::try_from(*value).ok().filter(|value| *value >= least),
            _ => None,
        }
        .ok_or_else(|| self.wrong(&format!("a whole number of at least {least}")))
    }

    /// A number.
    ///
    /// # Errors
    /// [`Error::Setting`]
    pub fn number(&self) -> Result<f64> {
        match self.value {
            Setting::Number(value) => Ok(*value),
            Setting::Whole(value) => Ok(*value as f64),
            _ => Err(self.wrong("a number")),
        }
    }

    /// Numbers.
    ///
    /// # Errors
    /// [`Error::Setting`]
    pub fn numbers(&self) -> Result<Vec<f64>> {
        match self.value {
            Setting::Numbers(values) => Ok(values.clone()),
            Setting::Wholes(values) => Ok(values.iter().map(|&value| value as f64).collect()),
            _ => Err(self.wrong("a list of numbers")),
        }
    }

    /// The names of classes: a name or number, or a list of either.
    ///
    /// # Errors
    /// [`Error::Setting`]
    pub fn classes(&self) -> Result<Vec<String>> {
        match self.value {
            Setting::Whole(value) => Ok(vec![value.to_string()]),
            Setting::Text(value) => Ok(vec![value.clone()]),
            Setting::Wholes(values) => Ok(values.iter().map(i64::to_string).collect()),
            Setting::Texts(values) => Ok(values.clone()),
            _ => Err(self.wrong("a class, or a list of classes, by number or name")),
        }
    }

    /// Names.
    ///
    /// # Errors
    /// [`Error::Setting`]
    pub fn texts(&self) -> Result<Vec<String>> {
        match self.value {
            Setting::Text(value) => Ok(vec![value.clone()]),
            Setting::Texts(values) => Ok(values.clone()),
            _ => Err(self.wrong("a text, or a list of texts")),
        }
    }

    /// One of these choices, by name.
    ///
    /// # Errors
    /// [`Error::Setting`]
    pub fn one_of<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T> {
        let found = match self.value {
            Setting::Text(value) => choices.iter().find(|(name, _)| name == value),
            _ => None,
        };
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("{name:?}")).collect();
            self.wrong(&names.join(" or "))
        })
    }
}
