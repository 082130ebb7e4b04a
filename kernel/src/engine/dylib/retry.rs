//! What a second rustc run does differently, and the errors that ask for one.

use std::collections::BTreeSet;

use super::compile::Diagnostic;
use super::diagnostics::{CellSpan, Reporter};
use super::generate::Generated;
use super::session::{Gone, Session};
use super::source::Source;
use crate::engine::CellName;

/// What further runs do differently.
#[derive(Default)]
pub struct Retry {
    /// New variables that are not stored.
    pub local: BTreeSet<String>,
    /// Those of them that borrow.
    pub borrowed: BTreeSet<String>,
    /// Old variables that are not put back.
    pub moved: BTreeSet<String>,
    /// `?` meets errors that print only with `{:?}`.
    pub debug_errors: bool,
    /// The cell awaits, though only a macro says so.
    pub awaits: bool,
    /// Whether to compile only for the types.
    pub probe: Probe,
    /// Whether to compile against the course though nothing names it.
    pub course: bool,
    /// What the learner should know.
    pub notes: Vec<Note>,
}

/// Something that the learner should know.
#[derive(Debug)]
pub struct Note {
    /// What it says.
    pub text: String,
    /// Whether it is about something that is there no more, which may be why the cell does not compile.
    pub about_dropped: bool,
}

/// Whether to compile once without storing anything, only to learn the types of the new variables.
///
/// rustc may blame the learner's line for a borrow that cannot be stored, and then names no variable; its types do.
#[derive(Default, PartialEq, Eq)]
pub enum Probe {
    /// No error asked for it.
    #[default]
    NotNeeded,
    /// The next run does.
    Now,
    /// A run has.
    Done,
}

/// Errors that say a variable cannot be stored, or put back: it was moved, or it borrows. Whether any was found.
pub fn stay_behind(
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
    // A name, and whether the line is about the old variable of it: `let a = a + "!";` has an old and a new one.
    let ours = |line: u32| {
        let new = generated.puts.get(&line).or_else(|| generated.types.get(&line)).map(|name| (name, false));
        new.or_else(|| generated.puts_back.get(&line).map(|name| (name, true)))
    };
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
            // The main place is what is borrowed forever; who borrows it has a label, or `needs_types` finds it.
            _ if must_be_static(error) => about(false).next_back(),
            _ => about(false).next_back().or_else(|| about(true).next()),
        };
        let Some((name, is_old)) = name.map(|(name, is_old)| (name.clone(), is_old)) else { continue };
        let has_new = source.lets.iter().any(|binding| binding.name == name);
        let is_new = has_new && !is_old;
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
            // Nobody misses an old one whose name has a new value.
            if !retry.moved.contains(&name) && !has_new {
                retry.note(format!(
                    "`{name}` was moved in {} and is gone; `&{name}` lends it, `{name}.clone()` keeps it",
                    CellName(cell)
                ));
            }
            retry.moved.insert(name)
        };
    }
    found
}

impl Retry {
    /// Something to know.
    pub fn note(&mut self, text: String) {
        self.notes.push(Note { text, about_dropped: false });
    }

    /// Something was dropped.
    pub fn dropped(&mut self, text: String) {
        self.notes.push(Note { text, about_dropped: true });
    }

    /// A new variable borrows: it ends with its cell.
    pub fn borrows(&mut self, name: &str) {
        self.borrowed.insert(name.to_owned());
        self.local.insert(name.to_owned());
        self.note(format!(
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
pub fn needs_types(errors: &[&Diagnostic], retry: &mut Retry) -> bool {
    let now = retry.probe == Probe::NotNeeded && errors.iter().any(|error| must_be_static(error));
    if now {
        retry.probe = Probe::Now;
    }
    now
}

/// A name, a method or a trait is missing in a cell that was compiled without the course: the next run has it.
pub fn needs_course(errors: &[&Diagnostic], course: bool, retry: &mut Retry) -> bool {
    const MISSING: [&str; 9] = ["", "E0277", "E0404", "E0405", "E0412", "E0423", "E0425", "E0432", "E0433"];
    let missing = |error: &&Diagnostic| MISSING.contains(&error.code()) || error.code() == "E0599";
    let now = !course && errors.iter().any(missing);
    retry.course |= now;
    now
}

/// `?` on an error that does not print with `{}`: the next run asks for `{:?}`.
pub fn needs_debug(errors: &[&Diagnostic], retry: &mut Retry) -> bool {
    let about_error = |error: &Diagnostic| {
        let all = std::iter::once(error).chain(&error.children);
        error.code() == "E0277" && all.map(|d| &d.message).any(|m| m.contains("course_cell::Error"))
    };
    let now = !retry.debug_errors && errors.iter().any(|error| about_error(error));
    retry.debug_errors |= now;
    now
}

/// `.await` outside of `async`: it stands in a macro's expansion, where the parser does not see it.
pub fn needs_async(errors: &[&Diagnostic], retry: &mut Retry) -> bool {
    let now = !retry.awaits && errors.iter().any(|error| error.code() == "E0728");
    retry.awaits |= now;
    now
}

/// A variable whose type has a name that only its own library can use: it cannot be taken from the store, and is dropped.
pub fn drop_unnameable(
    errors: &[&Diagnostic],
    reporter: &Reporter<'_>,
    generated: &Generated,
    session: &mut Session,
    retry: &mut Retry,
    outdated: &mut Vec<String>,
) -> bool {
    const NAMES: [&str; 8] = ["E0412", "E0425", "E0432", "E0433", "E0603", "E0107", "E0223", "E0573"];
    let before = outdated.len();
    for error in errors.iter().filter(|error| NAMES.contains(&error.code())) {
        let lines = error.spans.iter().filter(|span| span.is_primary).filter_map(|span| reporter.generated_line(span));
        for name in lines.filter_map(|line| generated.takes.get(&line)) {
            let Some(variable) = session.variables.remove(name) else { continue };
            retry.note(super::explain::local_type(name, &variable.type_text));
            session.gone.insert(name.clone(), Gone::Unnamed(variable.type_text));
            outdated.push(name.clone());
        }
    }
    outdated.len() > before
}

/// A name that an earlier cell's macro call made and this cell makes anew: the earlier one goes.
pub fn drop_twice_defined(
    errors: &[&Diagnostic],
    reporter: &Reporter<'_>,
    session: &mut Session,
    cell: u32,
    retry: &mut Retry,
) -> bool {
    let places: Vec<_> = errors
        .iter()
        .filter(|error| error.code() == "E0428")
        .flat_map(|error| error.spans.iter().filter_map(|span| reporter.place(span)))
        .filter(|place| place.cell != cell)
        .collect();
    let dropped = drop_at(&places, session);
    for (title, from) in &dropped {
        retry.dropped(format!(
            "`{title}` of {} defines what {} defines anew and was dropped",
            CellName(*from),
            CellName(cell)
        ));
    }
    !dropped.is_empty()
}

/// Items of earlier cells that no longer compile because this cell redefines what they use are dropped, and said to be.
pub fn drop_unfit(
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
    let dropped = drop_at(&places, session);
    for (title, from) in &dropped {
        retry.dropped(format!(
            "`{title}` of {} does not fit what {} defines and was dropped; mend that cell and run it again",
            CellName(*from),
            CellName(cell)
        ));
    }
    !dropped.is_empty()
}

/// Drops the items that stand at one of the places; gives their titles and cells.
fn drop_at(places: &[CellSpan], session: &mut Session) -> Vec<(String, u32)> {
    session.drop_entries(|entry| {
        let lines = entry.line..=entry.line + entry.text.matches('\n').count() as u32;
        places.iter().any(|place| place.cell == entry.cell && lines.contains(&place.line))
    })
}
