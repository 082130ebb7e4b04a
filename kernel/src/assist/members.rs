//! What can be written after a dot, and what it gives: fields, methods, and methods of the traits in scope.

use std::collections::BTreeSet;

use course_index::{Impl, Item, Kind, Member, MemberKind};

use super::scope::Scope;
use super::types::Type;

/// A member, with the type it was found on.
#[derive(Debug, Clone)]
pub struct Found {
    /// The member.
    pub member: Member,
    /// What its type parameters stand for, `Self` among them.
    pub bindings: Vec<(String, Type)>,
    /// The path of the type or trait it belongs to.
    pub owner: String,
    /// How many derefs away, and 100 more for a trait's.
    pub distance: usize,
}

impl Found {
    /// What a call of it or a look at it gives. `turbofish` are the type arguments it was called with.
    pub fn output(&self, scope: &Scope<'_>, turbofish: &[Type]) -> Type {
        let mut bindings = self.bindings.clone();
        let own = own_parameters(&self.member.signature);
        bindings.retain(|(name, _)| !own.contains(name));
        for (name, given) in own.iter().zip(turbofish) {
            // `collect::<Vec<_>>()`: what is left open is what the iterator gives.
            let item = scope.item_of(&self.self_type());
            let given = given.map(&|part| (*part == Type::Unknown).then(|| item.clone()));
            bindings.push((name.clone(), scope.canonical(&given)));
        }
        let output = Type::parse(&self.member.output);
        let free = |part: &Type| match part {
            Type::Path { name, .. } if own.contains(name) => Some(Type::Unknown),
            _ => None,
        };
        scope.normal(&output.substitute(&bindings).map(&free))
    }

    fn self_type(&self) -> Type {
        self.bindings.iter().find(|(name, _)| name == "Self").map(|(_, of)| of.clone()).unwrap_or_default()
    }
}

/// Traits that are there for all types with a certain other trait.
const FOR_ALL: [(&str, &str); 5] = [
    ("std::string::ToString", "std::fmt::Display"),
    ("std::borrow::ToOwned", "std::clone::Clone"),
    ("std::iter::IntoIterator", "std::iter::Iterator"),
    ("std::convert::Into", ""),
    ("std::convert::TryInto", ""),
];

/// Associated types that are defined by others are followed this far.
const LOOKUPS: usize = 12;
/// A chain of derefs longer than this has gone in circles.
const DEREFS: usize = 6;

impl Scope<'_> {
    /// Everything that can follow `value.` for a value of this type, nearest first.
    pub fn members(&self, of: &Type) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        let mut names = BTreeSet::new();
        for (distance, receiver) in self.derefs(of).into_iter().enumerate() {
            for mut new in self.of_type(&receiver) {
                new.distance += distance;
                let kind = new.member.kind;
                if matches!(kind, MemberKind::Method | MemberKind::Field)
                    && names.insert((new.member.name.clone(), kind == MemberKind::Field))
                {
                    found.push(new);
                }
            }
        }
        found.sort_by_key(|found| found.distance);
        found
    }

    /// The type, and what it derefs to, step by step.
    fn derefs(&self, of: &Type) -> Vec<Type> {
        let mut steps = vec![self.canonical(of)];
        while let Some(last) = steps.last().filter(|_| steps.len() < DEREFS) {
            let next = match last {
                Type::Reference(inner) => Some((**inner).clone()),
                Type::Array(inner) => Some(Type::Slice(inner.clone())),
                other => self.associated(other, "Target"),
            };
            match next {
                Some(next) if next != Type::Unknown => steps.push(next),
                _ => break,
            }
        }
        steps
    }

    /// Everything that belongs to one type: after a dot and after `::`.
    pub fn of_type(&self, of: &Type) -> Vec<Found> {
        let mut found = Vec::new();
        if let Type::Bounds(traits) = of {
            for of_trait in traits {
                self.of_trait(of_trait, of, 0, &mut found);
            }
            return found;
        }
        if let Type::Tuple(parts) = of {
            for (index, part) in parts.iter().enumerate() {
                let member = Member {
                    kind: MemberKind::Field,
                    name: index.to_string(),
                    signature: format!("{index}: {}", part.short()),
                    output: "T".to_owned(),
                    docs: String::new(),
                };
                let bindings = vec![("T".to_owned(), part.clone())];
                found.push(Found { member, bindings, owner: "tuple".to_owned(), distance: 0 });
            }
        }
        let mut traits = BTreeSet::new();
        let items = self.items_of(of);
        // Of a name that means nothing, not even what all types have is there.
        let known = !items.is_empty();
        for item in items {
            let mut bindings = parameters(&item, of);
            bindings.push(("Self".to_owned(), of.clone()));
            let owned = |member: &Member| Found {
                member: member.clone(),
                bindings: bindings.clone(),
                owner: item.path.clone(),
                distance: 0,
            };
            found.extend(item.members.iter().map(owned));
            for block in &item.impls {
                let Some(bindings) = bound(block, of) else { continue };
                for member in &block.members {
                    let (bindings, owner) = (bindings.clone(), item.path.clone());
                    found.push(Found { member: member.clone(), bindings, owner, distance: 0 });
                }
                if !block.of_trait.is_empty() {
                    let of_trait = self.canonical(&Type::parse(&block.of_trait).substitute(&bindings));
                    let Type::Path { name, .. } = &of_trait else { continue };
                    if traits.insert(name.clone()) && self.trait_in_scope(name) {
                        self.of_trait(&of_trait, of, 100, &mut found);
                    }
                }
            }
        }
        for (name, needed) in FOR_ALL {
            if known && (needed.is_empty() || traits.contains(needed)) && traits.insert(name.to_owned()) {
                self.of_trait(&Type::named(name), of, 150, &mut found);
            }
        }
        found
    }

    fn of_trait(&self, of_trait: &Type, receiver: &Type, distance: usize, into: &mut Vec<Found>) {
        let of_trait = self.canonical(of_trait);
        let Type::Path { name, arguments, .. } = &of_trait else { return };
        for item in self.at(name).into_iter().filter(|item| item.kind == Kind::Trait) {
            let mut bindings: Vec<(String, Type)> =
                item.generics.iter().cloned().zip(arguments.iter().cloned()).collect();
            bindings.push(("Self".to_owned(), receiver.clone()));
            let found =
                |member: Member| Found { member, bindings: bindings.clone(), owner: item.path.clone(), distance };
            into.extend(item.members.into_iter().map(found));
        }
    }

    /// The items that describe a type: its own, and what other crates and the session add.
    pub fn items_of(&self, of: &Type) -> Vec<Item> {
        let name = match of {
            Type::Path { name, .. } => name.as_str(),
            Type::Slice(_) => "slice",
            Type::Array(_) => "array",
            Type::Tuple(_) => "tuple",
            Type::Reference(_) => "reference",
            Type::Callable(_) => "fn",
            Type::Bounds(_) | Type::Projection(..) | Type::Unknown => return Vec::new(),
        };
        self.at(name)
    }

    /// What a type sets an associated type to.
    pub fn associated(&self, of: &Type, wanted: &str) -> Option<Type> {
        if let Type::Bounds(traits) = of {
            return traits.iter().find_map(|of_trait| match of_trait {
                Type::Path { bindings, .. } => {
                    bindings.iter().find(|(name, _)| name == wanted).map(|(_, bound)| self.canonical(bound))
                }
                _ => None,
            });
        }
        let question = (of.clone(), wanted.to_owned());
        if self.open.borrow().contains(&question) || self.open.borrow().len() > LOOKUPS {
            return None;
        }
        self.open.borrow_mut().push(question);
        let found = self.set_by_impls(of, wanted);
        self.open.borrow_mut().pop();
        found
    }

    fn set_by_impls(&self, of: &Type, wanted: &str) -> Option<Type> {
        let items = self.items_of(of);
        for block in items.iter().flat_map(|item| &item.impls) {
            let Some((_, set)) = block.types.iter().find(|(name, _)| name == wanted) else { continue };
            // `impl IntoIterator for &Vec<T>` is on Vec's page too: only what fits counts.
            let Some(bindings) = bound(block, of) else { continue };
            let found = self.normal(&Type::parse(set).substitute(&bindings));
            if found != Type::Unknown {
                return Some(found);
            }
        }
        // An iterator over something that is not known is an iterator.
        let iterates = |item: &Item| item.impls.iter().any(|block| block.types.iter().any(|(name, _)| name == wanted));
        (wanted == "Item" && items.iter().any(iterates)).then_some(Type::Unknown)
    }

    /// What a loop over a value of this type gives.
    pub fn item_of(&self, of: &Type) -> Type {
        let found = match of {
            // `&Vec<T>` gives references; so does a reference to anything that derefs to a slice.
            Type::Reference(inner) => match self.slice_item(inner) {
                Some(item) => Some(Type::Reference(Box::new(item))),
                None => match inner.as_ref() {
                    Type::Path { arguments, .. } if inner.is("HashMap") || inner.is("BTreeMap") => {
                        let references = arguments.iter().take(2).map(|part| Type::Reference(Box::new(part.clone())));
                        Some(Type::Tuple(references.collect()))
                    }
                    Type::Path { arguments, .. } if inner.is("HashSet") || inner.is("BTreeSet") => {
                        arguments.first().map(|part| Type::Reference(Box::new(part.clone())))
                    }
                    _ => self.associated(inner, "Item"),
                },
            },
            Type::Array(inner) => Some((**inner).clone()),
            other => self.associated(other, "Item"),
        };
        found.unwrap_or_default()
    }

    fn slice_item(&self, of: &Type) -> Option<Type> {
        self.derefs(of).into_iter().find_map(|step| match step {
            Type::Slice(inner) => Some(*inner),
            _ => None,
        })
    }

    /// The type with associated types looked up as far as they are known.
    pub fn normal(&self, of: &Type) -> Type {
        let of = self.canonical(of);
        of.map(&|part| match part {
            Type::Projection(of, name) => {
                let of = self.normal(of);
                let found =
                    if name == "Item" { Some(self.item_of(&of)).filter(|item| *item != Type::Unknown) } else { None };
                let iterator = || (name == "IntoIter" && self.associated(&of, "Item").is_some()).then(|| of.clone());
                Some(found.or_else(|| self.associated(&of, name)).or_else(iterator).unwrap_or_default())
            }
            _ => None,
        })
    }
}

/// What an `impl`'s parameters stand for on this type; `None` if it is not for it.
fn bound(block: &Impl, of: &Type) -> Option<Vec<(String, Type)>> {
    let mut bindings = Vec::new();
    let pattern = Type::parse(&block.for_type);
    if !pattern.matches(of, &block.generics, &mut bindings) {
        return None;
    }
    bindings.push(("Self".to_owned(), of.clone()));
    // What is not decided by the type is not known.
    for name in &block.generics {
        if !bindings.iter().any(|(known, _)| known == name) {
            bindings.push((name.clone(), Type::Unknown));
        }
    }
    Some(bindings)
}

fn parameters(item: &Item, of: &Type) -> Vec<(String, Type)> {
    item.generics.iter().enumerate().map(|(index, name)| (name.clone(), of.argument(index))).collect()
}

/// The type parameters of `fn collect<B: FromIterator<…>>(self)`.
fn own_parameters(signature: &str) -> Vec<String> {
    let Some(at) = signature.find("fn ") else { return Vec::new() };
    let rest = &signature[at..];
    let (Some(open), Some(inputs)) = (rest.find('<'), rest.find('(')) else { return Vec::new() };
    if open > inputs {
        return Vec::new();
    }
    let (mut names, mut depth, mut name) = (Vec::new(), 0, String::new());
    for character in rest[open..].chars() {
        match character {
            '<' | '(' | '[' => depth += 1,
            '>' if name.ends_with('-') => {}
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 || depth == 1 && character == ',' {
            let own = name.trim().trim_start_matches("const ").split([':', ' ', '=']).next().unwrap_or_default();
            if !own.is_empty() && !own.starts_with('\'') {
                names.push(own.to_owned());
            }
            name.clear();
            if depth == 0 {
                break;
            }
        } else if depth > 1 || character != '<' {
            name.push(character);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_methods_own_parameters_are_read_off_its_declaration() {
        for (signature, names) in [
            ("fn collect<B: FromIterator<Self::Item>>(self) -> B", vec!["B"]),
            ("fn fold<B, F: FnMut(B, u8) -> B>(self, b: B)", vec!["B", "F"]),
            ("const fn x<'a, const N: usize>()", vec!["N"]),
            ("fn len(&self) -> Vec<u8>", vec![]),
            ("x: u8", vec![]),
        ] {
            assert_eq!(own_parameters(signature), names, "{signature}");
        }
    }
}
