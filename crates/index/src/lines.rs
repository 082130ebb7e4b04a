//! An item as lines of text, and back.
//!
//! | line | fields |
//! |---|---|
//! | an item | `=`, path, kind, type parameters, target, signature, documentation |
//! | a name in a module | `C`, name, path |
//! | an `impl` | `I`, type parameters, type, trait, associated types |
//! | a member of the `impl` above it, or else of the item | its letter, name, output, signature, documentation |

use crate::item::{Child, Impl, Item, Kind, Member, MemberKind};

/// Appends the lines of an item.
pub fn write_item(item: &Item, into: &mut String) {
    let letter = Kind::ALL.iter().find(|(kind, ..)| *kind == item.kind).map_or("m", |(_, letter, _)| letter);
    line(&["=", &item.path, letter, &item.generics.join(","), &item.target, &item.signature, &item.docs], into);
    for child in &item.children {
        line(&["C", &child.name, &child.path], into);
    }
    for member in &item.members {
        write_member(member, into);
    }
    for block in &item.impls {
        let types: Vec<String> = block.types.iter().map(|(name, set)| format!("{name}={set}")).collect();
        line(&["I", &block.generics.join(","), &block.for_type, &block.of_trait, &types.join(";")], into);
        for member in &block.members {
            write_member(member, into);
        }
    }
}

fn write_member(member: &Member, into: &mut String) {
    let letter = MemberKind::ALL.iter().find(|(kind, ..)| *kind == member.kind).map_or("M", |(_, letter, _)| letter);
    line(&[letter, &member.name, &member.output, &member.signature, &member.docs], into);
}

fn line(fields: &[&str], into: &mut String) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            into.push('\t');
        }
        for character in field.chars() {
            match character {
                '\n' => into.push_str("\\n"),
                '\t' => into.push_str("\\t"),
                '\\' => into.push_str("\\\\"),
                other => into.push(other),
            }
        }
    }
    into.push('\n');
}

/// Reads the item that `block` begins with, with or without its documentation, which is most of it; what is not in order is left out.
pub fn read_item(block: &str, documented: bool) -> Option<Item> {
    let mut lines = block.lines();
    let mut fields = lines.next()?.split('\t').map(unescape);
    if fields.next()? != "=" {
        return None;
    }
    let mut next = || fields.next().unwrap_or_default();
    let (path, letter) = (next(), next());
    let kind = Kind::ALL.iter().find(|(_, known, _)| *known == letter).map(|(kind, ..)| *kind)?;
    let mut item = Item { path, kind, generics: list(&next(), ','), ..Item::default() };
    (item.target, item.signature) = (next(), next());
    if documented {
        item.docs = next();
    }
    for line in lines {
        let mut fields = line.split('\t').map(unescape);
        let letter = fields.next().unwrap_or_default();
        let mut next = || fields.next().unwrap_or_default();
        match letter.as_str() {
            "=" => break,
            "C" => item.children.push(Child { name: next(), path: next() }),
            "I" => item.impls.push(Impl {
                generics: list(&next(), ','),
                for_type: next(),
                of_trait: next(),
                types: list(&next(), ';')
                    .iter()
                    .filter_map(|set| set.split_once('=').map(|(name, set)| (name.to_owned(), set.to_owned())))
                    .collect(),
                members: Vec::new(),
            }),
            letter => {
                let Some((kind, ..)) = MemberKind::ALL.iter().find(|(_, known, _)| *known == letter) else { continue };
                let (name, output, signature) = (next(), next(), next());
                let docs = if documented { next() } else { String::new() };
                let member = Member { kind: *kind, name, signature, output, docs };
                item.impls.last_mut().map_or(&mut item.members, |block| &mut block.members).push(member);
            }
        }
    }
    Some(item)
}

fn list(text: &str, separator: char) -> Vec<String> {
    text.split(separator).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => {}
            },
            (other, false) => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_comes_back_as_it_was() {
        let method = Member {
            kind: MemberKind::Method,
            name: "get".into(),
            signature: "fn get(&self) -> Option<T>".into(),
            output: "core::option::Option<T>".into(),
            docs: "One line.\n\n\ta\\tab\\".into(),
        };
        let item = Item {
            path: "a::Cell".into(),
            kind: Kind::Struct,
            generics: vec!["T".into(), "A".into()],
            signature: "pub struct Cell<T, A>".into(),
            target: String::new(),
            docs: "A cell.\n\nMore.".into(),
            children: vec![Child { name: "*".into(), path: "a::b".into() }],
            members: vec![Member { kind: MemberKind::Field, name: "0".into(), ..method.clone() }],
            impls: vec![
                Impl { for_type: "a::Cell<T>".into(), members: vec![method], ..Impl::default() },
                Impl {
                    generics: vec!["T".into()],
                    of_trait: "core::iter::Iterator".into(),
                    types: vec![("Item".into(), "(T,T)".into()), ("X".into(), "u8".into())],
                    ..Impl::default()
                },
            ],
        };
        let mut text = String::new();
        write_item(&item, &mut text);
        write_item(&Item::default(), &mut text);
        assert_eq!(read_item(&text, true).unwrap(), item);
        assert_eq!(item.summary(), "A cell.");
        let bare = read_item(&text, false).unwrap();
        assert_eq!((bare.docs.as_str(), bare.impls[0].members[0].docs.as_str()), ("", ""));
        assert_eq!(bare.impls[0].members[0].signature, item.impls[0].members[0].signature);
    }

    #[test]
    fn what_is_damaged_is_no_item() {
        assert_eq!(read_item("", true), None);
        assert_eq!(read_item("M\tx", true), None);
        assert_eq!(read_item("=\tx\tnothing", true), None);
        assert_eq!(read_item("=\tx\tf\nI\nM\n?\tx\n", true).unwrap().impls.len(), 1);
    }
}
