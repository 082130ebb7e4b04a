//! Text and the lists of lines that a notebook's file keeps it in.

use serde_json::{Map, Value};

/// Cuts text into lines with their ends, where Python's `str.splitlines` does: at more characters than most programs know.
pub fn split(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().find(|(_, c)| ends_line(*c)).map_or(rest.len(), |(at, c)| {
            let both = rest.get(at..).is_some_and(|end| end.starts_with("\r\n"));
            at + if both { 2 } else { c.len_utf8() }
        });
        let (line, after) = rest.split_at(end);
        lines.push(line);
        rest = after;
    }
    lines
}

fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Text as the list that a file keeps it in.
pub fn to_list(text: &str) -> Value {
    Value::Array(split(text).into_iter().map(Value::from).collect())
}

/// Puts a list of lines together; anything else stays as it is.
pub fn join(value: &mut Value) {
    if let Value::Array(lines) = value
        && let Some(text) = lines.iter().map(Value::as_str).collect::<Option<String>>()
    {
        *value = Value::String(text);
    }
}

/// Joins what a MIME bundle keeps in lines; JSON in it may be lists of its own.
pub fn join_bundle(bundle: &mut Map<String, Value>) {
    for (mime, value) in bundle {
        let is_json = mime == "application/json" || (mime.starts_with("application/") && mime.ends_with("+json"));
        if !is_json {
            join(value);
        }
    }
}

/// Splits what a file keeps in lines of a MIME bundle.
pub fn split_bundle(bundle: &mut Map<String, Value>) {
    for (mime, value) in bundle {
        let in_lines = mime.starts_with("text/") || mime == "application/javascript" || mime == "image/svg+xml";
        if let (true, Value::String(text)) = (in_lines, &*value) {
            *value = to_list(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_python_ends_them() {
        assert_eq!(split("a\nb\r\nc\rd"), ["a\n", "b\r\n", "c\r", "d"]);
        assert_eq!(split("a\u{2028}b\u{c}c\u{85}"), ["a\u{2028}", "b\u{c}", "c\u{85}"]);
        assert_eq!(split("\n\n"), ["\n", "\n"]);
        assert!(split("").is_empty());
    }

    #[test]
    fn json_in_a_bundle_keeps_its_lists() {
        let mut bundle =
            serde_json::json!({"text/html": ["<b>\n", "x"], "application/x+json": ["a", "b"], "text/plain": ["a", 1]});
        join_bundle(bundle.as_object_mut().unwrap());
        assert_eq!(
            bundle,
            serde_json::json!({"text/html": "<b>\nx", "application/x+json": ["a", "b"], "text/plain": ["a", 1]})
        );
    }
}
