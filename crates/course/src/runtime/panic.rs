//! Panics, told in cell lines.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

use course_wire::{Failure, LineMap, Place};

/// Generated source → where its lines come from. Cells are never unloaded, so neither is this.
static SOURCES: Mutex<Vec<(String, LineMap)>> = Mutex::new(Vec::new());

thread_local! {
    static IN_CELL: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<(Option<Place>, Vec<Place>)>> = const { RefCell::new(None) };
}

/// Makes panics known by cell and line from now on; called on the thread that runs cells.
pub fn install() {
    IN_CELL.set(true);
    std::panic::set_hook(Box::new(hook));
}

/// Registers the lines of a cell about to run.
pub fn register(source: String, lines: LineMap) {
    SOURCES.lock().unwrap_or_else(PoisonError::into_inner).push((source, lines));
}

/// The failure for a caught panic.
pub fn failure(payload: Box<dyn Any + Send>) -> Failure {
    let (place, frames) = LAST.take().unwrap_or_default();
    Failure { name: "Panic".into(), message: message(&*payload), place, frames }
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is not text".to_owned()
    }
}

fn hook(info: &PanicHookInfo<'_>) {
    let location = info.location();
    let place = location.and_then(|at| place(at.file(), at.line(), Some(at.column())));
    if IN_CELL.get() {
        LAST.set(Some((place, frames(&Backtrace::force_capture().to_string()))));
        return;
    }
    // A thread that the learner started: its panic is output of the cell, not its end.
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let at = match (place, location) {
        (Some(Place { cell, line, .. }), _) => format!("cell [{cell}], line {line}"),
        (None, Some(location)) => location.to_string(),
        (None, None) => "an unknown place".to_owned(),
    };
    eprintln!("thread '{name}' panicked at {at}:\n{}", message(info.payload()));
}

fn place(file: &str, line: u32, column: Option<u32>) -> Option<Place> {
    let sources = SOURCES.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, lines) = sources.iter().rev().find(|(source, _)| file.ends_with(source.as_str()))?;
    let (cell, line) = lines.place(line)?;
    Some(Place { cell, line, column })
}

/// The frames in cells of a printed backtrace, whose lines read `at path/to/file.rs:12:5`.
fn frames(backtrace: &str) -> Vec<Place> {
    let mut frames = Vec::new();
    for line in backtrace.lines() {
        let Some(at) = line.trim_start().strip_prefix("at ") else { continue };
        let mut parts = at.rsplitn(3, ':');
        let (Some(column), Some(line), Some(file)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let (Ok(line), column) = (line.parse(), column.parse().ok()) else { continue };
        if let Some(place) = place(file, line, column)
            && frames.last().is_none_or(|last: &Place| (last.cell, last.line) != (place.cell, place.line))
        {
            frames.push(place);
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_wire::LineSpan;

    #[test]
    fn frames_keep_only_cell_lines_and_drop_repeats() {
        let lines = LineMap { spans: vec![LineSpan { generated: 10, count: 5, cell: 3, line: 1 }] };
        register("cell-abc.rs".into(), lines);
        let text = "   0: core::panicking::panic\n             at /rustc/lib.rs:5:1\n   1: notebook::f\n             at /tmp/cell-abc.rs:11:9\n   \
                    2: notebook::f\n             at /tmp/cell-abc.rs:11:3\n   3: notebook::course_cell\n             at /tmp/cell-abc.rs:14:1\n";
        let found = frames(text);
        assert_eq!(found.iter().map(|p| (p.cell, p.line)).collect::<Vec<_>>(), [(3, 2), (3, 5)]);
    }
}
