//! One page of rustdoc's HTML to an item: the way to std's documentation, whose JSON is not to be had.

use course_index::{Child, Impl, Item, Kind, Member, MemberKind};

use super::html::Node;

/// The crate that the pages are of, and the one that its paths are to name.
const RENAMED: (&str, &str) = ("stdx::", "std::");

/// The item of a page, unless it is not for stable Rust.
pub fn read(html: &str, path: &str, kind: Kind) -> Option<Item> {
    let main = &html[html.find("<section id=\"main-content\"")?..];
    let main = &main[..main.find("</main>").unwrap_or(main.len())];
    let mut page = Page {
        item: Item { path: path.to_owned(), kind, ..Item::default() },
        part: String::new(),
        at: At::Item,
        unstable: false,
        foreign: false,
    };
    page.walk(&Node::parse(main));
    page.drop_unstable();
    let mut item = page.item;
    item.target = match kind {
        Kind::Function | Kind::Constant | Kind::Alias => output(item.target.trim().trim_start_matches("pub ")),
        Kind::Trait => supertraits(&item.target, item.name()),
        _ => String::new(),
    };
    // A trait's page repeats its methods in its declaration.
    if let Some(at) = item.signature.find('{').filter(|_| kind == Kind::Trait) {
        item.signature.truncate(at);
        item.signature.truncate(item.signature.trim_end().len());
    }
    (!page.unstable).then_some(item)
}

/// What the next documentation block or warning speaks of.
#[derive(PartialEq)]
enum At {
    Item,
    Impl,
    Member,
}

struct Page {
    item: Item,
    part: String,
    at: At,
    unstable: bool,
    foreign: bool,
}

/// Stands in the place of what is to be left out in the end.
const UNSTABLE: &str = "\u{0}unstable";

impl Page {
    fn walk(&mut self, node: &Node) {
        let id = node.attribute("id").unwrap_or_default();
        if node.tag == "h2" && !id.is_empty() {
            let own = ["fields", "variants", "implementations", "trait-implementations"];
            self.foreign = !own.contains(&id.as_str())
                && !id.contains("-methods")
                && !id.starts_with("required-")
                && !id.starts_with("provided-")
                || id.starts_with("deref-methods");
            self.part = id;
            return self.walk_children(node);
        }
        match node.tag.as_str() {
            "dl" if node.is("item-table") => return self.children(node),
            _ if self.foreign => {}
            "pre" if node.is("item-decl") => {
                self.item.signature = shown(node);
                self.item.generics = generics_of(after_name(&self.item.signature, self.item.name())).0;
                self.item.target = full_text(node);
                return;
            }
            "section" if node.is("impl") => {
                let header = node.find(&|child| child.is("code-header")).map(full_text).unwrap_or_default();
                self.item.impls.push(impl_of(&header));
                self.at = At::Impl;
                return;
            }
            "section" | "span" if member_kind(&id).is_some() => return self.member(node, &id),
            "div" if node.is("docblock") => return self.docs(node.markdown()),
            _ if node.is("stab") && node.is("unstable") => return self.mark_unstable(),
            _ => {}
        }
        self.walk_children(node);
    }

    fn walk_children(&mut self, node: &Node) {
        node.children.iter().for_each(|child| self.walk(child));
    }

    fn children(&mut self, table: &Node) {
        for entry in table.children.iter().filter(|node| node.tag == "dt") {
            let unstable = entry.find(&|node| node.is("unstable")).is_some();
            let Some(title) = entry.find(&|node| node.tag == "a").and_then(|link| link.attribute("title")) else {
                continue;
            };
            let Some((kind, path)) = title.split_once(' ') else { continue };
            if !unstable && kind != "primitive" {
                let mark = if kind == "macro" { "!" } else { "" };
                let path = path.replacen(RENAMED.0, RENAMED.1, 1);
                let name = path.rsplit("::").next().unwrap_or_default().to_owned();
                self.item.children.push(Child { name, path: path + mark });
            }
        }
    }

    fn member(&mut self, node: &Node, id: &str) {
        self.at = At::Member;
        let Some(kind) = member_kind(id) else { return };
        let header = node.find(&|child| child.is("code-header") || child.tag == "code").unwrap_or(node);
        let signature = shown(header);
        let name = id.split('.').nth(1).unwrap_or_default();
        let name = if kind == MemberKind::Method { name.split('-').next().unwrap_or_default() } else { name };
        let full = full_text(header);
        let full = full.trim().trim_start_matches("pub ");
        let mut member = Member { kind, name: name.to_owned(), signature, output: output(full), docs: String::new() };
        match kind {
            MemberKind::Method if !takes_self(full, name) => member.kind = MemberKind::Function,
            MemberKind::Variant => member.output = "Self".to_owned(),
            _ => {}
        }
        match self.item.impls.last_mut() {
            Some(block) if !block.of_trait.is_empty() => {
                if kind == MemberKind::Type {
                    block.types.push((name.split('-').next().unwrap_or_default().to_owned(), member.output));
                }
            }
            Some(block) => block.members.push(member),
            None => self.item.members.push(member),
        }
    }

    fn docs(&mut self, markdown: String) {
        let own = self.at == At::Item;
        if let Some(member) = self.last_member().filter(|member| !own && member.docs.is_empty()) {
            member.docs = markdown;
        } else if own && self.item.docs.is_empty() {
            self.item.docs = markdown;
        }
    }

    fn last_member(&mut self) -> Option<&mut Member> {
        match self.item.impls.last_mut() {
            Some(block) if block.of_trait.is_empty() => block.members.last_mut(),
            Some(_) => None,
            None => self.item.members.last_mut(),
        }
    }

    fn mark_unstable(&mut self) {
        match self.at {
            At::Item => self.unstable = true,
            At::Impl => {
                if let Some(block) = self.item.impls.last_mut() {
                    block.for_type = UNSTABLE.to_owned();
                }
            }
            At::Member => {
                if let Some(member) = self.last_member() {
                    member.name = UNSTABLE.to_owned();
                }
            }
        }
    }

    fn drop_unstable(&mut self) {
        self.item.members.retain(|member| member.name != UNSTABLE);
        let mut known = Vec::new();
        self.item.impls.retain_mut(|block| {
            block.members.retain(|member| member.name != UNSTABLE);
            let of = block.of_trait.split('<').next().unwrap_or_default().to_owned();
            let key = (of, block.for_type.clone(), block.types.clone());
            let twice = !block.of_trait.is_empty() && known.contains(&key);
            known.push(key);
            block.for_type != UNSTABLE && !twice && (!block.of_trait.is_empty() || !block.members.is_empty())
        });
    }
}

fn member_kind(id: &str) -> Option<MemberKind> {
    match id.split('.').next()? {
        "method" | "tymethod" => Some(MemberKind::Method),
        "associatedtype" => Some(MemberKind::Type),
        "associatedconstant" => Some(MemberKind::Constant),
        // `variant.Some.field.0` is a field of a variant.
        "variant" if id.matches('.').count() == 1 => Some(MemberKind::Variant),
        "structfield" => Some(MemberKind::Field),
        _ => None,
    }
}

/// A declaration as it is shown.
fn shown(node: &Node) -> String {
    let text = node.tag_text(&|child| {
        let clause = child.is("where").then(|| format!("\n{}", child.plain().trim()));
        clause.or_else(|| child.is("tooltip").then(String::new))
    });
    text.trim().trim_start_matches("pub ").trim_end().to_owned()
}

/// The traits that `trait Name: A + B` asks for.
fn supertraits(full: &str, name: &str) -> String {
    let rest = after_name(full, &format!("trait {name}"));
    let (_, rest) = generics_of(rest);
    let bounds = rest.strip_prefix(':').unwrap_or_default().split(" where").next().unwrap_or_default();
    bounds.split('{').next().unwrap_or_default().trim().to_owned()
}

/// A header's text with the full paths that its links are titled with, without its `where`.
fn full_text(node: &Node) -> String {
    node.tag_text(&|child| {
        if child.is("where") || child.is("tooltip") {
            return Some(" where ".to_owned());
        }
        let title = child.attribute("title").filter(|_| child.tag == "a")?;
        let (kind, path) = title.split_once(' ')?;
        let path = path.replacen(RENAMED.0, RENAMED.1, 1);
        // `Self::Item` links to the trait's own.
        (["struct", "enum", "trait", "union"].contains(&kind) || kind == "type" && !child.is("associatedtype"))
            .then_some(path)
    })
}

/// `impl<T> Deref for Vec<T>`.
fn impl_of(header: &str) -> Impl {
    let rest = header.split(" where ").next().unwrap_or_default().trim();
    let rest = rest.trim_start_matches("unsafe ").trim_start_matches("impl");
    let (generics, rest) = generics_of(rest);
    let rest = rest.trim().trim_start_matches("const ");
    let (of_trait, for_type) = match rest.find(" for ") {
        // `for<'a> fn(…)` has no space before its bracket.
        Some(at) => (rest[..at].trim(), rest[at + 5..].trim()),
        None => ("", rest),
    };
    Impl { generics, for_type: for_type.to_owned(), of_trait: of_trait.to_owned(), ..Impl::default() }
}

/// The names of the type parameters that a text begins with, and what follows them.
fn generics_of(text: &str) -> (Vec<String>, &str) {
    if !text.starts_with('<') {
        return (Vec::new(), text);
    }
    let end = closing(text);
    let mut names = Vec::new();
    let mut depth = 0;
    let mut part = String::new();
    for character in text[1..end].chars().chain([',']) {
        match character {
            '<' | '(' | '[' => depth += 1,
            '>' if part.ends_with('-') => {}
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                let name = part.trim().trim_start_matches("const ");
                let name = name.split([':', ' ', '=']).next().unwrap_or_default();
                if !name.starts_with('\'') && !name.is_empty() {
                    names.push(name.to_owned());
                }
                part.clear();
                continue;
            }
            _ => {}
        }
        part.push(character);
    }
    (names, text.get(end + 1..).unwrap_or_default())
}

/// Where the bracket that a text begins with is closed.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before == '-' || before == '=' => {}
            '>' | ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
        before = character;
    }
    text.len()
}

fn after_name<'a>(signature: &'a str, name: &str) -> &'a str {
    signature.find(name).map_or("", |at| &signature[at + name.len()..])
}

/// The parameters of `fn name<…>(…)` and what follows them.
fn inputs<'a>(full: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let at = full.find(&format!("fn {name}"))?;
    let rest = &full[at + 3 + name.len()..];
    let rest = if rest.starts_with('<') { rest.get(closing(rest) + 1..)? } else { rest };
    let end = closing(rest);
    Some((rest.get(1..end)?, rest.get(end + 1..).unwrap_or_default()))
}

fn takes_self(full: &str, name: &str) -> bool {
    let first = inputs(full, name).map(|(inputs, _)| inputs.split(',').next().unwrap_or_default().trim());
    let first = first.unwrap_or_default().trim_start_matches('&');
    let first = if first.starts_with('\'') { first.split_once(' ').map_or("", |(_, rest)| rest) } else { first };
    let first = first.trim_start_matches("mut ");
    first == "self" || first.starts_with("self:")
}

/// The type that a declaration ends in: a function's result, a constant's or field's type, what an alias stands for.
fn output(full: &str) -> String {
    let full = full.split(" where").next().unwrap_or_default().trim().trim_start_matches("pub ").trim_end_matches(';');
    let words = full.split_once("fn ").filter(|(before, _)| {
        before.split(' ').all(|word| ["", "const", "unsafe", "async", "extern", "\"C\""].contains(&word))
    });
    if let Some((_, rest)) = words {
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let after = inputs(full, &name).map(|(_, after)| after).unwrap_or_default();
        return after.trim().strip_prefix("->").unwrap_or_default().trim().to_owned();
    }
    if full.starts_with("type ") {
        return full.split_once(" = ").map(|(_, target)| target.trim().to_owned()).unwrap_or_default();
    }
    let kind = full.split_once(": ").map_or("", |(_, kind)| kind);
    kind.split(" = ").next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_taken_apart() {
        let block = impl_of("impl<'a, T: Fn(u8) -> u8, const N: usize> std::ops::Deref for std::vec::Vec<T> where ");
        assert_eq!(block.generics, ["T", "N"]);
        assert_eq!((block.of_trait.as_str(), block.for_type.as_str()), ("std::ops::Deref", "std::vec::Vec<T>"));
        assert_eq!(impl_of("impl str").for_type, "str");
        assert_eq!(output("pub fn map<U, F: FnOnce(T) -> U>(self, f: F) -> Option<U> where "), "Option<U>");
        assert_eq!(output("pub const fn len(&self) -> usize"), "usize");
        assert_eq!(output("fn f(x: fn(u8) -> u8)"), "");
        assert_eq!(output("type Result<T> = Result<T, Error>;"), "Result<T, Error>");
        assert_eq!(output("fn split_off(&mut self) -> Vec<T> where"), "Vec<T>");
        assert_eq!(supertraits("pub trait Ord: Eq + PartialOrd { fn cmp", "Ord"), "Eq + PartialOrd");
        assert_eq!(output("pub const MAX: u8 = 255u8"), "u8");
        for (full, method) in
            [("fn a(&'a mut self)", true), ("fn a<T>(self: Box<T>)", true), ("fn a(x: u8)", false), ("fn a()", false)]
        {
            assert_eq!(takes_self(full, "a"), method, "{full}");
        }
    }

    #[test]
    fn a_page_gives_its_item_without_what_is_unstable() {
        let page = r##"<main><section id="main-content"><pre class="rust item-decl"><code>pub struct Vec&lt;T&gt; { <span>/* private */</span> }</code></pre>
            <details class="toggle top-doc"><div class="docblock"><p>A list.</p></div></details>
            <h2 id="implementations">Implementations</h2><div><section id="impl-Vec" class="impl"><h3 class="code-header">impl&lt;T&gt; <a class="struct" title="struct stdx::vec::Vec">Vec</a>&lt;T&gt;</h3></section>
            <details><summary><section id="method.pop" class="method"><h4 class="code-header">pub fn <a class="fn">pop</a>(&amp;mut self) -&gt; <a class="enum" title="enum stdx::option::Option">Option</a>&lt;T&gt;</h4></section></summary><div class="docblock"><p>Takes the last.</p></div></details>
            <details><summary><section id="method.odd" class="method"><h4 class="code-header">pub fn <a class="fn">odd</a>()</h4></section><span class="item-info"><div class="stab unstable">no</div></span></summary></details></div>
            <h2 id="deref-methods-x">Deref</h2><section id="method.len" class="method"><h4 class="code-header">pub fn len(&amp;self) -&gt; usize</h4></section></section></main>"##;
        let item = read(page, "std::vec::Vec", Kind::Struct).unwrap();
        assert_eq!((item.docs.as_str(), item.generics.as_slice()), ("A list.", ["T".to_owned()].as_slice()));
        let [block] = item.impls.as_slice() else { panic!("{:?}", item.impls) };
        let [pop] = block.members.as_slice() else { panic!("{:?}", block.members) };
        assert_eq!((pop.name.as_str(), pop.output.as_str()), ("pop", "std::option::Option<T>"));
        assert_eq!((pop.signature.as_str(), pop.docs.as_str()), ("fn pop(&mut self) -> Option<T>", "Takes the last."));
    }
}
