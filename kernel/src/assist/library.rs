//! The staged indices, and what a path means in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use course_index::{Index, Item, Kind, PRIMITIVES};

use crate::jupyter::log;

/// What is known of the crates that cells can name. Clones share it; it is opened by the first question.
#[derive(Clone)]
pub struct Library(Arc<Lazy>);

struct Lazy {
    folder: PathBuf,
    crates: OnceLock<BTreeMap<String, Index>>,
    prelude: OnceLock<BTreeMap<String, String>>,
}

/// The modules whose names every cell sees.
const PRELUDES: [&str; 2] = ["course::prelude", "std::prelude"];

/// Modules re-export each other; no path needs more steps than this.
const STEPS: usize = 12;

impl Library {
    /// The library whose indices lie in `folder`.
    pub fn new(folder: &Path) -> Self {
        Self(Arc::new(Lazy { folder: folder.to_owned(), crates: OnceLock::new(), prelude: OnceLock::new() }))
    }

    /// A library of these indices.
    #[cfg(test)]
    pub fn of(crates: BTreeMap<String, Index>) -> Self {
        Self(Arc::new(Lazy { folder: PathBuf::new(), crates: OnceLock::from(crates), prelude: OnceLock::new() }))
    }

    fn crates(&self) -> &BTreeMap<String, Index> {
        self.0.crates.get_or_init(|| {
            let mut crates = BTreeMap::new();
            let Ok(files) = std::fs::read_dir(&self.0.folder) else {
                log(format_args!("no API index at {}: completion knows the session alone", self.0.folder.display()));
                return crates;
            };
            for file in files.flatten() {
                let path = file.path();
                let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
                match Index::open(&path) {
                    Ok(index) => drop(crates.insert(name.to_owned(), index)),
                    Err(error) => log(format_args!("{}: {error}", path.display())),
                }
            }
            crates
        })
    }

    /// Maps the indices, if that is not done.
    pub fn open(&self) {
        self.prelude();
    }

    /// The documentation of what stands at a path, or of one of its members.
    pub fn docs(&self, path: &str, kind: Kind, member: Option<(&str, &str)>) -> String {
        let Some(index) = self.crates().get(crate_of(path)) else { return String::new() };
        for item in index.documented(path) {
            let Some((name, signature)) = member else {
                if item.kind == kind {
                    return item.docs;
                }
                continue;
            };
            let members = item.members.into_iter().chain(item.impls.into_iter().flat_map(|block| block.members));
            let mut same = members.filter(|member| member.name == name && member.signature == signature);
            if let Some(member) = same.next() {
                return member.docs;
            }
        }
        String::new()
    }

    /// The names that every cell sees, with where they lead: the course's prelude before std's.
    pub fn prelude(&self) -> &BTreeMap<String, String> {
        self.0.prelude.get_or_init(|| PRELUDES.iter().rev().flat_map(|prelude| self.children(prelude)).collect())
    }

    /// The names of the crates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.crates().keys().map(String::as_str)
    }

    /// Everything at exactly this path, what other crates add to it included.
    pub fn at(&self, path: &str) -> Vec<Item> {
        let home = crate_of(path);
        let mut found = self.home(path);
        for (name, index) in self.crates() {
            if name != home {
                found.extend(index.find(path));
            }
        }
        found
    }

    /// The first item at a path without its members, for lists.
    pub fn headline(&self, path: &str) -> Option<Item> {
        let found = self.crates().get(crate_of(path))?.headlines(path);
        found.into_iter().find(|item| item.kind != Kind::Extension)
    }

    /// What the crate of a path has there.
    fn home(&self, path: &str) -> Vec<Item> {
        self.crates().get(crate_of(path)).map(|index| index.find(path)).unwrap_or_default()
    }

    fn has(&self, path: &str) -> bool {
        self.crates().get(crate_of(path)).is_some_and(|index| index.has(path))
    }

    /// What a path that begins with a crate's name leads to: items, followed through re-exports.
    pub fn resolve(&self, path: &str) -> Vec<Item> {
        let mut segments = path.split("::").filter(|segment| !segment.is_empty());
        let Some(first) = segments.next() else { return Vec::new() };
        let mut here = vec![crate_of(first).to_owned()];
        for segment in segments {
            let mut next = Vec::new();
            for path in here {
                self.step(&path, segment, STEPS, &mut BTreeSet::new(), &mut next);
            }
            here = next;
        }
        let mut items: Vec<Item> =
            here.iter().flat_map(|path| self.at(path)).filter(|item| item.kind != Kind::Extension).collect();
        items.dedup_by(|one, other| one.path == other.path && one.kind == other.kind);
        items
    }

    /// The paths that `name` has in the module at `path`.
    fn step(&self, path: &str, name: &str, steps: usize, seen: &mut BTreeSet<String>, into: &mut Vec<String>) {
        if steps == 0 || !seen.insert(path.to_owned()) {
            return;
        }
        let mut globs = Vec::new();
        let before = into.len();
        let items = self.home(path);
        for child in items.iter().flat_map(|item| &item.children) {
            if child.name == name {
                into.push(child.path.clone());
            } else if child.name == "*" {
                globs.push(child.path.clone());
            }
        }
        // A macro's name in a path has no `!`; in the index it has.
        if into.len() == before {
            let direct = [format!("{path}::{name}"), format!("{path}::{name}!")];
            let modules = !items.is_empty();
            into.extend(direct.into_iter().filter(|direct| modules && self.has(direct)));
        }
        if into.len() == before {
            globs.iter().for_each(|glob| self.step(glob, name, steps - 1, seen, into));
        }
    }

    /// The names in the module at `path` with where they lead, what its globs bring included.
    pub fn children(&self, path: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![path.to_owned()];
        while let Some(path) = open.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            for item in self.home(&path) {
                if item.kind == Kind::Enum {
                    for member in &item.members {
                        found.entry(member.name.clone()).or_insert_with(|| item.path.clone());
                    }
                }
                for child in item.children {
                    if child.name == "*" {
                        open.push(child.path);
                    } else {
                        let mark = if child.path.ends_with('!') { "!" } else { "" };
                        found.entry(child.name + mark).or_insert(child.path);
                    }
                }
            }
        }
        found
    }

    /// For a name that is not in scope: how a cell says it in full, and where it is defined. Of other crates than std a cell sees
    /// what the modules of `course` show.
    pub fn named(&self, prefix: &str) -> Vec<(String, String)> {
        let of_std = self.crates().get("std").map(|index| index.named(prefix)).unwrap_or_default();
        let of_std = of_std.into_iter().filter(|path| path.contains("::"));
        let mut found: Vec<(String, String)> = of_std.map(|path| (path.to_owned(), path.to_owned())).collect();
        let wanted = prefix.to_lowercase();
        for (module, path) in self.children("course") {
            if !path.starts_with("course_") || path.contains("::") {
                continue;
            }
            for (name, path) in self.children(&path) {
                if name.to_lowercase().starts_with(&wanted) {
                    found.push((format!("course::{module}::{name}"), path));
                }
            }
        }
        found
    }
}

/// The index that a path is in; std's index has all of `core` and `alloc`.
fn crate_of(path: &str) -> &str {
    match path.split("::").next().unwrap_or_default() {
        "core" | "alloc" => "std",
        // A type of the language.
        _ if !path.contains("::") && path.starts_with(|c: char| c.is_ascii_lowercase()) && is_primitive(path) => "std",
        other => other,
    }
}

/// Whether it is a type of the language.
pub fn is_primitive(name: &str) -> bool {
    PRIMITIVES.contains(&name)
}
