//! From a cell to a library: one rustc run for most cells, another where a variable cannot stay what it was.
//!
//! A second run is needed when the cell moves a stored variable away, when a new one borrows or was moved, when an error
//! type prints only with `{:?}`, or when an earlier item no longer fits a type this cell redefines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use course_wire::{Bundle, LineMap};

use super::commands::{Optimisation, escape};
use super::compile::{Compiled, Diagnostic, compile};
use super::diagnostics::Reporter;
use super::generate::{Generated, Plan, unparsed};
use super::interrupt::Control;
use super::items::Entry;
use super::session::{Gone, Session, Variable, roots};
use super::source::{self, Source};
use super::{explain, report};
use crate::engine::stage::Stage;
use crate::engine::{Cell, CellError};

/// A cell that moves ten variables needs eleven runs at worst; beyond this something else is wrong.
const MOST_RUNS: usize = 24;

/// What a build needs.
pub struct Build<'a> {
    /// The course library and the compiler.
    pub stage: &'a Stage,
    /// Where files are written.
    pub folder: &'a Path,
    /// What ■ works on.
    pub control: &'a Control,
    /// The texts of all cells, this one's included.
    pub cells: &'a BTreeMap<u32, String>,
    /// Statics that earlier cells have defined.
    pub defined: &'a BTreeSet<String>,
    /// How to optimise.
    pub optimisation: Optimisation,
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
    pub notes: Vec<String>,
    /// rustc's warnings about the cell.
    pub warnings: Option<Bundle>,
}

/// What further runs do differently.
#[derive(Default)]
struct Retry {
    local: BTreeSet<String>,
    borrowed: BTreeSet<String>,
    moved: BTreeSet<String>,
    debug_errors: bool,
    probe: Probe,
    notes: Vec<String>,
}

/// Whether to compile once without storing anything, only to learn the types of the new variables.
///
/// rustc may blame the learner's line for a borrow that cannot be stored, and then names no variable; its types do.
#[derive(Default, PartialEq, Eq)]
enum Probe {
    #[default]
    NotNeeded,
    Now,
    Done,
}

impl Build<'_> {
    /// Compiles a cell; counts its rustc runs in `runs`.
    pub fn build(&self, cell: Cell<'_>, session: &Session, runs: &mut u64) -> Result<Built, CellError> {
        let Ok(source) = source::parse(cell.code) else {
            return Err(self.syntax_error(cell, session, runs));
        };
        let mut session = session.clone();
        let entries = source
            .items
            .iter()
            .flat_map(|(item, range)| Entry::of(item, range.clone(), cell.code, cell.number))
            .collect();
        session.add_items(entries);
        let mut retry = Retry::default();
        let outdated = session.outdated();
        for name in &outdated {
            session.variables.remove(name);
            session.gone.insert(name.clone(), Gone::Redefined(cell.number));
        }
        match outdated.as_slice() {
            [] => {}
            [name] => retry.notes.extend(explain::gone(&session, name)),
            names => retry.notes.push(format!(
                "`{}` were dropped: cell [{}] changed what their types are made of. Make them again.",
                names.join("`, `"),
                cell.number
            )),
        }
        for _ in 0..MOST_RUNS {
            let plan = Plan {
                cell: cell.number,
                code: cell.code,
                source: &source,
                session: &session,
                local: &retry.local,
                moved: &retry.moved,
                debug_errors: retry.debug_errors,
                probe: retry.probe == Probe::Now,
                defined: self.defined,
            };
            let generated = plan.generate();
            let name = format!("cell-{}-{runs}", cell.number);
            let compiled = self.compile(cell, &name, &generated, runs)?;
            if self.control.interrupted() {
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
                return Ok(finish(
                    cell,
                    library,
                    name,
                    &compiled.diagnostics,
                    generated,
                    session,
                    outdated,
                    variables,
                    retry,
                    self.cells,
                ));
            }
            let errors: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
            let changed = stay_behind(&errors, &reporter, &generated, &source, &mut retry, cell.number)
                || needs_debug(&errors, &mut retry)
                || needs_types(&errors, &mut retry)
                || drop_unfit(&errors, &reporter, &mut session, cell.number, &mut retry);
            if !changed {
                return Err(self.report(&errors, &compiled.other, &reporter, &session, cell.number));
            }
        }
        Err(report::command(
            "the cell could not be compiled in a sensible number of tries; please report this as a bug".into(),
        ))
    }

    fn compile(
        &self,
        cell: Cell<'_>,
        name: &str,
        generated: &Generated,
        runs: &mut u64,
    ) -> Result<Compiled, CellError> {
        *runs += 1;
        let level = opt_level(cell.code, self.optimisation, generated.loops);
        compile(self.stage, self.folder, name, &generated.text, level, self.control)
            .map_err(|error| report::kernel(&error))
    }

    fn syntax_error(&self, cell: Cell<'_>, session: &Session, runs: &mut u64) -> CellError {
        let generated = unparsed(cell.code, cell.number);
        let name = format!("cell-{}-{runs}", cell.number);
        let compiled = match self.compile(cell, &name, &generated, runs) {
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
            return report::command(format!("cell [{cell}] could not be compiled: {evalue}"));
        };
        let ename = if first.code().is_empty() { "SyntaxError" } else { first.code() };
        let message = super::diagnostics::friendly(&first.message);
        let evalue = match reporter.primary(first) {
            Some(place) => format!("{message} (cell [{}], line {})", place.cell, place.line),
            None => message,
        };
        let mut traceback = Vec::new();
        let mut explained = BTreeSet::new();
        for (error, _) in &placed {
            traceback.push(reporter.render(error, true));
            let gone = quoted(&error.message).and_then(|name| explain::gone(session, name));
            let note = match (error.code(), gone) {
                ("E0425", Some(gone)) => Some(gone),
                (code, _) if explained.insert(code.to_owned()) => explain::code(code).map(str::to_owned),
                _ => None,
            };
            traceback.extend(note.map(|note| format!("\u{1b}[1;36min short\u{1b}[0m: {note}")));
        }
        CellError { ename: ename.to_owned(), evalue, traceback }
    }
}

/// The first name in backquotes.
fn quoted(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

/// A level in the cell (`// opt: 3`), one for all cells, or 2 for code that loops and 0 for code that does not.
fn opt_level(code: &str, optimisation: Optimisation, loops: bool) -> u8 {
    let own =
        code.lines().find_map(|line| line.trim().strip_prefix("//")?.trim().strip_prefix("opt:")?.trim().parse().ok());
    match (own, optimisation) {
        (Some(level @ 0..=3), _) => level,
        (_, Optimisation::Level(level)) => level,
        (_, Optimisation::Auto) => {
            if loops {
                2
            } else {
                0
            }
        }
    }
}

/// Errors that say a variable cannot be stored, or put back: it was moved, or it borrows. Whether any was found.
fn stay_behind(
    errors: &[&Diagnostic],
    reporter: &Reporter<'_>,
    generated: &Generated,
    source: &Source,
    retry: &mut Retry,
    cell: u32,
) -> bool {
    const OWNERSHIP: [&str; 13] = [
        "E0381", "E0382", "E0499", "E0502", "E0505", "E0506", "E0503", "E0521", "E0597", "E0716", "E0310", "E0373",
        "E0713",
    ];
    let ours = |line: u32| generated.puts.get(&line).or_else(|| generated.types.get(&line));
    let mut found = false;
    for error in errors {
        if !OWNERSHIP.contains(&error.code()) && !error.message.contains("lifetime may not live long enough") {
            continue;
        }
        let about = |primary: bool| {
            error
                .spans
                .iter()
                .filter(move |span| span.is_primary == primary)
                .filter_map(|span| ours(reporter.generated_line(span)?))
        };
        // "borrow later used here" labels the borrower, the main place what it borrows from.
        let name = match error.code() {
            "E0381" | "E0382" => about(true).next(),
            _ => about(false).last().or_else(|| about(true).next()),
        };
        let Some(name) = name.cloned() else { continue };
        let is_new = source.lets.iter().any(|binding| binding.name == name);
        // What is borrowed forever is not moved: a new variable holds on to it, and `needs_types` finds which.
        if !is_new && must_be_static(error) {
            continue;
        }
        let moved = matches!(error.code(), "E0381" | "E0382");
        found |= if is_new && !retry.local.contains(&name) {
            if moved {
                retry.local.insert(name)
            } else {
                retry.borrows(&name);
                true
            }
        } else {
            if !retry.moved.contains(&name) && !is_new {
                retry.notes.push(format!(
                    "`{name}` was moved in cell [{cell}] and is gone; `&{name}` lends it, `{name}.clone()` keeps it"
                ));
            }
            retry.moved.insert(name)
        };
    }
    found
}

impl Retry {
    /// A new variable borrows: it ends with its cell.
    fn borrows(&mut self, name: &str) {
        self.borrowed.insert(name.to_owned());
        self.local.insert(name.to_owned());
        self.notes.push(format!(
            "`{name}` borrows from another variable, so it ends with this cell; keep an owned copy \
             (`.to_owned()`, `.clone()`) if a later cell needs it"
        ));
    }
}

/// Something would have to live as long as the program, which only storing asks for.
fn must_be_static(error: &Diagnostic) -> bool {
    error.spans.iter().filter_map(|span| span.label.as_deref()).any(|label| label.contains("`'static`"))
}

/// A new variable cannot be stored, and no error names it: the next run finds it by its type.
fn needs_types(errors: &[&Diagnostic], retry: &mut Retry) -> bool {
    let now = retry.probe == Probe::NotNeeded && errors.iter().any(|error| must_be_static(error));
    if now {
        retry.probe = Probe::Now;
    }
    now
}

/// `?` on an error that does not print with `{}`: the next run asks for `{:?}`.
fn needs_debug(errors: &[&Diagnostic], retry: &mut Retry) -> bool {
    let about_error = |error: &Diagnostic| {
        let all = std::iter::once(error).chain(&error.children);
        error.code() == "E0277" && all.map(|d| &d.message).any(|m| m.contains("runtime::cell::Error"))
    };
    !std::mem::replace(&mut retry.debug_errors, errors.iter().any(|error| about_error(error))) && retry.debug_errors
}

/// Items of earlier cells that no longer compile because this cell redefines what they use are dropped, and said to be.
fn drop_unfit(
    errors: &[&Diagnostic],
    reporter: &Reporter<'_>,
    session: &mut Session,
    cell: u32,
    retry: &mut Retry,
) -> bool {
    let places: Vec<_> = errors.iter().filter_map(|error| reporter.primary(error)).collect();
    // An error in the cell itself is the learner's to mend first.
    if places.is_empty() || places.iter().any(|place| place.cell == cell) {
        return false;
    }
    let dropped = session.drop_entries(|entry| {
        let lines = entry.line..=entry.line + entry.text.matches('\n').count() as u32;
        places.iter().any(|place| place.cell == entry.cell && lines.contains(&place.line))
    });
    for (title, from) in &dropped {
        retry.notes.push(format!(
            "`{title}` of cell [{from}] does not fit what cell [{cell}] defines and was dropped; mend that cell and run it again"
        ));
    }
    !dropped.is_empty()
}

/// The new variables with the types that rustc's warnings name.
fn new_variables(
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
        let fingerprint = session.fingerprint(&roots);
        variables.insert(name, Variable { type_text, mutable, fingerprint, roots, cell });
    }
    variables
}

fn finish(
    cell: Cell<'_>,
    library: PathBuf,
    name: String,
    diagnostics: &[Diagnostic],
    generated: Generated,
    session: Session,
    outdated: Vec<String>,
    mut variables: BTreeMap<String, Variable>,
    mut retry: Retry,
    cells: &BTreeMap<u32, String>,
) -> Built {
    let mut gone = BTreeMap::new();
    variables.retain(|name, variable| {
        let keep = nameable(&variable.type_text);
        if !keep {
            retry.notes.push(explain::local_type(name, &variable.type_text));
            gone.insert(name.clone(), Gone::Unnamed(variable.type_text.clone()));
        }
        keep
    });
    for name in &retry.local {
        let why = if retry.borrowed.contains(name) { Gone::Borrowed(cell.number) } else { Gone::Moved(cell.number) };
        gone.insert(name.clone(), why);
    }
    let warnings = {
        let reporter = Reporter::new(&generated, &name, cells);
        warnings(diagnostics, &reporter, cell.number)
    };
    Built {
        library,
        symbol: generated.symbol,
        source: format!("{name}.rs"),
        lines: generated.lines,
        session,
        outdated,
        variables,
        gone,
        statics: generated.statics,
        notes: retry.notes,
        warnings,
    }
}

/// Whether a later cell can write the type: not so for closures, `impl Trait`, and types inside a function.
fn nameable(type_text: &str) -> bool {
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
