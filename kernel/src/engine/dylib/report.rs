//! The one error that a failed cell gives.

use std::collections::BTreeMap;

use course_wire::{Failure, Place};

use super::palette::{BLUE, RED, RESET};
use crate::engine::{CellError, CellName};

fn error(ename: &str, evalue: String, more: Vec<String>) -> CellError {
    let mut traceback = vec![format!("{RED}{ename}{RESET}: {evalue}")];
    traceback.extend(more);
    CellError { ename: ename.to_owned(), evalue, traceback }
}

/// Any other failure, with more to say below it.
pub fn of(ename: &str, evalue: String, more: Vec<String>) -> CellError {
    error(ename, evalue, more)
}

/// A command that could not be carried out.
pub fn command(evalue: String) -> CellError {
    error("Command", evalue, Vec::new())
}

/// `:dep` failed.
pub fn dependency(sentence: &str, details: &str) -> CellError {
    let said = details.trim_start_matches("error: ");
    let more = if said.is_empty() || said == sentence { Vec::new() } else { vec![details.to_owned()] };
    error("DependencyError", sentence.to_owned(), more)
}

/// ■ while cargo built crates.
pub fn interrupted_dependency() -> CellError {
    let evalue = "stopped while adding crates; nothing was added, and the next try goes on where this one stopped";
    error("Interrupted", evalue.into(), Vec::new())
}

/// Something the kernel itself needs is missing.
pub fn kernel(cause: &anyhow::Error) -> CellError {
    error("KernelError", format!("{cause:#}"), Vec::new())
}

/// ■ while rustc ran.
pub fn interrupted_compile() -> CellError {
    error("Interrupted", "stopped before the cell ran; all variables are as they were".into(), Vec::new())
}

/// A panic, an error that `?` met, or a loop of the course that was interrupted.
pub fn failure(number: u32, failure: &Failure, cells: &BTreeMap<u32, String>) -> CellError {
    let mut more = places(failure, cells);
    if failure.name == "Interrupted" {
        return error("Interrupted", "stopped at a safe point; variables from earlier cells are kept".into(), more);
    }
    if more.is_empty() && failure.name != "Panic" {
        more.push(format!("  {BLUE}-->{RESET} {}, returned by `?`", CellName(number)));
    }
    error(&failure.name, failure.message.clone(), more)
}

/// The same of a widget's callback.
pub fn callback(failure: &Failure, cells: &BTreeMap<u32, String>) -> CellError {
    let mut more = places(failure, cells);
    if failure.name == "Interrupted" {
        return error("Interrupted", "the widget's callback was stopped; all variables are kept".into(), more);
    }
    more.push("in a widget's callback; the kernel and its variables are fine".into());
    error(&failure.name, failure.message.clone(), more)
}

/// The lines of cells that a failure went through, innermost first.
fn places(failure: &Failure, cells: &BTreeMap<u32, String>) -> Vec<String> {
    let mut more = Vec::new();
    let mut shown: Vec<(u32, u32)> = Vec::new();
    for place in failure.place.iter().chain(&failure.frames) {
        if shown.contains(&(place.cell, place.line)) || shown.len() == 12 {
            continue;
        }
        shown.push((place.cell, place.line));
        more.push(source_line(place, cells));
    }
    more
}

fn source_line(place: &Place, cells: &BTreeMap<u32, String>) -> String {
    let Place { cell, line, column } = *place;
    let text = cells.get(&cell).and_then(|code| code.lines().nth(line as usize - 1)).unwrap_or_default();
    let mut report = format!("  {BLUE}-->{RESET} {}, line {line}\n{BLUE}{line:4} |{RESET} {text}", CellName(cell));
    if let Some(column) = column {
        report
            .push_str(&format!("\n{BLUE}     |{RESET} {}{RED}^{RESET}", " ".repeat(column.saturating_sub(1) as usize)));
    }
    report
}
