//! What a session remembers between cells: its items and its variables.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;

use super::items::{Entry, Kind};
use super::source::mentions;

/// A stored variable, as the kernel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its type, nameable from the next cell.
    pub type_text: String,
    /// Declared `mut`.
    pub mutable: bool,
    /// The fingerprint of all source its type reaches.
    pub fingerprint: String,
    /// The identifiers that fingerprint starts from.
    pub roots: BTreeSet<String>,
    /// The cell that made it.
    pub cell: u32,
}

/// Why a name that was once a variable is none now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// A cell moved its value away.
    Moved(u32),
    /// It borrowed from another variable, so it ended with its cell.
    Borrowed(u32),
    /// Its type has no name that a later cell could use.
    Unnamed(String),
    /// A type it is made of was defined anew.
    Redefined(u32),
    /// The process that held it ended.
    Died(u32),
}

/// Items and variables of a session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    entries: Vec<Entry>,
    /// The variables, by name.
    pub variables: BTreeMap<String, Variable>,
    /// Names that were variables once.
    pub gone: BTreeMap<String, Gone>,
    /// How often the crate of a name was replaced by another build of it.
    replaced: BTreeMap<String, u64>,
}

impl Session {
    /// Adds a cell's items; each replaces what it defines anew.
    pub fn add_items(&mut self, new: Vec<Entry>) {
        let cell = new.first().map(|entry| entry.cell);
        for entry in new {
            match &entry.kind {
                Kind::Impl { members: Some(members), .. } if members.is_empty() => {}
                Kind::Impl { header, members } => self.replace_impl(header, members.as_deref(), entry.cell),
                _ => self.entries.retain(|old| {
                    matches!(old.kind, Kind::Impl { .. })
                        || (old.kind == Kind::Macro) != (entry.kind == Kind::Macro)
                        || Some(old.cell) == cell
                            && old.kind == Kind::Use
                            && entry.kind == Kind::Use
                            && old.text == entry.text
                        || !old.names.iter().any(|name| entry.names.contains(name))
                }),
            }
            if !self.entries.iter().any(|old| old.kind == Kind::Use && old.text == entry.text) {
                self.entries.push(entry);
            }
        }
    }

    /// An `impl` of a trait replaces an earlier one with the same header; an inherent one replaces earlier methods of the same names.
    fn replace_impl(&mut self, header: &str, members: Option<&[(String, std::ops::Range<usize>)]>, cell: u32) {
        self.entries.retain_mut(|old| {
            let Kind::Impl { header: old_header, members: old_members } = &mut old.kind else { return true };
            if old_header != header || old.cell == cell && members.is_some() {
                return true;
            }
            let (Some(new), Some(old_members)) = (members, old_members) else { return false };
            old_members.retain(|(name, range)| {
                let replaced = new.iter().any(|(other, _)| other == name);
                if replaced && let Some(body) = old.text.get(range.clone()) {
                    let blank: String = body.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
                    old.text.replace_range(range.clone(), &blank);
                }
                !replaced
            });
            !old_members.is_empty()
        });
    }

    /// The source of every item, in order of definition.
    pub fn texts(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.text.clone()).collect()
    }

    /// Drops every entry that `gone` says no longer compiles; gives their titles.
    pub fn drop_entries(&mut self, gone: impl Fn(&Entry) -> bool) -> Vec<(String, u32)> {
        let mut dropped = Vec::new();
        self.entries.retain(|entry| {
            let keep = !gone(entry);
            if !keep {
                dropped.push((entry.title(), entry.cell));
            }
            keep
        });
        dropped
    }

    /// Other builds of these crates take the place of those that were there: their types are new types from now on.
    pub fn replace_crates(&mut self, names: &BTreeSet<String>) {
        for name in names {
            *self.replaced.entry(name.clone()).or_default() += 1;
        }
    }

    /// Forgets every item and variable.
    pub fn clear(&mut self) {
        *self = Self { replaced: std::mem::take(&mut self.replaced), ..Self::default() };
    }

    /// The items that code mentioning `names` needs, in order of definition.
    ///
    /// A type brings all its `impl`s, a trait its `impl`s, a method name the trait that has it, a macro what its body names; every
    /// `use` is always there.
    pub fn reach(&self, names: &BTreeSet<String>) -> Vec<&Entry> {
        let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut seen: BTreeSet<&str> = wanted.iter().copied().collect();
        let mut taken = vec![false; self.entries.len()];
        for (index, entry) in self.entries.iter().enumerate() {
            if entry.kind == Kind::Use {
                taken[index] = true;
                wanted.extend(entry.mentions.iter().map(String::as_str).filter(|name| seen.insert(name)));
            }
        }
        while let Some(name) = wanted.pop() {
            for (index, entry) in self.entries.iter().enumerate() {
                let needed = entry.names.iter().any(|own| own == name)
                    || entry.handles.contains(name) && self.is_ours(name, entry);
                if needed && !taken[index] {
                    taken[index] = true;
                    let more = entry.mentions.iter().chain(&entry.names).map(String::as_str);
                    wanted.extend(more.filter(|name| seen.insert(name)));
                }
            }
        }
        self.entries.iter().zip(taken).filter_map(|(entry, taken)| taken.then_some(entry)).collect()
    }

    /// An `impl` comes with the session's own types and traits in its header, not with every mention of `Vec`.
    fn is_ours(&self, name: &str, entry: &Entry) -> bool {
        match entry.kind {
            Kind::Impl { .. } => {
                let ours = |name: &str| {
                    self.entries.iter().any(|e| e.kind == Kind::Named && e.names.iter().any(|n| n == name))
                };
                ours(name) || !entry.handles.iter().any(|handle| ours(handle))
            }
            _ => true,
        }
    }

    /// The fingerprint of all source that decides the layout and identity of a type whose text mentions `roots`; empty for a type
    /// that reaches nothing of the session.
    pub fn fingerprint(&self, roots: &BTreeSet<String>) -> String {
        let named = |entry: &&Entry| entry.kind != Kind::Use;
        let deciding = self.deciding(roots, false);
        let own = deciding.iter().any(named);
        // A `use …::*` can give another meaning to any name in a definition.
        let deciding = if own { self.deciding(roots, true) } else { deciding };
        let names: BTreeSet<&String> = deciding.iter().flat_map(|entry| &entry.layout.1).chain(roots).collect();
        let replaced: Vec<(&String, &u64)> = self.replaced.iter().filter(|(name, _)| names.contains(name)).collect();
        if !own && replaced.is_empty() {
            return String::new();
        }
        let parts: BTreeSet<&str> = deciding.iter().filter(|_| own).map(|entry| entry.layout.0.as_str()).collect();
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        for (name, times) in replaced {
            hasher.update(format!("{name} {times}").as_bytes()).update(&[1]);
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// The entries that decide the layout of what `roots` name, with or without every glob import.
    fn deciding(&self, roots: &BTreeSet<String>, globs: bool) -> Vec<&Entry> {
        let mut wanted: Vec<&str> = roots.iter().map(String::as_str).collect();
        let mut seen: BTreeSet<&str> = wanted.iter().copied().collect();
        let mut taken = vec![false; self.entries.len()];
        while let Some(name) = wanted.pop() {
            for (index, entry) in self.entries.iter().enumerate() {
                let part_of = entry.names.iter().any(|own| own == name)
                    || matches!(entry.kind, Kind::Impl { .. }) && entry.handles.contains(name)
                    || globs && entry.kind == Kind::Use && entry.text.ends_with("*;");
                if part_of && !entry.layout.0.is_empty() && !taken[index] {
                    taken[index] = true;
                    wanted.extend(entry.layout.1.iter().map(String::as_str).filter(|name| seen.insert(name)));
                }
            }
        }
        self.entries.iter().zip(taken).filter_map(|(entry, taken)| taken.then_some(entry)).collect()
    }

    /// Variables whose type no longer is what it was; they must never be read again.
    pub fn outdated(&self) -> Vec<String> {
        let old = |variable: &Variable| variable.fingerprint != self.fingerprint(&variable.roots);
        self.variables.iter().filter(|(_, variable)| old(variable)).map(|(name, _)| name.clone()).collect()
    }
}

/// The identifiers from which a type's fingerprint starts: those of its text, and for a `dyn` all that the cell reached,
/// since what hides behind it is only known there.
pub fn roots(type_text: &str, reached: &BTreeSet<String>) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    if let Ok(tokens) = type_text.parse::<TokenStream>() {
        mentions(tokens, &mut roots);
    }
    if roots.contains("dyn") || roots.contains("impl") || type_text.contains('{') {
        roots.extend(reached.iter().cloned());
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dylib::source;

    fn session(cells: &[&str]) -> Session {
        let mut session = Session::default();
        for (index, code) in cells.iter().enumerate() {
            add(&mut session, code, index as u32 + 1);
        }
        session
    }

    fn add(session: &mut Session, code: &str, cell: u32) {
        let parsed = source::parse(code).unwrap();
        let entries =
            parsed.items.iter().flat_map(|(item, range)| Entry::of(item, range.clone(), code, cell)).collect();
        session.add_items(entries);
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn reached(session: &Session, names: &[&str]) -> Vec<String> {
        session.reach(&set(names)).iter().map(|entry| entry.title()).collect()
    }

    #[test]
    fn a_type_brings_its_impls_and_a_method_brings_its_trait() {
        let session = session(&[
            "struct Circle { r: f64 } struct Square;",
            "trait Area { fn area(&self) -> f64; } impl Area for Circle { fn area(&self) -> f64 { pi() } } fn pi() -> f64 { 3. }",
            "impl Drop for Circle { fn drop(&mut self) {} }",
            "impl Area for f64 { fn area(&self) -> f64 { 0. } }",
        ]);
        let circle = reached(&session, &["Circle"]);
        assert!(
            circle.contains(&"struct Circle".to_owned()) && circle.contains(&"impl Drop for Circle".to_owned()),
            "{circle:?}"
        );
        assert!(circle.contains(&"fn pi".to_owned()) && !circle.contains(&"struct Square".to_owned()), "{circle:?}");
        let area = reached(&session, &["area"]);
        assert!(area.contains(&"trait Area".to_owned()) && area.contains(&"impl Area for f64".to_owned()), "{area:?}");
        assert!(reached(&session, &["unrelated"]).is_empty());
    }

    #[test]
    fn a_new_definition_replaces_and_an_inherent_impl_replaces_by_method() {
        let mut session = session(&["struct P;", "impl P { fn a(&self) -> u8 { 1 } fn b(&self) {} }"]);
        add(&mut session, "impl P { fn a(&self) -> u8 { 2 } }", 3);
        let texts: Vec<_> = session.reach(&set(&["P"])).iter().map(|entry| entry.text.clone()).collect();
        assert!(!texts.iter().any(|text| text.contains("{ 1 }")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("fn b")) && texts.iter().any(|text| text.contains("{ 2 }")));
        add(&mut session, "enum P { X }", 4);
        assert_eq!(reached(&session, &["P"]).iter().filter(|title| title.ends_with(" P")).count(), 3);
        assert!(reached(&session, &["P"]).contains(&"enum P".to_owned()));
    }

    #[test]
    fn a_fingerprint_changes_with_all_that_a_type_reaches_and_with_nothing_else() {
        let mut session = session(&[
            "const N: usize = 2; type Inner = u64; struct Foo { a: [Inner; N] } fn other() {}",
            "impl Foo { fn get(&self) -> usize { 1 } }",
        ]);
        let before = session.fingerprint(&set(&["Vec", "Foo"]));
        add(&mut session, "impl Foo { fn get(&self) -> usize { 2 } } fn other() -> u8 { 1 }", 3);
        add(&mut session, "impl Drop for Foo { fn drop(&mut self) {} } impl Foo { fn more(&self) {} }", 3);
        assert_eq!(before, session.fingerprint(&set(&["Vec", "Foo"])));
        add(&mut session, "type Inner = String;", 4);
        let after = session.fingerprint(&set(&["Vec", "Foo"]));
        assert_ne!(before, after);
        add(&mut session, "const N: usize = 3;", 5);
        assert_ne!(after, session.fingerprint(&set(&["Vec", "Foo"])));
        assert_eq!(session.fingerprint(&set(&["Vec", "u8"])), "");
        add(&mut session, "enum Color { Red } use Color::*;", 6);
        assert_eq!(session.fingerprint(&set(&["Vec", "u8"])), "", "a glob import is no reason to drop an integer");
    }

    #[test]
    fn uses_are_always_there_and_the_last_of_a_name_wins() {
        let session =
            session(&["use std::fmt::{self, Display as Show};", "use std::io::Result; use std::fmt::Result;"]);
        let texts: Vec<_> = session.reach(&set(&[])).iter().map(|entry| entry.text.trim().to_owned()).collect();
        assert_eq!(texts, ["use std::fmt;", "use std::fmt::Display as Show;", "use std::fmt::Result;"]);
    }
}
