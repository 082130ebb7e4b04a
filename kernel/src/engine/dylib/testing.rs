//! Sessions for unit tests.

use std::collections::BTreeSet;

use super::items::Entry;
use super::session::Session;
use super::source;

/// A session after these cells.
pub fn session(cells: &[&str]) -> Session {
    let mut session = Session::default();
    for (index, code) in cells.iter().enumerate() {
        add(&mut session, code, index as u32 + 1);
    }
    session
}

/// Adds a cell's items.
pub fn add(session: &mut Session, code: &str, cell: u32) {
    let parsed = source::parse(code).unwrap();
    let entries = parsed.items.iter().flat_map(|(item, range)| Entry::of(item, range.clone(), code, cell)).collect();
    session.add_items(entries);
}

/// A set of names.
pub fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
