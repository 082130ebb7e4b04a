//! What property tests try random input on.

use std::collections::BTreeSet;

pub use super::commands::Command;
pub use super::compile::{Code, Diagnostic, Expansion, Span};
pub use super::diagnostics::{Reporter, friendly};
pub use super::generate::Generated;
pub use super::magics::{Part, parts};
pub use super::source::{keep_only, parse};

use super::generate::{Plan, unparsed};
use super::items::Entry;
use super::magics::Measure;
use super::prelude::CourseNames;
use super::session::Session;

/// The command lines at a cell's top, and the rest.
pub fn split_commands(code: &str) -> (Vec<Command>, String) {
    Command::split(code)
}

/// The file that cell 1 of a session would be compiled from.
pub fn generate(code: &str) -> Generated {
    generate_in(&Session::default(), &CourseNames::new([].iter(), None), code, 1)
}

/// The file that a cell of this number would be compiled from after a session.
pub fn generate_in(session: &Session, course_names: &CourseNames, code: &str, cell: u32) -> Generated {
    let Ok(source) = parse(code) else { return unparsed(code, cell) };
    let mut session = session.clone();
    let entries = source.items.iter().flat_map(|(item, range)| Entry::of(item, range.clone(), code, cell));
    session.add_items(entries.collect());
    Plan {
        cell,
        code,
        source: &source,
        session: &session,
        local: &BTreeSet::new(),
        moved: &BTreeSet::new(),
        debug_errors: false,
        measure: Measure::No,
        probe: false,
        awaits: source.awaits,
        defined: &BTreeSet::new(),
        course: false,
        course_names,
    }
    .generate(&[])
}
