//! What can stand at the cursor.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use course_index::{Item, Kind, MemberKind, PRIMITIVES};

use super::keywords::KEYWORDS;
use super::place::Place;
use super::scope::Scope;
use super::types::Type;
use crate::engine::dylib::commands;

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What is inserted.
    pub text: String,
    /// What it is: `method`, `variable`, `module`.
    pub kind: &'static str,
    /// Its declaration or type.
    pub signature: String,
    /// Nearer things come first.
    pub tier: u8,
}

/// More than this is no help.
const MOST: usize = 250;
/// A name that is not in scope is proposed with its path once this many letters are typed.
const LETTERS_FOR_PATHS: usize = 3;

impl Proposal {
    fn new(text: impl Into<String>, kind: &'static str, signature: impl Into<String>, tier: u8) -> Self {
        Self { text: text.into(), kind, signature: signature.into(), tier }
    }
}

/// The proposals for a place, best first.
pub fn complete(scope: &Scope<'_>, place: &Place<'_>) -> Vec<Proposal> {
    let found = match place {
        Place::Nothing => Vec::new(),
        Place::Command(_) => command_names(),
        Place::File(prefix) => return files(prefix),
        Place::Member(value, _) => members(scope, &scope.infer(value)),
        Place::Path(owner, prefix) => path(scope, owner, prefix),
        Place::Crate(_) => crates(scope),
        Place::Derive(_) => derives(scope),
        Place::Name(prefix) => names(scope, prefix),
        Place::Field(owner, there, prefix) => fields(scope, owner, there, prefix),
    };
    ranked(found, place.prefix())
}

/// How well a name fits what is typed: exactly, but for its case, somewhere in it, its letters in order.
fn fit(name: &str, prefix: &str) -> Option<u8> {
    if name.starts_with(prefix) {
        return Some(0);
    }
    let (name, prefix) = (name.to_lowercase(), prefix.to_lowercase());
    if name.starts_with(&prefix) {
        return Some(1);
    }
    let letters = prefix.chars().count();
    if letters >= 2 && name.contains(&prefix) {
        return Some(2);
    }
    let mut rest = name.chars();
    let in_order = prefix.chars().all(|letter| rest.any(|other| other == letter));
    (letters >= 3 && in_order && name.chars().next() == prefix.chars().next()).then_some(3)
}

fn ranked(found: Vec<Proposal>, prefix: &str) -> Vec<Proposal> {
    // What is typed of a path is compared with the last name of what would be inserted.
    let name = |proposal: &Proposal| proposal.text.rsplit("::").next().unwrap_or_default().to_owned();
    let mut fitting: Vec<(u8, Proposal)> =
        found.into_iter().filter_map(|proposal| Some((fit(&name(&proposal), prefix)?, proposal))).collect();
    fitting.sort_by(|(one, left), (other, right)| {
        let private = |proposal: &Proposal| proposal.text.starts_with("__");
        (one, private(left), left.tier, &left.text).cmp(&(other, private(right), right.tier, &right.text))
    });
    let mut seen = BTreeSet::new();
    fitting.retain(|(_, proposal)| seen.insert(proposal.text.clone()));
    fitting.truncate(MOST);
    fitting.into_iter().map(|(_, proposal)| proposal).collect()
}

fn command_names() -> Vec<Proposal> {
    let mut found: Vec<Proposal> = Vec::new();
    for (usage, what) in commands::all() {
        let name = usage.split_whitespace().next().unwrap_or_default();
        if name.starts_with([':', '%']) {
            found.push(Proposal::new(name, "command", format!("{usage} — {what}"), 0));
        }
    }
    found
}

/// Files and folders; a folder ends in `/`.
fn files(typed: &str) -> Vec<Proposal> {
    let (folder, prefix) = typed.rsplit_once('/').map_or(("", typed), |(folder, prefix)| (folder, prefix));
    let place = match (folder, typed.starts_with('/')) {
        ("", true) => Path::new("/"),
        ("", false) => Path::new("."),
        (folder, _) => Path::new(folder),
    };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.flatten().take(5000) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') && !prefix.starts_with('.') {
            continue;
        }
        if name.starts_with(prefix) {
            let is_folder = entry.path().is_dir();
            let (mark, kind) = if is_folder { ("/", "folder") } else { ("", "file") };
            found.push(Proposal::new(format!("{name}{mark}"), kind, "", u8::from(!is_folder)));
        }
    }
    found.sort_by(|one, other| (one.tier, &one.text).cmp(&(other.tier, &other.text)));
    found.truncate(MOST);
    found
}

fn members(scope: &Scope<'_>, of: &Type) -> Vec<Proposal> {
    let mut found: Vec<Proposal> = Vec::new();
    for member in scope.members(of) {
        let name = member.member.name;
        // Fields before methods, the type's own before those of traits and of what it derefs to.
        let field = member.member.kind == MemberKind::Field;
        let rarely = ["fmt", "clone_from", "ne", "type_id", "hash", "deref", "deref_mut", "borrow", "borrow_mut"]
            .contains(&name.as_str());
        let tier = if field {
            0
        } else {
            1 + (member.distance / 100) as u8 * 8 + (member.distance % 100) as u8 + 40 * u8::from(rarely)
        };
        found.push(Proposal::new(name, member.member.kind.word(), member.member.signature, tier));
    }
    if scope.associated(of, "Output").is_some() && found.iter().any(|proposal| proposal.text == "poll") {
        found.push(Proposal::new("await", "keyword", "", 0));
    }
    found
}

/// The fields that a literal lacks; where none are known, any name.
fn fields(scope: &Scope<'_>, owner: &str, there: &[String], prefix: &str) -> Vec<Proposal> {
    let of = scope.canonical(&Type::parse(owner));
    let members = scope.of_type(&of).into_iter().map(|found| found.member);
    let known: Vec<_> = members.filter(|member| member.kind == MemberKind::Field).collect();
    if known.is_empty() {
        return names(scope, prefix);
    }
    let missing = known.into_iter().filter(|member| !there.contains(&member.name));
    missing.map(|member| Proposal::new(member.name, "field", member.signature, 0)).collect()
}

fn path(scope: &Scope<'_>, owner: &str, prefix: &str) -> Vec<Proposal> {
    let mut found = Vec::new();
    let mut modules = scope.resolve(owner);
    modules.retain(|item| item.kind == Kind::Module);
    for module in &modules {
        let own: BTreeMap<String, String> = module
            .children
            .iter()
            .filter(|child| child.name != "*")
            .map(|child| (child.name.clone(), child.path.clone()))
            .collect();
        let mut children = scope.library.children(&module.path);
        children.extend(own);
        for (name, path) in children {
            if fit(&name, prefix).is_none() {
                continue;
            }
            let item = headline(scope, &path);
            let kind =
                item.as_ref().map_or("name", |item| if item.path == path { item.kind.word() } else { "variant" });
            let tier = u8::from(kind == "module");
            found.push(Proposal::new(
                with_mark(name, &path),
                kind,
                item.map(|item| item.signature).unwrap_or_default(),
                tier,
            ));
        }
    }
    if modules.is_empty() {
        let of = scope.canonical(&Type::parse(owner));
        for member in scope.of_path(&of) {
            let kind = member.member.kind;
            let tier = match kind {
                MemberKind::Variant => 0,
                MemberKind::Function => 1,
                MemberKind::Constant => 2,
                MemberKind::Method => 3,
                MemberKind::Type => 4,
                MemberKind::Field => continue,
            };
            let tier = tier + if member.distance >= 100 { 10 } else { 0 };
            found.push(Proposal::new(member.member.name, kind.word(), member.member.signature, tier));
        }
    }
    found
}

fn with_mark(name: String, path: &str) -> String {
    if path.ends_with('!') && !name.ends_with('!') { name + "!" } else { name }
}

/// An item without its documentation and members.
fn headline(scope: &Scope<'_>, path: &str) -> Option<Item> {
    let own = || scope.own_items().find(|item| item.path == path).cloned();
    scope.library.headline(path).or_else(own)
}

fn crates(scope: &Scope<'_>) -> Vec<Proposal> {
    // Of the others a cell says `course::candle_core`.
    let named = ["course", "std", "core", "alloc", "serde", "crate"];
    let mut found: Vec<Proposal> =
        named.iter().map(|name| Proposal::new(*name, "module", format!("crate {name}"), 0)).collect();
    let modules = scope.own_items().filter(|item| item.kind == Kind::Module && !item.path.contains("::"));
    found.extend(modules.map(|item| Proposal::new(item.path.clone(), "module", item.signature.clone(), 1)));
    let enums = scope.own_items().filter(|item| item.kind == Kind::Enum && !item.path.contains("::"));
    found.extend(enums.map(|item| Proposal::new(item.path.clone(), "enum", item.signature.clone(), 2)));
    found
}

fn derives(scope: &Scope<'_>) -> Vec<Proposal> {
    let built_in = ["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];
    let mut found: Vec<Proposal> =
        built_in.iter().map(|name| Proposal::new(*name, "derive", format!("#[derive({name})]"), 0)).collect();
    let there = scope.library.prelude();
    let serde = ["Deserialize", "Serialize"].iter().filter(|name| there.contains_key(**name));
    found.extend(serde.map(|name| Proposal::new(*name, "derive", format!("#[derive({name})]"), 1)));
    found
}

fn names(scope: &Scope<'_>, prefix: &str) -> Vec<Proposal> {
    let mut found = Vec::new();
    for local in scope.locals.iter().rev() {
        found.push(Proposal::new(&local.name, "variable", local.of.short(), 0));
    }
    for variable in &scope.known.variables {
        found.push(Proposal::new(&variable.name, "variable", Type::parse(&variable.type_text).short(), 1));
    }
    for item in scope.own_items() {
        let variant = |name: &str| Proposal::new(format!("{}::{name}", item.path), "variant", "", 4);
        if item.kind == Kind::Enum && !prefix.is_empty() {
            found.extend(item.members.iter().map(|member| variant(&member.name)));
        }
        found.push(Proposal::new(&item.path, item.kind.word(), &item.signature, 2));
    }
    for (name, path) in scope.uses() {
        if name == "*" {
            for (name, path) in scope.library.children(path) {
                if fit(&name, prefix).is_some() {
                    found.push(outline(scope, name, &path, 3));
                }
            }
        } else if fit(name, prefix).is_some() && name != "_" {
            let item = scope.resolve(path).into_iter().next();
            let (kind, signature) = item.map_or(("name", String::new()), |item| (item.kind.word(), item.signature));
            found.push(Proposal::new(with_mark(name.clone(), path), kind, signature, 3));
        }
    }
    if prefix.is_empty() {
        return found;
    }
    for (name, path) in scope.library.prelude() {
        if fit(name, prefix).is_some() {
            let tier = if path.starts_with("std") { 5 } else { 4 };
            found.push(outline(scope, name.clone(), path, tier));
        }
    }
    for name in ["Some", "None", "Ok", "Err"] {
        found.push(Proposal::new(name, "variant", "", 5));
    }
    found.extend(KEYWORDS.iter().map(|(word, what, _)| Proposal::new(*word, "keyword", *what, 6)));
    // Those that are written by name.
    let unnamed = ["array", "fn", "never", "pointer", "reference", "slice", "tuple"];
    let types = PRIMITIVES.iter().filter(|name| !unnamed.contains(name));
    found.extend(types.map(|name| Proposal::new(*name, "type", "", 7)));
    found.extend(
        ["course", "std", "serde"].iter().map(|name| Proposal::new(*name, "module", format!("crate {name}"), 7)),
    );
    if prefix.chars().count() >= LETTERS_FOR_PATHS {
        let there: BTreeSet<String> =
            found.iter().map(|proposal| proposal.text.trim_end_matches('!').to_owned()).collect();
        for (full, path) in scope.library.named(prefix) {
            let name = path.rsplit("::").next().unwrap_or_default().trim_end_matches('!');
            let item = scope.library.headline(&path);
            let Some(item) = item.filter(|item| item.kind.is_type() || item.kind == Kind::Function) else { continue };
            if !there.contains(name) && fit(name, prefix).is_some() {
                found.push(Proposal::new(full, item.kind.word(), item.signature, 9));
            }
        }
    }
    found
}

fn outline(scope: &Scope<'_>, name: String, path: &str, tier: u8) -> Proposal {
    let item = headline(scope, path);
    let (kind, signature) = item.map_or(("name", String::new()), |item| (item.kind.word(), item.signature));
    Proposal::new(with_mark(name, path), kind, signature, tier)
}
