//! Statics keep one value across cells.
//!
//! An item is compiled anew into every cell that reaches it, and its statics with it: each cell would get its own. So the
//! first cell defines a static under a symbol name of ours, and every later cell declares it `extern` under that name and
//! finds the first one's when it is loaded. `thread_local!` keys and statics inside functions work the same way. The symbol
//! name hashes the static and all its type reaches: a changed definition is a new static.

use std::ops::Range;

use proc_macro2::TokenStream;
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
    visibility: String,
    mutable: bool,
    type_text: String,
    thread_local: bool,
}

/// The statics of an item whose text starts at byte `start`, in order.
pub fn find(item: &Item, start: usize) -> Vec<Static> {
    let mut finder = Finder { start, found: Vec::new() };
    finder.visit_item(item);
    finder.found
}

struct Finder {
    start: usize,
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

    fn thread_locals(&mut self, call: &syn::Macro, whole: TokenStream) {
        let Ok(keys) = syn::parse2::<Keys>(call.tokens.clone()) else { return };
        let range = self.range(whole);
        for (visibility, name, type_text) in keys.0 {
            self.found.push(Static {
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
        self.found.push(Static {
            name: item.ident.to_string(),
            range: self.range(item.to_token_stream()),
            visibility: item.vis.to_token_stream().to_string(),
            mutable: matches!(item.mutability, syn::StaticMutability::Mut(_)),
            type_text: item.ty.to_token_stream().to_string(),
            thread_local: false,
        });
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
        let Self { name, visibility, type_text, .. } = self;
        let (safety, ty) = match (self.thread_local, self.mutable) {
            (true, _) => ("safe static", format!("&'static ::std::thread::LocalKey<{type_text}>")),
            (false, true) => ("static mut", type_text.clone()),
            (false, false) => ("safe static", type_text.clone()),
        };
        format!("unsafe extern \"C\" {{ #[link_name = \"{symbol}\"] {visibility} {safety} {name}: {ty}; }}")
    }
}

/// An item's text with its statics defined (`symbol` gives `(name, false)`) or declared (`true`), on the same lines.
///
/// The second value lists what was put in front of the learner's text on a line: `(byte in the text, bytes put in)`.
pub fn rewrite(
    text: &str,
    statics: &[Static],
    mut symbol: impl FnMut(&Static) -> (String, bool),
) -> (String, Vec<(usize, usize)>) {
    let mut out = String::with_capacity(text.len());
    let mut inserted = Vec::new();
    let mut at = 0;
    let mut index = 0;
    while index < statics.len() {
        let range = statics[index].range.clone();
        let group: Vec<_> = statics[index..].iter().take_while(|other| other.range == range).collect();
        index += group.len();
        let Some(body) = text.get(range.clone()) else { continue };
        out.push_str(&text[at..range.start]);
        at = range.end;
        let symbols: Vec<_> = group.iter().map(|found| (found, symbol(found))).collect();
        if symbols.iter().all(|(_, (_, defined))| *defined) {
            symbols.iter().for_each(|(found, (symbol, _))| out.push_str(&found.declaration(symbol)));
            out.extend(std::iter::repeat_n('\n', body.matches('\n').count()));
        } else {
            let (before, after): (Vec<_>, Vec<_>) =
                symbols.iter().map(|(found, (symbol, _))| found.definition(symbol)).unzip();
            let before = before.concat();
            if !before.is_empty() {
                inserted.push((range.start, before.len()));
            }
            out.push_str(&before);
            out.push_str(body);
            after.iter().for_each(|after| out.push_str(after));
        }
    }
    out.push_str(&text[at..]);
    (out, inserted)
}
