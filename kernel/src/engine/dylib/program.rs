//! A notebook's cells checked as one program: types, names, borrows, without running anything.
//!
//! Cells that do not contradict each other are put together as if they were one cell, which rustc then only checks. That is one run
//! for most notebooks and takes about as long as a cell. A cell that defines anew what an earlier one defined, or what one means
//! otherwise, begins a new part; variables go from part to part with their types, as in a session.
//!
//! What it cannot see: a variable whose type only a later cell settles, or that borrows and so ends with its cell. Running the
//! notebook sees those.

use std::collections::BTreeSet;
use std::path::Path;

use super::build::{drop_outdated, nameable, new_variables, take_items};
use super::commands::Command;
use super::compile::{Compiler, Diagnostic, Unit, file_name};
use super::dep::Dependencies;
use super::diagnostics::{Reporter, friendly};
use super::edits::{self, Edit};
use super::generate::Plan;
use super::interrupt::Control;
use super::items::{Entry, Kind};
use super::magics::{self, Measure, Part};
use super::nesting;
use super::prelude::CourseNames;
use super::retry::{Probe, Retry, drop_unnameable, needs_async, needs_debug, stay_behind};
use super::session::Session;
use super::source::{self, Source};
use crate::engine::stage::Stage;

/// As in a build: beyond this something else is wrong.
const MOST_RUNS: usize = 12;

/// A cell to check.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    /// Its text.
    pub code: &'a str,
    /// It fails on purpose, so nothing is said about it.
    pub may_fail: bool,
}

/// What does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The cell, by its index.
    pub cell: Option<usize>,
    /// The line in it, from 1.
    pub line: u32,
    /// What rustc says.
    pub message: String,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// What does not compile.
    pub findings: Vec<Finding>,
    /// How often rustc ran.
    pub runs: usize,
    /// The first cell that was not looked at, since crates of the learner's are built first.
    pub unchecked_from: Option<usize>,
}

/// Checks the cells of a notebook in order; files are written into `folder`.
///
/// # Errors
/// When rustc cannot be run.
pub fn check(cells: &[Given<'_>], stage: &Stage, folder: &Path) -> anyhow::Result<Checked> {
    let mut checked = Checked::default();
    let pieces = pieces(cells, &mut checked);
    let parts = parts(&pieces);
    let course_names = CourseNames::new(stage.externs.keys(), None);
    let control = Control::default();
    let compiler = Compiler { stage, folder, control: &control, cache: None };
    let mut checker = Checker { compiler, course_names, session: Session::default(), texts: Vec::new(), checked };
    for (index, part) in parts.iter().enumerate() {
        let later: BTreeSet<&String> =
            parts.iter().skip(index + 1).copied().flatten().flat_map(|piece| &piece.mentioned).collect();
        if !checker.part(part, &later)? {
            break;
        }
    }
    let mut checked = checker.checked;
    checked
        .findings
        .retain(|finding| finding.cell.is_none_or(|cell| !cells.get(cell).is_some_and(|cell| cell.may_fail)));
    checked.findings.sort_by_key(|finding| (finding.cell, finding.line));
    Ok(checked)
}

/// Rust of one cell, taken apart.
struct Piece {
    cell: usize,
    /// The cell's lines, with what is no Rust blanked.
    code: String,
    source: Source,
    entries: Vec<Entry>,
    /// Every name it mentions or defines.
    mentioned: BTreeSet<String>,
    /// Forgets what was before.
    clears: bool,
}

fn pieces(cells: &[Given<'_>], checked: &mut Checked) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    for (cell, given) in cells.iter().enumerate() {
        let mut tell = |line: u32, message: String| {
            checked.findings.push(Finding { cell: Some(cell), line, message });
        };
        let (commands, code) = Command::split(given.code);
        if commands.iter().any(|command| matches!(command, Command::Dep(line) if !line.is_empty())) {
            checked.unchecked_from = Some(cell);
            break;
        }
        let parts = match magics::parts(&code) {
            Ok(parts) => parts,
            Err(error) => {
                tell(1, error);
                continue;
            }
        };
        for part in parts {
            let Part::Rust { code, .. } = part else { continue };
            if nesting::too_deep(&code) {
                tell(1, "the cell nests more expressions than a compiler reads".to_owned());
                continue;
            }
            match source::parse(&code) {
                Ok(source) => {
                    let clears = commands.contains(&Command::Clear);
                    found.push(Piece::new(cell, code, source, clears));
                }
                Err(error) => tell(error.span().start().line as u32, format!("SyntaxError: {error}")),
            }
        }
    }
    // What fails on purpose is left out, unless a later cell needs what it defines before it fails.
    let needed: Vec<bool> = found
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            let is_defined = |name: &String| {
                let others = found.iter().filter(|other| other.cell != piece.cell);
                others.into_iter().any(|other| other.defines().any(|defined| defined == name))
            };
            let mut own = piece.defines().filter(|name| !is_defined(name));
            !cells.get(piece.cell).is_some_and(|cell| cell.may_fail)
                || own.any(|name| found.iter().skip(index + 1).any(|later| later.mentioned.contains(name)))
        })
        .collect();
    found.into_iter().zip(needed).filter_map(|(piece, needed)| needed.then_some(piece)).collect()
}

impl Piece {
    fn new(cell: usize, code: String, source: Source, clears: bool) -> Self {
        let entries: Vec<Entry> =
            source.items.iter().flat_map(|(item, range)| Entry::of(item, range.clone(), &code, 0)).collect();
        let mut mentioned = source.mentioned.clone();
        for entry in &entries {
            mentioned.extend(entry.mentions.iter().chain(&entry.names).cloned());
        }
        mentioned.extend(source.lets.iter().map(|binding| binding.name.clone()));
        Self { cell, code, source, entries, mentioned, clears }
    }

    /// The names of its items and variables.
    fn defines(&self) -> impl Iterator<Item = &String> {
        self.entries.iter().flat_map(|entry| &entry.names).chain(self.source.lets.iter().map(|binding| &binding.name))
    }

    /// Whether it cannot stand in one file with what is in `part`.
    fn contradicts(&self, part: &[Self]) -> bool {
        let first = part.is_empty();
        let attributes = !self.source.attributes.is_empty();
        (attributes || self.clears) && !first
            || self.entries.iter().any(|entry| {
                let again = part.iter().flat_map(|piece| &piece.entries).any(|old| redefines(entry, old));
                let meant_otherwise = entry.kind != Kind::Use
                    && entry.names.iter().any(|name| part.iter().any(|piece| piece.mentioned.contains(name)));
                again || meant_otherwise
            })
    }

    /// Its text with the last expression as a statement that shows it, and without the imports that are there already.
    fn text(&self, imported: &mut BTreeSet<String>) -> String {
        let mut changes = Vec::new();
        if let Some(tail) = &self.source.tail {
            changes.push(Edit::insert(tail.start, "::course::display::keep!("));
            changes.push(Edit::insert(tail.end, ");"));
        }
        for (item, range) in self.source.items.iter().filter(|(item, _)| matches!(item, syn::Item::Use(_))) {
            let leaves = Entry::of(item, range.clone(), &self.code, 0);
            if leaves.iter().all(|leaf| imported.contains(&leaf.text)) {
                let blank = self.code[range.clone()].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
                changes.push(Edit { at: range.start, remove: range.len(), insert: blank });
            }
            imported.extend(leaves.into_iter().map(|leaf| leaf.text));
        }
        edits::apply(&self.code, changes).0
    }
}

/// Whether two items cannot both stand in one file.
fn redefines(new: &Entry, old: &Entry) -> bool {
    match (&new.kind, &old.kind) {
        (Kind::Impl { header, members }, Kind::Impl { header: other, members: others }) => {
            header == other
                && match (members, others) {
                    (Some(new), Some(old)) => new.iter().any(|(name, _)| old.iter().any(|(other, _)| name == other)),
                    _ => true,
                }
        }
        (Kind::Impl { .. }, _) | (_, Kind::Impl { .. }) => false,
        (Kind::Use, Kind::Use) if new.text == old.text => false,
        _ => new.replaces(old),
    }
}

/// Pieces put together as far as they do not contradict each other.
fn parts(pieces: &[Piece]) -> Vec<&[Piece]> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (index, piece) in pieces.iter().enumerate() {
        if index > start && piece.contradicts(pieces.get(start..index).unwrap_or(&[])) {
            parts.extend(pieces.get(start..index));
            start = index;
        }
    }
    parts.extend(pieces.get(start..).filter(|last| !last.is_empty()));
    parts
}

struct Checker<'a> {
    compiler: Compiler<'a>,
    course_names: CourseNames,
    session: Session,
    /// The text of each part, and where its cells begin: line from 1, cell.
    texts: Vec<(String, Vec<(u32, usize)>)>,
    checked: Checked,
}

impl Checker<'_> {
    /// Checks a part; `later` are the names that parts after it mention. Whether it compiles.
    fn part(&mut self, part: &[Piece], later: &BTreeSet<&String>) -> anyhow::Result<bool> {
        if part.first().is_some_and(|piece| piece.clears) {
            self.session.clear();
        }
        let (mut text, mut starts, mut line, mut imported) = (String::new(), Vec::new(), 1, BTreeSet::new());
        for piece in part {
            starts.push((line, piece.cell));
            let piece = piece.text(&mut imported);
            line += piece.matches('\n').count() as u32 + 1;
            text.push_str(&piece);
            text.push('\n');
        }
        self.texts.push((text.clone(), starts));
        let number = self.texts.len() as u32;
        let cells = self.texts.iter().zip(1..).map(|((text, _), number)| (number, text.clone())).collect();
        let mut source = source::parse(&text)?;
        let entries = take_items(&mut source, &text, number, &self.session);
        self.session.add_items(entries);
        let unknown = source.lets.iter().map(|binding| &binding.name).filter(|name| !later.contains(name));
        let mut retry = Retry { local: unknown.cloned().collect(), ..Retry::default() };
        let dependencies = Dependencies::default();
        for _ in 0..MOST_RUNS {
            drop_outdated(&mut self.session, number, &mut retry);
            let plan = Plan {
                cell: number,
                code: &text,
                source: &source,
                session: &self.session,
                local: &retry.local,
                moved: &retry.moved,
                debug_errors: retry.debug_errors,
                awaits: source.awaits || retry.awaits,
                probe: true,
                defined: &BTreeSet::new(),
                measure: Measure::No,
                course: true,
                course_names: &self.course_names,
            };
            let link = dependencies.link(self.compiler.stage, &BTreeSet::new());
            let mut generated = plan.generate(&link.lines);
            let unit =
                Unit { text: &generated.text, metadata: &generated.metadata, opt_level: 0, course: true, link: &link };
            let compiled = self.compiler.check(&unit)?;
            self.checked.runs += 1;
            let name = file_name(&generated.text);
            let reporter = Reporter::new(&generated, &name, &cells);
            if compiled.library.is_some() {
                let mut new =
                    new_variables(&compiled.diagnostics, &reporter, &generated, &source, &self.session, number);
                new.retain(|_, variable| nameable(&variable.type_text));
                self.session.compiled(&mut generated);
                self.session.variables.retain(|name, _| !retry.moved.contains(name));
                self.session.variables.extend(new);
                return Ok(true);
            }
            let errors: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(|said| said.is_error()).collect();
            let changed = needs_debug(&errors, &mut retry)
                || drop_unnameable(&errors, &reporter, &generated, &mut self.session, &mut retry, &mut Vec::new())
                || stay_behind(&errors, &reporter, &generated, &source, &mut retry, number)
                || needs_async(&errors, &mut retry);
            if !changed {
                let found: Vec<Finding> = errors.iter().map(|error| self.finding(error, &reporter)).collect();
                self.checked.findings.extend(found);
                if !compiled.other.trim().is_empty() {
                    let message = compiled.other.trim().to_owned();
                    self.checked.findings.push(Finding { cell: None, line: 0, message });
                }
                return Ok(false);
            }
        }
        anyhow::bail!("the cells could not be compiled in {MOST_RUNS} tries: {:?}", Probe::Done == retry.probe)
    }

    fn finding(&self, error: &Diagnostic, reporter: &Reporter<'_>) -> Finding {
        let code = if error.code().is_empty() { String::new() } else { format!("{}: ", error.code()) };
        let labels: Vec<&str> =
            error.spans.iter().filter(|span| span.is_primary).filter_map(|span| span.label.as_deref()).collect();
        let more = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join("; ")) };
        let message = format!("{code}{}{more}", friendly(&error.message));
        let Some(place) = reporter.primary(error) else { return Finding { cell: None, line: 0, message } };
        let starts = self.texts.get(place.cell as usize - 1).map_or(&[][..], |(_, starts)| starts);
        let begun = starts.iter().rev().find(|(line, _)| *line <= place.line);
        let (cell, line) = begun.map_or((None, 0), |(start, cell)| (Some(*cell), place.line - start + 1));
        Finding { cell, line, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(cells: &[&str]) -> Vec<Vec<usize>> {
        let cells: Vec<Given<'_>> =
            cells.iter().map(|code| Given { code, may_fail: code.contains("// fails") }).collect();
        let pieces = pieces(&cells, &mut Checked::default());
        parts(&pieces).iter().map(|part| part.iter().map(|piece| piece.cell).collect()).collect()
    }

    #[test]
    fn cells_stay_together_until_one_contradicts_another() {
        assert_eq!(given(&["let x = 1;", "fn f() {}", "f(); x"]), [vec![0, 1, 2]]);
        assert_eq!(given(&["struct S;", "let s = S;", "struct S { x: u8 }", "S { x: 1 }"]), [vec![0, 1], vec![2, 3]]);
        assert_eq!(
            given(&["impl S { fn a() {} }", "impl S { fn b() {} }", "impl S { fn a() {} }"]),
            [vec![0, 1], vec![2]]
        );
        assert_eq!(given(&["use std::fmt;", "use std::fmt;", "use core::fmt;"]), [vec![0, 1], vec![2]]);
        assert_eq!(given(&["softmax(1)", "fn softmax() {}"]), [vec![0], vec![1]], "the first means another function");
        assert_eq!(given(&["let x = 1;", ":clear\nlet y = 2;", "#![allow(unused)]\nx"]), [vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn what_is_no_rust_or_fails_on_purpose_is_left_out() {
        assert_eq!(given(&[":vars", "%%bash\nls", "!ls", "let y = 1; // fails", "1"]), [vec![4]]);
        assert_eq!(given(&["let y = 1; panic!() // fails", "y"]), [vec![0, 1]], "the second needs its variable");
        let mut checked = Checked::default();
        let cells =
            ["let x = ;", "%tiem x", "1", ":dep rand = \"0.9\"", "2"].map(|code| Given { code, may_fail: false });
        assert_eq!(pieces(&cells, &mut checked).len(), 1);
        assert_eq!(checked.unchecked_from, Some(3));
        let told: Vec<Option<usize>> = checked.findings.iter().map(|finding| finding.cell).collect();
        assert_eq!(told, [Some(0), Some(1)]);
    }

    #[test]
    fn a_piece_shows_its_value_and_imports_once() {
        let cells = ["use std::fmt;\n6 * 7", "use std::fmt;\nlet x = 1;"].map(|code| Given { code, may_fail: false });
        let pieces = pieces(&cells, &mut Checked::default());
        let mut imported = BTreeSet::new();
        let texts: Vec<String> = pieces.iter().map(|piece| piece.text(&mut imported)).collect();
        assert_eq!(texts, ["use std::fmt;\n::course::display::keep!(6 * 7);", "             \nlet x = 1;"]);
    }
}
