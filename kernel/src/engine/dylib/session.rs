//! What a session remembers between cells: its items and its variables.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

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
                        || !entry.replaces(old)
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
    pub fn texts(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.text.clone()).collect()
    }

    /// The names of its items and variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let items = self.entries.iter().filter(|entry| !matches!(entry.kind, Kind::Impl { .. }));
        let items = items.flat_map(|entry| entry.names.iter()).filter(|name| !name.contains("::"));
        items.chain(self.variables.keys()).map(String::as_str)
    }

    /// The text of a macro of the session.
    pub fn macro_rules(&self, name: &str) -> Option<&str> {
        let found = |entry: &&Entry| entry.kind == Kind::Macro && entry.names.iter().any(|own| own == name);
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
    fn begin_epoch(&mut self) -> bool {
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
            Kind::Impl { .. } | Kind::Call => {
                let ours = |name: &str| {
                    self.entries
                        .iter()
                        .any(|e| matches!(e.kind, Kind::Named | Kind::Call) && e.names.iter().any(|n| n == name))
                };
                ours(name) || !entry.handles.iter().any(|handle| ours(handle))
            }
            _ => true,
        }
    }

    /// The fingerprint of all source that decides the layout and identity of a type whose text mentions `roots`; empty for a type
    /// that reaches nothing of the session.
    pub fn fingerprint(&self, roots: &BTreeSet<String>) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        let deciding = self.deciding(roots);
        let mentioned = |name: &String| roots.contains(name) || deciding.iter().any(|e| e.layout.1.contains(name));
        for (name, times) in self.replaced.iter().filter(|(name, _)| mentioned(name)) {
            fingerprint.add(&format!("crate {name} {times}"), false);
        }
        if !deciding.iter().any(|entry| entry.kind != Kind::Use) {
            return fingerprint;
        }
        let mut named: BTreeSet<&str> = roots.iter().map(String::as_str).collect();
        for entry in &deciding {
            named.extend(entry.layout.1.iter().filter(|name| !entry.decides.contains(*name)).map(String::as_str));
        }
        for entry in &deciding {
            let harmless = matches!(entry.kind, Kind::Impl { .. })
                && !entry.decides.iter().any(|name| named.contains(name.as_str()));
            fingerprint.add(&entry.layout.0, harmless);
        }
        // A `use …::*` can give another meaning to a name in a definition.
        for glob in self.entries.iter().filter(|entry| entry.kind == Kind::Use && entry.text.ends_with("*;")) {
            if !self.harmless_glob(glob, &named) {
                fingerprint.add(&glob.layout.0, false);
                self.deciding(&glob.mentions).into_iter().for_each(|entry| fingerprint.add(&entry.layout.0, false));
            }
        }
        fingerprint
    }

    /// Whether a glob import leaves the meaning of `named` as it was: std has nothing but `Result` that a definition knows under
    /// another meaning already, and a module or enum of the session only what stands in it.
    fn harmless_glob(&self, glob: &Entry, named: &BTreeSet<&str>) -> bool {
        let root = glob.mentions.first().map_or("", String::as_str);
        let brought: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.kind != Kind::Use && entry.names.iter().any(|n| n == root))
            .collect();
        match brought.is_empty() {
            true => ["std", "core", "alloc", "course"].contains(&root) && !named.contains("Result"),
            false => brought.iter().all(|entry| {
                let means = |name: &String| name != root && named.contains(name.as_str()) && !is_keyword(name);
                !entry.mentions.iter().any(means)
            }),
        }
    }

    /// The entries that decide the layout of what `roots` name.
    fn deciding(&self, roots: &BTreeSet<String>) -> Vec<&Entry> {
        let mut wanted: Vec<&str> = roots.iter().map(String::as_str).collect();
        let mut seen: BTreeSet<&str> = wanted.iter().copied().collect();
        let mut taken = vec![false; self.entries.len()];
        while let Some(name) = wanted.pop() {
            for (index, entry) in self.entries.iter().enumerate() {
                let part_of = entry.names.iter().any(|own| own == name)
                    || entry.handles.contains(name)
                        && (matches!(entry.kind, Kind::Impl { .. })
                            || entry.kind == Kind::Call && !entry.decides.is_empty());
                if part_of && !entry.layout.0.is_empty() && !taken[index] {
                    taken[index] = true;
                    wanted.extend(entry.layout.1.iter().map(String::as_str).filter(|name| seen.insert(name)));
                }
            }
        }
        self.entries.iter().zip(taken).filter_map(|(entry, taken)| taken.then_some(entry)).collect()
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

    /// Variables whose type no longer is what it was; they must never be read again. The others go on under the session as it is.
    pub fn outdated(&mut self) -> Vec<String> {
        let now: Vec<(String, Fingerprint)> =
            self.variables.iter().map(|(name, variable)| (name.clone(), self.fingerprint(&variable.roots))).collect();
        let all = self.begin_epoch();
        let mut outdated = Vec::new();
        for (name, now) in now {
            match self.variables.get_mut(&name) {
                Some(variable) if variable.fingerprint.holds(&now) && (!all || now.is_empty()) => {
                    variable.fingerprint = now
                }
                _ => outdated.push(name),
            }
        }
        outdated
    }
}

/// The identifiers from which a type's fingerprint starts: those of its text, and for a `dyn` all that the cell reached,
/// since what hides behind it is only known there.
pub fn roots(type_text: &str, reached: &BTreeSet<String>) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    if let Ok(tokens) = type_text.parse::<TokenStream>() {
        own_names(tokens, &mut roots);
    }
    if roots.contains("dyn") || roots.contains("impl") || type_text.contains('{') {
        roots.extend(reached.iter().cloned());
    }
    roots
}

/// Whether an identifier token is a word of the language or a type that is always there.
fn is_keyword(name: &str) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "bool",
        "char", "str",
    ];
    syn::parse_str::<syn::Ident>(name).is_err() || PRIMITIVES.contains(&name)
}

/// The identifiers of a type's text, without the paths that begin in a library: `std::vec::Vec` is that whatever a cell calls `Vec`.
fn own_names(tokens: TokenStream, into: &mut BTreeSet<String>) {
    let mut library = false;
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                library = match colons {
                    0 => ["std", "core", "alloc", "course"].contains(&name.as_str()),
                    _ => library,
                };
                if !library {
                    into.insert(name);
                }
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                colons = 0;
                own_names(group.stream(), into);
            }
            _ => colons = 0,
        }
    }
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
        assert!(before.holds(&session.fingerprint(&set(&["Vec", "Foo"]))));
        add(&mut session, "type Inner = String;", 4);
        let after = session.fingerprint(&set(&["Vec", "Foo"]));
        assert!(!before.holds(&after));
        add(&mut session, "const N: usize = 3;", 5);
        assert!(!after.holds(&session.fingerprint(&set(&["Vec", "Foo"]))));
        assert_eq!(session.fingerprint(&set(&["Vec", "u8"])), Fingerprint::default());
        add(&mut session, "enum Color { Red } use Color::*;", 6);
        let integer = session.fingerprint(&set(&["Vec", "u8"]));
        assert_eq!(integer, Fingerprint::default(), "a glob import is no reason to drop an integer");
    }

    #[test]
    fn a_type_goes_on_when_an_impl_or_an_import_is_added_that_says_nothing_about_it() {
        let mut session = session(&["struct Foo { a: Vec<u8> }"]);
        let before = session.fingerprint(&set(&["Foo"]));
        let mut cell = 1;
        let mut holds = |code: &str| {
            cell += 1;
            add(&mut session, code, cell);
            before.holds(&session.fingerprint(&set(&["Foo"])))
        };
        assert!(holds("impl Iterator for Foo { type Item = u8; fn next(&mut self) -> Option<u8> { None } }"));
        assert!(holds("impl Foo { const MOST: usize = 3; }"));
        assert!(holds("use std::collections::*; mod tools { pub fn f() {} } use tools::*;"));
        assert!(!holds("mod mine { pub struct Vec<T>(T); } use mine::*;"), "the glob brings another `Vec`");
    }

    #[test]
    fn an_associated_type_that_something_names_is_part_of_it() {
        let mut session = session(&[
            "trait T { type Out; } struct A; struct Foo { a: <A as T>::Out }",
            "impl T for A { type Out = u8; }",
        ]);
        let before = session.fingerprint(&set(&["Foo"]));
        add(&mut session, "impl T for A { type Out = String; }", 3);
        assert!(!before.holds(&session.fingerprint(&set(&["Foo"]))));
    }

    #[test]
    fn a_type_of_a_library_is_none_of_the_session() {
        assert_eq!(
            roots("std::vec::Vec<(course::candle_core::Tensor, Foo, m::Bar)>", &set(&[])),
            set(&["Foo", "m", "Bar"])
        );
        assert!(roots("std::boxed::Box<dyn std::any::Any>", &set(&["x"])).contains("x"));
    }

    #[test]
    fn uses_are_always_there_and_the_last_of_a_name_wins() {
        let session =
            session(&["use std::fmt::{self, Display as Show};", "use std::io::Result; use std::fmt::Result;"]);
        let texts: Vec<_> = session.reach(&set(&[])).iter().map(|entry| entry.text.trim().to_owned()).collect();
        assert_eq!(texts, ["use std::fmt;", "use std::fmt::Display as Show;", "use std::fmt::Result;"]);
    }
}
