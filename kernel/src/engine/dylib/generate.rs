//! The one source file that a cell is compiled from.
//!
//! ```text
//! #![allow(…)] #![warn(dropping_references)]
//! use ::course::prelude::*;                                    // unless nothing in the file names the course
//! …earlier items the cell reaches…
//! …the cell's own items, on their lines…
//! #[unsafe(export_name = "course_cell_entry")] pub extern "C" fn course_cell_entry_…() {
//!     let x: T = ::course_cell::take("x");           // a variable the cell mentions
//!     ::course_cell::run::<…>(|| {
//!         …the cell's statements, on their lines…
//!         drop(&y);                                            // rustc's warning here says y's type
//!         ::course_cell::put("y", y);
//!         Ok(())
//!     });
//!     ::course_cell::put_back("x", x);               // unless the closure moved it
//! }
//! ```
//! The cell's text stands in it twice, once with all but its items blanked and once with all but its statements, so that a
//! line of the file is a line of the cell by a plain offset.

use std::collections::{BTreeMap, BTreeSet};

use course_wire::{LineMap, LineSpan};

use super::edits::{self, Edit};
use super::fingerprint::Fingerprint;
use super::items::{Entry, Kind};
use super::magics::Measure;
use super::prelude::CourseNames;
use super::session::{Session, Variable};
use super::source::{Binding, Source, keep_only};
use super::statics::{self, Static};
use super::versions;

/// The crate name of every cell, so that a type has one identity in all of them.
pub const CRATE: &str = "notebook";

/// The function that runs a cell.
const ENTRY: &str = "course_cell_entry";

/// The crate that generated code calls.
pub const RUNTIME: &str = "course_cell";

/// Lints about code that a notebook writes all the time and that is none of the learner's concern.
const ALLOWED: &str = "unused_imports, unused_variables, unused_mut, unused_assignments, unused_macros, unused_labels, unused_braces, \
    unused_parens, unused_attributes, unreachable_code, dead_code, non_snake_case, non_camel_case_types, non_upper_case_globals, improper_ctypes, \
    improper_ctypes_definitions, private_interfaces, private_bounds, redundant_semicolons, path_statements, static_mut_refs, \
    non_local_definitions, uncommon_codepoints, mixed_script_confusables, let_underscore_drop, unused_unsafe, type_alias_bounds";

/// What a cell is compiled from, and what is to be known about its lines.
#[derive(Debug, Default)]
pub struct Generated {
    /// The file's text.
    pub text: String,
    /// Where its lines come from.
    pub lines: LineMap,
    /// Text that stands before the learner's on a line: line, byte column, bytes.
    pub inserted: Vec<(u32, usize, usize)>,
    /// The lines that store a new variable.
    pub puts: BTreeMap<u32, String>,
    /// The lines that put an old one back.
    pub puts_back: BTreeMap<u32, String>,
    /// The lines that take a variable from the store, by its type's name.
    pub takes: BTreeMap<u32, String>,
    /// The lines whose warning says a variable's type.
    pub types: BTreeMap<u32, String>,
    /// The entry point.
    pub symbol: String,
    /// The crate's metadata.
    pub metadata: String,
    /// Statics this file defines, by symbol.
    pub statics: Vec<String>,
    /// Whether the code loops, its items included.
    pub loops: bool,
    /// Whether it is compiled against the course.
    pub course: bool,
    /// Every identifier the cell reached, itself and through items.
    pub reached: BTreeSet<String>,
    /// The statics it defines or declares, with their symbols.
    pub symbols: Vec<(Static, String, Fingerprint)>,
    /// The items it makes types of, by name and version.
    pub versions: Vec<(String, usize, Fingerprint)>,
}

/// What the generated file is made from.
pub struct Plan<'a> {
    /// The cell's number.
    pub cell: u32,
    /// Its text.
    pub code: &'a str,
    /// The text taken apart.
    pub source: &'a Source,
    /// The session with the cell's items in it.
    pub session: &'a Session,
    /// New variables that cannot be stored.
    pub local: &'a BTreeSet<String>,
    /// Old variables that the cell moves away.
    pub moved: &'a BTreeSet<String>,
    /// Errors print only with `{:?}`.
    pub debug_errors: bool,
    /// The cell's lines await.
    pub awaits: bool,
    /// Only the types of the new variables are wanted; none is stored.
    pub probe: bool,
    /// Statics that earlier cells of this child have defined.
    pub defined: &'a BTreeSet<String>,
    /// Whether it is measured.
    pub measure: Measure,
    /// Whether to compile against the course, whatever the cell names.
    pub course: bool,
    /// Names by which code reaches the course.
    pub course_names: &'a CourseNames,
}

impl Plan<'_> {
    /// The variables the cell takes from the store.
    pub fn taken(&self) -> impl Iterator<Item = (&String, &Variable)> {
        self.session.variables.iter().filter(|(name, _)| self.source.mentioned.contains(*name))
    }

    /// The variables it stores.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Binding> {
        self.source.lets.iter().filter(|binding| !self.local.contains(&binding.name))
    }

    /// Every identifier that the cell reaches, itself and through items.
    pub fn reached(&self) -> BTreeSet<String> {
        let names = self.names();
        let entries = self.session.reach(&names);
        let through = entries.iter().flat_map(|entry| entry.names.iter().chain(&entry.mentions)).cloned();
        through.chain(names.iter().cloned()).collect()
    }

    /// Writes the file, with some lines of the caller's at its top.
    pub fn generate(&self, top: &[String]) -> Generated {
        let mut file = File::default();
        let attributes = keep_only(self.code, &self.source.attributes);
        file.line(&format!("#![allow({ALLOWED})]"));
        file.line("#![warn(dropping_references)]");
        if self.session.epoch > 0 {
            file.line(&format!("// {}", self.metadata()));
        }
        file.generated.metadata = self.metadata();
        if !self.source.attributes.is_empty() {
            file.cell_text(&attributes, self.cell, 1);
        }
        top.iter().for_each(|line| file.line(line));
        let names = self.names();
        let reached = self.session.reach(&names);
        file.generated.course = self.course || !top.is_empty() || self.names_course(&names, &reached);
        if file.generated.course {
            file.line("use ::course::prelude::*;");
        }
        file.generated.loops = self.source.loops || reached.iter().any(|entry| entry.loops);
        file.generated.reached = reached.iter().flat_map(|entry| entry.names.iter().cloned()).chain(names).collect();
        // Macros first: they must stand before their uses, and earlier cells' uses come right after.
        let course = file.generated.course;
        for macros in [true, false] {
            for entry in reached.iter().filter(|entry| course || !self.imports_course(entry)) {
                if entry.cell != self.cell && (entry.kind == Kind::Macro) == macros {
                    self.item(&mut file, entry);
                }
            }
        }
        self.own_items(&mut file);
        self.entry_point(&mut file);
        file.generated.inserted.sort_unstable();
        file.generated
    }

    /// The identifiers that the cell's own text mentions, and those of the types of the variables it takes.
    fn names(&self) -> BTreeSet<String> {
        let mut names = self.source.mentioned.clone();
        for (_, variable) in self.taken() {
            names.extend(super::deciding::roots(&variable.type_text, &BTreeSet::new()));
        }
        let own: BTreeSet<String> = self
            .source
            .items
            .iter()
            .flat_map(|(item, range)| {
                Entry::of(item, range.clone(), self.code, self.cell)
                    .into_iter()
                    .flat_map(|e| e.mentions.into_iter().chain(e.names))
            })
            .collect();
        names.extend(own);
        names
    }

    /// Whether the cell, or what it reaches, names something of the course. To await a value, or to measure, takes the course too.
    fn names_course(&self, names: &BTreeSet<String>, reached: &[&Entry]) -> bool {
        let of_course = |name: &str| self.course_names.contains(name);
        let types = self.taken().flat_map(|(_, variable)| identifiers(&variable.type_text));
        let (imports, items): (Vec<&Entry>, Vec<&Entry>) =
            reached.iter().copied().partition(|entry| self.imports_course(entry));
        let mentioned = names.iter().chain(items.iter().flat_map(|entry| &entry.mentions));
        let used = |import: &&Entry| match import.used_path().map(|path| self.course_names.brought_by(path)) {
            Some(Some(brought)) => mentioned.clone().any(|name| brought.contains(name) || import.names.contains(name)),
            _ => true,
        };
        self.awaits
            || self.measure != Measure::No
            || mentioned.clone().any(|name| of_course(name))
            || types.into_iter().any(of_course)
            || imports.iter().any(used)
    }

    /// Whether it imports from the course, under a name that is not the session's own.
    fn imports_course(&self, entry: &Entry) -> bool {
        entry.used_path().is_some_and(|path| self.course_names.has_path(path))
            && !entry.mentions.iter().any(|root| self.session.defines(root))
    }

    /// The metadata of the crate that a cell is, without which its types are others.
    fn metadata(&self) -> String {
        match self.session.epoch {
            0 => "course-notebook".to_owned(),
            epoch => format!("course-notebook-{epoch}"),
        }
    }

    /// The symbol of a static, and whether an earlier cell has defined it.
    fn symbol_of(&self, file: &mut File, found: &Static, entry: &Entry) -> (String, bool) {
        let mut roots = found.mentions.clone();
        if entry.openings.is_some() {
            // Its type may be one of its own module's or function's.
            roots.extend(entry.names.iter().cloned());
        }
        roots.remove(&found.name);
        let fingerprint = self.session.fingerprint(&roots);
        let symbol = self.session.symbols.of(found, &fingerprint);
        let defined = self.defined.contains(&symbol);
        if !defined {
            file.generated.statics.push(symbol.clone());
        }
        file.generated.symbols.push((found.clone(), symbol.clone(), fingerprint));
        (symbol, defined)
    }

    fn item(&self, file: &mut File, entry: &Entry) {
        let (text, inserted) = self.edited(file, entry);
        let padded = format!("{}{text}", " ".repeat(entry.indent));
        let first = file.next_line;
        file.cell_text(&padded, entry.cell, entry.line);
        file.insert(&entry.text, &inserted, first, entry.indent);
    }

    /// An item's text as it is compiled: its statics defined or declared, and in a module of its own if it is not the first of its name.
    fn edited(&self, file: &mut File, entry: &Entry) -> (String, Vec<(usize, usize)>) {
        let mut changes: Vec<Edit> =
            statics::edits(&entry.text, &entry.statics, |found| self.symbol_of(file, found, entry));
        if let (Some(openings), Some(name)) = (&entry.openings, entry.names.first()) {
            let fingerprint = self.session.fingerprint(&BTreeSet::from([name.clone()]));
            let index = self.session.versions.index(name, &fingerprint);
            if index > 0 {
                changes.extend(versions::enclose(name, index, openings, entry.text.len()));
            }
            file.generated.versions.push((name.clone(), index, fingerprint));
        }
        edits::apply(&entry.text, changes)
    }

    /// The cell's own items, each where it stands in the cell.
    fn own_items(&self, file: &mut File) {
        if self.source.items.is_empty() {
            return;
        }
        let ranges: Vec<_> = self.source.items.iter().map(|(_, range)| range.clone()).collect();
        let mut text = keep_only(self.code, &ranges);
        let first = file.next_line;
        // From the back, so that earlier ranges stay true.
        for (item, range) in self.source.items.iter().rev() {
            let Some(entry) = Entry::of(item, range.clone(), self.code, self.cell).pop() else { continue };
            if entry.openings.is_some() || !entry.statics.is_empty() {
                let (new, inserted) = self.edited(file, &entry);
                text.replace_range(range.clone(), &new);
                file.insert(&entry.text, &inserted, first + entry.line - 1, entry.indent);
            }
        }
        file.cell_text(&text, self.cell, 1);
    }

    fn entry_point(&self, file: &mut File) {
        // Types inside the cell's own statements are identified by a path that begins with the function's name: it stands for all
        // around them. The symbol is the same in every cell, since it is looked up in the one library.
        let hash = blake3::Hasher::new()
            .update(file.generated.text.as_bytes())
            .update(self.code.as_bytes())
            .finalize()
            .to_hex();
        file.generated.symbol = ENTRY.to_owned();
        file.line(&format!("#[unsafe(export_name = \"{ENTRY}\")] pub extern \"C\" fn {ENTRY}_{}() {{", &hash[..16]));
        for (name, Variable { type_text, mutable, .. }) in self.taken() {
            let mutable = if *mutable { "mut " } else { "" };
            file.generated.takes.insert(file.next_line, name.clone());
            file.line(&format!("let {mutable}{name}: {type_text} = ::course_cell::take(\"{name}\");"));
        }
        let error = if self.debug_errors { "DebugError" } else { "Error" };
        file.line(&format!("::course_cell::run::<::course_cell::{error}, _>(|| {{"));
        match self.measure {
            Measure::Often { loops, runs, setup } => self.repeated(file, error, (loops, runs, setup)),
            Measure::No | Measure::Time => self.body(file, error),
        }
        file.line("});");
        for (name, _) in self.taken().filter(|(name, _)| !self.moved.contains(*name)) {
            file.generated.puts_back.insert(file.next_line, name.clone());
            file.line(&format!("::course_cell::put_back(\"{name}\", {name});"));
        }
        file.line("}");
    }
}

impl Plan<'_> {
    /// The statements, the last expression, and what stores the new variables.
    fn body(&self, file: &mut File, error: &str) {
        if self.awaits {
            file.line("::course::runtime::cell::block_on(async {");
        }
        let timed = self.measure == Measure::Time;
        if timed {
            file.line("let course_clock = ::course::runtime::timing::Clock::start();");
        }
        if !self.source.statements.is_empty() {
            file.cell_text(&keep_only(self.code, &self.source.statements), self.cell, 1);
        }
        match &self.source.tail {
            Some(tail) => {
                let (before, after) = match timed {
                    true => (
                        "match &(",
                        ") { course_value => { course_clock.stop(); \
                         ::course::display::keep!(course_value); ::course::runtime::cell::result(); } }",
                    ),
                    false if file.generated.course => {
                        ("::course::display::keep!(", "); ::course::runtime::cell::result();")
                    }
                    false => ("::course_cell::keep!(", "); ::course_cell::ladder::result();"),
                };
                file.line(before);
                file.cell_text(&keep_only(self.code, std::slice::from_ref(tail)), self.cell, 1);
                file.line(after);
            }
            None if timed => file.line("course_clock.stop();"),
            None => {}
        }
        for Binding { name, .. } in self.kept() {
            file.generated.types.insert(file.next_line, name.clone());
            file.line(&format!("drop(&{name});"));
            if self.probe {
                continue;
            }
            file.generated.puts.insert(file.next_line, name.clone());
            file.line(&format!("::course_cell::put(\"{name}\", {name});"));
        }
        if self.awaits {
            file.line(&format!("::core::result::Result::<(), ::course_cell::{error}>::Ok(())"));
            file.line("})");
        } else {
            file.line("::core::result::Result::Ok(())");
        }
    }
}

/// For text that is not Rust's grammar: the whole cell in a function, so that rustc says what is wrong with it.
///
/// Where brackets do not match, a function around it would only blame its own.
pub fn unparsed(code: &str, cell: u32) -> Generated {
    let mut file = File::default();
    file.generated.metadata = "course-notebook".to_owned();
    file.line(&format!("#![allow({ALLOWED})]"));
    let matched = code.parse::<proc_macro2::TokenStream>().is_ok();
    if matched {
        file.line("fn cell() {");
    }
    file.cell_text(code, cell, 1);
    if matched {
        file.line("}");
    }
    file.generated
}

/// The identifiers in a type's text.
fn identifiers(type_text: &str) -> impl Iterator<Item = &str> {
    type_text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty())
}

/// The file as far as it is written.
#[derive(Default)]
pub(super) struct File {
    pub(super) generated: Generated,
    pub(super) next_line: u32,
}

impl File {
    pub(super) fn line(&mut self, text: &str) {
        if self.next_line == 0 {
            self.next_line = 1;
        }
        self.generated.text.push_str(text);
        self.generated.text.push('\n');
        self.next_line += 1;
    }

    /// Text that stands in a cell from `line` on.
    pub(super) fn cell_text(&mut self, text: &str, cell: u32, line: u32) {
        let count = text.matches('\n').count() as u32 + 1;
        self.generated.lines.spans.push(LineSpan { generated: self.next_line, count, cell, line });
        self.generated.text.push_str(text);
        self.generated.text.push('\n');
        self.next_line += count;
    }

    /// Notes what was put in front of the learner's text, given where in the item's text it was.
    fn insert(&mut self, item: &str, inserted: &[(usize, usize)], first_line: u32, indent: usize) {
        for (at, bytes) in inserted {
            let before = &item[..*at];
            let line = first_line + before.matches('\n').count() as u32;
            let column = before.rfind('\n').map_or(at + indent, |newline| at - newline - 1);
            self.generated.inserted.push((line, column, *bytes));
        }
    }
}
