//! What names mean at a place in a cell: its own variables and imports, the session's, the preludes', the crates'.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};

use course_index::{Item, Kind};

use super::library::{Library, is_primitive};
use super::members::Found;
use super::source::Source;
use super::types::Type;
use crate::engine::Known;

/// Aliases of aliases are followed this far.
const ALIASES: usize = 6;

/// A variable of the cell at hand.
#[derive(Debug, Clone)]
pub struct Local {
    /// Its name.
    pub name: String,
    /// Its type, as far as it is plain.
    pub of: Type,
}

/// The names in scope.
pub struct Scope<'a> {
    /// The crates.
    pub library: &'a Library,
    /// The session's variables.
    pub known: &'a Known,
    /// The session's items.
    pub session: &'a Source,
    /// The cell's own items.
    pub cell: Source,
    /// The cell's variables before the cursor, the latest last.
    pub locals: Vec<Local>,
    traits: OnceCell<BTreeSet<String>>,
    names: RefCell<HashMap<String, Option<(String, Kind)>>>,
    /// Associated types that are being looked up: some are defined by each other.
    pub open: RefCell<Vec<(Type, String)>>,
}

impl<'a> Scope<'a> {
    /// The names that a cell begins with.
    pub fn new(library: &'a Library, known: &'a Known, session: &'a Source) -> Self {
        Self {
            library,
            known,
            session,
            cell: Source::default(),
            locals: Vec::new(),
            traits: OnceCell::new(),
            names: RefCell::default(),
            open: RefCell::default(),
        }
    }

    /// The type of a variable.
    pub fn variable(&self, name: &str) -> Option<Type> {
        if let Some(local) = self.locals.iter().rev().find(|local| local.name == name) {
            return Some(local.of.clone());
        }
        let stored = self.known.variables.iter().find(|variable| variable.name == name)?;
        Some(Type::parse(&stored.type_text))
    }

    /// Everything at exactly this path, of the cell, the session and the crates.
    pub fn at(&self, path: &str) -> Vec<Item> {
        let same = |item: &&Item| {
            item.path == path
                || item.kind == Kind::Extension && self.home(&item.path).is_some_and(|(home, _)| home == path)
        };
        let mut found: Vec<Item> = self.cell.items.iter().filter(same).cloned().collect();
        let earlier = self.session.items.iter().filter(same);
        // A definition in the cell hides the session's; `impl`s add up.
        let hidden = found.iter().any(|item| item.kind != Kind::Extension);
        found.extend(earlier.filter(|item| item.kind == Kind::Extension || !hidden).cloned());
        found.extend(self.library.at(path));
        found
    }

    /// The imports in scope, the cell's first.
    pub fn uses(&self) -> impl Iterator<Item = &(String, String)> {
        self.cell.uses.iter().chain(&self.session.uses)
    }

    /// The session's and the cell's own items.
    pub fn own_items(&self) -> impl Iterator<Item = &Item> {
        self.cell.items.iter().chain(&self.session.items).filter(|item| item.kind != Kind::Extension)
    }

    /// What a path means here. A name of several kinds gives several items.
    pub fn resolve(&self, path: &str) -> Vec<Item> {
        let path = path.trim_start_matches("::");
        let path = ["crate::", "self::"].iter().find_map(|own| path.strip_prefix(own)).unwrap_or(path);
        let named =
            |found: Vec<Item>| -> Vec<Item> { found.into_iter().filter(|item| item.kind != Kind::Extension).collect() };
        let own = |path: &str| {
            self.own_items().find(|item| item.path == path || item.path.strip_suffix('!') == Some(path)).cloned()
        };
        if let Some(item) = own(path) {
            return vec![item];
        }
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        let further = |start: &str| {
            let full = if rest.is_empty() { start.to_owned() } else { format!("{start}::{rest}") };
            if let Some(item) = own(&full) {
                return vec![item];
            }
            let direct = named(self.library.at(&full));
            if direct.is_empty() { self.library.resolve(&full) } else { direct }
        };
        for (name, path) in self.uses() {
            if name == first {
                let found = further(path);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        for (_, path) in self.uses().filter(|(name, _)| name == "*") {
            let found = further(&format!("{path}::{first}"));
            if !found.is_empty() {
                return found;
            }
        }
        // A path of the index itself, or one that begins with a crate.
        if !rest.is_empty() || is_primitive(first) || self.library.names().any(|name| name == first) {
            let found = further(first);
            if !found.is_empty() {
                return found;
            }
        }
        let prelude = self.library.prelude();
        let macro_name = || prelude.get(&format!("{first}!"));
        prelude.get(first).or_else(macro_name).map(|path| further(path)).unwrap_or_default()
    }

    /// The full path of the type or trait that a name means here, with its kind.
    fn home(&self, name: &str) -> Option<(String, Kind)> {
        if let Some(known) = self.names.borrow().get(name) {
            return known.clone();
        }
        let found = self.resolve(name).into_iter().find(|item| item.kind.is_type());
        // A declaration in a module of the notebook's names its neighbours without the module.
        let neighbour = || {
            let end = format!("::{name}");
            self.own_items().find(|item| item.kind.is_type() && item.path.ends_with(&end)).cloned()
        };
        let found = found.or_else(neighbour).map(|item| (item.path, item.kind));
        self.names.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// The type with full paths, and with aliases replaced by what they stand for.
    pub fn canonical(&self, of: &Type) -> Type {
        self.expand(of, ALIASES)
    }

    fn expand(&self, of: &Type, aliases: usize) -> Type {
        of.map(&|part| {
            let Type::Path { name, arguments, bindings } = part else { return None };
            let (home, kind) = self.home(name)?;
            let arguments: Vec<Type> = arguments.iter().map(|argument| self.expand(argument, aliases)).collect();
            if kind == Kind::Alias && aliases > 0 {
                let alias = self.at(&home).into_iter().find(|item| item.kind == Kind::Alias)?;
                let bound: Vec<(String, Type)> = alias.generics.into_iter().zip(arguments).collect();
                return Some(self.expand(&Type::parse(&alias.target).substitute(&bound), aliases - 1));
            }
            let bindings = bindings.iter().map(|(name, bound)| (name.clone(), self.expand(bound, aliases))).collect();
            Some(Type::Path { name: home, arguments, bindings })
        })
    }

    /// Whether methods of this trait can be called here.
    pub fn trait_in_scope(&self, path: &str) -> bool {
        let traits = self.traits.get_or_init(|| {
            let mut traits: BTreeSet<String> = self.library.prelude().values().cloned().collect();
            for (name, path) in self.uses() {
                if name == "*" {
                    traits.extend(self.library.children(path).into_values());
                } else {
                    traits.extend(self.resolve(path).into_iter().map(|item| item.path));
                }
            }
            traits
        });
        // The session's own have no crate before them.
        !path.contains("::") || traits.contains(path)
    }

    /// What the last segment of `Type::name` means: a type's variant, function, method or constant.
    pub fn member_of(&self, path: &str) -> Option<Found> {
        let (owner, name) = path.rsplit_once("::")?;
        let of = self.canonical(&Type::parse(owner));
        self.of_path(&of).into_iter().find(|found| found.member.name == name)
    }

    /// Everything that can follow `Type::`.
    pub fn of_path(&self, of: &Type) -> Vec<Found> {
        let mut found = self.of_type(of);
        // `Trait::method`.
        if let Type::Path { name, .. } = of {
            for item in self.at(name).into_iter().filter(|item| item.kind == Kind::Trait) {
                let bindings = vec![("Self".to_owned(), Type::Unknown)];
                let owned =
                    |member| Found { member, bindings: bindings.clone(), owner: item.path.clone(), distance: 0 };
                if found.is_empty() {
                    found.extend(item.members.iter().cloned().map(owned));
                }
            }
        }
        found
    }
}
