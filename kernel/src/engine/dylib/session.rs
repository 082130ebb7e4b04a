//! What a session remembers between cells: its items and its variables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fingerprint::Fingerprint;
use super::generate::Generated;
use super::items::{Entry, Kind};
use super::statics::Symbols;
use super::versions::Versions;

/// A stored variable, as the kernel knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its type, nameable from the next cell.
    pub type_text: String,
    /// Declared `mut`.
    pub mutable: bool,
    /// The fingerprint of all source its type reaches.
    pub fingerprint: Fingerprint,
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
    /// A type it is made of got a destructor.
    Destructor(u32),
    /// The process that held it ended.
    Died(u32),
}

/// Items and variables of a session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub(super) entries: Vec<Arc<Entry>>,
    /// Their sources, made when they change.
    texts: Arc<[String]>,
    /// The variables, by name.
    pub variables: BTreeMap<String, Variable>,
    /// Names that were variables once.
    pub gone: BTreeMap<String, Gone>,
    /// How often the crate of a name was replaced by another build of it.
    pub(super) replaced: BTreeMap<String, u64>,
    /// The definitions that the process has seen.
    pub versions: Versions,
    /// The symbols of its statics.
    pub symbols: Symbols,
    /// How often a type that a macro makes was made anew: part of every type's identity ([`super::versions`]).
    pub epoch: u32,
    made_by_macros: BTreeMap<String, Fingerprint>,
}

impl Session {
    /// Adds a cell's items; each replaces what it defines anew.
    pub fn add_items(&mut self, new: Vec<Entry>) {
        let Some(cell) = new.first().map(|entry| entry.cell) else { return };
        for entry in new {
            match &entry.kind {
                Kind::Impl { members: Some(members), .. } if members.is_empty() => {}
                Kind::Impl { header, members } => self.replace_impl(header, members.as_deref(), entry.cell),
                _ => self.entries.retain(|old| {
                    matches!(old.kind, Kind::Impl { .. })
                        || (old.kind == Kind::Macro) != (entry.kind == Kind::Macro)
                        || old.cell == cell
                            && old.kind == Kind::Use
                            && entry.kind == Kind::Use
                            && old.text == entry.text
                        || !entry.replaces(old)
                }),
            }
            if !self.entries.iter().any(|old| old.kind == Kind::Use && old.text == entry.text) {
                self.entries.push(Arc::new(entry));
            }
        }
        self.note_texts();
    }

    fn note_texts(&mut self) {
        self.texts = self.entries.iter().map(|entry| entry.text.clone()).collect();
    }

    /// An `impl` of a trait replaces an earlier one with the same header; an inherent one replaces earlier methods of the same names.
    fn replace_impl(&mut self, header: &str, members: Option<&[(String, std::ops::Range<usize>)]>, cell: u32) {
        self.entries.retain_mut(|old| {
            let Kind::Impl { header: old_header, .. } = &old.kind else { return true };
            if old_header != header || old.cell == cell && members.is_some() {
                return true;
            }
            let old = Arc::make_mut(old);
            let Kind::Impl { members: Some(old_members), .. } = &mut old.kind else { return false };
            let Some(new) = members else { return false };
            old_members.retain(|(name, range)| {
                let replaced = new.iter().any(|(other, _)| other == name);
                if replaced {
                    old.statics.retain(|found| !range.contains(&found.range.start));
                }
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
    pub fn texts(&self) -> Arc<[String]> {
        Arc::clone(&self.texts)
    }

    /// The names of its items and variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let items = self.entries.iter().filter(|entry| !matches!(entry.kind, Kind::Impl { .. }));
        let items = items.flat_map(|entry| entry.names.iter()).filter(|name| !name.contains("::"));
        items.chain(self.variables.keys()).map(String::as_str)
    }

    /// Whether an item of the session has this name; what is imported does not count.
    pub fn defines(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.kind != Kind::Use && entry.names.iter().any(|own| own == name))
    }

    /// The text of a macro of the session.
    pub fn macro_rules(&self, name: &str) -> Option<&str> {
        let found = |entry: &&Arc<Entry>| entry.kind == Kind::Macro && entry.names.iter().any(|own| own == name);
        self.entries.iter().rev().find(found).map(|entry| entry.text.as_str())
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
        if !dropped.is_empty() {
            self.note_texts();
        }
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
        // What is compiled into the process stays there: a later definition must not be taken for it.
        let mut old = std::mem::take(self);
        old.symbols.forget(|_| true);
        let Self { replaced, versions, symbols, epoch, made_by_macros, .. } = old;
        *self = Self { replaced, versions, symbols, epoch, made_by_macros, ..Self::default() };
    }

    /// Forgets what only the process that ended had.
    pub fn process_ended(&mut self) {
        self.versions = Versions::default();
        self.symbols = Symbols::default();
        self.made_by_macros.clear();
        self.epoch = 0;
    }

    /// Begins a new epoch if a macro now makes other types under names it made types of before; whether it does.
    ///
    /// Such a type cannot be put into a module of its own, so every type gets a new identity.
    pub(super) fn begin_epoch(&mut self) -> bool {
        let calls = self.entries.iter().filter(|entry| entry.kind == Kind::Call).flat_map(|entry| &entry.names);
        let now: Vec<(String, Fingerprint)> =
            calls.map(|name| (name.clone(), self.fingerprint(&BTreeSet::from([name.clone()])))).collect();
        let mut changed = false;
        for (name, now) in now {
            changed |= self.made_by_macros.get(&name).is_some_and(|made| !made.holds(&now));
            self.made_by_macros.insert(name, now);
        }
        if changed {
            self.epoch += 1;
            self.symbols.forget(|fingerprint| !fingerprint.is_empty());
        }
        changed
    }

    /// Notes what a cell that is about to run was compiled with.
    pub fn compiled(&mut self, generated: &mut Generated) {
        for (name, index, fingerprint) in generated.versions.drain(..) {
            self.versions.seen(name, index, fingerprint);
        }
        for (found, symbol, fingerprint) in generated.symbols.drain(..) {
            self.symbols.seen(&found, symbol, fingerprint);
        }
    }

    /// Variables whose name a function, constant or static of this cell takes over.
    pub fn shadowed(&self, cell: u32) -> Vec<(String, String)> {
        let values = ["fn", "const", "static"];
        let own = self.entries.iter().filter(|entry| entry.cell == cell && entry.kind == Kind::Named);
        own.map(|entry| (entry.names.first(), entry.title()))
            .filter(|(_, title)| values.iter().any(|word| title.split(' ').next() == Some(word)))
            .filter_map(|(name, title)| Some((name?.clone(), title)))
            .filter(|(name, _)| self.variables.contains_key(name))
            .collect()
    }
}
