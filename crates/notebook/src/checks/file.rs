//! The notebook as a file: kernel, ids, order, outputs, and nothing that belongs to one machine.

use serde_json::Value;

use super::Problem;
use crate::{Cell, CellType, Notebook};

/// As much output as a notebook may bring, in bytes.
pub const OUTPUT_LIMIT: usize = 200_000;

/// Folders whose names tell of somebody's machine.
const MACHINE: [&str; 5] = ["/home/", "/root/", "/Users/", "/work/", "/tmp/"];

/// How outputs may be compared (`metadata.course.check`).
const POLICIES: [&str; 3] = ["text", "structure", "none"];

pub(super) fn check(notebook: &Notebook) -> Vec<Problem> {
    let mut found = Vec::new();
    let named =
        |outer: &str, inner: &str| notebook.metadata.get(outer).and_then(|it| it.get(inner)).and_then(Value::as_str);
    if named("kernelspec", "name") != Some("rust-course") || named("language_info", "name") != Some("rust") {
        found.push(Problem::of_notebook("its kernel is not `rust-course`: choose *Rust (LLM course)*, and save it"));
    }
    if notebook.nbformat_minor != 5 {
        found.push(Problem::of_notebook(format!(
            "its format is 4.{}, and the course keeps to 4.5",
            notebook.nbformat_minor
        )));
    }
    let first = notebook.cells.first();
    if first.is_none_or(|cell| cell.cell_type != CellType::Markdown || !cell.source.starts_with("# ")) {
        found
            .push(Problem::of_notebook("it does not begin with a title: the first cell is prose and starts with `# `"));
    }
    for cell in &notebook.cells {
        found.extend(id(cell));
        if cell.metadata.contains_key("execution") {
            found.push(Problem::of_cell(cell, "it carries times of a run (`metadata.execution`): take them out"));
        }
        if let Some(policy) = cell.course("check")
            && !policy.as_str().is_some_and(|policy| POLICIES.contains(&policy))
        {
            let what = format!("`metadata.course.check` is {policy}, and none of {}", POLICIES.join(", "));
            found.push(Problem::of_cell(cell, what));
        }
        found.extend(paths(cell));
    }
    found.extend(outputs(notebook));
    found
}

/// Ids are names that stay: JupyterLab and nbformat make them up from random digits.
fn id(cell: &Cell) -> Option<Problem> {
    let id = cell.id.as_str();
    let is_kebab = id
        .split('-')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    let hexadecimal = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_random = (id.len() == 8 || id.len() == 36)
        && id.split('-').all(hexadecimal)
        && id.bytes().any(|byte| byte.is_ascii_digit());
    let what = match () {
        () if is_random => "its id is made of random digits: give it a name in the file, such as `softmax-intro`",
        () if !is_kebab || id.len() > 64 => "its id is no name of small letters, digits and single hyphens, up to 64",
        () => return None,
    };
    Some(Problem::of_cell(cell, what))
}

fn paths(cell: &Cell) -> Vec<Problem> {
    let mut found = Vec::new();
    let lines = cell.source.split('\n').enumerate().map(|(index, line)| (Some(index + 1), line.to_owned()));
    let outputs = cell.outputs.iter().map(|output| (None, output.to_string()));
    for (line, text) in lines.chain(outputs) {
        if let Some(path) = machine_path(&text) {
            let place = if line.is_some() { "" } else { "its output has " };
            let problem = Problem::of_cell(cell, format!("{place}a path of one machine: {path}"));
            found.push(Problem { line, ..problem });
        }
    }
    found
}

/// The first path below somebody's folders. The path of an address is none.
fn machine_path(text: &str) -> Option<&str> {
    for folder in MACHINE {
        for (at, _) in text.match_indices(folder) {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let of_address = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '~'));
            let path = text.get(at..).unwrap_or("");
            let end = path.find(|c: char| !(c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_')));
            let path = path.get(..end.unwrap_or(path.len())).unwrap_or("");
            if !of_address && path.len() > folder.len() {
                return Some(path);
            }
        }
    }
    None
}

fn outputs(notebook: &Notebook) -> Vec<Problem> {
    let mut found = Vec::new();
    let counts: Vec<Option<u64>> = notebook.code_cells().map(|cell| cell.execution_count).collect();
    if counts.iter().any(Option::is_none) {
        found.push(Problem::of_notebook("cells without outputs: run `cargo xtask notebooks refresh` on it"));
    } else if !counts.iter().copied().eq((1..=counts.len() as u64).map(Some)) {
        found.push(Problem::of_notebook(
            "its cells were not run in order, once: run `cargo xtask notebooks refresh` on it",
        ));
    }
    for cell in notebook.code_cells() {
        let failed = cell.outputs.iter().any(|output| output["output_type"] == "error");
        if failed && !cell.may_fail() {
            found.push(Problem::of_cell(cell, "its output is an error, and it is not tagged `raises-exception`"));
        }
    }
    let size: usize = notebook.cells.iter().flat_map(|cell| &cell.outputs).map(|output| output.to_string().len()).sum();
    if size > OUTPUT_LIMIT {
        let largest =
            notebook.cells.iter().max_by_key(|cell| cell.outputs.iter().map(|it| it.to_string().len()).sum::<usize>());
        let name = largest.map_or("", |cell| cell.id.as_str());
        found.push(Problem::of_notebook(format!(
            "{size} bytes of output, and {OUTPUT_LIMIT} is the limit; cell `{name}` has most of it"
        )));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(change: impl FnOnce(&mut Notebook)) -> Vec<String> {
        let mut notebook =
            Notebook::new(vec![Cell::markdown("title", "# T"), Cell::code("one", "1"), Cell::code("two", "2")]);
        notebook.cells[1].execution_count = Some(1);
        notebook.cells[2].execution_count = Some(2);
        change(&mut notebook);
        check(&notebook).iter().map(Problem::to_string).collect()
    }

    #[test]
    fn a_sound_notebook_has_no_problem_and_each_rule_sees_its_own() {
        assert_eq!(told(|_| {}), Vec::<String>::new());
        for (change, said) in [
            ((|n| drop(n.metadata.shift_remove("kernelspec"))) as fn(&mut Notebook), "its kernel is not `rust-course`"),
            (|n| n.nbformat_minor = 6, "its format is 4.6"),
            (|n| n.cells[0].source = "no title".into(), "does not begin with a title"),
            (|n| n.cells[1].id = "3f2a91bc".into(), "cell `3f2a91bc`: its id is made of random digits"),
            (|n| n.cells[1].id = "Two_words".into(), "cell `Two_words`: its id is no name"),
            (|n| drop(n.cells[1].metadata.insert("execution".into(), json!({}))), "cell `one`: it carries times"),
            (
                |n| drop(n.cells[1].metadata.insert("course".into(), json!({"check": "texts"}))),
                "is \"texts\", and none of",
            ),
            (
                |n| n.cells[1].source = "x\n\"/home/ana/x\"".into(),
                "cell `one`, line 2: a path of one machine: /home/ana/x",
            ),
            (|n| n.cells[1].outputs = vec![json!({"text": "at /root/.cargo"})], "its output has a path of one machine"),
            (|n| n.cells[1].execution_count = None, "cells without outputs"),
            (|n| n.cells[1].execution_count = Some(7), "not run in order"),
            (|n| n.cells[1].outputs = vec![json!({"output_type": "error"})], "not tagged `raises-exception`"),
            (|n| n.cells[1].outputs = vec![json!("x".repeat(OUTPUT_LIMIT))], "cell `one` has most of it"),
        ] {
            let told = told(change);
            assert_eq!(told.len(), 1, "{said}: {told:?}");
            assert!(told[0].contains(said), "{said}: {told:?}");
        }
    }

    #[test]
    fn names_and_addresses_are_no_random_ids_and_no_paths() {
        assert_eq!(id(&Cell::code("deadbeef", "")), None, "a word of letters may be meant");
        assert_eq!(id(&Cell::code("top-k-2", "")), None);
        assert_eq!(machine_path("https://example.org/home/page"), None);
        assert_eq!(machine_path("write to /tmp/"), None);
        assert_eq!(machine_path("see \"/tmp/a.txt\"!"), Some("/tmp/a.txt"));
    }
}
