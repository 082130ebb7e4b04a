//! A cell taken apart: inner attributes, items, statements, and the last expression, each as a range of its text.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, Local, Pat, Stmt};

/// A parsed cell.
#[derive(Debug, Default)]
pub struct Source {
    /// `#![…]` at its top.
    pub attributes: Vec<Range<usize>>,
    /// Its functions, types, traits, …
    pub items: Vec<(Item, Range<usize>)>,
    /// Its other lines, without the last expression.
    pub statements: Vec<Range<usize>>,
    /// The last expression, if the cell ends in one.
    pub tail: Option<Range<usize>>,
    /// The variables that its `let`s introduce, in order.
    pub lets: Vec<Binding>,
    /// The identifiers its statements mention, captures in format strings included.
    pub mentioned: BTreeSet<String>,
    /// Whether it awaits outside of any async block of its own.
    pub awaits: bool,
    /// Whether a statement loops.
    pub loops: bool,
    /// The macro calls among the statements, each of which may turn out to make items.
    pub calls: Vec<(syn::ItemMacro, Range<usize>)>,
}

impl Source {
    /// Takes the calls of macros that make items from the statements to the items; `makes` says which do.
    pub fn find_item_calls(&mut self, makes: impl Fn(&syn::Macro) -> bool) {
        let (items, calls) = std::mem::take(&mut self.calls).into_iter().partition(|(call, _)| makes(&call.mac));
        self.calls = calls;
        let items: Vec<(syn::ItemMacro, Range<usize>)> = items;
        self.statements.retain(|range| !items.iter().any(|(_, item)| item == range));
        self.tail = self.tail.take().filter(|range| !items.iter().any(|(_, item)| item == range));
        self.items.extend(items.into_iter().map(|(call, range)| (Item::Macro(call), range)));
        self.items.sort_by_key(|(_, range)| range.start);
    }
}

/// A variable that a `let` introduces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its name.
    pub name: String,
    /// Declared `mut`.
    pub mutable: bool,
}

/// Takes a cell apart.
///
/// # Errors
/// What is not Rust's grammar; rustc words that better, so callers let it.
pub fn parse(code: &str) -> syn::Result<Source> {
    // Every parse adds the text to a thread's source map; this one is only for us.
    proc_macro2::extra::invalidate_current_thread_spans();
    let whole = |input: ParseStream| Ok((input.call(Attribute::parse_inner)?, Block::parse_within(input)?));
    let (attributes, statements): (Vec<Attribute>, Vec<Stmt>) = whole.parse_str(code)?;
    let mut source = Source {
        attributes: attributes.iter().map(|attribute| attribute.span().byte_range()).collect(),
        ..Source::default()
    };
    let last = statements.len().saturating_sub(1);
    for (index, statement) in statements.into_iter().enumerate() {
        let range = range_of(&statement);
        match statement {
            Stmt::Item(item) => source.items.push((item, range)),
            // Macros that can only make items; any other macro call is a statement.
            Stmt::Macro(call) if call.mac.path.is_ident("thread_local") => {
                let item = Item::Macro(syn::ItemMacro {
                    attrs: call.attrs,
                    ident: None,
                    mac: call.mac,
                    semi_token: call.semi_token,
                });
                source.items.push((item, range));
            }
            statement => {
                if let Stmt::Macro(call) = &statement {
                    let (mac, semi_token) = (call.mac.clone(), call.semi_token);
                    let call = syn::ItemMacro { attrs: call.attrs.clone(), ident: None, mac, semi_token };
                    source.calls.push((call, range.clone()));
                }
                if let Stmt::Local(local) = &statement {
                    collect_bindings(local, &mut source.lets);
                }
                let mut scan = Scan::default();
                scan.visit_stmt(&statement);
                source.awaits |= scan.awaits;
                mentions(statement.to_token_stream(), &mut source.mentioned);
                source.loops |= loops(&statement.to_token_stream());
                let is_tail = index == last
                    && match &statement {
                        Stmt::Expr(_, semicolon) => semicolon.is_none(),
                        Stmt::Macro(call) => call.semi_token.is_none(),
                        Stmt::Local(_) | Stmt::Item(_) => false,
                    };
                if is_tail {
                    source.tail = Some(range);
                } else {
                    source.statements.push(range);
                }
            }
        }
    }
    Ok(source)
}

/// The bytes of a node, from its first token to its last; a joined span is only the first token on stable compilers.
fn range_of(node: &impl ToTokens) -> Range<usize> {
    let mut tokens = node.to_token_stream().into_iter();
    let Some(first) = tokens.next() else { return 0..0 };
    let start = first.span().byte_range().start;
    let end = tokens.last().unwrap_or(first).span().byte_range().end;
    start..end
}

fn collect_bindings(local: &Local, into: &mut Vec<Binding>) {
    struct Bindings<'a>(&'a mut Vec<Binding>);
    impl<'ast> Visit<'ast> for Bindings<'_> {
        fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
            let name = pattern.ident.to_string();
            // `let None = …` matches a constant; a name in capitals is no variable of a learner's.
            let constant =
                name.starts_with(char::is_uppercase) && pattern.by_ref.is_none() && pattern.mutability.is_none();
            if !constant {
                self.0.retain(|binding| binding.name != name);
                self.0.push(Binding { name, mutable: pattern.mutability.is_some() });
            }
            visit::visit_pat_ident(self, pattern);
        }
        fn visit_expr(&mut self, _: &'ast syn::Expr) {}
    }
    let pattern = match &local.pat {
        Pat::Type(typed) => &*typed.pat,
        pattern => pattern,
    };
    Bindings(into).visit_pat(pattern);
}

#[derive(Default)]
struct Scan {
    awaits: bool,
}

impl<'ast> Visit<'ast> for Scan {
    fn visit_expr_await(&mut self, _: &'ast syn::ExprAwait) {
        self.awaits = true;
    }
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        // `tokio::join!(a, b)` awaits without saying so.
        let name = call.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        self.awaits |= ["join", "try_join", "select", "select_biased"].contains(&name.as_str());
        self.awaits |= awaits(&call.tokens);
    }
}

/// Whether a macro's arguments await: `println!("{}", f().await)` is tokens, so a look for `. await` outside of `async` blocks.
fn awaits(tokens: &TokenStream) -> bool {
    let (mut dot, mut own_async) = (false, false);
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(ident) if dot && ident == "await" => return true,
            TokenTree::Ident(ident) if ident == "async" => own_async = true,
            TokenTree::Ident(ident) if ident == "move" => {}
            TokenTree::Group(group) => {
                if !own_async && awaits(&group.stream()) {
                    return true;
                }
                own_async = false;
            }
            _ => {}
        }
        dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    false
}

/// Whether the tokens loop, which makes optimising them worth its time.
pub fn loops(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "while" || ident == "loop" || ident == "for",
        TokenTree::Group(group) => loops(&group.stream()),
        _ => false,
    })
}

/// Collects every identifier of the tokens, and the captures (`{name}`) of every string in them.
pub fn mentions(tokens: TokenStream, into: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                into.insert(ident.to_string());
            }
            TokenTree::Group(group) => mentions(group.stream(), into),
            TokenTree::Literal(literal) => captures(&literal.to_string(), into),
            TokenTree::Punct(_) => {}
        }
    }
}

fn captures(literal: &str, into: &mut BTreeSet<String>) {
    if !literal.contains('"') {
        return;
    }
    for part in literal.split('{').skip(1) {
        let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) {
            into.insert(name);
        }
        // `{value:width$}` captures `width` as well.
        let specification = part.split('}').next().unwrap_or_default();
        for piece in specification.split('$') {
            let tail: String = piece.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let name: String = tail.chars().rev().collect();
            if !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) {
                into.insert(name);
            }
        }
    }
}

/// The text with everything outside `ranges` blanked, so that lines and columns stay where they are.
pub fn keep_only(code: &str, ranges: &[Range<usize>]) -> String {
    let mut kept = String::with_capacity(code.len());
    for (at, character) in code.char_indices() {
        if character == '\n' || ranges.iter().any(|range| range.contains(&at)) {
            kept.push(character);
        } else {
            kept.extend(std::iter::repeat_n(' ', character.len_utf8()));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Vec<String> {
        parse(code)
            .unwrap()
            .lets
            .into_iter()
            .map(|b| if b.mutable { format!("mut {}", b.name) } else { b.name })
            .collect()
    }

    #[test]
    fn lets_are_found_in_every_pattern() {
        assert_eq!(names("let x = 1; let mut y: u8 = 2;"), ["x", "mut y"]);
        assert_eq!(names("let (a, Point { b, c: d, .. }) = f();"), ["a", "b", "d"]);
        assert_eq!(names("let Some(v) = o else { return };"), ["v"]);
        assert_eq!(names("let [first, .., last] = s; let n @ 1..=9 = k else { panic!() };"), ["first", "last", "n"]);
        assert_eq!(names("{ let inner = 1; }"), Vec::<String>::new());
    }

    #[test]
    fn the_tail_is_the_last_expression_without_semicolon() {
        let code = "let größe = 1;\ngröße + 1";
        let source = parse(code).unwrap();
        assert_eq!(&code[source.tail.unwrap()], "größe + 1");
        assert_eq!(parse("f();").unwrap().tail, None);
        assert!(parse("vec![1]").unwrap().tail.is_some());
        assert!(parse("for i in 0..3 { }").unwrap().tail.is_some());
    }

    #[test]
    fn mentions_see_macros_and_format_captures() {
        let source = parse(r#"println!("{t:?} {:>width$} {0}", v[i].len());"#).unwrap();
        for name in ["t", "width", "v", "i"] {
            assert!(source.mentioned.contains(name), "{name}");
        }
    }

    #[test]
    fn await_counts_only_outside_of_async_blocks() {
        assert!(parse("f().await;").unwrap().awaits);
        assert!(parse("println!(\"{}\", f().await);").unwrap().awaits);
        assert!(parse("println!(\"{}\", (f().await)?);").unwrap().awaits);
        assert!(parse("let (a, b) = tokio::join!(f(), g());").unwrap().awaits);
        assert!(!parse("let f = async { g().await };").unwrap().awaits);
        assert!(!parse("let f = vec![async move { g().await }];").unwrap().awaits);
    }

    #[test]
    fn blanking_keeps_lines_and_columns() {
        let code = "struct Ä;\nlet b = 1;";
        let source = parse(code).unwrap();
        let items = keep_only(code, &[source.items[0].1.clone()]);
        assert_eq!(items, "struct Ä;\n          ");
        assert_eq!(keep_only(code, &source.statements).lines().last(), Some("let b = 1;"));
    }
}
