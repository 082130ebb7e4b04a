//! What notebooks say of an exercise: its title, its hints, its solution.
//!
//! The notebooks of the current folder come first, which is where a notebook's kernel runs; then the masters in `chapters/`.

use std::path::{Path, PathBuf};

use course_notebook::{Cell, Notebook, exercise};
use serde_json::Value;
use strsim::levenshtein;

/// An exercise as its answer cell describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exercise {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its hints, from vague to nearly there.
    pub hints: Vec<String>,
    /// The answer cell with the solution in it, if the notebook is a master.
    pub solution: Option<String>,
}

/// The first exercise of that name.
pub(crate) fn find(name: &str) -> Option<Exercise> {
    notebooks().iter().flat_map(|path| exercises(path)).find(|exercise| exercise.name == name)
}

/// The solution of an exercise; learners' copies have none.
pub(crate) fn solution(name: &str) -> Option<String> {
    let all = notebooks();
    let mut exercises = all.iter().flat_map(|path| exercises(path)).filter(|exercise| exercise.name == name);
    exercises.find_map(|exercise| exercise.solution)
}

/// Names that are written nearly like this one.
pub(crate) fn near(name: &str) -> Vec<String> {
    let all = notebooks();
    let mut near: Vec<(usize, String)> = all
        .iter()
        .flat_map(|path| exercises(path))
        .map(|exercise| (levenshtein(&exercise.name, name), exercise.name))
        .filter(|(edits, known)| {
            *edits <= 1 + name.len() / 4 || known.starts_with(name) || name.starts_with(known.as_str())
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// `softmax_with_temperature` → "Softmax with temperature".
pub(crate) fn prettified(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The checkout, as the kernelspec names it.
pub(crate) fn root() -> Option<PathBuf> {
    std::env::var_os("COURSE_ROOT").filter(|root| !root.is_empty()).map(PathBuf::from)
}

/// The folders of the chapters, in order.
pub(crate) fn chapters(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = entries(&root.join("chapters")).into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The notebooks of a folder, in order.
pub(crate) fn notebooks_in(folder: &Path) -> Vec<PathBuf> {
    let notebook = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "ipynb") && path.is_file();
    let mut notebooks: Vec<PathBuf> = entries(folder).into_iter().filter(notebook).collect();
    notebooks.sort();
    notebooks
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let hidden = |path: &PathBuf| path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| !hidden(path)).collect()
}

fn notebooks() -> Vec<PathBuf> {
    let mut notebooks = notebooks_in(Path::new("."));
    for chapter in root().iter().flat_map(|root| chapters(root)) {
        notebooks.extend(notebooks_in(&chapter));
    }
    notebooks
}

/// The exercises of a notebook; none of one that cannot be read, which is not this exercise's trouble.
pub(crate) fn exercises(path: &Path) -> Vec<Exercise> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // Most notebooks need not be parsed.
    let notebook = text.contains("\"exercise\"").then(|| Notebook::parse(&text).ok()).flatten();
    notebook.iter().flat_map(|notebook| &notebook.cells).filter_map(described).collect()
}

/// A cell that a learner writes in. Nothing but its name is asked for: a draft has its hints before it has its title.
fn described(cell: &Cell) -> Option<Exercise> {
    let name = exercise::name(cell)?.to_owned();
    let title = cell.course("title").and_then(Value::as_str).map_or_else(|| prettified(&name), str::to_owned);
    let hints = cell.course("hints").and_then(Value::as_array);
    let hints = hints.into_iter().flatten().filter_map(|hint| hint.as_str().map(str::to_owned)).collect();
    Some(Exercise { name, title, hints, solution: exercise::solution(cell) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_exercise_is_read_from_its_answer_cell() {
        let folder = tempfile::tempdir().unwrap();
        let cell = |id: &str, source: &str, course: Value| {
            let mut cell = Cell::code(id, source);
            cell.metadata.insert("course".into(), course);
            cell
        };
        let notebook = Notebook::new(vec![
            cell("x", "let x = 1;", json!({})),
            cell(
                "top-k",
                "fn top_k() {\n    // BEGIN SOLUTION\n    1\n    // END SOLUTION\n}",
                json!({ "exercise": "top_k", "title": "Top-k", "hints": ["one", "two"] }),
            ),
            cell("top-p", "fn top_p() {\n    todo!()\n}", json!({ "exercise": "top_p" })),
        ]);
        let path = folder.path().join("a.ipynb");
        std::fs::write(&path, notebook.to_json()).unwrap();
        let found = exercises(&path);
        assert_eq!((found[0].title.as_str(), found[0].hints.len()), ("Top-k", 2));
        assert_eq!(found[0].solution.as_deref(), Some("fn top_k() {\n    1\n}"));
        assert_eq!((found[1].title.as_str(), found[1].solution.clone()), ("Top p", None));
        std::fs::write(&path, "{ \"exercise\" torn").unwrap();
        assert_eq!(exercises(&path), []);
    }

    #[test]
    fn edits_are_counted() {
        for (left, right, edits) in
            [("softmax", "sotfmax", 2), ("top_k", "top_k", 0), ("", "abc", 3), ("kitten", "sitting", 3)]
        {
            assert_eq!(levenshtein(left, right), edits, "{left} {right}");
        }
    }
}
