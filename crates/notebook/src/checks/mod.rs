//! What must hold for every notebook of the course, found by reading it.
//!
//! | file | what it looks at |
//! |---|---|
//! | `file` | kernel, ids, order, outputs, what belongs to one machine |
//! | `exercises` | nbgrader's fields and the course's, names, hints, points |
//! | `links` | links in prose: files, headings, attachments |
//! | `words` | words that the course always writes in one way |

mod exercises;
mod file;
mod links;
mod prose;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::{Cell, Notebook, exercise};

pub use prose::prose;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The cell's id, unless it is about the whole notebook.
    pub cell: Option<String>,
    /// The line in the cell, from 1.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Problem {
    /// About the whole notebook.
    pub fn of_notebook(what: impl Into<String>) -> Self {
        Self { cell: None, line: None, what: what.into() }
    }

    /// About a cell.
    pub fn of_cell(cell: &Cell, what: impl Into<String>) -> Self {
        Self { cell: Some(cell.id.clone()), line: None, what: what.into() }
    }

    /// About a line of it, from 1.
    #[must_use]
    pub fn at(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.cell, self.line) {
            (Some(cell), Some(line)) => write!(f, "cell `{cell}`, line {line}: {}", self.what),
            (Some(cell), None) => write!(f, "cell `{cell}`: {}", self.what),
            _ => f.write_str(&self.what),
        }
    }
}

/// All that is wrong with a notebook, given where it lies: its links are relative to its folder.
pub fn check(notebook: &Notebook, path: &Path) -> Vec<Problem> {
    let mut found = file::check(notebook);
    found.extend(exercises::check(notebook));
    found.extend(links::check(notebook, path));
    found.extend(words::check(notebook));
    found
}

/// What is wrong between notebooks: an exercise's name is taken once in the whole course.
pub fn check_together(notebooks: &[(PathBuf, Notebook)]) -> Vec<(PathBuf, Problem)> {
    let mut first: BTreeMap<&str, &Path> = BTreeMap::new();
    let mut found = Vec::new();
    for (path, notebook) in notebooks {
        for cell in &notebook.cells {
            let Some(name) = exercise::name(cell) else { continue };
            match first.get(name) {
                Some(other) if *other != path.as_path() => {
                    let what =
                        format!("there is an exercise `{name}` in {} as well: names are unique", other.display());
                    found.push((path.clone(), Problem::of_cell(cell, what)));
                }
                _ => drop(first.insert(name, path)),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_of_another_notebook_has_its_name_taken() {
        let with = |name: &str| {
            let mut cell = Cell::code("answer", "");
            cell.metadata.insert("course".into(), serde_json::json!({"exercise": name}));
            Notebook::new(vec![cell])
        };
        let notebooks = [("a", "one"), ("b", "two"), ("c", "one")].map(|(path, name)| (path.into(), with(name)));
        let found = check_together(&notebooks);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, Path::new("c"));
        assert_eq!(found[0].1.to_string(), "cell `answer`: there is an exercise `one` in a as well: names are unique");
    }
}
