//! A JSON file as blocks of whole values, whichever way it is laid out: one value on each line, one list of values, a list in a
//! field of an object, or values over several lines.

use crate::Result;
use crate::files::TextInput;
use crate::readers::lines::{BLOCK, LineBlocks, utf8};
use crate::readers::{BadData, lines_in, locate};

/// Whole JSON values.
#[derive(Debug)]
pub(super) struct Values {
    text: String,
    first_line: u64,
    /// Where each value stands; `None` when each line holds one (or several).
    places: Option<Vec<(usize, usize)>>,
}

impl Values {
    /// The values and the places they begin at; of values that share a line, the whole line.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut places = self.places.as_ref().map(|places| places.iter());
        let mut at = 0;
        std::iter::from_fn(move || {
            if let Some(places) = &mut places {
                let (start, end) = *places.next()?;
                return Some((start, self.text.get(start..end).unwrap_or_default()));
            }
            loop {
                let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
                let length = rest.bytes().position(|byte| byte == b'\n').unwrap_or(rest.len());
                let (start, line) = (at, rest.get(..length).unwrap_or_default());
                at += length + 1;
                if !line.trim_ascii().is_empty() {
                    return Some((start, line));
                }
            }
        })
    }

    /// How many bytes they take up.
    pub(super) fn size(&self) -> usize {
        self.text.len()
    }

    /// The line and the character of a place in the text.
    pub(super) fn locate(&self, place: usize) -> (u64, u64) {
        locate(self.text.as_bytes(), self.first_line, place)
    }
}

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One value on each line.
    Lines,
    /// One list of values.
    List,
    /// Values that go over several lines.
    Spread,
}

/// Cuts a file into [`Values`].
pub(super) enum ValueBlocks {
    Lines(LineBlocks),
    Elements(Elements),
}

impl ValueBlocks {
    /// Looks at the start of a file and, with `field`, goes to the list in that field of its object.
    ///
    /// # Errors
    /// [`Error::BadData`](crate::Error::BadData) for empty files, and for a field that is not there or holds no list.
    pub(super) fn open(mut input: TextInput, field: Option<&str>) -> Result<(Self, Layout)> {
        let mut start = Vec::new();
        while start.trim_ascii().is_empty() && input.fill(&mut start, BLOCK)? > 0 {}
        let first = start.trim_ascii_start();
        let Some(sign) = first.first().copied() else {
            let advice = "A JSON file holds one object on each line, or a list of objects.";
            return Err(BadData::new(input.name(), "the file is empty", advice).into());
        };
        if let Some(field) = field {
            let mut elements = Elements::new(input, start);
            elements.go_to_field(field)?;
            return Ok((Self::Elements(elements), Layout::List));
        }
        if sign == b'[' {
            let mut elements = Elements::new(input, start);
            elements.enter_list()?;
            return Ok((Self::Elements(elements), Layout::List));
        }
        let line_end = first.iter().position(|byte| *byte == b'\n');
        let goes_on = line_end.and_then(|end| first.get(..end)).is_some_and(|line| {
            serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err_and(|error| error.is_eof())
        });
        if sign == b'{' && goes_on {
            return Ok((Self::Elements(Elements::new(input, start)), Layout::Spread));
        }
        input.unread(start);
        Ok((Self::Lines(LineBlocks::new(input)), Layout::Lines))
    }

    pub(super) fn file(&self) -> &str {
        match self {
            Self::Lines(lines) => lines.name(),
            Self::Elements(elements) => elements.input.name(),
        }
    }

    /// The next values; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Values>> {
        match self {
            Self::Lines(lines) => {
                Ok(lines.next()?.map(|block| Values { text: block.text, first_line: block.first_line, places: None }))
            }
            Self::Elements(elements) => elements.next(),
        }
    }
}

/// The elements of a list, or values one after the other, told apart by counting brackets.
pub(super) struct Elements {
    input: TextInput,
    bytes: Vec<u8>,
    at: usize,
    /// The line of the first byte.
    line: u64,
    in_list: bool,
    done: bool,
    ended: bool,
}

impl Elements {
    fn new(input: TextInput, bytes: Vec<u8>) -> Self {
        Self { input, bytes, at: 0, line: 1, in_list: false, done: false, ended: false }
    }

    /// The byte to be read next.
    #[inline]
    fn peek(&mut self) -> Result<Option<u8>> {
        if self.at == self.bytes.len() && !self.ended {
            self.ended = self.input.fill(&mut self.bytes, BLOCK)? == 0;
        }
        Ok(self.bytes.get(self.at).copied())
    }

    fn skip_blanks(&mut self) -> Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.at += 1;
        }
        Ok(None)
    }

    /// Goes past one value of any kind.
    fn skip_value(&mut self) -> Result<()> {
        let (mut depth, mut begun) = (0_usize, false);
        while let Some(byte) = self.peek()? {
            match byte {
                b'"' => {
                    self.skip_string()?;
                    begun = true;
                    if depth == 0 {
                        return Ok(());
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => return Ok(()),
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                b',' if depth == 0 => return Ok(()),
                byte if depth == 0 && begun && byte.is_ascii_whitespace() => return Ok(()),
                _ => {}
            }
            begun |= !byte.is_ascii_whitespace();
            self.at += 1;
        }
        Ok(())
    }

    fn skip_string(&mut self) -> Result<()> {
        self.at += 1;
        while let Some(byte) = self.peek()? {
            self.at += 1;
            match byte {
                b'\\' => {
                    self.peek()?;
                    self.at += 1;
                }
                b'"' => break,
                _ => {}
            }
        }
        self.at = self.at.min(self.bytes.len());
        Ok(())
    }

    fn enter_list(&mut self) -> Result<()> {
        if self.skip_blanks()? != Some(b'[') {
            return Err(self.problem("there should be a list here: […]", ""));
        }
        self.at += 1;
        self.in_list = true;
        self.forget();
        Ok(())
    }

    /// Goes to the list in a field of the object that the file is.
    fn go_to_field(&mut self, field: &str) -> Result<()> {
        if self.skip_blanks()? != Some(b'{') {
            return Err(self.problem(
                format!("the file is not one object, so it has no field {field:?}"),
                "Leave out `.field(…)` for a file with one object on each line, or one list.",
            ));
        }
        self.at += 1;
        let mut keys = Vec::new();
        loop {
            course_wire::interrupt::check()?;
            match self.skip_blanks()? {
                Some(b'"') => {}
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                Some(b'}') | None => {
                    let known = crate::error::listed(&keys);
                    return Err(BadData::new(
                        self.input.name(),
                        format!("its object has no field {field:?}; the fields are {known}"),
                        "Name the one that holds the list of rows: `.field(\"data\")`.",
                    )
                    .into());
                }
                Some(_) => return Err(self.problem("there should be a field's name in quotes here", "")),
            }
            // Nothing before this place is needed any more.
            self.forget();
            let start = self.at;
            self.skip_string()?;
            let key: String = serde_json::from_slice(self.bytes.get(start..self.at).unwrap_or_default())
                .map_err(|error| self.problem(format!("this name of a field cannot be read ({error})"), ""))?;
            if self.skip_blanks()? != Some(b':') {
                return Err(self.problem(format!("there should be a colon after the field's name {key:?}"), ""));
            }
            self.at += 1;
            if key != field {
                keys.push(key);
                self.skip_value()?;
                continue;
            }
            return match self.skip_blanks()? {
                Some(b'[') => self.enter_list(),
                // One object is one row.
                Some(b'{') => {
                    self.forget();
                    self.skip_value()?;
                    self.bytes.truncate(self.at);
                    self.at = 0;
                    self.ended = true;
                    Ok(())
                }
                _ => Err(self.problem(
                    format!("the field {field:?} holds neither a list nor an object"),
                    "Name the field that holds the list of rows.",
                )),
            };
        }
    }

    /// Drops what has been read.
    fn forget(&mut self) {
        self.line += lines_in(self.bytes.get(..self.at).unwrap_or_default());
        self.bytes.drain(..self.at);
        self.at = 0;
    }

    fn problem(&self, problem: impl Into<String>, advice: &str) -> crate::Error {
        let (line, column) = locate(&self.bytes, self.line, self.at);
        BadData::new(self.input.name(), problem, advice).at(line, Some(column)).into()
    }

    fn next(&mut self) -> Result<Option<Values>> {
        let mut places = Vec::new();
        while !self.done && self.at < BLOCK {
            course_wire::interrupt::check()?;
            match self.skip_blanks()? {
                None if self.in_list => {
                    return Err(
                        self.problem("the file ends inside its list: it is cut off", "Copy or download it again.")
                    );
                }
                None => self.done = true,
                Some(b']') if self.in_list => self.done = true,
                Some(b',') if self.in_list && !places.is_empty() => self.at += 1,
                Some(_) => {
                    let start = self.at;
                    self.skip_value()?;
                    if self.at == start {
                        return Err(self.problem("there should be a value here", ""));
                    }
                    places.push((start, self.at));
                    if self.in_list {
                        self.after_element()?;
                    }
                }
            }
        }
        if places.is_empty() {
            return Ok(None);
        }
        let rest = self.bytes.split_off(self.at);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        self.at = 0;
        let first_line = self.line;
        self.line += lines_in(&bytes);
        let text = utf8(bytes, first_line, self.input.name())?;
        Ok(Some(Values { text, first_line, places: Some(places) }))
    }

    /// After an element comes a comma or the end of the list.
    fn after_element(&mut self) -> Result<()> {
        match self.skip_blanks()? {
            Some(b',') => {
                self.at += 1;
                Ok(())
            }
            // The end of the file is told of as such.
            Some(b']') | None => Ok(()),
            Some(_) => Err(self.problem("there should be a comma or the end of the list here", "")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{DataFile, Encoding, Meter, open_text};

    fn values(text: &str, field: Option<&str>) -> Result<(Vec<String>, Layout)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, text).unwrap();
        let input = open_text(&DataFile::named(path, "a.json"), Encoding::default(), None, &Meter::default())?;
        let (mut blocks, layout) = ValueBlocks::open(input, field)?;
        let mut found = Vec::new();
        while let Some(block) = blocks.next()? {
            found.extend(block.iter().map(|(_, value)| value.trim().to_owned()));
        }
        Ok((found, layout))
    }

    #[test]
    fn every_layout_is_cut_into_its_values() {
        let lines = values("{\"a\":1}\n\n{\"a\":2}\r\n", None).unwrap();
        assert_eq!(lines, (vec!["{\"a\":1}".to_owned(), "{\"a\":2}".to_owned()], Layout::Lines));
        let list = values(" [\n {\"a\":[1,\"]\"]},\n{\"a\":\"\\\"}\"} ]\n", None).unwrap();
        assert_eq!(list, (vec!["{\"a\":[1,\"]\"]}".to_owned(), "{\"a\":\"\\\"}\"}".to_owned()], Layout::List));
        assert_eq!(values("[1, \"x\",null]", None).unwrap().0, ["1", "\"x\"", "null"]);
        assert_eq!(values("[]", None).unwrap().0, Vec::<String>::new());
        let spread = values("{\n \"a\": 1\n}\n{\n \"a\": 2}", None).unwrap();
        assert_eq!((spread.0.len(), spread.1), (2, Layout::Spread));
    }

    #[test]
    fn a_field_is_found_past_others() {
        let text = "{\n\"version\": 1.1, \"x\": {\"data\": [0]}, \"s\": \"data\",\n \"data\": [{\"a\":1}, {\"a\":2}], \"more\": 3}";
        assert_eq!(values(text, Some("data")).unwrap().0, ["{\"a\":1}", "{\"a\":2}"]);
        assert_eq!(values(text, Some("x")).unwrap().0, ["{\"data\": [0]}"]);
        let error = values(text, Some("rows")).unwrap_err().to_string();
        assert!(error.contains("\"version\", \"x\", \"s\", \"data\", \"more\""), "{error}");
        let error = values(text, Some("version")).unwrap_err().to_string();
        assert!(error.starts_with("a.json, line 2, column 12: the field \"version\" holds neither"), "{error}");
        assert!(values("[1]", Some("data")).unwrap_err().to_string().contains("not one object"));
    }

    #[test]
    fn what_is_cut_off_is_said_so() {
        let error = values("[{\"a\":1},\n{\"a\":2},\n{\"a\"", None).unwrap_err().to_string();
        assert!(error.contains("cut off"), "{error}");
        let error = values("[{\"a\":1}\n{\"a\":2}]", None).unwrap_err().to_string();
        assert!(error.starts_with("a.json, line 2, column 1: there should be a comma"), "{error}");
        assert!(values("  \n ", None).unwrap_err().to_string().contains("empty"));
    }
}
