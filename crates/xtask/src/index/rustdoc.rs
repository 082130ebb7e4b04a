//! rustdoc's JSON of one crate to the items of its index.

use std::collections::{BTreeMap, HashMap};

use course_index::{Child, Impl, Item, Kind, Member, MemberKind};
use rustdoc_types::{Crate, Id, Impl as JsonImpl, Item as JsonItem, ItemEnum, ItemKind, MacroKind, Path};

use super::declare::Declare;
use super::types::{Texts, parameter_names};

/// The items of a crate. `public_path` gives the path that people write for one inside std (`alloc::vec::Vec` → `std::vec::Vec`).
pub fn items(name: &str, json: &Crate, public_path: &dyn Fn(&str) -> String) -> Vec<Item> {
    let reader = Reader { json, paths: paths(name, json), public_path };
    let mut items = Vec::new();
    for (id, path) in &reader.paths {
        items.extend(json.index.get(id).and_then(|item| reader.item(item, path)));
    }
    items.extend(reader.extensions());
    items
}

/// Where every item that has a place in a module is defined.
fn paths(name: &str, json: &Crate) -> HashMap<Id, String> {
    let mut paths = HashMap::new();
    let mut modules = vec![(json.root, name.to_owned())];
    while let Some((id, path)) = modules.pop() {
        let Some(ItemEnum::Module(module)) = json.index.get(&id).map(|item| &item.inner) else { continue };
        for child in &module.items {
            let Some(item) = json.index.get(child) else { continue };
            let Some(name) = &item.name else { continue };
            let mark = if matches!(item.inner, ItemEnum::Macro(_)) { "!" } else { "" };
            let inner = format!("{path}::{name}{mark}");
            if matches!(item.inner, ItemEnum::Module(_)) {
                modules.push((*child, inner));
            } else {
                paths.insert(*child, inner);
            }
        }
        paths.insert(id, path);
    }
    // What a private module holds and a `use` makes public is in no module's list.
    for (id, summary) in json.paths.iter().filter(|(id, summary)| summary.crate_id == 0 && json.index.contains_key(id))
    {
        let mark = if summary.kind == ItemKind::Macro { "!" } else { "" };
        paths.entry(*id).or_insert_with(|| summary.path.join("::") + mark);
    }
    paths
}

struct Reader<'a> {
    json: &'a Crate,
    paths: HashMap<Id, String>,
    public_path: &'a dyn Fn(&str) -> String,
}

impl Reader<'_> {
    /// The full path of an item of this crate or another.
    fn path_of(&self, id: Id) -> Option<String> {
        if let Some(path) = self.paths.get(&id) {
            return Some(path.clone());
        }
        let summary = self.json.paths.get(&id)?;
        let mark = if summary.kind == ItemKind::Macro { "!" } else { "" };
        Some((self.public_path)(&(summary.path.join("::") + mark)))
    }

    /// A path that begins with another crate's name: rustdoc lists no crate's root among its paths.
    fn in_another(&self, source: &str) -> Option<String> {
        let root = source.trim_start_matches("::").split("::").next()?;
        let known = self.json.external_crates.values().any(|other| other.name == root);
        known.then(|| (self.public_path)(source.trim_start_matches("::")))
    }

    fn full(&self, path: &Path) -> String {
        self.path_of(path.id).unwrap_or_else(|| path.path.clone())
    }

    fn item(&self, json: &JsonItem, path: &str) -> Option<Item> {
        let full = |path: &Path| self.full(path);
        let texts = Texts { full: Some(&full) };
        let declare = Declare { json: self.json };
        let mut item =
            Item { path: path.to_owned(), docs: docs(json), signature: declare.item(json), ..Item::default() };
        match &json.inner {
            ItemEnum::Module(module) => {
                item.kind = Kind::Module;
                item.children = self.children(&module.items);
                // A private module is only a place where things are defined.
                if module.is_stripped {
                    return None;
                }
            }
            ItemEnum::Struct(found) => {
                item.kind = Kind::Struct;
                item.generics = parameter_names(&found.generics);
                item.members = self.members(&declare.fields(&found.kind));
                item.impls = self.impls(&found.impls);
            }
            ItemEnum::Union(found) => {
                item.kind = Kind::Struct;
                item.generics = parameter_names(&found.generics);
                item.members = self.members(&found.fields);
                item.impls = self.impls(&found.impls);
            }
            ItemEnum::Enum(found) => {
                item.kind = Kind::Enum;
                item.generics = parameter_names(&found.generics);
                item.members = self.members(&found.variants);
                item.impls = self.impls(&found.impls);
            }
            ItemEnum::Trait(found) => {
                item.kind = Kind::Trait;
                item.generics = parameter_names(&found.generics);
                item.target = texts.bounds(&found.bounds);
                item.members = self.members(&found.items);
            }
            ItemEnum::TypeAlias(found) => {
                item.kind = Kind::Alias;
                item.generics = parameter_names(&found.generics);
                item.target = texts.of(&found.type_);
            }
            ItemEnum::Function(found) => {
                item.kind = Kind::Function;
                item.generics = parameter_names(&found.generics);
                item.target = found.sig.output.as_ref().map(|output| texts.of(output)).unwrap_or_default();
            }
            ItemEnum::Constant { type_, .. } => {
                item.kind = Kind::Constant;
                item.target = texts.of(type_);
            }
            ItemEnum::Static(found) => {
                item.kind = Kind::Constant;
                item.target = texts.of(&found.type_);
            }
            ItemEnum::Macro(_) => item.kind = Kind::Macro,
            ItemEnum::ProcMacro(found) => {
                let bang = found.kind == MacroKind::Bang;
                item.kind = if bang { Kind::Macro } else { Kind::Derive };
                item.path.push_str(if bang { "!" } else { "" });
            }
            _ => return None,
        }
        Some(item)
    }

    fn children(&self, ids: &[Id]) -> Vec<Child> {
        let mut children = Vec::new();
        for item in ids.iter().filter_map(|id| self.json.index.get(id)) {
            match &item.inner {
                ItemEnum::Use(found) => {
                    let known = found.id.and_then(|id| self.path_of(id));
                    let Some(path) = known.or_else(|| self.in_another(&found.source)) else { continue };
                    let name = if found.is_glob { "*".to_owned() } else { found.name.clone() };
                    children.push(Child { name, path });
                }
                ItemEnum::ExternCrate { name, rename } => {
                    children.push(Child { name: rename.as_ref().unwrap_or(name).clone(), path: name.clone() });
                }
                ItemEnum::Module(module) if module.is_stripped => {}
                _ => {
                    let (Some(name), Some(path)) = (&item.name, self.paths.get(&item.id)) else { continue };
                    children.push(Child { name: name.clone(), path: path.clone() });
                }
            }
        }
        children
    }

    fn members(&self, ids: &[Id]) -> Vec<Member> {
        ids.iter().filter_map(|id| self.json.index.get(id)).filter_map(|item| self.member(item)).collect()
    }

    fn member(&self, json: &JsonItem) -> Option<Member> {
        let full = |path: &Path| self.full(path);
        let texts = Texts { full: Some(&full) };
        let (kind, output) = match &json.inner {
            ItemEnum::Function(found) => {
                let method = found.sig.inputs.first().is_some_and(|(name, _)| name == "self");
                let output = found.sig.output.as_ref().map(|output| texts.of(output)).unwrap_or_default();
                (if method { MemberKind::Method } else { MemberKind::Function }, output)
            }
            ItemEnum::StructField(kind) => (MemberKind::Field, texts.of(kind)),
            ItemEnum::Variant(_) => (MemberKind::Variant, "Self".to_owned()),
            ItemEnum::AssocConst { type_, .. } => (MemberKind::Constant, texts.of(type_)),
            ItemEnum::AssocType { type_, .. } => {
                (MemberKind::Type, type_.as_ref().map(|kind| texts.of(kind)).unwrap_or_default())
            }
            _ => return None,
        };
        let signature = Declare { json: self.json }.item(json);
        Some(Member { kind, name: json.name.clone()?, signature, output, docs: docs(json) })
    }

    fn impls(&self, ids: &[Id]) -> Vec<Impl> {
        let mut impls: Vec<Impl> = Vec::new();
        for item in ids.iter().filter_map(|id| self.json.index.get(id)) {
            let ItemEnum::Impl(found) = &item.inner else { continue };
            let Some(block) = self.block(found) else { continue };
            // Twenty `From`s tell no more than one, unless they differ in what they give.
            let of = |block: &Impl| block.of_trait.split('<').next().unwrap_or_default().to_owned();
            let known = impls
                .iter()
                .any(|old| of(old) == of(&block) && old.types == block.types && old.for_type == block.for_type);
            if block.of_trait.is_empty() || !known {
                impls.push(block);
            }
        }
        impls
    }

    fn block(&self, found: &JsonImpl) -> Option<Impl> {
        if found.is_synthetic || found.is_negative || found.blanket_impl.is_some() {
            return None;
        }
        let full = |path: &Path| self.full(path);
        let texts = Texts { full: Some(&full) };
        let of_trait = found.trait_.as_ref().map(|path| texts.path(path)).unwrap_or_default();
        if ["StructuralPartialEq", "Freeze", "UnsafeUnpin"].iter().any(|name| of_trait.ends_with(name)) {
            return None;
        }
        let members = if of_trait.is_empty() { self.members(&found.items) } else { Vec::new() };
        let types = found.items.iter().filter_map(|id| self.json.index.get(id)).filter_map(|item| match &item.inner {
            ItemEnum::AssocType { type_: Some(kind), .. } => Some((item.name.clone()?, texts.of(kind))),
            _ => None,
        });
        Some(Impl {
            generics: parameter_names(&found.generics),
            for_type: texts.of(&found.for_),
            of_trait,
            types: types.collect(),
            members,
        })
    }

    /// This crate's traits on the types of other crates.
    fn extensions(&self) -> Vec<Item> {
        let mut by_type: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        for item in self.json.index.values() {
            let ItemEnum::Trait(found) = &item.inner else { continue };
            for id in &found.implementations {
                let Some(ItemEnum::Impl(block)) = self.json.index.get(id).map(|item| &item.inner) else { continue };
                let of_type = match &block.for_ {
                    rustdoc_types::Type::ResolvedPath(path) if !self.paths.contains_key(&path.id) => self.full(path),
                    rustdoc_types::Type::Primitive(name) => name.clone(),
                    rustdoc_types::Type::Slice(_) => "slice".to_owned(),
                    rustdoc_types::Type::Array { .. } => "array".to_owned(),
                    rustdoc_types::Type::Tuple(_) => "tuple".to_owned(),
                    _ => continue,
                };
                by_type.entry(of_type).or_default().push(*id);
            }
        }
        let extension = |(path, mut ids): (String, Vec<Id>)| {
            ids.sort_by_key(|id| id.0);
            Item { path, kind: Kind::Extension, impls: self.impls(&ids), ..Item::default() }
        };
        by_type.into_iter().map(extension).filter(|item| !item.impls.is_empty()).collect()
    }
}

fn docs(item: &JsonItem) -> String {
    item.docs.clone().unwrap_or_default().trim().to_owned()
}
