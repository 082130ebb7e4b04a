//! A notebook of nbformat 4.5, with every field that its file has.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{Error, Result, json as text, lines};

/// A notebook.
#[derive(Debug, Clone, PartialEq)]
pub struct Notebook {
    /// Its cells, in order.
    pub cells: Vec<Cell>,
    /// What is said of the whole: kernelspec, language, the state of widgets.
    pub metadata: Map<String, Value>,
    /// The minor version of its format: 5, or a later one.
    pub nbformat_minor: u64,
    /// Fields that nbformat does not know.
    pub other: Map<String, Value>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The name by which it is known in its notebook.
    pub id: String,
    /// What it holds.
    pub cell_type: CellType,
    /// Its text.
    pub source: String,
    /// Tags, nbgrader's fields, the course's.
    pub metadata: Map<String, Value>,
    /// What a code cell showed, with texts in one piece.
    pub outputs: Vec<Value>,
    /// The number beside a code cell that was run.
    pub execution_count: Option<u64>,
    /// Attachments, and fields that nbformat does not know.
    pub other: Map<String, Value>,
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// Code.
    Code,
    /// Prose.
    Markdown,
    /// Text for other programs.
    Raw,
}

impl CellType {
    /// Its name in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Markdown => "markdown",
            Self::Raw => "raw",
        }
    }
}

impl Notebook {
    /// A notebook of the course's kernel.
    pub fn new(cells: Vec<Cell>) -> Self {
        let kernelspec = json!({ "display_name": "Rust (LLM course)", "language": "rust", "name": "rust-course" });
        let language = json!({ "file_extension": ".rs", "mimetype": "text/rust", "name": "rust" });
        let metadata = Map::from_iter([("kernelspec".to_owned(), kernelspec), ("language_info".to_owned(), language)]);
        Self { cells, metadata, nbformat_minor: 5, other: Map::new() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is no notebook of format 4.5; the error names the file.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = fs::read(path).map_err(Error::from).and_then(|bytes| {
            let text = String::from_utf8(bytes)
                .map_err(|error| Error::NotANotebook(format!("it is not text in UTF-8 ({})", error.utf8_error())))?;
            Self::parse(&text)
        });
        read.map_err(|error| error.within(path))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When it is no JSON, or no notebook of format 4.5.
    pub fn parse(text: &str) -> Result<Self> {
        let Value::Object(mut file) = text::read(text)? else {
            return Err(Error::NotANotebook("the file holds no object".into()));
        };
        let major = file.shift_remove("nbformat").and_then(|version| version.as_u64());
        let minor = file.shift_remove("nbformat_minor").and_then(|version| version.as_u64());
        let (Some(major), Some(minor)) = (major, minor) else {
            return Err(Error::NotANotebook("`nbformat` and `nbformat_minor` do not give its version".into()));
        };
        // Cells have ids since 4.5.
        if major != 4 || minor < 5 {
            return Err(Error::Format { major, minor });
        }
        let Some(Value::Array(cells)) = file.shift_remove("cells") else {
            return Err(Error::NotANotebook("it has no list of `cells`".into()));
        };
        let mut metadata = match file.shift_remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            None => Map::new(),
            Some(_) => return Err(Error::NotANotebook("its `metadata` is no object".into())),
        };
        for transient in TRANSIENT {
            metadata.shift_remove(transient);
        }
        let cells: Vec<Cell> =
            cells.into_iter().enumerate().map(|(index, cell)| Cell::of(cell, index + 1)).collect::<Result<_>>()?;
        let notebook = Self { cells, metadata, nbformat_minor: minor, other: file };
        notebook.check_ids()?;
        Ok(notebook)
    }

    fn check_ids(&self) -> Result<()> {
        let mut seen = BTreeMap::new();
        for (index, cell) in self.cells.iter().enumerate() {
            if let Some(first) = seen.insert(cell.id.as_str(), index + 1) {
                return Err(Error::SameId { id: cell.id.clone(), first, second: index + 1 });
            }
        }
        Ok(())
    }

    /// The file's text: the bytes that Python's `nbformat.write` gives for the same notebook.
    pub fn to_json(&self) -> String {
        let mut file = self.other.clone();
        let mut metadata = self.metadata.clone();
        for transient in TRANSIENT {
            metadata.shift_remove(transient);
        }
        file.insert("cells".into(), self.cells.iter().map(Cell::to_value).collect());
        file.insert("metadata".into(), Value::Object(metadata));
        file.insert("nbformat".into(), 4.into());
        file.insert("nbformat_minor".into(), self.nbformat_minor.into());
        text::write(&Value::Object(file)) + "\n"
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be written to; the error names the file.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.part", std::process::id()));
        let draft = path.with_file_name(name);
        let written = fs::write(&draft, self.to_json()).and_then(|()| fs::rename(&draft, path));
        written.inspect_err(|_| drop(fs::remove_file(&draft))).map_err(|error| Error::from(error).within(path))
    }

    /// The cell of an id.
    pub fn cell(&self, id: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.id == id)
    }

    /// The cells that are run: code that is not blank.
    pub fn code_cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.is_code() && !cell.source.trim().is_empty())
    }
}

/// What belongs to a program that has the notebook open and not into its file.
const TRANSIENT: [&str; 3] = ["orig_nbformat", "orig_nbformat_minor", "signature"];

impl Cell {
    /// A code cell that has not been run.
    pub fn code(id: impl Into<String>, source: impl Into<String>) -> Self {
        Self::new(id, CellType::Code, source)
    }

    /// A cell of prose.
    pub fn markdown(id: impl Into<String>, source: impl Into<String>) -> Self {
        Self::new(id, CellType::Markdown, source)
    }

    fn new(id: impl Into<String>, cell_type: CellType, source: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            cell_type,
            source: source.into(),
            metadata: Map::new(),
            outputs: Vec::new(),
            execution_count: None,
            other: Map::new(),
        }
    }

    /// Whether it is a code cell.
    pub fn is_code(&self) -> bool {
        self.cell_type == CellType::Code
    }

    /// Whether it has a tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        let tags = self.metadata.get("tags").and_then(Value::as_array);
        tags.is_some_and(|tags| tags.iter().any(|found| found.as_str() == Some(tag)))
    }

    /// Whether it shows an error on purpose.
    pub fn may_fail(&self) -> bool {
        self.has_tag("raises-exception")
    }

    /// A field of `metadata.course`.
    pub fn course(&self, field: &str) -> Option<&Value> {
        self.metadata.get("course")?.get(field)
    }

    fn of(value: Value, number: usize) -> Result<Self> {
        let wrong = |what: String| Error::Cell { cell: number, what };
        let Value::Object(mut fields) = value else { return Err(wrong("it is no object".into())) };
        let mut source = fields.shift_remove("source").unwrap_or_else(|| Value::String(String::new()));
        lines::join(&mut source);
        let Value::String(source) = source else { return Err(wrong("its `source` is no text".into())) };
        let id = match fields.shift_remove("id") {
            Some(Value::String(id)) => id,
            None | Some(Value::Null) => {
                let start = source.lines().next().unwrap_or("").chars().take(50).collect();
                return Err(Error::NoId { cell: number, start });
            }
            Some(_) => return Err(wrong("its `id` is no text".into())),
        };
        let cell_type = match fields.shift_remove("cell_type") {
            Some(Value::String(name)) if name == "code" => CellType::Code,
            Some(Value::String(name)) if name == "markdown" => CellType::Markdown,
            Some(Value::String(name)) if name == "raw" => CellType::Raw,
            other => {
                let found = other.unwrap_or_default();
                return Err(wrong(format!("its `cell_type` is {found}, and none of code, markdown, raw")));
            }
        };
        let mut metadata = match fields.shift_remove("metadata") {
            Some(Value::Object(metadata)) => metadata,
            None => Map::new(),
            Some(_) => return Err(wrong("its `metadata` is no object".into())),
        };
        metadata.shift_remove("trusted");
        let (mut outputs, mut execution_count) = (Vec::new(), None);
        if cell_type == CellType::Code {
            outputs = match fields.shift_remove("outputs") {
                Some(Value::Array(outputs)) => outputs,
                None => Vec::new(),
                Some(_) => return Err(wrong("its `outputs` are no list".into())),
            };
            for output in &mut outputs {
                join_output(output).map_err(wrong)?;
            }
            execution_count = match fields.shift_remove("execution_count") {
                None | Some(Value::Null) => None,
                Some(count) => Some(count.as_u64().ok_or_else(|| wrong(format!("its `execution_count` is {count}")))?),
            };
        }
        each_attachment(&mut fields, lines::join_bundle);
        Ok(Self { id, cell_type, source, metadata, outputs, execution_count, other: fields })
    }

    fn to_value(&self) -> Value {
        let mut fields = self.other.clone();
        each_attachment(&mut fields, lines::split_bundle);
        let mut metadata = self.metadata.clone();
        metadata.shift_remove("trusted");
        fields.insert("cell_type".into(), self.cell_type.name().into());
        fields.insert("id".into(), self.id.as_str().into());
        fields.insert("metadata".into(), Value::Object(metadata));
        fields.insert("source".into(), lines::to_list(&self.source));
        if self.is_code() {
            let mut outputs = self.outputs.clone();
            outputs.iter_mut().for_each(split_output);
            fields.insert("outputs".into(), Value::Array(outputs));
            fields.insert("execution_count".into(), self.execution_count.into());
        }
        Value::Object(fields)
    }
}

fn each_attachment(fields: &mut Map<String, Value>, change: fn(&mut Map<String, Value>)) {
    let attachments = fields.get_mut("attachments").and_then(Value::as_object_mut);
    for bundle in attachments.into_iter().flatten().filter_map(|(_, bundle)| bundle.as_object_mut()) {
        change(bundle);
    }
}

/// Whether an output is a display, whose texts lie in a MIME bundle.
fn is_display(output: &Map<String, Value>) -> bool {
    matches!(output.get("output_type").and_then(Value::as_str), Some("execute_result" | "display_data"))
}

fn join_output(output: &mut Value) -> Result<(), String> {
    let Value::Object(output) = output else { return Err("one of its `outputs` is no object".into()) };
    if is_display(output) {
        if let Some(Value::Object(data)) = output.get_mut("data") {
            lines::join_bundle(data);
        }
    } else if let Some(text) = output.get_mut("text") {
        lines::join(text);
    }
    Ok(())
}

fn split_output(output: &mut Value) {
    let Value::Object(output) = output else { return };
    if is_display(output) {
        if let Some(Value::Object(data)) = output.get_mut("data") {
            lines::split_bundle(data);
        }
    } else if output.get("output_type").and_then(Value::as_str) == Some("stream")
        && let Some(text) = output.get_mut("text")
        && let Value::String(whole) = &*text
    {
        *text = lines::to_list(whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(cells: &str, version: &str) -> String {
        format!("{{\"cells\": [{cells}], \"metadata\": {{}}, {version}}}")
    }

    const V45: &str = "\"nbformat\": 4, \"nbformat_minor\": 5";

    #[track_caller]
    fn fails(text: &str, said: &str) {
        let error = Notebook::parse(text).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }

    #[test]
    fn what_is_no_notebook_is_told() {
        fails("{\n\"cells\": [\n", "line 3, column 1: this is not JSON");
        fails("[]", "holds no object");
        fails("{}", "do not give its version");
        fails("{\"nbformat\": 4, \"nbformat_minor\": 5}", "no list of `cells`");
        fails("{\"nbformat\": 3, \"nbformat_minor\": 0, \"worksheets\": []}", "format 3.0, and the course reads 4.5");
        fails(&file("", "\"nbformat\": 4, \"nbformat_minor\": 4"), "format 4.4");
        fails(
            &file("{\"cell_type\": \"code\", \"source\": \"let x = 1;\\nx\"}", V45),
            "cell 1 (\"let x = 1;\") has no id",
        );
        let cell = "{\"cell_type\": \"markdown\", \"id\": \"a\", \"source\": []}";
        fails(&file(&format!("{cell}, {cell}"), V45), "cells 1 and 2 have the same id, `a`");
        fails(&file("{\"cell_type\": \"prose\", \"id\": \"a\"}", V45), "cell 1: its `cell_type` is \"prose\"");
        fails(&file("{\"cell_type\": \"code\", \"id\": \"a\", \"source\": 3}", V45), "cell 1: its `source` is no text");
        fails(&file("{\"cell_type\": \"code\", \"id\": \"a\", \"outputs\": [3]}", V45), "one of its `outputs`");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no.ipynb");
        assert!(Notebook::read(&missing).unwrap_err().to_string().starts_with(&missing.display().to_string()));
        let bytes = folder.path().join("bytes.ipynb");
        fs::write(&bytes, [0xff, 0xfe]).unwrap();
        assert!(Notebook::read(&bytes).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn what_is_written_is_read_again_and_leaves_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ipynb");
        let notebook = Notebook::new(vec![Cell::markdown("title", "# A\n\nb"), Cell::code("code", "")]);
        notebook.write(&path).unwrap();
        assert_eq!(Notebook::read(&path).unwrap(), notebook);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("   \"source\": [\n    \"# A\\n\",\n    \"\\n\",\n    \"b\"\n   ]"), "{text}");
        assert!(text.contains("   \"execution_count\": null,"), "{text}");
        assert!(text.ends_with("}\n"), "{text}");
    }

    #[test]
    fn fields_that_nobody_knows_are_kept_and_transient_ones_are_not() {
        let text = "{\"cells\": [{\"attachments\": {\"a.png\": {\"text/x\": [\"1\\n\", \"2\"]}}, \"cell_type\": \"raw\", \"id\": \"a\", \
                    \"metadata\": {\"trusted\": true, \"mine\": [1.50]}, \"source\": \"x\", \"unknown\": {}}], \
                    \"metadata\": {\"signature\": \"x\"}, \"nbformat\": 4, \"nbformat_minor\": 6, \"zzz\": null}";
        let notebook = Notebook::parse(text).unwrap();
        assert_eq!(notebook.cells[0].other["attachments"]["a.png"]["text/x"], "1\n2");
        let written = notebook.to_json();
        for kept in ["\"unknown\": {}", "\"zzz\": null", "1.5", "\"nbformat_minor\": 6", "\"1\\n\",\n"] {
            assert!(written.contains(kept), "{kept}: {written}");
        }
        assert!(!written.contains("trusted") && !written.contains("signature"), "{written}");
        assert_eq!(Notebook::parse(&written).unwrap(), notebook);
    }
}
