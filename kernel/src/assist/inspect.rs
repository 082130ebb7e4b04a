//! What is known about the word at the cursor, or about a path.

use course_index::{Item, Kind, MemberKind};

use super::chain::chain_start;
use super::keywords::KEYWORDS;
use super::lex::Token;
use super::members::Found;
use super::place::word_at;
use super::scope::Scope;
use super::types::Type;
use crate::engine::dylib::commands;

/// What is told about one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its declaration.
    pub signature: String,
    /// Where it is from: `candle_core::tensor::Tensor`, `variable of cell [3]`.
    pub place: String,
    /// Its documentation, in Markdown.
    pub docs: String,
}

/// The entry for the word at byte `at` of the cell; `None` if nothing is known of it.
pub fn inspect(scope: &Scope<'_>, code: &str, at: usize) -> Option<Entry> {
    if let Some(command) = command_at(code, at) {
        return command;
    }
    let tokens = word_at(code, at)?;
    let (word, before) = tokens.split_last()?;
    match before.last() {
        Some(dot) if dot.is(".") => {
            let value = before.get(chain_start(before, before.len() - 1)..before.len() - 1)?;
            member(scope, &scope.infer(value), word.text)
        }
        Some(colons) if colons.is("::") => {
            let owner = before.get(chain_start(before, before.len() - 1)..before.len() - 1)?;
            let owner: String = owner.iter().map(|token| token.text).collect();
            let path = if owner.is_empty() { word.text.to_owned() } else { format!("{owner}::{}", word.text) };
            // `use std::{fs, io::Read}`: what stands before the brace is not a part of the chain.
            about(scope, &path).or_else(|| in_use(before).and_then(|start| about(scope, &(start + &path))))
        }
        _ => about(scope, word.text).or_else(|| in_use(before).and_then(|start| about(scope, &(start + word.text)))),
    }
}

/// `Some` if the cursor is on a command line.
fn command_at(code: &str, at: usize) -> Option<Option<Entry>> {
    let start = code.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = code.get(start..)?.lines().next()?.trim_start();
    if !line.starts_with([':', '%']) || line.starts_with("::") {
        return None;
    }
    Some(about_command(line.split_whitespace().next()?))
}

fn about_command(name: &str) -> Option<Entry> {
    let (usage, what) = commands::all().find(|(usage, _)| usage.split_whitespace().next() == Some(name))?;
    Some(Entry { signature: (*usage).to_owned(), place: "command".into(), docs: (*what).to_owned() })
}

/// The path before a brace that the tokens are in, if they are in a `use`.
fn in_use(tokens: &[Token<'_>]) -> Option<String> {
    let start = tokens.iter().rposition(|token| token.word("use") || token.is(";"))?;
    let open =
        tokens.iter().rposition(|token| token.is("{")).filter(|&open| open > start && tokens[start].word("use"))?;
    Some(tokens.get(start + 1..open)?.iter().map(|token| token.text).collect())
}

/// The entry for a name or path: `x`, `Tensor::matmul`, `vec!`, `:vars`, `let`.
pub fn about(scope: &Scope<'_>, path: &str) -> Option<Entry> {
    let path = path.trim().trim_end_matches("()");
    if path.starts_with([':', '%']) && !path.starts_with("::") {
        return about_command(path);
    }
    if let Some(entry) = variable(scope, path) {
        return Some(entry);
    }
    let mut items = scope.resolve(path.trim_end_matches('!'));
    // `pipeline` is a function and a module; a type tells more than the derive of its name.
    items.sort_by_key(|item| match item.kind {
        Kind::Module | Kind::Derive => 1,
        _ => 0,
    });
    // What has the name of a variant leads to its enum.
    let name = path.trim_end_matches('!').rsplit("::").next().unwrap_or_default();
    let primitive = |item: &Item| item.kind == Kind::Primitive;
    if let Some(item) = items.iter().find(|item| item.name() == name || primitive(item) || !path.contains("::")) {
        return Some(of_item(scope, item));
    }
    if let Some((owner, name)) = path.rsplit_once("::") {
        let of = scope.canonical(&Type::parse(owner));
        if let Some(found) = scope.of_path(&of).into_iter().find(|found| found.member.name == name) {
            let docs = member_docs(scope, &found);
            return Some(Entry { signature: found.member.signature, place: found.owner, docs });
        }
        return items.first().map(|item| of_item(scope, item));
    }
    let home = match path {
        "Some" | "None" => Some("std::option::Option"),
        "Ok" | "Err" => Some("std::result::Result"),
        _ => None,
    };
    if let Some(home) = home {
        return about(scope, &format!("{home}::{path}"));
    }
    let (word, what, example) = KEYWORDS.iter().find(|(word, ..)| *word == path)?;
    let docs = format!("{what}\n\n```\n{example}\n```");
    Some(Entry { signature: (*word).to_owned(), place: "keyword".into(), docs })
}

fn variable(scope: &Scope<'_>, name: &str) -> Option<Entry> {
    if let Some(local) = scope.locals.iter().rev().find(|local| local.name == name) {
        let of = scope.canonical(&local.of);
        let signature = if of == Type::Unknown { format!("let {name}") } else { format!("let {name}: {}", of.short()) };
        return Some(Entry { signature, place: "variable of this cell".into(), docs: type_docs(scope, &of) });
    }
    let stored = scope.known.variables.iter().find(|variable| variable.name == name)?;
    let of = scope.canonical(&Type::parse(&stored.type_text));
    let mutable = if stored.mutable { "mut " } else { "" };
    Some(Entry {
        signature: format!("let {mutable}{name}: {}", stored.type_text),
        place: format!("variable of cell [{}]", stored.cell),
        docs: type_docs(scope, &of),
    })
}

/// The first paragraph on a variable's type.
fn type_docs(scope: &Scope<'_>, of: &Type) -> String {
    let inner = if let Type::Reference(inner) = of { inner } else { of };
    let item = scope.items_of(inner).into_iter().find(|item| item.kind.is_type());
    let docs = item.map(|item| item_docs(scope, &item)).unwrap_or_default();
    let summary = docs.split("\n\n").next().unwrap_or_default();
    if summary.is_empty() { String::new() } else { format!("`{}`: {summary}", inner.short()) }
}

/// The session's items carry their documentation, those of the crates are looked up once they are to be shown.
fn item_docs(scope: &Scope<'_>, item: &Item) -> String {
    if item.docs.is_empty() { scope.library.docs(&item.path, item.kind, None) } else { item.docs.clone() }
}

fn member_docs(scope: &Scope<'_>, found: &Found) -> String {
    let member = &found.member;
    match member.docs.is_empty() {
        true => scope.library.docs(&found.owner, Kind::Module, Some((&member.name, &member.signature))),
        false => member.docs.clone(),
    }
}

fn member(scope: &Scope<'_>, of: &Type, name: &str) -> Option<Entry> {
    let members = scope.members(of);
    let found = members.iter().find(|found| found.member.name == name)?;
    let place = match found.member.kind {
        MemberKind::Field => format!("field of {}", found.owner),
        _ => format!("method of {}", found.owner),
    };
    let output = if found.member.kind == MemberKind::Field { found.output(scope, &[]) } else { Type::Unknown };
    let docs = member_docs(scope, found);
    let docs = if docs.is_empty() { type_docs(scope, &output) } else { docs };
    Some(Entry { signature: found.member.signature.clone(), place, docs })
}

fn of_item(scope: &Scope<'_>, item: &Item) -> Entry {
    let mut docs = item_docs(scope, item);
    // Without documentation, what a type can do says most.
    if docs.is_empty() && item.kind.is_type() {
        let names: Vec<String> = item
            .impls
            .iter()
            .flat_map(|block| &block.members)
            .filter(|member| matches!(member.kind, MemberKind::Method | MemberKind::Function))
            .map(|member| format!("`{}`", member.name))
            .collect();
        if !names.is_empty() {
            docs = format!("Methods: {}", names.join(", "));
        }
    }
    let path = item.path.clone();
    let place =
        if path.contains("::") || item.kind == Kind::Primitive { path } else { format!("{path}, of this notebook") };
    Entry { signature: item.signature.clone(), place, docs }
}
