//! Any notebook survives being written and read, and is written in the same bytes ever after.

use course_notebook::{Cell, CellType, Notebook};
use proptest::prelude::*;
use serde_json::{Map, Number, Value};

/// Characters that a file, a list of lines or an escape may stumble over.
const ODD: &str = "\n\r\t\u{8}\u{b}\u{c}\u{1c}\u{1e}\u{85}\u{2028}\u{2029}\u{0}\u{7f}\"\\/é🦀\u{feff}\u{ffff}a ";

fn text() -> impl Strategy<Value = String> {
    let odd: Vec<char> = ODD.chars().collect();
    prop_oneof![prop::collection::vec(prop::sample::select(odd), 0..12).prop_map(String::from_iter), any::<String>()]
}

fn number() -> impl Strategy<Value = Value> {
    let float =
        any::<f64>().prop_filter_map("JSON has finite numbers", |float| Number::from_f64(float).map(Value::Number));
    prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from), float]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), number(), text().prop_map(Value::String)];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(text(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Metadata; what is transient would not be kept.
fn fields() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("[a-z]{1,3}", value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn bundle() -> impl Strategy<Value = Value> {
    let mime =
        prop::sample::select(vec!["text/plain", "text/html", "image/svg+xml", "application/javascript", "image/png"]);
    let texts = prop::collection::btree_map(mime.prop_map(str::to_owned), text().prop_map(Value::String), 0..4);
    (texts, prop::option::of(value())).prop_map(|(mut bundle, json)| {
        bundle.extend(json.map(|json| ("application/vnd.x+json".to_owned(), json)));
        Value::Object(bundle.into_iter().collect())
    })
}

fn output() -> impl Strategy<Value = Value> {
    let stream = text().prop_map(|text| serde_json::json!({"output_type": "stream", "name": "stdout", "text": text}));
    let error = prop::collection::vec(text(), 0..3).prop_map(
        |traceback| serde_json::json!({"output_type": "error", "ename": "E", "evalue": "", "traceback": traceback}),
    );
    let display = (bundle(), fields()).prop_map(
        |(data, fields)| serde_json::json!({"output_type": "display_data", "data": data, "metadata": fields}),
    );
    prop_oneof![stream, error, display]
}

fn cell() -> impl Strategy<Value = Cell> {
    let kind = prop::sample::select(vec![CellType::Code, CellType::Markdown, CellType::Raw]);
    let run = (prop::collection::vec(output(), 0..3), prop::option::of(any::<u64>()));
    (kind, text(), fields(), run, prop::option::of(bundle())).prop_map(|(kind, source, metadata, run, attached)| {
        let mut cell = Cell::code("", source);
        cell.cell_type = kind;
        cell.metadata = metadata;
        if kind == CellType::Code {
            (cell.outputs, cell.execution_count) = run;
        } else if let Some(bundle) = attached {
            cell.other.insert("attachments".into(), serde_json::json!({"a.png": bundle}));
        }
        cell
    })
}

fn notebook() -> impl Strategy<Value = Notebook> {
    (prop::collection::vec(cell(), 0..5), fields(), fields()).prop_map(|(mut cells, metadata, other)| {
        for (index, cell) in cells.iter_mut().enumerate() {
            cell.id = format!("cell-{index}");
        }
        let mut notebook = Notebook::new(cells);
        notebook.metadata = metadata;
        notebook.other = other;
        notebook
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(notebook in notebook()) {
        let written = notebook.to_json();
        let read = Notebook::parse(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
        prop_assert_eq!(&read, &notebook);
        prop_assert_eq!(read.to_json(), written);
    }

    #[test]
    fn any_text_is_a_notebook_or_an_error(text in "\\PC*") {
        let _ = Notebook::parse(&text);
    }

    #[test]
    fn a_notebook_with_a_character_changed_is_read_or_told(notebook in notebook(), place: prop::sample::Index, with: char) {
        let mut characters: Vec<char> = notebook.to_json().chars().collect();
        let at = place.index(characters.len());
        characters[at] = with;
        if let Err(error) = Notebook::parse(&characters.into_iter().collect::<String>()) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn the_notebooks_of_the_course_are_written_as_they_lie() {
    let mut count = 0;
    for folder in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../chapters")).unwrap().flatten() {
        for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            if file.path().extension().is_some_and(|end| end == "ipynb") {
                let text = std::fs::read_to_string(file.path()).unwrap();
                assert_eq!(Notebook::parse(&text).unwrap().to_json(), text, "{}", file.path().display());
                count += 1;
            }
        }
    }
    assert!(count > 0);
}
