//! Exercises: nbgrader's fields, the course's, and that the two cells of each fit.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Problem;
use crate::nbgrader::{FIELDS, Nbgrader};
use crate::regions::{self, SOLUTION};
use crate::{Cell, Error, Notebook, exercise, student};

const FEWEST_HINTS: usize = 2;

/// Words that are no names in Rust.
const KEYWORDS: &str = "_ abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if impl \
    in let loop macro match mod move mut override priv pub ref return self static struct super trait true try type typeof unsafe \
    unsized use virtual where while yield";

pub(super) fn check(notebook: &Notebook) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Err(error) = student::copy(notebook) {
        found.push(match error {
            Error::Marker { cell, line, what } => Problem { cell: Some(cell), line: Some(line), what },
            other => Problem::of_notebook(other.to_string()),
        });
    }
    let mut answers: BTreeMap<&str, &Cell> = BTreeMap::new();
    let mut grades: BTreeMap<&str, &Cell> = BTreeMap::new();
    let mut grade_ids: BTreeMap<String, &Cell> = BTreeMap::new();
    for cell in &notebook.cells {
        let fields = Nbgrader::of(cell);
        let mut told: Vec<String> = nbgrader(cell);
        if let Some(other) = fields.as_ref().and_then(|fields| grade_ids.insert(fields.grade_id.clone(), cell)) {
            told.push(format!("its `grade_id` is that of cell `{}` as well", other.id));
        }
        let fields = fields.unwrap_or_default();
        if let Some(name) = exercise::name(cell) {
            told.extend(answer(cell, &fields, name));
            if let Some(other) = answers.insert(name, cell) {
                told.push(format!("cell `{}` is the exercise `{name}` already", other.id));
            }
        } else if fields.solution && cell.is_code() {
            told.push(
                "a cell to write in needs `metadata.course` with `exercise`, `title`, `concept`, `difficulty`, `hints`"
                    .into(),
            );
        }
        if let Some(name) = exercise::graded(cell) {
            told.extend(grade(cell, &fields, name));
            if !answers.contains_key(name) {
                told.push(format!("it grades `{name}`, and no cell above it is that exercise"));
            }
            if let Some(other) = grades.insert(name, cell) {
                told.push(format!("cell `{}` grades `{name}` already: one cell does", other.id));
            }
        } else if fields.grade && cell.is_code() {
            told.push("a cell that grades needs `\"course\": {\"grades\": \"the exercise's name\"}`".into());
        }
        found.extend(told.into_iter().map(|what| Problem::of_cell(cell, what)));
    }
    for (name, cell) in answers.iter().filter(|(name, _)| !grades.contains_key(*name)) {
        let what = format!(
            "no cell grades it: add one below with `\"course\": {{\"grades\": \"{name}\"}}` and `check!({name}, …)`"
        );
        found.push(Problem::of_cell(cell, what));
    }
    found
}

/// nbgrader's schema 3, and nothing else inside.
fn nbgrader(cell: &Cell) -> Vec<String> {
    let Some(fields) = cell.metadata.get("nbgrader") else { return Vec::new() };
    let Some(fields) = fields.as_object() else { return vec!["`metadata.nbgrader` is no object".into()] };
    let mut told = Vec::new();
    for name in fields.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
        told.push(format!(
            "`metadata.nbgrader.{name}` is none of nbgrader's fields: what is the course's goes into `metadata.course`"
        ));
    }
    if fields.get("schema_version").and_then(Value::as_u64) != Some(3) {
        told.push("`metadata.nbgrader.schema_version` is not 3".into());
    }
    for name in ["grade", "solution", "locked", "task"] {
        if !fields.get(name).is_some_and(Value::is_boolean) {
            told.push(format!("`metadata.nbgrader.{name}` is neither true nor false"));
        }
    }
    let id = fields.get("grade_id").and_then(Value::as_str).unwrap_or_default();
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        told.push("`metadata.nbgrader.grade_id` is no name of letters, digits, `_` and `-`".into());
    }
    if fields.get("cell_type").and_then(Value::as_str) != Some(cell.cell_type.name()) {
        told.push(format!("`metadata.nbgrader.cell_type` is not \"{}\"", cell.cell_type.name()));
    }
    if fields.contains_key("checksum") {
        told.push("`metadata.nbgrader.checksum` belongs into released copies".into());
    }
    let grade = fields.get("grade").and_then(Value::as_bool).unwrap_or(false);
    match fields.get("points").map(Value::as_f64) {
        None if grade => told.push("a cell that grades has `points`".into()),
        Some(_) if !grade => told.push("`points` are for cells that grade".into()),
        Some(points) if !points.is_some_and(|points| (1.0..=3.0).contains(&points)) => {
            told.push("`points` are 1 to 3".into());
        }
        _ => {}
    }
    told
}

fn answer(cell: &Cell, fields: &Nbgrader, name: &str) -> Vec<String> {
    let mut told = Vec::new();
    if !is_identifier(name) {
        told.push(format!("`{name}` is no name in Rust: small letters, digits and `_`, no keyword"));
    }
    if !fields.solution || fields.grade || fields.locked || fields.grade_id != name {
        told.push(format!(
            "`metadata.nbgrader` of a cell to write in has `solution` true, `grade` and `locked` false, and `grade_id` \"{name}\""
        ));
    }
    for field in ["title", "concept"] {
        if cell.course(field).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            told.push(format!("`metadata.course.{field}` is missing"));
        }
    }
    if !cell.course("difficulty").and_then(Value::as_u64).is_some_and(|level| (1..=3).contains(&level)) {
        told.push("`metadata.course.difficulty` is not 1, 2 or 3".into());
    }
    let hints: Vec<&str> =
        cell.course("hints").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if hints.iter().filter(|hint| !hint.trim().is_empty()).count() < FEWEST_HINTS
        || hints.iter().any(|hint| hint.trim().is_empty())
    {
        told.push(format!(
            "`metadata.course.hints` are at least {FEWEST_HINTS} texts, from vague to nearly there, and none is empty"
        ));
    }
    if regions::find(&cell.source, SOLUTION).is_ok_and(|regions| regions.is_empty()) {
        told.push(format!(
            "the solution stands between `// {}` and `// {}`, and there is none",
            SOLUTION.begin, SOLUTION.end
        ));
    }
    told
}

fn grade(cell: &Cell, fields: &Nbgrader, name: &str) -> Vec<String> {
    let mut told = Vec::new();
    if !fields.grade || !fields.locked || fields.solution || fields.grade_id != format!("{name}_check") {
        told.push(format!(
            "`metadata.nbgrader` of a cell that grades has `grade` and `locked` true, `solution` false, and `grade_id` \"{name}_check\""
        ));
    }
    if !calls_check(&cell.source, name) {
        told.push(format!("it does not call `check!({name}, |check| …)`"));
    }
    // nbgrader takes the value of a cell for partial points, and anything on stderr for a failure.
    if cell.outputs.iter().any(|output| output["output_type"] == "execute_result") {
        told.push("it shows a value, which nbgrader takes for points: end it with `;`".into());
    }
    if cell.outputs.iter().any(|output| output["name"] == "stderr") {
        told.push("it writes to stderr, which nbgrader takes for a failure".into());
    }
    told
}

fn calls_check(source: &str, name: &str) -> bool {
    let squeezed: String = source.split_whitespace().collect();
    squeezed.contains(&format!("check!({name},"))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && KEYWORDS.split_whitespace().all(|keyword| keyword != name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new;

    fn told(change: impl FnOnce(&mut Notebook)) -> Vec<String> {
        let mut notebook = new::notebook("Title", "section_name");
        change(&mut notebook);
        check(&notebook).iter().map(Problem::to_string).collect()
    }

    fn answer_of(notebook: &mut Notebook) -> &mut Cell {
        notebook.cells.iter_mut().find(|cell| exercise::name(cell).is_some()).unwrap()
    }

    fn grade_of(notebook: &mut Notebook) -> &mut Cell {
        notebook.cells.iter_mut().find(|cell| exercise::graded(cell).is_some()).unwrap()
    }

    fn set(cell: &mut Cell, place: &str, field: &str, value: Value) {
        cell.metadata[place].as_object_mut().unwrap().insert(field.into(), value);
    }

    #[test]
    fn each_rule_sees_its_own_and_a_new_notebook_keeps_them_all() {
        assert_eq!(told(|_| {}), Vec::<String>::new());
        for (change, said) in [
            (
                (|n| set(answer_of(n), "nbgrader", "hints", Value::Null)) as fn(&mut Notebook),
                "none of nbgrader's fields",
            ),
            (|n| set(answer_of(n), "nbgrader", "schema_version", 2.into()), "is not 3"),
            (|n| set(answer_of(n), "nbgrader", "task", Value::Null), "`metadata.nbgrader.task` is neither"),
            (|n| set(answer_of(n), "nbgrader", "cell_type", "markdown".into()), "cell_type` is not \"code\""),
            (|n| set(answer_of(n), "nbgrader", "checksum", "x".into()), "belongs into released copies"),
            (|n| set(answer_of(n), "nbgrader", "grade_id", "other".into()), "and `grade_id` \"section_name\""),
            (|n| set(answer_of(n), "course", "title", " ".into()), "course.title` is missing"),
            (|n| set(answer_of(n), "course", "difficulty", 4.into()), "not 1, 2 or 3"),
            (|n| set(answer_of(n), "course", "hints", serde_json::json!(["one"])), "at least 2 texts"),
            (|n| set(answer_of(n), "course", "hints", serde_json::json!(["a", "b", ""])), "none is empty"),
            (|n| set(grade_of(n), "nbgrader", "points", 0.into()), "`points` are 1 to 3"),
            (|n| set(grade_of(n), "nbgrader", "locked", false.into()), "has `grade` and `locked` true"),
            (|n| grade_of(n).source = "check!(other, |check| {});".into(), "does not call `check!(section_name"),
            (|n| grade_of(n).outputs = vec![serde_json::json!({"output_type": "execute_result"})], "end it with `;`"),
            (|n| answer_of(n).source = "fn section_name() {}".into(), "and there is none"),
            (|n| answer_of(n).source.push_str("\n// END SOLUTION"), "without a `BEGIN SOLUTION`"),
        ] {
            let told = told(change);
            assert_eq!(told.len(), 1, "{said}: {told:?}");
            assert!(told[0].contains(said), "{said}: {told:?}");
        }
    }

    #[test]
    fn the_two_cells_of_an_exercise_belong_together() {
        let lonely = told(|n| n.cells.retain(|cell| exercise::graded(cell).is_none()));
        assert!(lonely.iter().any(|line| line.contains("no cell grades it")), "{lonely:?}");
        let orphan = told(|n| n.cells.retain(|cell| exercise::name(cell).is_none()));
        assert!(orphan.iter().any(|line| line.contains("no cell above it is that exercise")), "{orphan:?}");
        let twice = told(|n| {
            let again = answer_of(n).clone();
            n.cells.push(again);
        });
        assert!(twice.iter().any(|line| line.contains("is the exercise `section_name` already")), "{twice:?}");
        let bare = told(|n| drop(answer_of(n).metadata.shift_remove("course")));
        assert!(bare.iter().any(|line| line.contains("needs `metadata.course`")), "{bare:?}");
    }

    #[test]
    fn names_are_rusts() {
        for (name, is) in [
            ("top_k", true),
            ("_x1", true),
            ("match", false),
            ("TopK", false),
            ("1st", false),
            ("a-b", false),
            ("", false),
        ] {
            assert_eq!(is_identifier(name), is, "{name}");
        }
        assert!(calls_check("check!(\n    top_k,\n    |check| {})", "top_k"));
    }
}
