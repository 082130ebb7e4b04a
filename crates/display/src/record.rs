//! A row's fields by way of `Serialize`: names, and values that keep what JSON has no word for (`NaN`, short `f32`s).

use serde::ser::{self, Impossible, Serialize, Serializer};
use serde_json::value::Serializer as JsonSerializer;
use serde_json::{Error, Number, Value};

/// The parts of one row.
pub(crate) struct Fields {
    /// Names and values in order.
    pub(crate) entries: Vec<(String, Value)>,
    /// Whether the row is a struct or a map, so that the names are its own.
    pub(crate) named: bool,
}

/// Takes `row` apart.
pub(crate) fn fields<T: Serialize + ?Sized>(row: &T) -> Result<Fields, Error> {
    row.serialize(RowSerializer)
}

/// Collects the parts of a row; scalars become a row with one part named `value`.
struct RowSerializer;

#[derive(Default)]
struct Parts {
    entries: Vec<(String, Value)>,
    key: String,
    named: bool,
}

impl Parts {
    fn add<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), Error> {
        self.entries.push((name, value.serialize(CellSerializer)?));
        Ok(())
    }

    fn add_next<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.add(self.entries.len().to_string(), value)
    }

    fn finish(self) -> Result<Fields, Error> {
        Ok(Fields { entries: self.entries, named: self.named })
    }
}

fn single(value: Value) -> Result<Fields, Error> {
    Ok(Fields { entries: vec![("value".into(), value)], named: false })
}

macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<Fields, Error> {
            single(CellSerializer.$method(value)?)
        }
    )*};
}

impl Serializer for RowSerializer {
    type Ok = Fields;
    type Error = Error;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Impossible<Fields, Error>;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    scalars!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8]);

    fn serialize_none(self) -> Result<Fields, Error> {
        single(Value::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Fields, Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Fields, Error> {
        single(Value::Null)
    }
    fn serialize_unit_struct(self, name: &'static str) -> Result<Fields, Error> {
        single(name.into())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Fields, Error> {
        single(variant.into())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Fields, Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Fields, Error> {
        single(CellSerializer.serialize_newtype_variant(name, index, variant, value)?)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts::default())
    }
    fn serialize_tuple(self, _: usize) -> Result<Parts, Error> {
        Ok(Parts::default())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, Error> {
        Ok(Parts::default())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(ser::Error::custom(format!("the enum variant {variant} has several unnamed parts; use a struct for rows")))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Parts, Error> {
        Ok(Parts { named: true, ..Parts::default() })
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts, Error> {
        Ok(Parts { named: true, ..Parts::default() })
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Parts, Error> {
        Ok(Parts { named: true, ..Parts::default() })
    }
}

macro_rules! in_order {
    ($($part:ident: $method:ident),*) => {$(
        impl ser::$part for Parts {
            type Ok = Fields;
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.add_next(value)
            }
            fn end(self) -> Result<Fields, Error> {
                self.finish()
            }
        }
    )*};
}
in_order!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field);

macro_rules! by_name {
    ($($part:ident),*) => {$(
        impl ser::$part for Parts {
            type Ok = Fields;
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.add(name.into(), value)
            }
            fn end(self) -> Result<Fields, Error> {
                self.finish()
            }
        }
    )*};
}
by_name!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts {
    type Ok = Fields;
    type Error = Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = match key.serialize(CellSerializer)? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = std::mem::take(&mut self.key);
        self.add(key, value)
    }
    fn end(self) -> Result<Fields, Error> {
        self.finish()
    }
}

/// A field's value as JSON, but `NaN` and infinities are text and an `f32` keeps its short form.
struct CellSerializer;

macro_rules! as_json {
    ($($method:ident($($name:ident: $type:ty),*) -> $result:ty;)*) => {$(
        fn $method(self, $($name: $type),*) -> Result<$result, Error> {
            JsonSerializer.$method($($name),*)
        }
    )*};
}

impl Serializer for CellSerializer {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = <JsonSerializer as Serializer>::SerializeSeq;
    type SerializeTuple = <JsonSerializer as Serializer>::SerializeTuple;
    type SerializeTupleStruct = <JsonSerializer as Serializer>::SerializeTupleStruct;
    type SerializeTupleVariant = <JsonSerializer as Serializer>::SerializeTupleVariant;
    type SerializeMap = <JsonSerializer as Serializer>::SerializeMap;
    type SerializeStruct = <JsonSerializer as Serializer>::SerializeStruct;
    type SerializeStructVariant = <JsonSerializer as Serializer>::SerializeStructVariant;

    fn serialize_f32(self, value: f32) -> Result<Value, Error> {
        self.serialize_f64(value.to_string().parse().unwrap_or(f64::from(value)))
    }
    fn serialize_f64(self, value: f64) -> Result<Value, Error> {
        Ok(match Number::from_f64(value) {
            Some(number) => number.into(),
            None => value.to_string().into(),
        })
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Value, Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        JsonSerializer.serialize_newtype_variant(name, index, variant, value)
    }

    as_json! {
        serialize_bool(value: bool) -> Value;
        serialize_i8(value: i8) -> Value;
        serialize_i16(value: i16) -> Value;
        serialize_i32(value: i32) -> Value;
        serialize_i64(value: i64) -> Value;
        serialize_u8(value: u8) -> Value;
        serialize_u16(value: u16) -> Value;
        serialize_u32(value: u32) -> Value;
        serialize_u64(value: u64) -> Value;
        serialize_char(value: char) -> Value;
        serialize_str(value: &str) -> Value;
        serialize_bytes(value: &[u8]) -> Value;
        serialize_none() -> Value;
        serialize_unit() -> Value;
        serialize_unit_struct(name: &'static str) -> Value;
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str) -> Value;
        serialize_seq(length: Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(length: usize) -> Self::SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> Self::SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> Self::SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> Self::SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> Self::SerializeStructVariant;
    }
}
