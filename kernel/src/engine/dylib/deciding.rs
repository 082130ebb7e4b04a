//! What decides a type: which of a session's items a stored value's type is made of, and whether they still are what they were.

use std::collections::BTreeSet;
use std::sync::Arc;

use proc_macro2::{TokenStream, TokenTree};

use super::fingerprint::Fingerprint;
use super::items::{Entry, Kind};
use super::session::{Gone, Session};

impl Session {
    /// The fingerprint of all source that decides the layout and identity of a type whose text mentions `roots`; empty for a type
    /// that reaches nothing of the session.
    pub fn fingerprint(&self, roots: &BTreeSet<String>) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        let deciding = self.deciding(roots);
        let mentioned = |name: &String| roots.contains(name) || deciding.iter().any(|e| e.layout.1.contains(name));
        for (name, times) in self.replaced.iter().filter(|(name, _)| mentioned(name)) {
            fingerprint.add(&format!("crate {name} {times}"), false);
        }
        if !deciding.iter().any(|entry| entry.kind != Kind::Use) {
            return fingerprint;
        }
        let mut named: BTreeSet<&str> = roots.iter().map(String::as_str).collect();
        for entry in &deciding {
            named.extend(entry.layout.1.iter().filter(|name| !entry.decides.contains(*name)).map(String::as_str));
        }
        for entry in &deciding {
            let harmless = matches!(entry.kind, Kind::Impl { .. })
                && !entry.decides.iter().any(|name| named.contains(name.as_str()));
            fingerprint.add(&entry.layout.0, harmless);
        }
        // A `use …::*` can give another meaning to a name in a definition.
        for glob in self.entries.iter().filter(|entry| entry.kind == Kind::Use && entry.text.ends_with("*;")) {
            if !self.harmless_glob(glob, &named) {
                fingerprint.add(&glob.layout.0, false);
                self.deciding(&glob.mentions).into_iter().for_each(|entry| fingerprint.add(&entry.layout.0, false));
            }
        }
        fingerprint
    }

    /// The fingerprint that a stored value of the type carries: the type's, and which types in it have a destructor.
    ///
    /// One that comes later would never run for a value that is there already: the store drops it as the cell that made it would have.
    pub fn fingerprint_of_value(&self, roots: &BTreeSet<String>) -> Fingerprint {
        let mut fingerprint = self.fingerprint(roots);
        if fingerprint.is_empty() {
            return fingerprint;
        }
        let deciding = self.deciding(roots);
        let mentioned = |name: &String| roots.contains(name) || deciding.iter().any(|e| e.layout.1.contains(name));
        for name in self.entries.iter().flat_map(|entry| &entry.drops).filter(|name| mentioned(name)) {
            fingerprint.add_destructor(name);
        }
        fingerprint
    }

    /// Whether a glob import leaves the meaning of `named` as it was: std has nothing but `Result` that a definition knows under
    /// another meaning already, and a module or enum of the session only what stands in it.
    fn harmless_glob(&self, glob: &Entry, named: &BTreeSet<&str>) -> bool {
        let root = glob.mentions.first().map_or("", String::as_str);
        let brought: Vec<&Arc<Entry>> = self
            .entries
            .iter()
            .filter(|entry| entry.kind != Kind::Use && entry.names.iter().any(|n| n == root))
            .collect();
        match brought.is_empty() {
            true => ["std", "core", "alloc", "course"].contains(&root) && !named.contains("Result"),
            false => brought.iter().all(|entry| {
                let means = |name: &String| name != root && named.contains(name.as_str()) && !is_keyword(name);
                !entry.mentions.iter().any(means)
            }),
        }
    }

    /// The entries that decide the layout of what `roots` name.
    fn deciding(&self, roots: &BTreeSet<String>) -> Vec<&Entry> {
        let mut wanted: Vec<&str> = roots.iter().map(String::as_str).collect();
        let mut seen: BTreeSet<&str> = wanted.iter().copied().collect();
        let mut taken = vec![false; self.entries.len()];
        while let Some(name) = wanted.pop() {
            for (index, entry) in self.entries.iter().enumerate() {
                let part_of = entry.names.iter().any(|own| own == name)
                    || entry.handles.contains(name)
                        && (matches!(entry.kind, Kind::Impl { .. })
                            || entry.kind == Kind::Call && !entry.decides.is_empty());
                if part_of && !entry.layout.0.is_empty() && !taken[index] {
                    taken[index] = true;
                    wanted.extend(entry.layout.1.iter().map(String::as_str).filter(|name| seen.insert(name)));
                }
            }
        }
        self.entries.iter().zip(taken).filter_map(|(entry, taken)| taken.then_some(&**entry)).collect()
    }

    /// Takes away the variables whose type no longer is what it was, now that `cell` is there; they must never be read again. The others go
    /// on under the session as it is.
    pub fn drop_outdated(&mut self, cell: u32) -> Vec<String> {
        let now = self.variables.iter().map(|(name, value)| (name.clone(), self.fingerprint_of_value(&value.roots)));
        let now: Vec<(String, Fingerprint)> = now.collect();
        let all = self.begin_epoch();
        let mut outdated = Vec::new();
        for (name, now) in now {
            let Some(variable) = self.variables.get_mut(&name) else { continue };
            let why = match variable.fingerprint.holds(&now) && (!all || now.is_empty()) {
                false => Gone::Redefined(cell),
                true if variable.fingerprint.lacks_destructor(&now) => Gone::Destructor(cell),
                true => {
                    variable.fingerprint = now;
                    continue;
                }
            };
            self.variables.remove(&name);
            self.gone.insert(name.clone(), why);
            outdated.push(name);
        }
        outdated
    }
}

/// The identifiers from which a type's fingerprint starts: those of its text, and for a `dyn` all that the cell reached,
/// since what hides behind it is only known there.
pub fn roots(type_text: &str, reached: &BTreeSet<String>) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    if let Ok(tokens) = type_text.parse::<TokenStream>() {
        own_names(tokens, &mut roots);
    }
    if roots.contains("dyn") || roots.contains("impl") || type_text.contains('{') {
        roots.extend(reached.iter().cloned());
    }
    roots
}

/// Whether an identifier token is a word of the language or a type that is always there.
fn is_keyword(name: &str) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "bool",
        "char", "str",
    ];
    syn::parse_str::<syn::Ident>(name).is_err() || PRIMITIVES.contains(&name)
}

/// The identifiers of a type's text, without the paths that begin in a library: `std::vec::Vec` is that whatever a cell calls `Vec`.
fn own_names(tokens: TokenStream, into: &mut BTreeSet<String>) {
    let mut library = false;
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                library = match colons {
                    0 => ["std", "core", "alloc", "course"].contains(&name.as_str()),
                    _ => library,
                };
                if !library {
                    into.insert(name);
                }
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                colons = 0;
                own_names(group.stream(), into);
            }
            _ => colons = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::session::Variable;
    use super::super::testing::{add, session, set};
    use super::*;

    #[test]
    fn a_fingerprint_changes_with_all_that_a_type_reaches_and_with_nothing_else() {
        let mut session = session(&[
            "const N: usize = 2; type Inner = u64; struct Foo { a: [Inner; N] } fn other() {}",
            "impl Foo { fn get(&self) -> usize { 1 } }",
        ]);
        let before = session.fingerprint(&set(&["Vec", "Foo"]));
        add(&mut session, "impl Foo { fn get(&self) -> usize { 2 } } fn other() -> u8 { 1 }", 3);
        add(&mut session, "impl Drop for Foo { fn drop(&mut self) {} } impl Foo { fn more(&self) {} }", 3);
        assert!(before.holds(&session.fingerprint(&set(&["Vec", "Foo"]))));
        add(&mut session, "type Inner = String;", 4);
        let after = session.fingerprint(&set(&["Vec", "Foo"]));
        assert!(!before.holds(&after));
        add(&mut session, "const N: usize = 3;", 5);
        assert!(!after.holds(&session.fingerprint(&set(&["Vec", "Foo"]))));
        assert_eq!(session.fingerprint(&set(&["Vec", "u8"])), Fingerprint::default());
        add(&mut session, "enum Color { Red } use Color::*;", 6);
        let integer = session.fingerprint(&set(&["Vec", "u8"]));
        assert_eq!(integer, Fingerprint::default(), "a glob import is no reason to drop an integer");
    }

    #[test]
    fn a_type_goes_on_when_an_impl_or_an_import_is_added_that_says_nothing_about_it() {
        let mut session = session(&["struct Foo { a: Vec<u8> }"]);
        let before = session.fingerprint(&set(&["Foo"]));
        let mut cell = 1;
        let mut holds = |code: &str| {
            cell += 1;
            add(&mut session, code, cell);
            before.holds(&session.fingerprint(&set(&["Foo"])))
        };
        assert!(holds("impl Iterator for Foo { type Item = u8; fn next(&mut self) -> Option<u8> { None } }"));
        assert!(holds("impl Foo { const MOST: usize = 3; }"));
        assert!(holds("use std::collections::*; mod tools { pub fn f() {} } use tools::*;"));
        assert!(!holds("mod mine { pub struct Vec<T>(T); } use mine::*;"), "the glob brings another `Vec`");
    }

    #[test]
    fn an_associated_type_that_something_names_is_part_of_it() {
        let mut session = session(&[
            "trait T { type Out; } struct A; struct Foo { a: <A as T>::Out }",
            "impl T for A { type Out = u8; }",
        ]);
        let before = session.fingerprint(&set(&["Foo"]));
        add(&mut session, "impl T for A { type Out = String; }", 3);
        assert!(!before.holds(&session.fingerprint(&set(&["Foo"]))));
    }

    #[test]
    fn a_value_ends_when_its_type_gets_a_destructor_and_its_type_does_not() {
        let mut session = session(&["struct Foo; struct Outer<T> { foo: Foo, more: T } struct Other<T>(T);"]);
        let of = |session: &Session, name: &str| session.fingerprint_of_value(&set(&[name]));
        let (foo, outer, other) = (of(&session, "Foo"), of(&session, "Outer"), of(&session, "Other"));
        add(&mut session, "impl<T> Drop for Other<T> { fn drop(&mut self) {} }", 2);
        assert!(!foo.lacks_destructor(&of(&session, "Foo")) && !outer.lacks_destructor(&of(&session, "Outer")));
        assert!(other.lacks_destructor(&of(&session, "Other")));
        add(&mut session, "impl Drop for Foo { fn drop(&mut self) { println!(\"1\"); } }", 3);
        assert!(foo.lacks_destructor(&of(&session, "Foo")) && outer.lacks_destructor(&of(&session, "Outer")));
        assert!(foo.holds(&of(&session, "Foo")), "it is the same type to whoever finds one behind a `dyn`");
        let foo = of(&session, "Foo");
        add(&mut session, "impl Drop for Foo { fn drop(&mut self) { println!(\"2\"); } }", 4);
        assert!(!foo.lacks_destructor(&of(&session, "Foo")), "what a destructor does is no reason to drop a value");
    }

    #[test]
    fn a_variable_is_taken_away_with_the_reason() {
        let mut session = session(&["struct Foo; struct Bar; struct Last;"]);
        for name in ["Foo", "Bar", "Last"] {
            let roots = set(&[name]);
            let fingerprint = session.fingerprint_of_value(&roots);
            let variable = Variable { type_text: name.into(), mutable: false, fingerprint, roots, cell: 1 };
            session.variables.insert(name.to_lowercase(), variable);
        }
        add(&mut session, "struct Foo(u8); impl Drop for Bar { fn drop(&mut self) {} }", 2);
        assert_eq!(session.drop_outdated(2), ["bar", "foo"]);
        assert_eq!((&session.gone["foo"], &session.gone["bar"]), (&Gone::Redefined(2), &Gone::Destructor(2)));
        assert_eq!(session.variables.keys().collect::<Vec<_>>(), ["last"]);
        assert_eq!(session.drop_outdated(3), Vec::<String>::new());
    }

    #[test]
    fn a_type_of_a_library_is_none_of_the_session() {
        assert_eq!(
            roots("std::vec::Vec<(course::candle_core::Tensor, Foo, m::Bar)>", &set(&[])),
            set(&["Foo", "m", "Bar"])
        );
        assert!(roots("std::boxed::Box<dyn std::any::Any>", &set(&["x"])).contains("x"));
    }
}
