//! The items of source code, as an index would have them: what a session has defined, and what the cell at hand defines.

use course_index::{Impl, Item, Kind, Member, MemberKind};

use super::lex::{Kind as Lexeme, Token, closing, lex};

/// Items, and what `use` brings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Functions, types, traits, macros; the `impl`s of a type are items of kind [`Kind::Extension`].
    pub items: Vec<Item>,
    /// Each name that a `use` brings with its path; `*` for a glob.
    pub uses: Vec<(String, String)>,
}

/// Modules in modules are read this deep.
const DEEPEST: usize = 8;

impl Source {
    /// Adds the items of `code`.
    pub fn read(&mut self, code: &str) {
        Reader { code, into: self }.items(&lex(code), "", 0);
    }
}

struct Reader<'s, 'c> {
    code: &'c str,
    into: &'s mut Source,
}

impl<'c> Reader<'_, 'c> {
    /// Reads the items among `tokens`; other statements are stepped over.
    fn items(&mut self, tokens: &[Token<'c>], module: &str, depth: usize) {
        let mut at = 0;
        let mut docs = String::new();
        while let Some(token) = tokens.get(at) {
            if token.kind == Lexeme::Comment {
                if let Some(line) = token.text.strip_prefix("///") {
                    docs = format!("{docs}{}\n", line.trim_start_matches(' ').trim_end());
                }
                at += 1;
                continue;
            }
            if token.is("#") {
                let open = if tokens.get(at + 1).is_some_and(|next| next.is("!")) { at + 2 } else { at + 1 };
                at = closing(tokens, open).map_or(tokens.len(), |end| end + 1);
                continue;
            }
            let end = statement_end(tokens, at);
            let statement = tokens.get(at..end).unwrap_or_default();
            let docs = std::mem::take(&mut docs).trim().to_owned();
            self.item(statement, module, docs, depth);
            at = end.max(at + 1);
        }
    }

    fn item(&mut self, tokens: &[Token<'c>], module: &str, docs: String, depth: usize) {
        // What is inside a module, a trait or an `impl` keeps its comments: they are documentation.
        let documented = tokens.iter().position(|token| token.is("{"));
        let documented = documented.and_then(|open| tokens.get(open + 1..closing(tokens, open)?)).unwrap_or_default();
        let tokens: Vec<Token<'c>> = tokens.iter().filter(|token| token.kind != Lexeme::Comment).copied().collect();
        let from = after_visibility(&tokens);
        let tokens = tokens.get(from..).unwrap_or_default();
        let at = |name: &str| if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") };
        let Some((keyword, name)) = keyword(tokens) else { return };
        let body = tokens.iter().position(|token| token.is("{")).unwrap_or(tokens.len());
        let inside = |open: usize| closing(tokens, open).and_then(|end| tokens.get(open + 1..end)).unwrap_or_default();
        let mut item = Item { path: at(name), docs, signature: self.text(tokens), ..Item::default() };
        match keyword {
            "fn" => {
                let function = self.function(tokens, String::new());
                item.kind = Kind::Function;
                (item.signature, item.target) = (function.signature, function.output);
            }
            "struct" | "union" => {
                item.kind = Kind::Struct;
                item.generics = generics(tokens);
                let tuple = tokens.iter().position(|token| token.is("(")).filter(|&open| open < body);
                item.members = match tuple {
                    Some(open) => self.fields(inside(open), true),
                    None => self.fields(inside(body), false),
                };
            }
            "enum" => {
                item.kind = Kind::Enum;
                item.generics = generics(tokens);
                item.members = self.variants(inside(body));
            }
            "trait" => {
                item.kind = Kind::Trait;
                item.generics = generics(tokens);
                item.signature = self.text(tokens.get(..body).unwrap_or_default());
                item.members = self.members(documented);
            }
            "type" => {
                item.kind = Kind::Alias;
                item.generics = generics(tokens);
                let target = tokens.iter().position(|token| token.is("=")).map_or(tokens.len(), |at| at + 1);
                item.target = self.text(tokens.get(target..).unwrap_or_default());
            }
            "const" | "static" => {
                item.kind = Kind::Constant;
                item.target = self.declared_type(tokens);
            }
            "macro_rules" => {
                item.kind = Kind::Macro;
                item.path.push('!');
            }
            "mod" if depth < DEEPEST => {
                item.kind = Kind::Module;
                item.signature = format!("mod {name}");
                let path = item.path.clone();
                self.items(documented, &path, depth + 1);
                let child = |found: &Item| {
                    let name = found.path.strip_prefix(&path)?.strip_prefix("::")?;
                    (!name.contains("::") && found.kind != Kind::Extension).then(|| course_index::Child {
                        name: name.trim_end_matches('!').to_owned(),
                        path: found.path.clone(),
                    })
                };
                item.children = self.into.items.iter().filter_map(child).collect();
            }
            "impl" => {
                item = self.implementation(tokens, body, documented);
            }
            "use" => {
                self.uses(tokens.get(1..).unwrap_or_default());
                return;
            }
            _ => return,
        }
        // A later definition takes the place of an earlier one.
        if item.kind != Kind::Extension {
            self.into.items.retain(|old| old.path != item.path || old.kind == Kind::Extension);
        }
        self.into.items.push(item);
    }

    fn text(&self, tokens: &[Token<'c>]) -> String {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return String::new() };
        let text = self.code.get(first.start..last.end()).unwrap_or_default();
        text.trim_end_matches([';', ',']).trim_end().to_owned()
    }

    /// The type after the first colon, up to `=`.
    fn declared_type(&self, tokens: &[Token<'c>]) -> String {
        let start = tokens.iter().position(|token| token.is(":")).map_or(tokens.len(), |at| at + 1);
        let rest = tokens.get(start..).unwrap_or_default();
        let end = rest.iter().position(|token| token.is("=")).unwrap_or(rest.len());
        self.text(rest.get(..end).unwrap_or_default())
    }

    fn function(&self, tokens: &[Token<'c>], docs: String) -> Member {
        let end = tokens.iter().position(|token| token.is("{")).unwrap_or(tokens.len());
        let declaration = tokens.get(..end).unwrap_or_default();
        let name = declaration.iter().skip_while(|token| !token.word("fn")).nth(1).map_or("", |token| token.text);
        let inputs = after_generics(declaration);
        let close = closing(declaration, inputs).unwrap_or(declaration.len());
        let receiver = declaration.get(inputs + 1..close).unwrap_or_default();
        let first = receiver.split(|token| token.is(",")).next().unwrap_or_default();
        let method = first.iter().take(4).any(|token| token.word("self"));
        let rest = declaration.get(close + 1..).unwrap_or_default();
        let output = match rest.first() {
            Some(arrow) if arrow.is("->") => {
                let end = rest.iter().position(|token| token.word("where")).unwrap_or(rest.len());
                self.text(rest.get(1..end).unwrap_or_default())
            }
            _ => String::new(),
        };
        let kind = if method { MemberKind::Method } else { MemberKind::Function };
        Member { kind, name: name.to_owned(), signature: self.text(declaration), output, docs }
    }

    fn members(&self, tokens: &[Token<'c>]) -> Vec<Member> {
        let mut inner = Source::default();
        let mut reader = Reader { code: self.code, into: &mut inner };
        reader.items(tokens, "", DEEPEST);
        // Read as free items first: then the functions need one more look for their receivers.
        let mut members = Vec::new();
        for item in inner.items {
            let kind = match item.kind {
                Kind::Function => MemberKind::Method,
                Kind::Constant => MemberKind::Constant,
                Kind::Alias => MemberKind::Type,
                _ => continue,
            };
            let name = item.name().to_owned();
            if kind == MemberKind::Method {
                let declaration = lex(&item.signature);
                let as_member =
                    Reader { code: &item.signature, into: &mut Source::default() }.function(&declaration, item.docs);
                members.push(as_member);
            } else {
                members.push(Member { kind, name, signature: item.signature, output: item.target, docs: item.docs });
            }
        }
        members
    }

    fn fields(&self, tokens: &[Token<'c>], tuple: bool) -> Vec<Member> {
        let mut fields = Vec::new();
        for (index, part) in parts(tokens).into_iter().enumerate() {
            let part = part.get(after_visibility(part)..).unwrap_or_default();
            let Some(first) = part.first() else { continue };
            let (name, output) = match tuple {
                true => (index.to_string(), self.text(part)),
                false => (first.text.to_owned(), self.declared_type(part)),
            };
            let signature = format!("{name}: {output}");
            fields.push(Member { kind: MemberKind::Field, name, signature, output, docs: String::new() });
        }
        fields
    }

    fn variants(&self, tokens: &[Token<'c>]) -> Vec<Member> {
        let variant = |part: &[Token<'c>]| {
            let name = part.first()?.text.to_owned();
            let signature = self.text(part);
            Some(Member { kind: MemberKind::Variant, name, signature, output: "Self".into(), docs: String::new() })
        };
        parts(tokens).into_iter().filter_map(variant).collect()
    }

    fn implementation(&self, tokens: &[Token<'c>], body: usize, inside: &[Token<'c>]) -> Item {
        let header = tokens.get(..body).unwrap_or_default();
        let end = header.iter().position(|token| token.word("where")).unwrap_or(header.len());
        let start = if header.get(1).is_some_and(|token| token.is("<")) { angles(header, 1) } else { 1 };
        let header = header.get(start..end).unwrap_or_default();
        let (of_trait, for_type) = match header.iter().position(|token| token.word("for")) {
            Some(at) => (self.text(&header[..at]), self.text(&header[at + 1..])),
            None => (String::new(), self.text(header)),
        };
        let members = self.members(inside);
        let types = members.iter().filter(|member| member.kind == MemberKind::Type);
        let types = types.map(|member| (member.name.clone(), member.output.clone())).collect();
        let members = if of_trait.is_empty() { members } else { Vec::new() };
        let path = for_type.trim_start_matches('&').split('<').next().unwrap_or_default().trim().to_owned();
        let block = Impl { generics: generics(tokens), for_type, of_trait, types, members };
        Item { path, kind: Kind::Extension, impls: vec![block], ..Item::default() }
    }

    fn uses(&mut self, tokens: &[Token<'c>]) {
        // The whole path before each brace that is open.
        let mut prefixes: Vec<Vec<&str>> = vec![Vec::new()];
        let mut path: Vec<&str> = Vec::new();
        let (mut name, mut renamed) = (None, false);
        let mut found = Vec::new();
        for token in tokens.iter().map(Some).chain([None]) {
            match token.map_or(",", |token| token.text) {
                "::" => {}
                "as" => renamed = true,
                "{" => prefixes.push(prefixes.last().into_iter().flatten().copied().chain(path.drain(..)).collect()),
                text @ ("," | "}" | ";") => {
                    let mut full: Vec<&str> = prefixes.last().into_iter().flatten().chain(&path).copied().collect();
                    if full.last() == Some(&"self") {
                        full.pop();
                    }
                    if let Some(last) = name.or(full.last().copied()).filter(|_| !path.is_empty()) {
                        let parts: Vec<&str> = full.iter().filter(|part| **part != "*").copied().collect();
                        found.push((last.to_owned(), parts.join("::")));
                    }
                    path.clear();
                    (name, renamed) = (None, false);
                    if text == "}" && prefixes.len() > 1 {
                        prefixes.pop();
                    }
                }
                word if renamed => name = Some(word),
                word => path.push(word),
            }
        }
        self.into
            .uses
            .retain(|(name, path)| !found.iter().any(|(new, other)| new == name && (name != "*" || path == other)));
        self.into.uses.extend(found);
    }
}

/// The token after the item or statement that begins at `at`.
fn statement_end(tokens: &[Token<'_>], at: usize) -> usize {
    let mut end = at;
    let first = tokens.get(at + after_visibility(tokens.get(at..).unwrap_or_default())).map_or("", |token| token.text);
    let ends_with_braces = first != "use" && first != "let" && first != "static" && first != "const"
        || tokens.get(at..at + 6).is_some_and(|next| next.iter().any(|token| token.word("fn")));
    while let Some(token) = tokens.get(end) {
        if token.is(";") {
            return end + 1;
        }
        if token.kind == Lexeme::Mark && ["(", "[", "{"].contains(&token.text) {
            let Some(close) = closing(tokens, end) else { return tokens.len() };
            end = close + 1;
            if token.is("{") && ends_with_braces {
                return end;
            }
            continue;
        }
        end += 1;
    }
    end
}

fn after_visibility(tokens: &[Token<'_>]) -> usize {
    let mut at = 0;
    while tokens.get(at).is_some_and(|token| token.is("#")) {
        at = closing(tokens, at + 1).map_or(tokens.len(), |end| end + 1);
    }
    if tokens.get(at).is_some_and(|token| token.word("pub")) {
        at += 1;
        if tokens.get(at).is_some_and(|token| token.is("(")) {
            at = closing(tokens, at).map_or(tokens.len(), |end| end + 1);
        }
    }
    at
}

/// What kind of item begins here, and its name.
fn keyword<'c>(tokens: &[Token<'c>]) -> Option<(&'c str, &'c str)> {
    let name = |at: usize| tokens.get(at).map_or("", |token| token.text);
    for (at, token) in tokens.iter().enumerate().take(5) {
        match token.text {
            "const" if name(at + 1) != "fn" && name(at + 1) != "unsafe" && name(at + 1) != "async" => {
                return Some(("const", name(at + 1)));
            }
            "const" | "async" | "unsafe" | "extern" => {}
            "static" if name(at + 1) == "mut" => return Some(("static", name(at + 2))),
            "macro_rules" => return Some(("macro_rules", name(at + 2))),
            word @ ("fn" | "struct" | "union" | "enum" | "trait" | "type" | "static" | "mod" | "impl" | "use") => {
                return Some((word, name(at + 1)));
            }
            _ if token.kind == Lexeme::Text => {}
            _ => return None,
        }
    }
    None
}

/// The token after the `>` that closes the `<` at `open`.
pub fn angles(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(token.is("<")) - i32::from(token.is(">"));
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Where the parameters of a function begin.
fn after_generics(tokens: &[Token<'_>]) -> usize {
    let name = tokens.iter().position(|token| token.word("fn")).map_or(tokens.len(), |at| at + 2);
    if tokens.get(name).is_some_and(|token| token.is("<")) { angles(tokens, name) } else { name }
}

/// The names of the first type parameters in the tokens.
fn generics(tokens: &[Token<'_>]) -> Vec<String> {
    let Some(open) = tokens.iter().take(4).position(|token| token.is("<")) else { return Vec::new() };
    let inside = tokens.get(open + 1..angles(tokens, open).saturating_sub(1)).unwrap_or_default();
    let name = |part: &[Token<'_>]| {
        let first = part.iter().find(|token| !token.word("const"))?;
        (first.kind == Lexeme::Word).then(|| first.text.to_owned())
    };
    parts(inside).into_iter().filter_map(name).collect()
}

/// Tokens split at the commas outside all brackets.
pub fn parts<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == Lexeme::Mark {
            match token.text {
                "(" | "[" | "{" | "<" => depth += 1,
                ")" | "]" | "}" | ">" => depth -= 1,
                "," if depth <= 0 => {
                    parts.push(&tokens[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_with_their_members() {
        let mut source = Source::default();
        source.read(
            "/// A point.\n#[derive(Debug)]\npub struct Point<T> { pub x: T, y: Vec<(T, T)> }\nlet a = Point { x: 1, y: vec![] };\n\
             impl<T> Point<T> { const N: u8 = 1; fn norm(&self) -> Option<T> { None } fn new(x: T) -> Self { todo!() } }\n\
             enum Shape { Dot, Line(u8), Box { w: u8 } }\nfn area<T: Into<f64>>(x: T, f: impl Fn(u8) -> u8) -> Result<f64, ()> where T: Copy { 1. }\n\
             macro_rules! twice { () => {} }\nmod inner { pub fn f() -> u8 { 1 } }\nstruct Pair(u8, pub String);\n\
             impl Iterator for Pair { type Item = u8; fn next(&mut self) -> Option<u8> { None } }\nconst N: usize = 3; type P = Point<u8>;\n\
             trait Named { fn name(&self) -> String { String::new() } }",
        );
        let find = |path: &str, kind| source.items.iter().find(|item| item.path == path && item.kind == kind).unwrap();
        let point = find("Point", Kind::Struct);
        assert_eq!((point.docs.as_str(), point.generics.as_slice()), ("A point.", ["T".to_owned()].as_slice()));
        let outputs: Vec<_> = point.members.iter().map(|field| field.output.as_str()).collect();
        assert_eq!(outputs, ["T", "Vec<(T, T)>"]);
        let methods = &find("Point", Kind::Extension).impls[0];
        assert_eq!(methods.for_type, "Point<T>");
        let kinds: Vec<_> =
            methods.members.iter().map(|member| (member.name.as_str(), member.kind, member.output.as_str())).collect();
        assert_eq!(
            kinds,
            [
                ("N", MemberKind::Constant, "u8"),
                ("norm", MemberKind::Method, "Option<T>"),
                ("new", MemberKind::Function, "Self")
            ]
        );
        assert_eq!(find("Shape", Kind::Enum).members.len(), 3);
        assert_eq!(find("area", Kind::Function).target, "Result<f64, ()>");
        assert_eq!(find("inner", Kind::Module).children[0].path, "inner::f");
        assert_eq!(find("Pair", Kind::Struct).members[1].output, "String");
        assert_eq!(find("Pair", Kind::Extension).impls[0].types, [("Item".to_owned(), "u8".to_owned())]);
        assert_eq!(
            (find("N", Kind::Constant).target.as_str(), find("P", Kind::Alias).target.as_str()),
            ("usize", "Point<u8>")
        );
        assert_eq!(find("Named", Kind::Trait).members[0].kind, MemberKind::Method);
        find("twice!", Kind::Macro);
    }

    #[test]
    fn uses_are_taken_apart() {
        let mut source = Source::default();
        source.read("use std::{io::{self, Read as _}, collections::*}; use a::b as c;\nuse d;");
        let shown: Vec<String> = source.uses.iter().map(|(name, path)| format!("{name}={path}")).collect();
        assert_eq!(shown, ["io=std::io", "_=std::io::Read", "*=std::collections", "c=a::b", "d=d"]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_is_typed_fails(source in "(fn|struct|impl|use|mod|enum|[-a-c<>:;,'\"#/(){}\\[\\] ]|::){0,30}") {
            Source::default().read(&source);
        }
    }
}
