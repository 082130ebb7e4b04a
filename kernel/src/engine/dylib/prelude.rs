//! The names by which a cell reaches the course: its crates, what its prelude brings, and what the session has imported from it.
//!
//! A cell that mentions none of them is compiled without the course, in half the time. Nothing breaks when a name is missing here:
//! rustc then misses it too, and the cell is compiled once more.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use course_index::Kind;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::assist::Library;

/// The prelude as cells see it.
const PRELUDE: &str = include_str!("../../../../crates/course/src/prelude.rs");

/// Names that an import brings; `None` where that is not known.
type Brought = Option<Arc<BTreeSet<String>>>;

/// What leads to the course.
pub struct CourseNames {
    names: BTreeSet<String>,
    crates: BTreeSet<String>,
    /// What the crates declare.
    library: Option<Library>,
    /// What was looked up, by path.
    imports: RefCell<BTreeMap<String, Brought>>,
}

impl CourseNames {
    /// The prelude's names, and those of the crates that a cell can name.
    pub fn new<'a>(crates: impl Iterator<Item = &'a String>, library: Option<Library>) -> Self {
        let crates: BTreeSet<String> = crates.cloned().chain(["course".to_owned()]).collect();
        let mut names = crates.clone();
        if let Ok(tokens) = PRELUDE.parse::<TokenStream>() {
            imported(tokens, &mut names);
        }
        Self { names, crates, library, imports: RefCell::default() }
    }

    /// Whether every cell knows the name from the course.
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a path leads into a crate of the course.
    pub fn has_path(&self, path: &str) -> bool {
        path.split("::").next().is_some_and(|root| self.crates.contains(root.trim()))
    }

    /// The names that `use path` brings, and the methods of the traits among them; `None` if the path is not in the index.
    pub fn brought_by(&self, path: &str) -> Brought {
        if let Some(known) = self.imports.borrow().get(path) {
            return known.clone();
        }
        let brought = self.library.as_ref().and_then(|library| look_up(library, path)).map(Arc::new);
        self.imports.borrow_mut().insert(path.to_owned(), brought.clone());
        brought
    }
}

fn look_up(library: &Library, path: &str) -> Option<BTreeSet<String>> {
    let plain: String = path.chars().filter(|c| !c.is_whitespace()).collect();
    let module = plain.strip_suffix("::*");
    let found = library.resolve(module.unwrap_or(&plain));
    if found.is_empty() {
        return None;
    }
    let mut names = BTreeSet::new();
    let methods = |path: &str, names: &mut BTreeSet<String>| {
        let traits = library.at(path).into_iter().filter(|item| item.kind == Kind::Trait);
        names.extend(traits.flat_map(|item| item.members).map(|member| member.name));
    };
    match module {
        None => found.iter().for_each(|item| methods(&item.path, &mut names)),
        Some(_) => {
            for item in found.iter().filter(|item| matches!(item.kind, Kind::Module | Kind::Enum)) {
                for (name, path) in library.children(&item.path) {
                    names.insert(name.trim_end_matches('!').to_owned());
                    if library.headline(&path).is_some_and(|item| item.kind == Kind::Trait) {
                        methods(&path, &mut names);
                    }
                }
            }
        }
    }
    Some(names)
}

/// Adds the last name of every path that the `use`s import.
fn imported(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) => {
                let ends = match tokens.get(index + 1) {
                    Some(TokenTree::Punct(next)) => matches!(next.as_char(), ',' | ';'),
                    next => next.is_none(),
                };
                if ends {
                    names.insert(name.to_string());
                }
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => imported(group.stream(), names),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use course_index::{Child, Index, Item, Member, MemberKind};

    use super::super::fuzzed::generate_in;
    use super::super::testing::session;
    use super::*;

    #[test]
    fn the_preludes_names_are_known_and_its_modules_are_not() {
        let names = CourseNames::new(["serde".to_owned()].iter(), None);
        for name in ["Tensor", "D", "Serialize", "pipeline", "device", "display", "course", "serde"] {
            assert!(names.contains(name), "{name}");
        }
        for name in ["crate", "pub", "use", "Vec", "candle_core"] {
            assert!(!names.contains(name), "{name}");
        }
        assert!(names.has_path("course::polars::prelude::*") && names.has_path("serde::Serialize"));
        assert!(!names.has_path("std::fs::*") && !names.has_path("mine::course"));
        assert_eq!(names.brought_by("course::polars::prelude::*"), None, "without an index nothing is known");
    }

    /// An index in which `course::frames::prelude` has a glob, a macro and a trait.
    fn library() -> Library {
        let child = |name: &str, path: &str| Child { name: name.into(), path: path.into() };
        let module = |path: &str, children| Item { path: path.into(), kind: Kind::Module, children, ..Item::default() };
        let item = |path: &str, kind| Item { path: path.into(), kind, ..Item::default() };
        let method = Member { kind: MemberKind::Method, name: "total".into(), ..Member::default() };
        let crates = [
            ("course", vec![module("course", vec![child("frames", "frames")])]),
            (
                "frames",
                vec![
                    module("frames", vec![child("prelude", "frames::prelude")]),
                    module(
                        "frames::prelude",
                        vec![child("*", "frames::inner"), child("df", "frames::df!"), child("Sum", "frames::Sum")],
                    ),
                    module("frames::inner", vec![child("Frame", "frames::inner::Frame")]),
                    item("frames::inner::Frame", Kind::Struct),
                    item("frames::df!", Kind::Macro),
                    Item { members: vec![method], ..item("frames::Sum", Kind::Trait) },
                ],
            ),
        ];
        let index = |items| Index::from_bytes(course_index::write(items)).unwrap();
        Library::of(crates.into_iter().map(|(name, items)| (name.to_owned(), index(items))).collect())
    }

    #[test]
    fn an_import_brings_its_names_and_the_methods_of_its_traits() {
        let names = CourseNames::new([].iter(), Some(library()));
        let brought = |path: &str| names.brought_by(path).map(|brought| brought.iter().cloned().collect::<Vec<_>>());
        assert_eq!(brought("course::frames::prelude::*").unwrap(), ["Frame", "Sum", "df", "total"]);
        assert_eq!(brought("course::frames::prelude::Sum").unwrap(), ["total"]);
        assert_eq!(brought("course::frames::prelude::Frame").unwrap(), Vec::<String>::new());
        assert_eq!(brought("course::unheard_of::*"), None);
    }

    #[test]
    fn only_a_cell_that_uses_an_import_of_the_course_is_compiled_with_it() {
        let names = CourseNames::new([].iter(), Some(library()));
        let session =
            session(&["use course::frames::prelude::*; use course::frames::prelude::Sum as _; use std::fmt::Write;"]);
        for (code, course) in [
            ("let a = 1;", false),
            ("1 + 1", false),
            ("vec![1, 2].len()", false),
            ("struct P; fn f() -> P { P } f();", false),
            ("df!(1)", true),
            ("let f: Frame = g();", true),
            ("a.total()", true),
            ("display(&1)", true),
            ("f().await", true),
            ("#[derive(Serialize)] struct P;", true),
        ] {
            let made = generate_in(&session, &names, code, 9);
            assert_eq!(made.course, course, "{code}");
            assert_eq!(made.text.contains("course::"), course, "{code}: {}", made.text);
            assert!(made.text.contains("use std::fmt::Write;"), "{code}");
        }
    }
}
