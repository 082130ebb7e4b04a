//! As much of YAML as dataset cards need: written as Python's `yaml` writes it, and what is written so is read.

use serde_json::{Map, Value as Json};

/// The value in lines, each with its end.
pub(super) fn write(value: &Json) -> String {
    let mut out = String::new();
    match value {
        Json::Object(fields) if !fields.is_empty() => object(fields, 0, false, &mut out),
        Json::Array(items) if !items.is_empty() => array(items, 0, false, &mut out),
        simple => out = scalar(simple) + "\n",
    }
    out
}

/// Fields at this depth; the first one goes on in the line of a `- ` where `begun`.
fn object(fields: &Map<String, Json>, depth: usize, begun: bool, out: &mut String) {
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 || !begun {
            out.extend(std::iter::repeat_n(' ', depth));
        }
        *out += &text(name);
        out.push(':');
        match value {
            Json::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                object(inner, depth + 2, false, out);
            }
            // Lists stand as far left as their name.
            Json::Array(items) if !items.is_empty() => {
                out.push('\n');
                array(items, depth, false, out);
            }
            simple => *out += &format!(" {}\n", scalar(simple)),
        }
    }
}

fn array(items: &[Json], depth: usize, begun: bool, out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 || !begun {
            out.extend(std::iter::repeat_n(' ', depth));
        }
        *out += "- ";
        match item {
            Json::Object(fields) if !fields.is_empty() => object(fields, depth + 2, true, out),
            Json::Array(items) if !items.is_empty() => array(items, depth + 2, true, out),
            simple => *out += &format!("{}\n", scalar(simple)),
        }
    }
}

fn scalar(value: &Json) -> String {
    match value {
        Json::String(string) => text(string),
        Json::Array(_) => "[]".to_owned(),
        Json::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

/// A text, in quotes where it would be read as something else.
fn text(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || c == '\u{feff}' || ('\u{2028}'..='\u{2029}').contains(&c)) {
        // Its escapes are those of JSON.
        return Json::from(text).to_string();
    }
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let begins_well = match first {
        '-' | '?' | ':' => second.is_some_and(|second| !second.is_whitespace()),
        _ => !",[]{}#&*!|>'\"%@`=<~".contains(first),
    };
    begins_well
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !means_something_else(text)
}

/// Whether a text without quotes is a truth value, nothing, a number or a date.
fn means_something_else(text: &str) -> bool {
    let words = ["true", "false", "yes", "no", "on", "off", "null", ".nan", ".inf"];
    let number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && text.chars().all(|c| c.is_ascii_hexdigit() || "+-._:xXoO tTzZinf".contains(c));
    number || words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// A line without its indentation, and how deep it stands.
struct Line<'t> {
    depth: usize,
    text: &'t str,
    number: usize,
}

/// Reads fields and lists in lines, and texts in one line.
///
/// # Errors
/// What cannot be read, with the number of the line.
pub(super) fn read(yaml: &str) -> Result<Json, String> {
    let mut lines = Vec::new();
    for (number, line) in yaml.lines().enumerate() {
        let text = line.trim_start_matches(' ');
        if !text.trim().is_empty() && !text.starts_with('#') {
            lines.push(Line { depth: line.len() - text.len(), text: text.trim_end(), number: number + 1 });
        }
    }
    let mut reader = Reader { lines, at: 0 };
    let value = match reader.lines.first() {
        Some(line) => reader.value(line.depth)?,
        None => Json::Null,
    };
    match reader.lines.get(reader.at) {
        Some(line) => Err(cannot(line.number, "it does not belong to what stands above it")),
        None => Ok(value),
    }
}

fn cannot(line: usize, why: &str) -> String {
    format!(
        "line {line} of this part cannot be read here: {why}; write it as Python's `push_to_hub` does, or remove the part"
    )
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    at: usize,
}

impl<'t> Reader<'t> {
    /// What begins at this depth.
    fn value(&mut self, depth: usize) -> Result<Json, String> {
        let Some(line) = self.lines.get(self.at) else { return Ok(Json::Null) };
        if item(line.text).is_some() {
            return self.array(depth);
        }
        if field(line.text).is_some() {
            return self.object(depth);
        }
        self.at += 1;
        simple(line.text).map_err(|why| cannot(line.number, why))
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        let mut items = Vec::new();
        while let Some(line) = self.lines.get_mut(self.at).filter(|line| line.depth == depth) {
            let Some(rest) = item(line.text) else { break };
            let inner = rest.trim_start();
            if inner.is_empty() {
                self.at += 1;
                items.push(self.below(depth + 1)?);
            } else {
                // The rest of the line is the first of what stands deeper.
                line.depth += line.text.len() - inner.len();
                line.text = inner;
                let inner_depth = line.depth;
                items.push(self.value(inner_depth)?);
            }
        }
        Ok(Json::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        let mut fields = Map::new();
        while let Some(line) = self.lines.get(self.at).filter(|line| line.depth == depth) {
            let Some((name, rest)) = field(line.text) else { break };
            let number = line.number;
            let name = match simple(name).map_err(|why| cannot(number, why))? {
                Json::String(name) => name,
                other => other.to_string(),
            };
            self.at += 1;
            let rest = rest.trim();
            let value = match if rest.starts_with('#') { "" } else { rest } {
                // A list may stand as far left as its name.
                "" => match self.lines.get(self.at) {
                    Some(next) if next.depth == depth && item(next.text).is_some() => self.array(depth)?,
                    _ => self.below(depth + 1)?,
                },
                rest => simple(rest).map_err(|why| cannot(number, why))?,
            };
            fields.insert(name, value);
        }
        Ok(Json::Object(fields))
    }

    /// What stands at least this deep; nothing where nothing does.
    fn below(&mut self, least: usize) -> Result<Json, String> {
        match self.lines.get(self.at) {
            Some(line) if line.depth >= least => {
                let depth = line.depth;
                self.value(depth)
            }
            _ => Ok(Json::Null),
        }
    }
}

/// What follows `- `.
fn item(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('-')?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
}

/// A name and what follows its colon.
fn field(text: &str) -> Option<(&str, &str)> {
    let end = match text.chars().next()? {
        quote @ ('\'' | '"') => quoted_end(text, quote)?,
        '[' | '{' => return None,
        _ => text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?,
    };
    let rest = text.get(end..)?.strip_prefix(':')?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| Some((text.get(..end)?, rest))).flatten()
}

/// Where a text in quotes ends.
fn quoted_end(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => drop(letters.next()),
            '\'' if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == quote) => drop(letters.next()),
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A value in one line.
fn simple(text: &str) -> Result<Json, &'static str> {
    if let Some(quoted) = text.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'').ok_or("a text does not end in its line")?;
        return Ok(inner.replace("''", "'").into());
    }
    if text.starts_with('"') {
        return serde_json::from_str(text).map_err(|_| "a text in double quotes has escapes that JSON does not have");
    }
    let text = text.split_once(" #").map_or(text, |(text, _)| text.trim_end());
    if let Some(items) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return items.split(',').map(str::trim).filter(|item| !item.is_empty()).map(simple).collect();
    }
    match text {
        "{}" => return Ok(Json::Object(Map::new())),
        "~" | "null" | "Null" | "NULL" | "" => return Ok(Json::Null),
        "true" | "True" | "TRUE" => return Ok(true.into()),
        "false" | "False" | "FALSE" => return Ok(false.into()),
        _ => {}
    }
    if text.starts_with(['|', '>', '&', '*', '!', '{', '[', '%', '@', '`']) {
        return Err("it has more of YAML than is understood");
    }
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number.into());
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            "[ -~äß€]{0,12}".prop_map(Json::from),
            "[a-z0-9:#' \"-]{0,6}".prop_map(Json::from),
            Just(json!("no")),
            Just(json!("1")),
            Just(json!("a\nb\t\u{2028}")),
            Just(json!([])),
            Just(json!({})),
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::vec(("[a-z:' #-]{0,8}|yes|7", inner), 0..4)
                    .prop_map(|fields| Json::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in values()) {
            let text = write(&value);
            prop_assert_eq!(read(&text).map_err(|error| format!("{error}\n{text}")).unwrap(), value, "{}", text);
        }
    }

    #[test]
    fn what_people_write_is_read_or_refused_with_its_line() {
        let text = "a:   # a comment\n  - b: [x, 'y', 3]\n    c: \"q\\n\"\n  -\n    d\nz: no comment#here\n\nq: 0.5\n";
        let json = json!({ "a": [{ "b": ["x", "y", 3], "c": "q\n" }, "d"], "z": "no comment#here", "q": "0.5" });
        assert_eq!(read(text).unwrap(), json);
        for (text, line) in [("a: |\n  x\n", 1), ("a: b\n   c\n", 2), ("a: 'x\n  y'\n", 1), ("a: &n x\n", 1)] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(&format!("line {line} ")), "{text:?}: {error}");
        }
    }
}
