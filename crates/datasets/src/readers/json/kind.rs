//! What the values of a JSON column are, told from those seen so far.

use std::fmt;

use arrow_schema::{DataType, Field, Fields, TimeUnit};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::moment;

/// What the values of a column (or of a field in it) have been so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// Nothing but null.
    #[default]
    Null,
    Bool,
    Int,
    Float,
    /// Text of which every piece is a moment.
    Moment,
    Text,
    List(Box<Kind>),
    Struct(Vec<(String, Kind)>),
}

impl Kind {
    /// What it is called in messages.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "nothing but null",
            Self::Bool => "true or false",
            Self::Int => "whole numbers",
            Self::Float => "numbers",
            Self::Moment => "text, each a date or moment",
            Self::Text => "text",
            Self::List(_) => "lists",
            Self::Struct(_) => "objects",
        }
    }

    /// The Arrow type that holds it.
    pub(super) fn arrow_type(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Moment => DataType::Timestamp(TimeUnit::Second, None),
            Self::Text => DataType::Utf8,
            Self::List(item) => DataType::List(Field::new("item", item.arrow_type(), true).into()),
            Self::Struct(fields) => {
                let fields = fields.iter().map(|(name, kind)| Field::new(name, kind.arrow_type(), true));
                DataType::Struct(Fields::from_iter(fields))
            }
        }
    }

    /// Takes in what a scalar is.
    fn meet(&mut self, other: Kind, place: &Path<'_>) -> Result<(), String> {
        *self = match (std::mem::take(self), other) {
            (known, Kind::Null) => known,
            (Kind::Null, other) => other,
            (Kind::Int, Kind::Float) | (Kind::Float, Kind::Int) => Kind::Float,
            (Kind::Text, Kind::Moment) | (Kind::Moment, Kind::Text) => Kind::Text,
            (known, other) if known == other => known,
            (known, other) => return Err(mixed(place, &known, &other)),
        };
        Ok(())
    }
}

fn mixed(place: &Path<'_>, known: &Kind, other: &Kind) -> String {
    format!("{place} mixes types: it holds {} here and {} in the rows before", other.describe(), known.describe())
}

/// The way from a row to a value in it, for messages: `meta.tags`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: &'a str,
}

impl<'a> Path<'a> {
    /// A row.
    pub(super) const ROW: Path<'static> = Path { parent: None, name: "" };

    pub(super) fn field(&'a self, name: &'a str) -> Path<'a> {
        Path { parent: Some(self), name }
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent.filter(|parent| !parent.name.is_empty()) {
            parent.write(formatter)?;
            formatter.write_str(".")?;
        }
        formatter.write_str(self.name)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return formatter.write_str("a row");
        }
        formatter.write_str("the column \"")?;
        self.write(formatter)?;
        formatter.write_str("\"")
    }
}

/// Looks at a value and takes in what it is.
pub(super) struct Look<'a> {
    pub(super) kind: &'a mut Kind,
    pub(super) place: Path<'a>,
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.kind.meet(Kind::Bool, &self.place).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.kind.meet(Kind::Int, &self.place).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        // pyarrow holds what 64 bits cannot as a float.
        let kind = if i64::try_from(number).is_ok() { Kind::Int } else { Kind::Float };
        self.kind.meet(kind, &self.place).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.kind.meet(Kind::Float, &self.place).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let is_moment = *self.kind != Kind::Text && moment::seconds(text).is_some();
        self.kind.meet(if is_moment { Kind::Moment } else { Kind::Text }, &self.place).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if *self.kind == Kind::Null {
            *self.kind = Kind::List(Box::default());
        }
        match self.kind {
            Kind::List(item) => {
                while items.next_element_seed(Look { kind: item, place: self.place })?.is_some() {}
                Ok(())
            }
            other => Err(A::Error::custom(mixed(&self.place, other, &Kind::List(Box::default())))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        if *self.kind == Kind::Null {
            *self.kind = Kind::Struct(Vec::new());
        }
        let Kind::Struct(known) = self.kind else {
            return Err(A::Error::custom(mixed(&self.place, self.kind, &Kind::Struct(Vec::new()))));
        };
        let mut expected = 0;
        let mut seen = Vec::with_capacity(known.len());
        while let Some(place) = fields.next_key_seed(KeyOf { known: &*known, expected })? {
            let place = match place {
                Key::Known(place) => place,
                Key::New(name) => {
                    known.push((name, Kind::Null));
                    known.len() - 1
                }
            };
            let Some((name, kind)) = known.get_mut(place) else { continue };
            let path = self.place.field(name.as_str());
            if seen.contains(&place) {
                return Err(A::Error::custom(format!("{path} is given twice in one object")));
            }
            seen.push(place);
            fields.next_value_seed(Look { kind, place: path })?;
            expected = place + 1;
        }
        Ok(())
    }
}

enum Key {
    Known(usize),
    New(String),
}

/// Which of the known fields a key is.
struct KeyOf<'a> {
    known: &'a [(String, Kind)],
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for KeyOf<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf<'_> {
    type Value = Key;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name in quotes")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(
            match place_of(name, self.expected, self.known.len(), |place| {
                self.known.get(place).map(|(name, _)| name.as_str())
            }) {
                Some(place) => Key::Known(place),
                None => Key::New(name.to_owned()),
            },
        )
    }
}

/// Where a name stands in a list: most often at the place after that of the name before.
#[inline]
pub(super) fn place_of<'n>(
    name: &str,
    expected: usize,
    count: usize,
    name_at: impl Fn(usize) -> Option<&'n str>,
) -> Option<usize> {
    if name_at(expected) == Some(name) {
        return Some(expected);
    }
    (0..count).find(|place| name_at(*place) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(values: &[&str]) -> Result<Kind, String> {
        let mut kind = Kind::Null;
        for value in values {
            let mut deserializer = serde_json::Deserializer::from_str(value);
            let look = Look { kind: &mut kind, place: Path::ROW };
            look.deserialize(&mut deserializer).map_err(|error| error.to_string())?;
        }
        Ok(kind)
    }

    #[test]
    fn kinds_grow_as_pyarrows_do() {
        let list = |kind| Kind::List(Box::new(kind));
        assert_eq!(kind(&["1", "null", "1.5"]), Ok(Kind::Float));
        assert_eq!(kind(&["9223372036854775808"]), Ok(Kind::Float));
        assert_eq!(kind(&["\"2020-01-01\"", "\"x\""]), Ok(Kind::Text));
        assert_eq!(kind(&["\"2020-01-01\"", "null"]), Ok(Kind::Moment));
        assert_eq!(kind(&["[]", "[null, 1]"]), Ok(list(Kind::Int)));
        assert_eq!(kind(&["[]", "null"]), Ok(list(Kind::Null)));
        let fields = |fields: &[(&str, Kind)]| {
            Kind::Struct(fields.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect())
        };
        assert_eq!(
            kind(&["{\"a\":1}", "{\"b\":[\"x\"],\"a\":null}"]),
            Ok(fields(&[("a", Kind::Int), ("b", list(Kind::Text))]))
        );
    }

    #[test]
    fn mixed_types_and_doubled_keys_are_told_with_their_column() {
        let error = kind(&["{\"a\":{\"b\":1}}", "{\"a\":{\"b\":\"x\"}}"]).unwrap_err();
        assert!(
            error
                .starts_with("the column \"a.b\" mixes types: it holds text here and whole numbers in the rows before"),
            "{error}"
        );
        assert!(kind(&["{\"a\":true}", "{\"a\":1}"]).is_err());
        assert!(kind(&["{\"a\":[1]}", "{\"a\":2}"]).is_err());
        assert!(kind(&["{\"a\":1,\"a\":2}"]).unwrap_err().contains("twice"));
    }
}
