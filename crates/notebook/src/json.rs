//! JSON in and out as Python's `json` does it, so that a file has the same bytes whichever program wrote it last.
//!
//! serde_json, as this workspace builds it, reads some floats a bit off and integers beyond 64 bits as floats. That is nothing to do
//! to a file that is somebody else's, so text is read here: floats exactly, and what cannot be kept is an error. What is read
//! is serde_json's [`Value`].

use serde_json::{Map, Number, Value};

use crate::{Error, Result};

/// More than any notebook nests, and little enough for the stack of a thread.
const DEEPEST: usize = 200;

/// Reads a text that is one JSON value.
pub fn read(text: &str) -> Result<Value> {
    let mut reader = Reader { text, at: 0 };
    let read = reader.value(0).and_then(|value| {
        reader.space();
        if reader.at < text.len() { Err(format!("after the end comes {}", reader.found())) } else { Ok(value) }
    });
    read.map_err(|what| {
        let before = text.get(..reader.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        Error::NotJson { line: before.matches('\n').count() + 1, column, what }
    })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn found(&self) -> String {
        match self.rest().chars().next() {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end of the file".to_owned(),
        }
    }

    /// Takes `word` if it is next.
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.rest().starts_with(word);
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        self.space();
        match self.rest().bytes().next() {
            _ if depth > DEEPEST => Err(format!("lists and objects in each other, more than {DEEPEST} deep")),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ if self.take("null") => Ok(Value::Null),
            _ => Err(format!("a value is missing, and there is {}", self.found())),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut object = Map::new();
        self.space();
        if self.take("}") {
            return Ok(Value::Object(object));
        }
        loop {
            self.space();
            if !self.rest().starts_with('"') {
                return Err(format!("a name in quotes is missing, and there is {}", self.found()));
            }
            let name = self.string()?;
            self.space();
            if !self.take(":") {
                return Err(format!("`:` is missing after \"{name}\", and there is {}", self.found()));
            }
            object.insert(name, self.value(depth + 1)?);
            self.space();
            if self.take("}") {
                return Ok(Value::Object(object));
            }
            if !self.take(",") {
                return Err(format!("`,` or `}}` is missing, and there is {}", self.found()));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut array = Vec::new();
        self.space();
        if self.take("]") {
            return Ok(Value::Array(array));
        }
        loop {
            array.push(self.value(depth + 1)?);
            self.space();
            if self.take("]") {
                return Ok(Value::Array(array));
            }
            if !self.take(",") {
                return Err(format!("`,` or `]` is missing, and there is {}", self.found()));
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            let (text, after) = rest.split_at(plain);
            string.push_str(text);
            self.at += plain;
            match after.bytes().next() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                Some(_) => return Err(format!("{} inside a text: it must be written as an escape", self.found())),
                None => return Err("a text has no end".to_owned()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let letter = self.rest().chars().nth(1);
        let plain = match letter {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode(),
            _ => return Err("`\\` inside a text begins no escape".to_owned()),
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\u00e9`, or two of them for a character beyond 16 bits.
    fn unicode(&mut self) -> Result<char, String> {
        let unit = |text: Option<&str>| {
            let digits = text?.strip_prefix("\\u")?;
            let is_hex = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
        };
        let first = unit(self.rest().get(..6)).ok_or("`\\u` takes four hexadecimal digits")?;
        let pair = unit(self.rest().get(6..12)).filter(|_| (0xd800..0xdc00).contains(&first));
        match char::decode_utf16(std::iter::once(first).chain(pair)).next() {
            Some(Ok(character)) => {
                self.at += if character > '\u{ffff}' { 12 } else { 6 };
                Ok(character)
            }
            _ => Err("half a character: `\\ud800` to `\\udfff` come in pairs".to_owned()),
        }
    }

    fn number(&mut self) -> Result<Value, String> {
        let rest = self.rest();
        let length = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or("");
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = digits.split(['.', 'e', 'E']).next().unwrap_or("");
        let well_formed = !whole.is_empty()
            && whole.bytes().all(|digit| digit.is_ascii_digit())
            && (whole == "0" || !whole.starts_with('0'))
            && !digits.contains(".e")
            && !digits.contains(".E")
            && !digits.ends_with('.');
        if !well_formed {
            return Err(format!("`{text}` is no number"));
        }
        let number = if digits == whole {
            let integer = text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from));
            integer.map_err(|_| format!("`{text}` has more digits than 64 bits hold"))?
        } else {
            let float: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
            Number::from_f64(float).ok_or_else(|| format!("`{text}` is larger than a float can be"))?
        };
        self.at += length;
        Ok(Value::Number(number))
    }
}

/// Writes a value as `json.dumps(…, indent=1, sort_keys=True, ensure_ascii=False)` does.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, 0, &mut text);
    text
}

fn write_value(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => write_float(float, text),
            None => text.push_str(&number.to_string()),
        },
        Value::String(string) => write_string(string, text),
        Value::Array(values) => write_items('[', ']', depth, text, values.iter(), |value, text| {
            write_value(value, depth + 1, text);
        }),
        Value::Object(object) => {
            let mut entries: Vec<(&String, &Value)> = object.iter().collect();
            entries.sort_by_key(|(name, _)| *name);
            write_items('{', '}', depth, text, entries.into_iter(), |(name, value), text| {
                write_string(name, text);
                text.push_str(": ");
                write_value(value, depth + 1, text);
            });
        }
    }
}

fn write_items<T>(
    open: char,
    close: char,
    depth: usize,
    text: &mut String,
    items: impl ExactSizeIterator<Item = T>,
    write: impl Fn(T, &mut String),
) {
    text.push(open);
    let empty = items.len() == 0;
    for (index, item) in items.enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.extend(std::iter::repeat_n(' ', depth + 1));
        write(item, text);
    }
    if !empty {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', depth));
    }
    text.push(close);
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            c if c < ' ' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}

/// A float as Python's `repr` has it: the fewest digits that read back as the same, an exponent for the very large and small.
fn write_float(float: f64, text: &mut String) {
    let shortest = format!("{float:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = float.to_string();
        text.push_str(&plain);
        if !plain.contains('.') {
            text.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        text.push_str(&format!("{mantissa}e{sign}{:02}", exponent.abs()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        write(&read(text).unwrap())
    }

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (given, kept) in [
            ("1e-5", "1e-05"),
            ("0.0001", "0.0001"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1.5E+300", "1.5e+300"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("0.1", "0.1"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("3.0E2", "300.0"),
        ] {
            assert_eq!(written(given), kept, "{given}");
        }
    }

    #[test]
    fn keys_are_sorted_and_lists_indented_by_one() {
        assert_eq!(
            written(r#"{"b":[1,{}],"a":[],"é":null}"#),
            "{\n \"a\": [],\n \"b\": [\n  1,\n  {}\n ],\n \"é\": null\n}"
        );
    }

    #[test]
    fn texts_keep_every_character() {
        assert_eq!(written(r#""\ud83e\udd80\u00e9\u0001\/\u007f\u2028""#), "\"🦀é\\u0001/\u{7f}\u{2028}\"");
        assert_eq!(written(r#""\ue000\u0041""#), "\"\u{e000}A\"");
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, line, column, said) in [
            ("", 1, 1, "the end of the file"),
            ("{\n \"a\" 1}", 2, 6, "`:` is missing after \"a\""),
            ("[1,\n]", 2, 1, "a value is missing"),
            ("[1 2]", 1, 4, "`,` or `]`"),
            ("{\"a\": \"x\ny\"}", 1, 9, "escape"),
            ("[01]", 1, 2, "`01` is no number"),
            ("[1.]", 1, 2, "no number"),
            ("[--1]", 1, 2, "no number"),
            ("[1e400]", 1, 2, "larger than a float"),
            ("[123456789012345678901]", 1, 2, "more digits"),
            ("[NaN]", 1, 2, "a value is missing, and there is `N`"),
            ("[\"\\ud800x\"]", 1, 3, "half a character"),
            ("[\"é\\x\"]", 1, 4, "no escape"),
            ("{} x", 1, 4, "after the end"),
            ("<html>", 1, 1, "`<`"),
        ] {
            let Err(Error::NotJson { line: at, column: character, what }) = read(text) else { panic!("{text}") };
            assert_eq!((at, character), (line, column), "{text}: {what}");
            assert!(what.contains(said), "{text}: {what}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }
}
