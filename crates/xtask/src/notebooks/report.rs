//! What a check found, for people (a table) and for programs (a JUnit file).

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::results::{self, Checked};
use super::{chosen, pool::CellRan};
use crate::files;
use crate::problem::Problem;
use crate::project::Project;

/// How many slow cells are named.
const SLOWEST: usize = 10;

/// Notebooks with cells, time and memory, and the slowest cells.
pub fn table(all: &[Checked]) -> String {
    let width = all.iter().map(|checked| checked.notebook.chars().count()).max().unwrap_or(0).max(8);
    let mut text = format!("\n  {:width$} {:>6} {:>8} {:>8} {:>8}\n", "notebook", "cells", "seconds", "copy", "MB");
    let mut total = 0.0;
    for checked in all {
        let seconds =
            |ran: &Option<super::pool::Ran>| ran.as_ref().map_or_else(String::new, |ran| format!("{:.1}", ran.seconds));
        let cells = checked.master.as_ref().map_or(0, |ran| ran.cells.len());
        let failed = checked.failures().len();
        let note = match (failed, checked.unchanged) {
            (0, true) => "unchanged".to_owned(),
            (0, false) => String::new(),
            (1, _) => "1 problem".to_owned(),
            (problems, _) => format!("{problems} problems"),
        };
        if !checked.unchanged {
            total += checked.runs().map(|(_, ran)| ran.seconds).sum::<f64>();
        }
        let (master, copy) = (seconds(&checked.master), seconds(&checked.copy));
        let line = format!(
            "  {:width$} {cells:>6} {master:>8} {copy:>8} {:>8}  {note}",
            checked.notebook,
            checked.memory_mb()
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str(&format!("  {total:.0} s of running in all\n"));
    let mut cells: Vec<(&str, &CellRan)> = all
        .iter()
        .filter_map(|checked| Some((checked.notebook.as_str(), checked.master.as_ref()?)))
        .flat_map(|(name, ran)| ran.cells.iter().map(move |cell| (name, cell)))
        .collect();
    cells.sort_by(|one, other| other.1.seconds.total_cmp(&one.1.seconds));
    if !cells.is_empty() {
        text.push_str("\n  the slowest cells\n");
    }
    for (name, cell) in cells.iter().take(SLOWEST) {
        text.push_str(&format!("  {:6.2} s  {name}, `{}`\n", cell.seconds, cell.cell));
    }
    text
}

/// A JUnit file with a suite for each notebook and a case for each cell.
pub fn junit(all: &[Checked]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites name=\"notebooks\">\n");
    for checked in all {
        let mut cases: Vec<(String, f64, Option<String>)> =
            vec![("file".to_owned(), 0.0, (!checked.problems.is_empty()).then(|| checked.problems.join("\n")))];
        for (of, ran) in checked.runs() {
            cases.extend(ran.trouble.iter().map(|trouble| (format!("run{of}"), 0.0, Some(trouble.clone()))));
            let cell = |cell: &CellRan| (format!("{}{of}", cell.cell), cell.seconds, cell.failure());
            cases.extend(ran.cells.iter().map(cell));
        }
        let failures = cases.iter().filter(|(_, _, failure)| failure.is_some()).count();
        let seconds: f64 = cases.iter().map(|(_, seconds, _)| seconds).sum();
        let name = escape(&checked.notebook);
        text.push_str(&format!(
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{failures}\" time=\"{seconds:.3}\">\n",
            cases.len()
        ));
        for (case, seconds, failure) in cases {
            text.push_str(&format!(
                "    <testcase classname=\"{name}\" name=\"{}\" time=\"{seconds:.3}\"",
                escape(&case)
            ));
            match failure {
                None => text.push_str("/>\n"),
                Some(what) => {
                    let first = what.trim().lines().next().unwrap_or_default();
                    text.push_str(&format!(
                        ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                        escape(first),
                        escape(&what)
                    ));
                }
            }
        }
        text.push_str("  </testsuite>\n");
    }
    text + "</testsuites>\n"
}

/// Text as XML takes it; control characters have no place there.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push(' '),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

/// Writes the JUnit file beside those of the other tests; where it is.
pub fn write(project: &Project, all: &[Checked]) -> Result<PathBuf> {
    let folder = project.scratch().join("test");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let path = folder.join("notebooks-cells.xml");
    files::write_atomically(&path, junit(all).as_bytes())?;
    Ok(path)
}

/// `notebooks report`: the same of what the last check left.
pub fn last(project: &Project) -> Result<()> {
    let names = chosen::files(project, &[])?.into_iter().map(|path| chosen::name(project, &path));
    let all: Vec<Checked> = names.filter_map(|name| results::read(project, &name)).collect();
    if all.is_empty() {
        return Err(Problem::error("no notebook was checked here yet", "run `cargo xtask notebooks check`"));
    }
    println!("{}", table(&all));
    for failure in all.iter().flat_map(Checked::failures) {
        println!("✗ {failure}");
    }
    println!("written to {}", write(project, &all)?.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebooks::pool::Ran;

    fn checked() -> Checked {
        let cell = |id: &str, seconds, problem: Option<&str>, differs: &[&str]| CellRan {
            cell: id.into(),
            first: "let x = \"<1>\";".into(),
            seconds,
            problem: problem.map(str::to_owned),
            differs: differs.iter().map(|line| (*line).to_owned()).collect(),
            ..CellRan::default()
        };
        let cells = vec![
            cell("fast", 0.1, None, &[]),
            cell("slow", 2.5, Some("E0308 & more\n\u{1b}x"), &[]),
            cell("other", 0.2, None, &["line 1: expected 'a'\n  got 'b'"]),
        ];
        let master = Some(Ran { cells, seconds: 3.0, memory_mb: 200, trouble: None });
        Checked { notebook: "01-x/02-y.ipynb".into(), master, ..Checked::default() }
    }

    #[test]
    fn the_table_has_times_and_the_slowest_cell_first() {
        let text = table(&[checked()]);
        let row = text.lines().find(|line| line.contains("02-y")).unwrap_or_default();
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(words, ["01-x/02-y.ipynb", "3", "3.0", "200", "2", "problems"], "{text}");
        assert!(text.contains("the slowest cells\n    2.50 s  01-x/02-y.ipynb, `slow`"), "{text}");
    }

    #[test]
    fn a_failure_names_notebook_cell_expected_and_got() {
        let failures = checked().failures();
        assert_eq!(failures.len(), 2);
        assert_eq!(
            failures[1],
            "01-x/02-y.ipynb, cell `other` (let x = \"<1>\";):\n    line 1: expected 'a'\n      got 'b'"
        );
    }

    #[test]
    fn the_file_has_a_case_a_cell_and_is_xml() {
        let text = junit(&[checked()]);
        assert!(
            text.contains("<testsuite name=\"01-x/02-y.ipynb\" tests=\"4\" failures=\"2\" time=\"2.800\">"),
            "{text}"
        );
        assert!(text.contains("name=\"slow\" time=\"2.500\">\n      <failure message=\"E0308 &amp; more\">"), "{text}");
        assert!(!text.contains('\u{1b}') && text.ends_with("</testsuites>\n"), "{text}");
    }
}
