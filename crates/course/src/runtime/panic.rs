//! Panics, told in cell lines.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ffi::{CStr, OsStr, OsString, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::panic::PanicHookInfo;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use course_wire::{CellName, Failure, LineMap, Place};

/// Generated source → where its lines come from. Cells are never unloaded, so neither is this.
static SOURCES: Mutex<Vec<(String, LineMap)>> = Mutex::new(Vec::new());
/// The files that cells were loaded from, named as the loader was told: what is compiled lies in the kernel's folder or in the cache.
static LIBRARIES: Mutex<BTreeSet<OsString>> = Mutex::new(BTreeSet::new());

thread_local! {
    static IN_CELL: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<(Option<Place>, Vec<Place>)>> = const { RefCell::new(None) };
}

/// Makes panics known by cell and line from now on; called on the thread that runs cells.
pub fn install() {
    take_over();
    std::panic::set_hook(Box::new(hook));
}

/// Panics of the calling thread are told by who catches them, not printed.
pub fn take_over() {
    IN_CELL.set(true);
}

/// The line of a cell where this thread's last panic came from: its own place, or that of the call which led to it.
pub fn last_place() -> Option<Place> {
    let (place, frames) = LAST.take()?;
    place.or_else(|| frames.first().copied())
}

/// Registers the lines of a cell about to run.
pub fn register(source: String, lines: LineMap) {
    SOURCES.lock().unwrap_or_else(PoisonError::into_inner).push((source, lines));
}

/// Registers the file of a cell about to be loaded.
pub fn loads(library: &Path) {
    LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner).insert(library.into());
}

/// The failure for a caught panic.
pub fn failure(payload: Box<dyn Any + Send>) -> Failure {
    // `course::display::progress` ends a loop this way: an iterator cannot return the error.
    if let Some(interrupted) = payload.downcast_ref::<course_wire::Interrupted>() {
        return Failure {
            name: "Interrupted".into(),
            message: interrupted.to_string(),
            place: None,
            frames: Vec::new(),
        };
    }
    let (place, frames) = LAST.take().unwrap_or_default();
    let message = message(&*payload);
    // `pipe.generate(…).unwrap()`: the loop stopped as it was asked to, and the learner's line made a panic of it.
    let asked = course_wire::interrupt::is_requested() && message.to_ascii_lowercase().contains("interrupted");
    Failure { name: if asked { "Interrupted" } else { "Panic" }.into(), message, place, frames }
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
    // It holds locks of its own and of the library that reads symbols.
    let _steady = course_wire::steady::hold();
    let location = info.location();
    let place = location.and_then(place_of);
    if IN_CELL.get() {
        LAST.set(Some((place, frames())));
        return;
    }
    // A thread that the learner started: its panic is output of the cell, not its end.
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let at = match (place, location) {
        (Some(Place { cell, line, .. }), _) => format!("{}, line {line}", CellName(cell)),
        (None, Some(location)) => location.to_string(),
        (None, None) => "an unknown place".to_owned(),
    };
    eprintln!("thread '{name}' panicked at {at}:\n{}", message(info.payload()));
}

/// The place in a cell that a location of a generated source is.
pub fn place_of(location: &std::panic::Location<'_>) -> Option<Place> {
    place(location.file(), location.line(), Some(location.column()))
}

fn place(file: &str, line: u32, column: Option<u32>) -> Option<Place> {
    let sources = SOURCES.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, lines) = sources.iter().rev().find(|(source, _)| file.ends_with(source.as_str()))?;
    let (cell, line) = lines.place(line)?;
    Some(Place { cell, line, column })
}

/// The calls in cells that led here, innermost first.
///
/// The symbol cache is cleared first: it lists the libraries that were loaded when it was filled, and every cell loads one more.
/// (`std::backtrace` has such a cache too, and no way to clear it.) Only calls in cells are looked up: the symbols of the course's
/// library are 40 MB when read, and none of them is a cell's line.
fn frames() -> Vec<Place> {
    /// A panic at the bottom of a deep recursion must not take seconds to tell.
    const MOST: usize = 2000;
    let mut frames: Vec<Place> = Vec::new();
    let mut walked = 0;
    backtrace::clear_symbol_cache();
    backtrace::trace(|frame| {
        walked += 1;
        if !in_a_cell(frame.ip()) {
            return walked < MOST;
        }
        backtrace::resolve_frame(frame, |symbol| {
            let file = symbol.filename().and_then(|file| file.to_str());
            let Some((file, line)) = file.zip(symbol.lineno()) else { return };
            if let Some(place) = place(file, line, symbol.colno())
                && frames.last().is_none_or(|last| (last.cell, last.line) != (place.cell, place.line))
            {
                frames.push(place);
            }
        });
        walked < MOST
    });
    frames
}

/// Whether this address is in the library of a cell.
fn in_a_cell(address: *mut c_void) -> bool {
    // SAFETY: `dladdr` reads its own list of libraries, whatever the address, and fills in the struct when it returns other than 0.
    // The name it gives is the loader's own and lives as long as the library, which for cells is for good.
    let file = unsafe {
        let mut found = std::mem::zeroed::<libc::Dl_info>();
        if libc::dladdr(address, &mut found) == 0 || found.dli_fname.is_null() {
            return false;
        }
        CStr::from_ptr(found.dli_fname)
    };
    LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner).contains(OsStr::from_bytes(file.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_wire::LineSpan;

    #[test]
    fn an_interrupt_that_unwinds_is_no_panic() {
        let unwound = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(course_wire::Interrupted)));
        assert_eq!(failure(unwound.unwrap_err()).name, "Interrupted");
        assert_eq!(failure(Box::new("boom")).name, "Panic");
    }

    #[test]
    fn places_are_found_by_the_name_of_the_source() {
        let lines = LineMap { spans: vec![LineSpan { generated: 10, count: 5, cell: 3, line: 1 }] };
        register("cell-abc.rs".into(), lines);
        assert_eq!(place("/tmp/x/cell-abc.rs", 11, Some(4)), Some(Place { cell: 3, line: 2, column: Some(4) }));
        assert_eq!(place("/tmp/x/cell-abc.rs", 20, None), None);
        assert_eq!(place("/rustc/library/core/panicking.rs", 11, None), None);
    }
}
