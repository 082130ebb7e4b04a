//! Statics keep one value across cells.
//!
//! An item is compiled anew into every cell that reaches it, and its statics with it: each cell would get its own. So the
//! first cell defines a static under a symbol name of ours, and every later cell declares it `extern` under that name and
//! finds the first one's when it is loaded. `thread_local!` keys and statics inside functions work the same way. A static
//! keeps its symbol, and so its value, until it is written otherwise or something that decides its type or its first value is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::edits::Edit;
use super::fingerprint::Fingerprint;
use super::source::mentions;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Ident, Item, ItemStatic, Token, Type, Visibility};

/// A static in an item.
#[derive(Debug, Clone)]
pub struct Static {
    /// Its name.
    pub name: String,
    /// Where it stands in the item's text, with its attributes; for `thread_local!`, where the whole macro call stands.
    pub range: Range<usize>,
    /// The functions and modules it stands in, and its name.
    pub place: String,
    /// Its definition; for `thread_local!`, the whole macro call.
    pub text: String,
    /// The identifiers of its definition.
    pub mentions: BTreeSet<String>,
    visibility: String,
    mutable: bool,
    type_text: String,
    thread_local: bool,
}

/// The statics of an item whose text starts at byte `start`, in order.
pub fn find(item: &Item, start: usize) -> Vec<Static> {
    let mut finder = Finder { start, path: Vec::new(), found: Vec::new() };
    finder.visit_item(item);
    let mut places: BTreeMap<String, u32> = BTreeMap::new();
    for found in &mut finder.found {
        let count = places.entry(found.place.clone()).or_default();
        found.place.push_str(&format!("#{count}"));
        *count += 1;
    }
    finder.found
}

struct Finder {
    start: usize,
    path: Vec<String>,
    found: Vec<Static>,
}

impl Finder {
    fn range(&self, tokens: TokenStream) -> Range<usize> {
        let mut tokens = tokens.into_iter();
        let Some(first) = tokens.next() else { return 0..0 };
        let start = first.span().byte_range().start;
        let end = tokens.last().unwrap_or(first).span().byte_range().end;
        start.saturating_sub(self.start)..end.saturating_sub(self.start)
    }

    fn within(&mut self, name: impl ToTokens, visit: impl FnOnce(&mut Self)) {
        self.path.push(name.to_token_stream().to_string());
        visit(self);
        self.path.pop();
    }

    fn place(&self, name: &str) -> String {
        self.path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("::")
    }

    fn thread_locals(&mut self, call: &syn::Macro, whole: TokenStream) {
        let Ok(keys) = syn::parse2::<Keys>(call.tokens.clone()) else { return };
        let text = whole.to_string();
        let mut mentioned = BTreeSet::new();
        mentions(whole.clone(), &mut mentioned);
        let range = self.range(whole);
        for (visibility, name, type_text) in keys.0 {
            self.found.push(Static {
                place: self.place(&name),
                text: text.clone(),
                mentions: mentioned.clone(),
                name,
                range: range.clone(),
                visibility,
                mutable: false,
                type_text,
                thread_local: true,
            });
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_static(&mut self, item: &'ast ItemStatic) {
        let name = item.ident.to_string();
        let mut mentioned = BTreeSet::new();
        mentions(item.to_token_stream(), &mut mentioned);
        self.found.push(Static {
            place: self.place(&name),
            text: item.to_token_stream().to_string(),
            mentions: mentioned,
            name,
            range: self.range(item.to_token_stream()),
            visibility: item.vis.to_token_stream().to_string(),
            mutable: matches!(item.mutability, syn::StaticMutability::Mut(_)),
            type_text: item.ty.to_token_stream().to_string(),
            thread_local: false,
        });
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.within(&item.sig.ident, |finder| visit::visit_item_fn(finder, item));
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.within(&item.ident, |finder| visit::visit_item_mod(finder, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.within(&item.ident, |finder| visit::visit_item_trait(finder, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = item.trait_.as_ref().map(|(_, path, _)| path.to_token_stream());
        let self_type = &item.self_ty;
        self.within(quote::quote!(impl #of for #self_type), |finder| visit::visit_item_impl(finder, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.within(&item.sig.ident, |finder| visit::visit_impl_item_fn(finder, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.within(&item.sig.ident, |finder| visit::visit_trait_item_fn(finder, item));
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.mac.path.is_ident("thread_local") {
            self.thread_locals(&item.mac, item.to_token_stream());
        }
    }

    fn visit_stmt_macro(&mut self, call: &'ast syn::StmtMacro) {
        if call.mac.path.is_ident("thread_local") {
            self.thread_locals(&call.mac, call.to_token_stream());
        }
        visit::visit_stmt_macro(self, call);
    }
}

/// The inside of `thread_local!`.
struct Keys(Vec<(String, String, String)>);

impl Parse for Keys {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut keys = Vec::new();
        while !input.is_empty() {
            input.call(Attribute::parse_outer)?;
            let visibility: Visibility = input.parse()?;
            input.parse::<Token![static]>()?;
            let name: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            let ty: Type = input.parse()?;
            input.parse::<Token![=]>()?;
            // `const { … }` and any expression alike: skip to the `;`.
            if input.peek(Token![const]) {
                input.parse::<Token![const]>()?;
            }
            input.parse::<Expr>()?;
            keys.push((visibility.to_token_stream().to_string(), name.to_string(), ty.to_token_stream().to_string()));
            if input.is_empty() {
                break;
            }
            input.parse::<Token![;]>()?;
        }
        Ok(Self(keys))
    }
}

impl Static {
    /// What to put before and after the static where it is defined.
    fn definition(&self, symbol: &str) -> (String, String) {
        if self.thread_local {
            let (name, ty) = (&self.name, &self.type_text);
            let alias = format!(
                " #[unsafe(export_name = \"{symbol}\")] static __COURSE_{name}: &'static ::std::thread::LocalKey<{ty}> = &{name};"
            );
            (String::new(), alias)
        } else {
            (format!("#[unsafe(export_name = \"{symbol}\")] "), String::new())
        }
    }

    /// What stands in its place where an earlier cell has defined it.
    fn declaration(&self, symbol: &str) -> String {
        let Self { name, visibility, .. } = self;
        let type_text = with_static(&self.type_text);
        let (safety, ty) = match (self.thread_local, self.mutable) {
            (true, _) => ("safe static", format!("&'static ::std::thread::LocalKey<{type_text}>")),
            (false, true) => ("static mut", type_text),
            (false, false) => ("safe static", type_text),
        };
        format!("unsafe extern \"C\" {{ #[link_name = \"{symbol}\"] {visibility} {safety} {name}: {ty}; }}")
    }
}

/// A static's type with the lifetimes written out: a declaration may not leave them to the compiler as a definition may.
fn with_static(type_text: &str) -> String {
    fn written(tokens: TokenStream) -> TokenStream {
        let mut out = TokenStream::new();
        let mut tokens = tokens.into_iter().peekable();
        let mut callable = false;
        while let Some(token) = tokens.next() {
            // The lifetimes of a function type are the callers'.
            let arguments = callable && matches!(&token, TokenTree::Group(_));
            callable = matches!(&token, TokenTree::Ident(ident) if ["fn", "Fn", "FnMut", "FnOnce"].iter().any(|name| ident == name));
            match token {
                TokenTree::Group(group) if !arguments => {
                    out.extend([TokenTree::Group(proc_macro2::Group::new(group.delimiter(), written(group.stream())))]);
                }
                TokenTree::Punct(punct) if punct.as_char() == '&' => {
                    out.extend([TokenTree::Punct(punct)]);
                    let own = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == '\'');
                    if !own {
                        out.extend(quote::quote!('static));
                    }
                }
                token => out.extend([token]),
            }
        }
        out
    }
    type_text.parse().map_or_else(|_| type_text.to_owned(), |tokens| written(tokens).to_string())
}

/// What makes an item's statics defined (`symbol` gives `(name, false)`) or declared (`true`), on the same lines.
pub fn edits(text: &str, statics: &[Static], mut symbol: impl FnMut(&Static) -> (String, bool)) -> Vec<Edit> {
    let mut edits = Vec::new();
    for group in statics.chunk_by(|one, other| one.range == other.range) {
        let Some(range) = group.first().map(|found| found.range.clone()) else { continue };
        let Some(body) = text.get(range.clone()) else { continue };
        let symbols: Vec<_> = group.iter().map(|found| (found, symbol(found))).collect();
        if symbols.iter().all(|(_, (_, defined))| *defined) {
            let mut insert: String = symbols.iter().map(|(found, (symbol, _))| found.declaration(symbol)).collect();
            insert.extend(std::iter::repeat_n('\n', body.matches('\n').count()));
            edits.push(Edit { at: range.start, remove: range.len(), insert });
            continue;
        }
        for (found, (symbol, _)) in symbols {
            let (before, after) = found.definition(&symbol);
            let places = [(range.start, before), (range.end, after)];
            edits.extend(
                places.into_iter().filter(|(_, text)| !text.is_empty()).map(|(at, text)| Edit::insert(at, text)),
            );
        }
    }
    edits
}

/// The symbols under which statics live in the running process.
#[derive(Debug, Clone, Default)]
pub struct Symbols(BTreeMap<String, Defined>);

#[derive(Debug, Clone)]
struct Defined {
    text: String,
    fingerprint: Fingerprint,
    symbol: String,
    count: u32,
}

impl Symbols {
    /// The symbol of a static: the one it has while nothing that decides it changes, else a new one.
    pub fn of(&self, found: &Static, now: &Fingerprint) -> String {
        match self.0.get(&found.place) {
            Some(known) if known.text == found.text && known.fingerprint.holds(now) => known.symbol.clone(),
            known => {
                let count = known.map_or(0, |known| known.count);
                let mut hasher = blake3::Hasher::new();
                for part in [found.place.as_str(), found.text.as_str(), now.text().as_str(), &count.to_string()] {
                    hasher.update(part.as_bytes()).update(&[0]);
                }
                format!("course_static_{}_{}", found.name, &hasher.finalize().to_hex()[..24])
            }
        }
    }

    /// Notes that a static lives under a symbol.
    pub fn seen(&mut self, found: &Static, symbol: String, fingerprint: Fingerprint) {
        let count = match self.0.get(&found.place) {
            Some(known) if known.symbol == symbol => known.count,
            known => known.map_or(0, |known| known.count) + 1,
        };
        self.0.insert(found.place.clone(), Defined { text: found.text.clone(), fingerprint, symbol, count });
    }

    /// The statics whose fingerprint is `gone` begin anew when they are defined again.
    pub fn forget(&mut self, gone: impl Fn(&Fingerprint) -> bool) {
        self.0.values_mut().filter(|known| gone(&known.fingerprint)).for_each(|known| known.text.clear());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::dylib::edits::apply;

    fn statics(code: &str) -> Vec<Static> {
        proc_macro2::extra::invalidate_current_thread_spans();
        find(&syn::parse_str(code).unwrap(), 0)
    }

    fn rewritten(code: &str, defined: bool) -> String {
        let found = statics(code);
        apply(code, edits(code, &found, |found| (format!("sym_{}", found.name), defined))).0
    }

    #[test]
    fn a_static_is_defined_once_and_declared_after() {
        let code = "fn f() { static N: u8 =\n 1; }";
        assert_eq!(rewritten(code, false), "fn f() { #[unsafe(export_name = \"sym_N\")] static N: u8 =\n 1; }");
        assert_eq!(
            rewritten(code, true),
            "fn f() { unsafe extern \"C\" { #[link_name = \"sym_N\"]  safe static N: u8; }\n }"
        );
        let keys = "thread_local! { static A: u8 = 1; static B: u8 = const { 2 } }";
        assert_eq!(rewritten(keys, true).matches("LocalKey").count(), 2);
        assert!(
            rewritten(keys, false).starts_with(keys),
            "a key is defined as it stands, with its address exported behind it"
        );
    }

    #[test]
    fn a_declaration_writes_lifetimes_out() {
        assert_eq!(with_static("[& str ; 2]"), "[& 'static str ; 2]");
        assert_eq!(with_static("& 'static [(u8, &str)]"), "& 'static [(u8 , & 'static str)]");
        assert_eq!(with_static("fn (& str) -> u8"), "fn (& str) -> u8");
    }

    #[test]
    fn a_place_is_one_static_however_its_surroundings_are_written() {
        let place = |code: &str| statics(code).into_iter().map(|found| found.place).collect::<Vec<_>>();
        assert_eq!(place("fn f() { static N: u8 = 1; }"), place("fn f() -> u8 { static N: u8 = 2; N + 1 }"));
        assert_ne!(place("fn f() { static N: u8 = 1; }"), place("fn g() { static N: u8 = 1; }"));
        let two = place("impl S { fn a() { static N: u8 = 1; } fn b() { static N: u8 = 1; { static N: u8 = 2; } } }");
        assert_eq!(two.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{two:?}");
    }

    #[test]
    fn a_definition_that_comes_back_begins_anew() {
        let mut symbols = Symbols::default();
        let mut last = Vec::new();
        for value in [1, 1, 2, 1] {
            let found = statics(&format!("static N: u8 = {value};")).remove(0);
            let symbol = symbols.of(&found, &Fingerprint::default());
            symbols.seen(&found, symbol.clone(), Fingerprint::default());
            last.push(symbol);
        }
        assert_eq!(last[0], last[1]);
        assert!(last[2] != last[1] && last[3] != last[2] && last[3] != last[0], "{last:?}");
        symbols.forget(|_| true);
        assert_ne!(symbols.of(&statics("static N: u8 = 1;")[0], &Fingerprint::default()), last[3]);
    }
}
