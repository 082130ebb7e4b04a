//! JSON in and out of templates.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

/// A JSON value as the template sees it.
pub(super) fn to_value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(yes) => Value::from(*yes),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(whole)) => Value::from(whole),
            (None, None) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(to_value).collect(),
        serde_json::Value::Object(fields) => {
            Value::from_pairs(fields.iter().map(|(name, value)| (name.as_str(), to_value(value))))
        }
    }
}

/// How JSON text is spaced and ordered.
pub(super) struct Style {
    indent: Option<usize>,
    between_items: String,
    after_key: String,
    sort_keys: bool,
}

impl Style {
    /// Python's `json.dumps`: `", "` and `": "`; with an indent no space ends a line.
    pub(super) fn new(indent: Option<usize>, separators: Option<&[String]>, sort_keys: bool) -> Self {
        let (between_items, after_key) = match separators {
            Some([items, keys]) => (items.clone(), keys.clone()),
            _ if indent.is_some() => (",".into(), ": ".into()),
            _ => (", ".into(), ": ".into()),
        };
        Self { indent, between_items, after_key, sort_keys }
    }
}

/// A template's value as JSON text.
pub(super) fn to_text(value: &Value, style: &Style) -> Result<String, Error> {
    let mut text = String::new();
    write(&mut text, value, style, 0)?;
    Ok(text)
}

/// Deeper than any real tool description; a value that nests further is a mistake, not a document.
const MAX_DEPTH: usize = 128;

fn write(text: &mut String, value: &Value, style: &Style, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(ErrorKind::InvalidOperation, "tojson: the value nests too deeply"));
    }
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => text.push_str("null"),
        ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => text.push_str(&value.to_string()),
        ValueKind::Map => {
            let mut keys = value.try_iter()?.collect::<Vec<_>>();
            if style.sort_keys {
                keys.sort_by_key(ToString::to_string);
            }
            let entries = keys.len();
            text.push('{');
            for (number, key) in keys.into_iter().enumerate() {
                separate(text, style, number, depth + 1);
                quote(text, &key.to_string());
                text.push_str(&style.after_key);
                write(text, &value.get_item(&key)?, style, depth + 1)?;
            }
            close(text, style, entries, depth, '}');
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = 0;
            text.push('[');
            for item in value.try_iter()? {
                separate(text, style, items, depth + 1);
                write(text, &item, style, depth + 1)?;
                items += 1;
            }
            close(text, style, items, depth, ']');
        }
        _ => quote(text, &value.to_string()),
    }
    Ok(())
}

fn separate(text: &mut String, style: &Style, number: usize, depth: usize) {
    if number > 0 {
        text.push_str(&style.between_items);
    }
    line(text, style, depth);
}

fn close(text: &mut String, style: &Style, entries: usize, depth: usize, bracket: char) {
    if entries > 0 {
        line(text, style, depth);
    }
    text.push(bracket);
}

fn line(text: &mut String, style: &Style, depth: usize) {
    if let Some(indent) = style.indent {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', indent * depth));
    }
}

fn quote(text: &mut String, content: &str) {
    text.push_str(&serde_json::Value::from(content).to_string());
}
