//! From a cell to a library: one rustc run for most cells, another where a variable cannot stay what it was.
//!
//! A second run is needed when the cell moves a stored variable away, when a new one borrows or was moved, when an error
//! type prints only with `{:?}`, or when an earlier item no longer fits a type this cell redefines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use course_wire::{Bundle, LineMap};

use super::commands::{Optimisation, escape};
use super::compile::{Compiled, Compiler, Diagnostic, Unit, file_name};
use super::deciding::roots;
use super::dep::{Dependencies, Link};
use super::diagnostics::Reporter;
use super::generate::{Generated, Plan, unparsed};
use super::items::{Entry, Kind};
use super::macros;
use super::magics::Measure;
use super::prelude::CourseNames;
use super::retry::{
    Note, Probe, Retry, drop_twice_defined, drop_unfit, drop_unnameable, needs_async, needs_course, needs_debug,
    needs_types, stay_behind,
};
use super::session::{Gone, Session, Variable};
use super::source::{self, Source};
use super::{advice, explain, nesting, report};
use crate::engine::{Cell, CellError, CellName};

/// A cell that moves ten variables needs eleven runs at worst; beyond this something else is wrong.
const MOST_RUNS: usize = 24;

/// What a build needs.
pub struct Build<'a> {
    /// What compiles.
    pub compiler: Compiler<'a>,
    /// The crates that `:dep` added.
    pub dependencies: &'a Dependencies,
    /// The texts of all cells, this one's included.
    pub cells: &'a BTreeMap<u32, String>,
    /// Statics that earlier cells have defined.
    pub defined: &'a BTreeSet<String>,
    /// How to optimise.
    pub optimisation: Optimisation,
    /// Whether it is measured.
    pub measure: Measure,
    /// Names by which code reaches the course.
    pub course_names: &'a CourseNames,
}

/// A cell ready to run.
#[derive(Debug)]
pub struct Built {
    /// The library.
    pub library: PathBuf,
    /// Its entry point.
    pub symbol: String,
    /// The name of its source file.
    pub source: String,
    /// Where the lines of that come from.
    pub lines: LineMap,
    /// The session with the cell's items.
    pub session: Session,
    /// Variables to be dropped first: their types were redefined.
    pub outdated: Vec<String>,
    /// The variables it will store.
    pub variables: BTreeMap<String, Variable>,
    /// Names that are no variables any more, and why.
    pub gone: BTreeMap<String, Gone>,
    /// Statics it defines.
    pub statics: Vec<String>,
    /// What the learner should know.
    pub notes: Vec<Note>,
    /// rustc's warnings about the cell.
    pub warnings: Option<Bundle>,
}

impl Build<'_> {
    /// Compiles a cell; counts its rustc runs in `runs`.
    pub fn build(&self, cell: Cell<'_>, session: &Session, runs: &mut u64) -> Result<Built, CellError> {
        if nesting::too_deep(cell.code) {
            return Err(report::command(format!(
                "this cell nests or chains more than {} expressions in one another, which no compiler reads. Split it with `let`, or \
                 read the data from a file",
                nesting::DEEPEST
            )));
        }
        let Ok(mut source) = source::parse(cell.code) else {
            return Err(self.syntax_error(cell, session, runs));
        };
        let mut session = session.clone();
        let entries = take_items(&mut source, cell.code, cell.number, &session);
        session.add_items(entries);
        let mut retry = Retry::default();
        let mut outdated = Vec::new();
        for _ in 0..MOST_RUNS {
            outdated.extend(drop_outdated(&mut session, cell.number, &mut retry));
            let plan = Plan {
                cell: cell.number,
                code: cell.code,
                source: &source,
                session: &session,
                local: &retry.local,
                moved: &retry.moved,
                debug_errors: retry.debug_errors,
                probe: retry.probe == Probe::Now,
                awaits: source.awaits || retry.awaits,
                defined: self.defined,
                measure: self.measure,
                course: retry.course,
                course_names: self.course_names,
            };
            let (mut generated, link) = self.linked(&plan);
            let name = file_name(&generated.text);
            let compiled = self.compile(cell, &generated, &link, runs)?;
            if self.compiler.control.interrupted() {
                return Err(report::interrupted_compile());
            }
            let reporter = Reporter::new(&generated, &name, self.cells);
            if let Some(library) = compiled.library {
                let variables =
                    new_variables(&compiled.diagnostics, &reporter, &generated, &source, &session, cell.number);
                if retry.probe == Probe::Now {
                    retry.probe = Probe::Done;
                    variables
                        .iter()
                        .filter(|(_, v)| v.type_text.contains(['&', '\'']))
                        .for_each(|(name, _)| retry.borrows(name));
                    continue;
                }
                let (variables, gone) = match self.measure {
                    // What is done often keeps nothing, so nothing is said about its variables.
                    Measure::Often { .. } => (BTreeMap::new(), BTreeMap::new()),
                    Measure::No | Measure::Time => split_off_local(variables, &mut retry, cell.number),
                };
                let warnings = warnings(&compiled.diagnostics, &reporter, cell.number);
                session.compiled(&mut generated);
                return Ok(Built {
                    library,
                    source: format!("{name}.rs"),
                    warnings,
                    symbol: generated.symbol,
                    lines: generated.lines,
                    statics: generated.statics,
                    session,
                    outdated,
                    variables,
                    gone,
                    notes: retry.notes,
                });
            }
            let errors: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
            let changed = needs_debug(&errors, &mut retry)
                || needs_course(&errors, generated.course, &mut retry)
                || drop_unnameable(&errors, &reporter, &generated, &mut session, &mut retry, &mut outdated)
                || stay_behind(&errors, &reporter, &generated, &source, &mut retry, cell.number)
                || needs_types(&errors, &mut retry)
                || needs_async(&errors, &mut retry)
                || drop_twice_defined(&errors, &reporter, &mut session, cell.number, &mut retry)
                || drop_unfit(&errors, &reporter, &mut session, cell.number, &mut retry);
            if !changed {
                let mut error = self.report(&errors, &compiled.other, &reporter, &session, cell.number);
                // What was dropped on the way may be what is missing now.
                let dropped = retry.notes.iter().filter(|note| note.about_dropped);
                error.traceback.extend(dropped.map(|note| explain::in_short(&note.text)));
                return Err(error);
            }
        }
        Err(report::command(
            "the cell could not be compiled in a sensible number of tries; please report this as a bug".into(),
        ))
    }

    /// The file, and the added crates that what it reaches needs.
    fn linked(&self, plan: &Plan<'_>) -> (Generated, Link) {
        let link = self.dependencies.link(self.compiler.stage, &plan.reached());
        (plan.generate(&link.lines), link)
    }

    fn compile(
        &self,
        cell: Cell<'_>,
        generated: &Generated,
        link: &Link,
        runs: &mut u64,
    ) -> Result<Compiled, CellError> {
        *runs += 1;
        let level = opt_level(cell.code, self.optimisation, generated.loops, self.measure);
        let (text, metadata, course) = (&generated.text, &generated.metadata, generated.course);
        let unit = Unit { text, metadata, opt_level: level, course, link };
        self.compiler.compile(&unit, *runs).map_err(|error| report::kernel(&error))
    }

    fn syntax_error(&self, cell: Cell<'_>, session: &Session, runs: &mut u64) -> CellError {
        let generated = unparsed(cell.code, cell.number);
        let name = file_name(&generated.text);
        let link = self.dependencies.link(self.compiler.stage, &BTreeSet::new());
        let compiled = match self.compile(cell, &generated, &link, runs) {
            Ok(compiled) => compiled,
            Err(error) => return error,
        };
        let reporter = Reporter::new(&generated, &name, self.cells);
        let errors: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
        self.report(&errors, &compiled.other, &reporter, session, cell.number)
    }

    /// The errors as one report; those about the cell's own lines first, and alone where there are any.
    fn report(
        &self,
        errors: &[&Diagnostic],
        other: &str,
        reporter: &Reporter<'_>,
        session: &Session,
        cell: u32,
    ) -> CellError {
        let mut placed: Vec<(&Diagnostic, bool)> =
            errors.iter().map(|error| (*error, reporter.primary(error).is_some())).collect();
        if placed.iter().any(|(_, placed)| *placed) {
            placed.retain(|(_, placed)| *placed);
        }
        let Some((first, _)) = placed.first() else {
            let evalue = if other.trim().is_empty() { "rustc failed without a word" } else { other.trim() };
            return report::command(format!("{} could not be compiled: {evalue}", CellName(cell)));
        };
        let ename = if first.code().is_empty() { "SyntaxError" } else { first.code() };
        let message = super::diagnostics::friendly(&first.message);
        let evalue = match reporter.primary(first) {
            Some(place) => format!("{message} ({}, line {})", CellName(place.cell), place.line),
            None => message,
        };
        let mut traceback = Vec::new();
        let mut explained = BTreeSet::new();
        for (error, _) in &placed {
            let gone = quoted(&error.message).and_then(|name| explain::gone(session, name));
            let mut error = (*error).clone();
            // What the learner means was a variable once, not something of that name in a library.
            error.children.retain(|child| gone.is_none() || !child.message.contains("import"));
            traceback.push(reporter.render(&error, true));
            let line = reporter
                .primary(&error)
                .and_then(|place| self.cells.get(&place.cell)?.lines().nth(place.line as usize - 1).map(str::to_owned));
            let advice = advice::of(&error, line.as_deref().unwrap_or_default(), session);
            let note = match (error.code(), gone) {
                ("E0425", Some(gone)) => Some(gone),
                (code, _) if advice.is_some() => {
                    explained.insert(code.to_owned());
                    advice
                }
                (code, _) if explained.insert(code.to_owned()) => explain::code(code).map(str::to_owned),
                _ => None,
            };
            traceback.extend(note.map(|note| explain::in_short(&note)));
        }
        // Two builds of one crate print alike, so the error alone makes no sense.
        let puzzling = placed.iter().any(|(error, _)| matches!(error.code(), "E0277" | "E0308" | "E0599" | "E0271"));
        let words = placed.iter().flat_map(|(error, _)| {
            error.children.iter().map(|child| &child.message).chain([&error.message]).map(String::as_str)
        });
        let words: Vec<&str> = words.collect();
        let clash = puzzling.then(|| self.dependencies.explain(&words.join("\n"))).flatten();
        traceback.extend(clash.map(|note| explain::in_short(&note)));
        CellError { ename: ename.to_owned(), evalue, traceback }
    }
}

/// The items of a cell as the session keeps them, those included that its macro calls make.
pub(super) fn take_items(source: &mut Source, code: &str, cell: u32, session: &Session) -> Vec<Entry> {
    let of = |(item, range): &(syn::Item, std::ops::Range<usize>)| Entry::of(item, range.clone(), code, cell);
    let own: Vec<Entry> = source.items.iter().flat_map(of).filter(|entry| entry.kind == Kind::Macro).collect();
    let makes = |call: &syn::Macro| {
        let name = call.path.get_ident()?.to_string();
        let own = own.iter().find(|entry| entry.names.contains(&name)).map(|entry| entry.text.as_str());
        macros::makes(own.or_else(|| session.macro_rules(&name))?)
    };
    source.find_item_calls(|call| makes(call).is_some());
    let named = |item: &(syn::Item, std::ops::Range<usize>)| {
        let made = match &item.0 {
            syn::Item::Macro(call) => makes(&call.mac).map(|makes| (makes, call.mac.tokens.clone())),
            _ => None,
        };
        of(item).into_iter().map(move |entry| match &made {
            Some((makes, arguments)) if entry.kind == Kind::Call => entry.making(makes, arguments),
            _ => entry,
        })
    };
    source.items.iter().flat_map(named).collect()
}

/// Drops the variables whose type is no longer what it was when they were made, and those whose name is something else now.
pub(super) fn drop_outdated(session: &mut Session, cell: u32, retry: &mut Retry) -> Vec<String> {
    let mut outdated = session.drop_outdated(cell);
    let shadowed = session.shadowed(cell);
    for (name, title) in &shadowed {
        session.variables.remove(name);
        retry.dropped(format!("the variable `{name}` was dropped: its name is now `{title}`"));
    }
    match outdated.as_slice() {
        [] => {}
        [name] => retry.dropped(explain::gone(session, name).unwrap_or_default()),
        names => retry.dropped(format!(
            "`{}` were dropped: {} changed what their types are. Make them again.",
            names.join("`, `"),
            CellName(cell),
        )),
    }
    outdated.extend(shadowed.into_iter().map(|(name, _)| name));
    outdated
}

/// The first name in backquotes.
fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

/// A level in the cell (`// opt: 3`), one for all cells, 3 for what is measured, or 2 for code that loops and 0 for code that does not.
fn opt_level(code: &str, optimisation: Optimisation, loops: bool, measure: Measure) -> u8 {
    let own =
        code.lines().find_map(|line| line.trim().strip_prefix("//")?.trim().strip_prefix("opt:")?.trim().parse().ok());
    match (own, optimisation) {
        (Some(level @ 0..=3), _) => level,
        (_, Optimisation::Level(level)) => level,
        // A figure for code that was not optimised says nothing about the code.
        _ if measure != Measure::No => 3,
        (_, Optimisation::Auto) => {
            if loops {
                2
            } else {
                0
            }
        }
    }
}

/// The new variables with the types that rustc's warnings name.
pub(super) fn new_variables(
    diagnostics: &[Diagnostic],
    reporter: &Reporter<'_>,
    generated: &Generated,
    source: &Source,
    session: &Session,
    cell: u32,
) -> BTreeMap<String, Variable> {
    let mut variables = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|d| d.code() == "dropping_references") {
        let label = |span: &super::compile::Span| {
            let name = generated.types.get(&reporter.generated_line(span)?)?;
            let text = span.label.as_deref()?.strip_prefix("argument has type `&")?.strip_suffix('`')?;
            Some((name.clone(), text.to_owned()))
        };
        let Some((name, type_text)) = diagnostic.spans.iter().find_map(label) else { continue };
        let mutable = source.lets.iter().any(|binding| binding.name == name && binding.mutable);
        let roots = roots(&type_text, &generated.reached);
        let fingerprint = session.fingerprint_of_value(&roots);
        variables.insert(name, Variable { type_text, mutable, fingerprint, roots, cell });
    }
    variables
}

/// The variables that later cells can have, and the names that end with this cell.
fn split_off_local(
    mut variables: BTreeMap<String, Variable>,
    retry: &mut Retry,
    cell: u32,
) -> (BTreeMap<String, Variable>, BTreeMap<String, Gone>) {
    let mut gone = BTreeMap::new();
    variables.retain(|name, variable| {
        let keep = nameable(&variable.type_text);
        if !keep {
            retry.note(explain::local_type(name, &variable.type_text));
            gone.insert(name.clone(), Gone::Unnamed(variable.type_text.clone()));
        }
        keep
    });
    for name in &retry.local {
        let why = if retry.borrowed.contains(name) { Gone::Borrowed(cell) } else { Gone::Moved(cell) };
        gone.insert(name.clone(), why);
    }
    (variables, gone)
}

/// Whether a later cell can write the type: not so for closures, `impl Trait`, and types inside a function.
pub(super) fn nameable(type_text: &str) -> bool {
    !type_text.contains(['{', '@']) && !type_text.contains("impl ")
}

/// The warnings about the cell's own lines, folded up.
fn warnings(diagnostics: &[Diagnostic], reporter: &Reporter<'_>, cell: u32) -> Option<Bundle> {
    let rendered: Vec<String> = diagnostics
        .iter()
        .filter(|d| d.level == "warning" && d.code() != "dropping_references")
        .filter(|d| reporter.primary(d).is_some_and(|place| place.cell == cell))
        .map(|d| reporter.render(d, false))
        .collect();
    let count = match rendered.len() {
        0 => return None,
        1 => "1 warning".to_owned(),
        more => format!("{more} warnings"),
    };
    let text = rendered.join("\n\n");
    let html = format!("<details><summary>{count}</summary><pre>{}</pre></details>", escape(&text));
    Some(Bundle::html(html, text))
}
