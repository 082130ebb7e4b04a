//! A type that is defined anew is another type, also to `TypeId`.
//!
//! Every cell is compiled as the same crate, so two definitions of `struct Foo` would have one `TypeId`, and a downcast of an old
//! value that hides behind a `dyn Any`, in a static or in a library's error, would read its bytes as the new type's. So the second
//! definition that a process sees is compiled in a module of its own, `mod __Foo_2 { … } use __Foo_2::Foo;`, the third in
//! `__Foo_3`: the path is part of the identity. Its fields are opened to the rest of the cell on the way, so that nothing else
//! changes for the learner.
//!
//! What a macro makes cannot be opened so. When a macro makes another type under an old name, all types of the notebook get a new
//! identity instead, by the crate's metadata, and every variable of such a type is dropped.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Fields, Item, Visibility};

use super::edits::Edit;
use super::fingerprint::Fingerprint;

/// The definitions that the running process has seen, by name.
#[derive(Debug, Clone, Default)]
pub struct Versions(BTreeMap<String, Vec<Fingerprint>>);

impl Versions {
    /// Which version of `name` a definition is: 0 for the first that was ever compiled.
    pub fn index(&self, name: &str, now: &Fingerprint) -> usize {
        let known = self.0.get(name).map(Vec::as_slice).unwrap_or_default();
        known.iter().rposition(|made| made.holds(now)).unwrap_or(known.len())
    }

    /// Notes that a version of a name was compiled.
    pub fn seen(&mut self, name: String, index: usize, now: Fingerprint) {
        let known = self.0.entry(name).or_default();
        match known.get_mut(index) {
            Some(made) => *made = now,
            None => known.push(now),
        }
    }
}

/// Where an item that makes types needs `pub(super)` to be seen from outside of a module around it; `None` for an item
/// that makes none.
pub fn openings(item: &Item, start: usize) -> Option<Vec<usize>> {
    let at = |tokens: proc_macro2::TokenStream| {
        tokens.into_iter().next().map(|first| first.span().byte_range().start.saturating_sub(start))
    };
    let mut places = Vec::new();
    let mut open = |visibility: &Visibility, next: proc_macro2::TokenStream| {
        if matches!(visibility, Visibility::Inherited) {
            places.extend(at(next));
        }
    };
    let mut fields = Vec::new();
    match item {
        Item::Struct(item) => {
            open(&item.vis, item.struct_token.to_token_stream());
            fields.extend(match &item.fields {
                Fields::Named(named) => named.named.iter().collect(),
                Fields::Unnamed(unnamed) => unnamed.unnamed.iter().collect(),
                Fields::Unit => Vec::new(),
            });
        }
        Item::Union(item) => {
            open(&item.vis, item.union_token.to_token_stream());
            fields.extend(&item.fields.named);
        }
        Item::Enum(item) => open(&item.vis, item.enum_token.to_token_stream()),
        Item::Trait(item) => {
            let first = item.unsafety.to_token_stream();
            open(&item.vis, if first.is_empty() { item.trait_token.to_token_stream() } else { first });
        }
        Item::Mod(item) if item.content.is_some() => open(&item.vis, item.mod_token.to_token_stream()),
        Item::Fn(item) if has_types(item) => open(&item.vis, item.sig.to_token_stream()),
        _ => return None,
    }
    for field in fields {
        let next = field.ident.as_ref().map_or_else(|| field.ty.to_token_stream(), ToTokens::to_token_stream);
        open(&field.vis, next);
    }
    Some(places)
}

/// Whether a function defines types inside.
fn has_types(item: &syn::ItemFn) -> bool {
    struct Types(bool);
    impl<'ast> Visit<'ast> for Types {
        fn visit_item(&mut self, item: &'ast Item) {
            self.0 |=
                matches!(item, Item::Struct(_) | Item::Enum(_) | Item::Union(_) | Item::Trait(_) | Item::Macro(_));
            visit::visit_item(self, item);
        }
    }
    let mut types = Types(false);
    types.visit_block(&item.block);
    types.0
}

/// The edits that put the item `name`, `length` bytes long, into the module of its version.
pub fn enclose(name: &str, index: usize, openings: &[usize], length: usize) -> Vec<Edit> {
    let plain = name.strip_prefix("r#").unwrap_or(name);
    let module = format!("__{plain}_{}", index + 1);
    let mut edits = vec![Edit::insert(0, format!("mod {module} {{ use super::*; "))];
    edits.extend(openings.iter().map(|at| Edit::insert(*at, "pub(super) ")));
    edits.push(Edit::insert(length, format!(" }} use {module}::{name};")));
    edits
}

/// A type's text as a learner knows it, without the modules of later definitions: `Vec<__Foo_2::Foo>` is a `Vec<Foo>`.
pub fn shown(type_text: &str) -> String {
    let mut text = String::with_capacity(type_text.len());
    let mut rest = type_text;
    while let Some(at) = rest.find("__") {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let end = from.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let inner =
            word.get(2..).and_then(|word| word.rsplit_once('_')).filter(|(_, number)| number.parse::<u32>().is_ok());
        rest = match (inner, after.strip_prefix("::")) {
            (Some((name, _)), Some(named)) if named.starts_with(name) => named,
            _ => {
                text.push_str(word);
                after
            }
        };
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dylib::edits::apply;

    fn enclosed(code: &str, name: &str) -> Option<String> {
        proc_macro2::extra::invalidate_current_thread_spans();
        let item: Item = syn::parse_str(code).unwrap();
        let openings = openings(&item, 0)?;
        Some(apply(code, enclose(name, 1, &openings, code.len())).0)
    }

    #[test]
    fn a_later_definition_is_shown_under_its_own_name() {
        assert_eq!(shown("std::vec::Vec<__Model_2::Model>"), "std::vec::Vec<Model>");
        assert_eq!(shown("(__P_3::P<__Q_2::Q>, u8)"), "(P<Q>, u8)");
        for same in ["a__b::c", "__m256", "__X::Y", "__x_2", "__P_2::Other", "é__"] {
            assert_eq!(shown(same), same);
        }
    }

    #[test]
    fn an_item_is_opened_to_the_code_around_its_module() {
        assert_eq!(
            enclosed("#[derive(Debug)] struct P<T> { /// x\n x: T, pub y: u8, #[a] z: u8 }", "P").unwrap(),
            "mod __P_2 { use super::*; #[derive(Debug)] pub(super) struct P<T> { /// x\n pub(super) x: T, pub y: u8, \
             #[a] pub(super) z: u8 } } use __P_2::P;"
        );
        assert_eq!(
            enclosed("struct W(Vec<u8>, pub u8);", "W").unwrap(),
            "mod __W_2 { use super::*; pub(super) struct W(pub(super) Vec<u8>, pub u8); } use __W_2::W;"
        );
        assert_eq!(
            enclosed("unsafe trait T { }", "T").unwrap(),
            "mod __T_2 { use super::*; pub(super) unsafe trait T { } } use __T_2::T;"
        );
        assert_eq!(
            enclosed("async fn f() { struct L; }", "f").unwrap(),
            "mod __f_2 { use super::*; pub(super) async fn f() { struct L; } } use __f_2::f;"
        );
        assert_eq!(enclosed("fn f() { }", "f"), None);
        assert_eq!(enclosed("type A = u8;", "A"), None);
    }

    #[test]
    fn a_definition_that_comes_back_is_its_old_version() {
        let of = |text: &str| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.add(text, false);
            fingerprint
        };
        let mut versions = Versions::default();
        for (text, index) in [("a", 0), ("b", 1), ("a", 0), ("c", 2), ("b", 1)] {
            assert_eq!(versions.index("Foo", &of(text)), index, "{text}");
            versions.seen("Foo".into(), index, of(text));
        }
        assert_eq!(versions.index("Bar", &of("b")), 0);
    }
}
