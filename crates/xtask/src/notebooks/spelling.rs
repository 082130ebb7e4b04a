//! codespell on the prose of notebooks: common slips of the keyboard.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use course_notebook::checks::{Problem, prose};

use crate::project::Project;

/// What is misspelt in each notebook, in their order.
pub fn check(project: &Project, notebooks: &[(PathBuf, course_notebook::Notebook)]) -> Result<Vec<Vec<Problem>>> {
    let mut all = vec![Vec::new(); notebooks.len()];
    // One file for all, and a line of it for every line of prose.
    let mut text = String::new();
    let mut places = Vec::new();
    for (index, (_, notebook)) in notebooks.iter().enumerate() {
        for (cell, line, words) in prose(notebook) {
            text.push_str(&words);
            text.push('\n');
            places.push((index, cell.to_owned(), line));
        }
    }
    let folder = project.scratch().join("notebooks");
    fs::create_dir_all(&folder)?;
    let file = folder.join("prose.txt");
    fs::write(&file, text).context("writing the prose for codespell")?;
    let mut codespell = Command::new(project.venv_program("codespell"));
    codespell.args(["--disable-colors", "--builtin", "clear,rare", "--ignore-words-list", "rouge"]).arg(&file);
    let output = codespell.output().context("codespell cannot be started: run `cargo xtask setup`")?;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((number, what)) = finding(line) else { continue };
        if let Some((index, cell, line)) = places.get(number.wrapping_sub(1))
            && let Some(problems) = all.get_mut(*index)
        {
            problems.push(Problem { cell: Some(cell.clone()), line: Some(*line), what: format!("spelling: {what}") });
        }
    }
    Ok(all)
}

/// Reads `path/prose.txt:12: teh ==> the`.
fn finding(line: &str) -> Option<(usize, &str)> {
    let (_, rest) = line.split_once("prose.txt:")?;
    let (number, what) = rest.split_once(": ")?;
    Some((number.parse().ok()?, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_codespell_says_is_read() {
        assert_eq!(finding("/x/prose.txt:12: teh ==> the"), Some((12, "teh ==> the")));
        assert_eq!(finding("WARNING: x"), None);
    }
}
