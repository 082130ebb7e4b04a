//! JSON values straight into Arrow arrays: a tree of growing columns that a value is poured into as it is parsed.

use std::fmt;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int64Type, TimestampSecondType};
use arrow_array::{ArrayRef, BooleanArray, ListArray, NullArray, PrimitiveArray, StringArray, StructArray};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::kind::{Path, place_of};
use super::moment;
use crate::{ClassLabel, Feature, Result};

/// A column that grows.
pub(super) enum Node {
    Null(usize),
    Bool(BooleanBufferBuilder, NullBufferBuilder),
    Int(Vec<i64>, NullBufferBuilder),
    /// Whole numbers that may be written as the name of a class.
    Class(ClassLabel, Vec<i64>, NullBufferBuilder),
    Float(Vec<f64>, NullBufferBuilder),
    Moment(Vec<i64>, NullBufferBuilder),
    Text(Text),
    /// Any value, kept as JSON.
    Json(Text),
    List {
        offsets: Vec<i32>,
        valid: NullBufferBuilder,
        item: Box<Node>,
    },
    Struct {
        names: Vec<Arc<str>>,
        children: Vec<Node>,
        valid: NullBufferBuilder,
        rows: usize,
    },
}

/// Text that grows.
pub(super) struct Text {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    valid: NullBufferBuilder,
}

impl Text {
    fn new() -> Self {
        Self { offsets: vec![0], bytes: Vec::new(), valid: NullBufferBuilder::new(0) }
    }

    fn push(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.bytes.extend_from_slice(text.as_bytes());
                self.valid.append_non_null();
            }
            None => self.valid.append_null(),
        }
        // A block of a file is far shorter than 2 GiB.
        self.offsets.push(self.bytes.len() as i32);
    }

    fn finish(mut self) -> ArrayRef {
        let offsets = OffsetBuffer::new(self.offsets.into());
        Arc::new(StringArray::new(offsets, Buffer::from(self.bytes), self.valid.finish()))
    }
}

impl Node {
    /// An empty column for a feature; what Arrow cannot be given directly is collected as text and cast later.
    pub(super) fn new(feature: &Feature) -> Self {
        let valid = || NullBufferBuilder::new(0);
        match feature {
            Feature::ClassLabel(label) => Self::Class(label.clone(), Vec::new(), valid()),
            Feature::Struct(fields) => Self::Struct {
                names: fields.names().map(Arc::from).collect(),
                children: fields.iter().map(|(_, feature)| Self::new(feature)).collect(),
                valid: valid(),
                rows: 0,
            },
            Feature::List { feature, .. } | Feature::LargeList(feature) => {
                Self::List { offsets: vec![0], valid: valid(), item: Box::new(Self::new(feature)) }
            }
            Feature::Json => Self::Json(Text::new()),
            other => Self::of_type(&other.arrow_type()),
        }
    }

    fn of_type(data_type: &DataType) -> Self {
        let valid = || NullBufferBuilder::new(0);
        match data_type {
            DataType::Null => Self::Null(0),
            DataType::Boolean => Self::Bool(BooleanBufferBuilder::new(0), valid()),
            data_type if data_type.is_integer() => Self::Int(Vec::new(), valid()),
            data_type if data_type.is_floating() => Self::Float(Vec::new(), valid()),
            DataType::Timestamp(arrow_schema::TimeUnit::Second, None) => Self::Moment(Vec::new(), valid()),
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                Self::List { offsets: vec![0], valid: valid(), item: Box::new(Self::of_type(item.data_type())) }
            }
            _ => Self::Text(Text::new()),
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Null(count) => *count += 1,
            Self::Bool(values, valid) => {
                values.append(false);
                valid.append_null();
            }
            Self::Int(values, valid) | Self::Class(_, values, valid) | Self::Moment(values, valid) => {
                values.push(0);
                valid.append_null();
            }
            Self::Float(values, valid) => {
                values.push(0.0);
                valid.append_null();
            }
            Self::Text(text) | Self::Json(text) => text.push(None),
            Self::List { offsets, valid, .. } => {
                offsets.push(offsets.last().copied().unwrap_or(0));
                valid.append_null();
            }
            Self::Struct { children, valid, rows, .. } => {
                children.iter_mut().for_each(Self::push_null);
                valid.append_null();
                *rows += 1;
            }
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Null(count) => *count,
            Self::Bool(values, _) => values.len(),
            Self::Int(values, _) | Self::Class(_, values, _) | Self::Moment(values, _) => values.len(),
            Self::Float(values, _) => values.len(),
            Self::Text(text) | Self::Json(text) => text.offsets.len() - 1,
            Self::List { offsets, .. } => offsets.len() - 1,
            Self::Struct { rows, .. } => *rows,
        }
    }

    /// The column as an array.
    pub(super) fn finish(self) -> ArrayRef {
        match self {
            Self::Null(count) => Arc::new(NullArray::new(count)),
            Self::Bool(mut values, mut valid) => Arc::new(BooleanArray::new(values.finish(), valid.finish())),
            Self::Int(values, mut valid) | Self::Class(_, values, mut valid) => {
                Arc::new(PrimitiveArray::<Int64Type>::new(ScalarBuffer::from(values), valid.finish()))
            }
            Self::Float(values, mut valid) => {
                Arc::new(PrimitiveArray::<Float64Type>::new(ScalarBuffer::from(values), valid.finish()))
            }
            Self::Moment(values, mut valid) => {
                Arc::new(PrimitiveArray::<TimestampSecondType>::new(ScalarBuffer::from(values), valid.finish()))
            }
            Self::Text(text) | Self::Json(text) => text.finish(),
            Self::List { offsets, mut valid, item } => {
                let items = item.finish();
                let field = Arc::new(Field::new("item", items.data_type().clone(), true));
                Arc::new(ListArray::new(field, OffsetBuffer::new(offsets.into()), items, valid.finish()))
            }
            Self::Struct { names, children, mut valid, rows } => {
                let arrays: Vec<ArrayRef> = children.into_iter().map(Self::finish).collect();
                let fields: Fields = names
                    .iter()
                    .zip(&arrays)
                    .map(|(name, array)| Field::new(&**name, array.data_type().clone(), true))
                    .collect();
                if arrays.is_empty() {
                    return Arc::new(StructArray::new_empty_fields(rows, valid.finish()));
                }
                Arc::new(StructArray::new(fields, arrays, valid.finish()))
            }
        }
    }

    /// What it holds, for messages.
    fn describe(&self) -> &'static str {
        match self {
            Self::Null(_) => "nothing but null",
            Self::Bool(..) => "true or false",
            Self::Int(..) => "whole numbers",
            Self::Class(..) => "classes",
            Self::Float(..) => "numbers",
            Self::Moment(..) => "dates or moments",
            Self::Text(_) => "text",
            Self::Json(_) => "JSON",
            Self::List { .. } => "lists",
            Self::Struct { .. } => "objects",
        }
    }
}

/// Pours a value into a column.
pub(super) struct Pour<'a> {
    pub(super) node: &'a mut Node,
    pub(super) place: Path<'a>,
}

impl Pour<'_> {
    fn misfit<E: serde::de::Error>(&self, found: &str) -> E {
        E::custom(format!("{} holds {}, and here is {found}", self.place, self.node.describe()))
    }

    fn whole<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        match self.node {
            Node::Int(values, valid) => {
                values.push(number);
                valid.append_non_null();
            }
            Node::Class(label, values, valid) => {
                if number < -1 || number >= label.num_classes() as i64 {
                    return Err(E::custom(format!(
                        "{}: {number} is not one of the {} classes",
                        self.place,
                        label.num_classes()
                    )));
                }
                values.push(number);
                valid.append_non_null();
            }
            Node::Float(values, valid) => {
                values.push(number as f64);
                valid.append_non_null();
            }
            Node::Json(text) => text.push(Some(&number.to_string())),
            _ => return Err(self.misfit(&format!("the number {number}"))),
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Pour<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if let Node::Json(text) = self.node {
            let value: serde_json::Value = serde::Deserialize::deserialize(deserializer)?;
            text.push(if value.is_null() { None } else { Some(value.to_string()) }.as_deref());
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Pour<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.node.push_null();
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        match self.node {
            Node::Bool(values, valid) => {
                values.append(value);
                valid.append_non_null();
                Ok(())
            }
            _ => Err(self.misfit(if value { "true" } else { "false" })),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.whole(number)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        match (i64::try_from(number), &mut *self.node) {
            (Ok(number), _) => self.whole(number),
            (Err(_), Node::Float(..)) => self.visit_f64(number as f64),
            (Err(_), _) => Err(self.misfit(&format!("{number}, too large for 64 bits with a sign"))),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        match self.node {
            Node::Float(values, valid) => {
                values.push(number);
                valid.append_non_null();
                Ok(())
            }
            // 3.0 is a whole number.
            Node::Int(..) | Node::Class(..) if number.fract() == 0.0 && number.abs() < 9e15 => {
                self.whole(number as i64)
            }
            _ => Err(self.misfit(&format!("the number {number}"))),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        match self.node {
            Node::Text(texts) => texts.push(Some(text)),
            Node::Moment(values, valid) => match moment::seconds(text) {
                Some(seconds) => {
                    values.push(seconds);
                    valid.append_non_null();
                }
                None => return Err(self.misfit(&format!("the text {}", crate::readers::shortened(text)))),
            },
            Node::Class(label, values, valid) => match label.str2int(text) {
                Ok(class) => {
                    values.push(class);
                    valid.append_non_null();
                }
                Err(error) => return Err(E::custom(format!("{}: {error}", self.place))),
            },
            _ => return Err(self.misfit(&format!("the text {}", crate::readers::shortened(text)))),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Node::List { offsets, valid, item } = self.node else { return Err(self.misfit("a list")) };
        while items.next_element_seed(Pour { node: item, place: self.place })?.is_some() {}
        let end = i32::try_from(item.len()).map_err(|_| A::Error::custom("these lists are too long"))?;
        offsets.push(end);
        valid.append_non_null();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Node::Struct { names, children, valid, rows } = self.node else { return Err(self.misfit("an object")) };
        let mut expected = 0;
        let mut given = 0;
        while let Some(place) = fields.next_key_seed(KeyIn { names, expected, place: self.place })? {
            let (Some(name), Some(child)) = (names.get(place), children.get_mut(place)) else { continue };
            let path = self.place.field(name);
            if child.len() > *rows {
                return Err(A::Error::custom(format!("{path} is given twice in one object")));
            }
            fields.next_value_seed(Pour { node: child, place: path })?;
            given += 1;
            expected = place + 1;
        }
        *rows += 1;
        if given < children.len() {
            children.iter_mut().filter(|child| child.len() < *rows).for_each(Node::push_null);
        }
        valid.append_non_null();
        Ok(())
    }
}

/// Which of the fields a key is; others are an error.
struct KeyIn<'a> {
    names: &'a [Arc<str>],
    expected: usize,
    place: Path<'a>,
}

impl<'de> DeserializeSeed<'de> for KeyIn<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyIn<'_> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name in quotes")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<usize, E> {
        let place = place_of(name, self.expected, self.names.len(), |place| self.names.get(place).map(|name| &**name));
        place.ok_or_else(|| {
            E::custom(format!(
                "{} appears here, and is not among the columns told from the rows before",
                self.place.field(name)
            ))
        })
    }
}
