//! One item of the session — a function, a type, an `impl`, a `use` — as it is kept to be compiled into later cells.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{ImplItem, Item, TraitItem, UseTree};

use super::macros::Makes;
use super::source::{loops, mentions};
use super::statics::{self, Static};
use super::versions;

/// What kind of item it is, as far as the session treats kinds differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `use`, one leaf of it. Always compiled in: it may bring a trait.
    Use,
    /// An `impl`; comes with every type and trait its header names.
    Impl {
        /// The header as tokens: an `impl` of a trait replaces an earlier one with the same.
        header: String,
        /// For an `impl` without a trait, its methods and where they stand in the text.
        members: Option<Vec<(String, Range<usize>)>>,
    },
    /// `macro_rules!`: must stand before what uses it.
    Macro,
    /// Everything else, found by its name.
    Named,
    /// A call of a macro that makes items; which names it makes is a guess, and only the first is sure.
    Call,
}

/// An item kept by the session.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What kind it is.
    pub kind: Kind,
    /// The names it defines.
    pub names: Vec<String>,
    /// The names through which it is also needed: a trait's methods, an `impl`'s header.
    pub handles: BTreeSet<String>,
    /// The identifiers in it.
    pub mentions: BTreeSet<String>,
    /// The part of it that decides the layout and the identity of types, and the identifiers of that part.
    pub layout: (String, BTreeSet<String>),
    /// Its text in the cell.
    pub text: String,
    /// The cell it comes from.
    pub cell: u32,
    /// The line of that cell on which it starts, from 1.
    pub line: u32,
    /// The bytes before it on that line.
    pub indent: usize,
    /// Whether it loops.
    pub loops: bool,
    /// The statics in it, which keep one value across cells.
    pub statics: Vec<Static>,
    /// For an item that makes types, where it opens up in a module of its own ([`super::versions`]).
    pub openings: Option<Vec<usize>>,
    /// For an `impl`, its members that may decide a type.
    pub decides: BTreeSet<String>,
    /// The types that it gives a destructor; for a macro call, those that it may.
    pub drops: BTreeSet<String>,
}

impl Entry {
    /// What a learner calls it: `fn area`, `impl Shape for Circle`.
    pub fn title(&self) -> String {
        match &self.kind {
            Kind::Impl { header, .. } => format!("impl {}", tidy(header)),
            Kind::Call => self.text.lines().next().unwrap_or_default().trim().to_owned(),
            _ => {
                let word = self.text.split_whitespace().find(|word| {
                    ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod", "macro_rules!", "use"]
                        .contains(word)
                });
                format!("{} {}", word.unwrap_or("item"), self.names.join(", ")).trim_end().to_owned()
            }
        }
    }

    /// The entries of one item; a `use` gives one for each name it brings.
    pub fn of(item: &Item, range: Range<usize>, code: &str, cell: u32) -> Vec<Self> {
        let before = &code[..range.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let tokens = item.to_token_stream();
        let mut mentioned = BTreeSet::new();
        mentions(tokens.clone(), &mut mentioned);
        let entry = Self {
            kind: Kind::Named,
            names: Vec::new(),
            handles: BTreeSet::new(),
            layout: (tokens.to_string(), mentioned.clone()),
            mentions: mentioned,
            text: code[range.clone()].to_owned(),
            cell,
            line: before.matches('\n').count() as u32 + 1,
            indent: range.start - line_start,
            loops: loops(&tokens),
            statics: statics::find(item, range.start),
            openings: versions::openings(item, range.start),
            decides: BTreeSet::new(),
            drops: BTreeSet::new(),
        };
        match item {
            Item::Use(item) => entry.leaves(item),
            Item::Impl(item) => vec![entry.into_impl(item, range.start)],
            Item::Trait(item) => vec![entry.into_trait(item)],
            Item::Macro(item) => {
                if !item.mac.path.is_ident("thread_local") && item.ident.is_none() {
                    return vec![Self { kind: Kind::Call, ..entry }];
                }
                let rules = item.mac.path.is_ident("macro_rules");
                let names = match &item.ident {
                    Some(ident) => vec![ident.to_string()],
                    None => entry.statics.iter().map(|found| found.name.clone()).collect(),
                };
                vec![Self { kind: if rules { Kind::Macro } else { Kind::Named }, names, ..entry }]
            }
            item => vec![Self { names: name_of(item).into_iter().collect(), ..entry }],
        }
    }

    /// A macro call with what it makes.
    pub fn making(self, makes: &Makes, arguments: &TokenStream) -> Self {
        let decides = if makes.decides { BTreeSet::from(["impl".to_owned()]) } else { BTreeSet::new() };
        let (names, handles) = (makes.names(arguments.clone()), makes.handles(arguments.clone()));
        let drops = match handles.contains("Drop") {
            true => handles.iter().filter(|name| *name != "Drop").cloned().collect(),
            false => BTreeSet::new(),
        };
        Self { names, handles, decides, drops, ..self }
    }

    /// The path that a `use` leads along, without `as`.
    pub fn used_path(&self) -> Option<&str> {
        let path = self.text.strip_suffix(';')?.rsplit(" use ").next()?.trim_start_matches("::");
        (self.kind == Kind::Use).then(|| path.split(" as ").next().unwrap_or(path).trim())
    }

    /// Whether it takes the place of an older item.
    pub fn replaces(&self, old: &Self) -> bool {
        let sure = |entry: &Self| if entry.kind == Kind::Call { entry.names.len().min(1) } else { entry.names.len() };
        let (own, others) = (&self.names[..sure(self)], &old.names[..sure(old)]);
        let again = self.kind == Kind::Call && old.kind == Kind::Call && self.text == old.text;
        again || others.iter().any(|name| own.contains(name))
    }

    fn into_trait(self, item: &syn::ItemTrait) -> Self {
        let handles = item.items.iter().filter_map(|member| match member {
            TraitItem::Fn(method) => Some(method.sig.ident.to_string()),
            TraitItem::Const(constant) => Some(constant.ident.to_string()),
            _ => None,
        });
        Self { names: vec![item.ident.to_string()], handles: handles.collect(), ..self }
    }

    fn into_impl(mut self, item: &syn::ItemImpl, start: usize) -> Self {
        let mut header = item.generics.to_token_stream();
        if let Some((not, path, for_token)) = &item.trait_ {
            not.to_tokens(&mut header);
            path.to_tokens(&mut header);
            for_token.to_tokens(&mut header);
        }
        item.self_ty.to_tokens(&mut header);
        mentions(header.clone(), &mut self.handles);
        let of_trait = item.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
        if of_trait.is_some_and(|last| last.ident == "Drop")
            && let syn::Type::Path(of) = &*item.self_ty
        {
            self.drops.extend(of.path.segments.last().map(|last| last.ident.to_string()));
        }
        // A type's layout can hang on associated types, constants and constant functions, never on other methods.
        let mut layout = TokenStream::new();
        let mut members = Vec::new();
        for member in &item.items {
            let (name, decides) = match member {
                ImplItem::Fn(method) => (method.sig.ident.to_string(), method.sig.constness.is_some()),
                ImplItem::Const(constant) => (constant.ident.to_string(), true),
                ImplItem::Type(alias) => (alias.ident.to_string(), true),
                _ => continue,
            };
            let tokens = member.to_token_stream();
            members.push((name, shift(range_of(tokens.clone()), start)));
            if decides {
                self.decides.extend(members.last().map(|(name, _): &(String, Range<usize>)| name.clone()));
                layout.extend(header.clone());
                layout.extend(tokens);
            }
        }
        let mut mentioned = BTreeSet::new();
        mentions(layout.clone(), &mut mentioned);
        self.layout = (layout.to_string(), mentioned);
        self.kind = Kind::Impl { header: header.to_string(), members: item.trait_.is_none().then_some(members) };
        self
    }

    fn leaves(self, item: &syn::ItemUse) -> Vec<Self> {
        let mut leaves = Vec::new();
        let root = if item.leading_colon.is_some() { "::" } else { "" };
        flatten(&item.tree, root.to_owned(), &mut leaves);
        let attributes: String = item.attrs.iter().map(|a| a.to_token_stream().to_string()).collect();
        leaves
            .into_iter()
            .map(|(path, name)| {
                let text = format!("{attributes} use {path};");
                let mut mentioned = BTreeSet::new();
                if let Ok(tokens) = path.parse::<TokenStream>() {
                    mentions(tokens, &mut mentioned);
                }
                // Only its first segment can be an item of the session: `use Shape::*`, `use crate::shapes::Circle`.
                let first =
                    path.split("::").map(str::trim).find(|s| !["", "crate", "self"].contains(s)).unwrap_or_default();
                let handles = BTreeSet::from([first.split_whitespace().next().unwrap_or_default().to_owned()]);
                Self {
                    kind: Kind::Use,
                    names: vec![name],
                    mentions: handles,
                    layout: (text.clone(), mentioned),
                    handles: BTreeSet::new(),
                    text,
                    indent: 0,
                    ..self.clone()
                }
            })
            .collect()
    }
}

/// Each leaf of a `use` tree: its full path and the name it binds, or the path again where it binds none.
fn flatten(tree: &UseTree, prefix: String, into: &mut Vec<(String, String)>) {
    match tree {
        UseTree::Path(path) => flatten(&path.tree, format!("{prefix}{}::", path.ident), into),
        UseTree::Name(name) if name.ident == "self" => {
            let path = prefix.trim_end_matches("::").to_owned();
            let bound = path.rsplit("::").next().unwrap_or_default().to_owned();
            into.push((path, bound));
        }
        UseTree::Name(name) => into.push((format!("{prefix}{}", name.ident), name.ident.to_string())),
        UseTree::Rename(rename) => {
            let path = match rename.ident == "self" {
                true => prefix.trim_end_matches("::").to_owned(),
                false => format!("{prefix}{}", rename.ident),
            };
            let path = format!("{path} as {}", rename.rename);
            let bound = if rename.rename == "_" { path.clone() } else { rename.rename.to_string() };
            into.push((path, bound));
        }
        UseTree::Glob(_) => into.push((format!("{prefix}*"), format!("{prefix}*"))),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix.clone(), into)),
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::ExternCrate(item) => item.rename.as_ref().map_or(&item.ident, |(_, name)| name),
        Item::Fn(item) => &item.sig.ident,
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn range_of(tokens: TokenStream) -> Range<usize> {
    let mut tokens = tokens.into_iter();
    let Some(first) = tokens.next() else { return 0..0 };
    let start = first.span().byte_range().start;
    start..tokens.last().unwrap_or(first).span().byte_range().end
}

fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start.saturating_sub(by)..range.end.saturating_sub(by)
}

/// Token text without the spaces that tokens print with.
pub fn tidy(tokens: &str) -> String {
    let mut text = tokens.to_owned();
    for (from, to) in
        [(" < ", "<"), (" <", "<"), (" >", ">"), ("< ", "<"), (" :: ", "::"), ("& ", "&"), (" ,", ","), (" :", ":")]
    {
        text = text.replace(from, to);
    }
    text
}
