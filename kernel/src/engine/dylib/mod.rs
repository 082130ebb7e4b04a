//! The engine: one rustc run a cell against the prebuilt course library, and a child that keeps the variables.
//!
//! | file | what it does |
//! |---|---|
//! | [`run`] | a cell's way through all of these |
//! | [`commands`], [`orders`], [`magics`] | `:vars`, `!ls`, `%time`, `%%bash`: lines and cells for the kernel |
//! | [`source`] | takes a cell apart |
//! | [`nesting`] | refuses what no parser could take |
//! | [`items`], [`macros`], [`statics`], [`versions`], [`edits`] | functions, types and statics that later cells need again |
//! | [`session`], [`reach`] | what is known between cells, and what of it a cell reaches |
//! | [`deciding`], [`fingerprint`] | what a type is made of, and whether a stored value still is of its type |
//! | [`generate`], [`repeat`] | the file a cell is compiled from |
//! | [`prelude`] | the names by which a cell reaches the course |
//! | [`compile`], [`cache`] | the rustc run, and what earlier ones have left |
//! | [`build`], [`retry`] | from a cell to a library, with the second tries that some cells need |
//! | [`program`] | all cells of a notebook checked as one, for `course-kernel check` |
//! | [`diagnostics`], [`explain`], [`advice`], [`palette`], [`note`] | errors in cell lines, in plain words, in colours that can be seen |
//! | [`dep`] | `:dep`: crates that a learner adds |
//! | [`child`], [`runtime`], [`interrupt`], [`shell`] | the processes, and how they are stopped |
//! | [`stream`], [`blocks`], [`updates`], [`limit`] | what they print and show, in order and in measure |
//! | [`group`], [`warden`], [`folder`] | that nothing outlives the kernel |
//! | [`memory`], [`death`] | how much the child may take, and why it died |

mod advice;
mod blocks;
mod build;
mod cache;
pub(super) mod child;
pub mod commands;
mod compile;
mod death;
mod deciding;
pub mod dep;
mod diagnostics;
mod edits;
mod explain;
mod fingerprint;
mod folder;
#[cfg(test)]
pub mod fuzzed;
mod generate;
mod group;
pub(super) mod interrupt;
mod items;
mod limit;
mod macros;
mod magics;
mod memory;
mod nesting;
mod note;
mod orders;
mod palette;
mod prelude;
pub mod program;
mod reach;
mod repeat;
pub(super) mod report;
mod retry;
mod run;
mod runtime;
mod session;
mod shell;
pub(super) mod source;
mod statics;
pub(super) mod stream;
#[cfg(test)]
mod testing;
mod updates;
mod versions;
pub mod warden;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use course_wire::StoreEntry;

pub use self::cache::CellCache;
use self::child::{Carrier, Child, Ended, Until};
use self::commands::Optimisation;
use self::dep::Dependencies;
use self::folder::Folder;
use self::interrupt::Control;
use self::limit::Limited;
use self::prelude::CourseNames;
pub use self::runtime::runtime_main;
use self::session::{Session, Variable};
use super::mailbox::Mailbox;
use super::stage::Stage;
use super::{Cell, CommEvent, Engine, Event, Interrupt, Known, KnownVariable, Outcome, Output};
use crate::assist::Library;

/// The engine behind the kernel.
pub struct DylibEngine {
    stage: Stage,
    folder: Folder,
    cache: Option<CellCache>,
    child: Option<Child>,
    control: Control,
    mailbox: Arc<Mailbox>,
    session: Session,
    dependencies: Dependencies,
    cells: BTreeMap<u32, String>,
    stored: Vec<StoreEntry>,
    statics: BTreeSet<String>,
    compiles: u64,
    optimisation: Optimisation,
    course_names: CourseNames,
    timing: bool,
    warn: bool,
    output_limit: Option<u64>,
}

impl DylibEngine {
    /// An engine on a staged course library, with its child started. `library` is the index of what crates declare.
    ///
    /// # Errors
    /// When there is no folder to work in, or the library cannot be loaded.
    pub fn start(stage: Stage, library: Library) -> anyhow::Result<Self> {
        if let Err(error) = warden::start() {
            crate::jupyter::log(format_args!("what a killed kernel leaves will not be cleaned up: {error}"));
        }
        let folder = Folder::new()?;
        let child = Child::start(&stage)?;
        Ok(Self {
            course_names: CourseNames::new(stage.externs.keys(), Some(library)),
            stage,
            folder,
            cache: CellCache::from_environment(),
            child: Some(child),
            control: Control::default(),
            mailbox: Arc::default(),
            session: Session::default(),
            dependencies: Dependencies::default(),
            cells: BTreeMap::new(),
            stored: Vec::new(),
            statics: BTreeSet::new(),
            compiles: 0,
            optimisation: Optimisation::Auto,
            timing: false,
            warn: true,
            output_limit: limit::from_environment(),
        })
    }
}

impl Engine for DylibEngine {
    fn execute(&mut self, cell: Cell<'_>, output: &dyn Output) -> Outcome {
        // `:output` in this cell counts from the next on, for displays.
        let output = Limited { output, limit: self.output_limit };
        self.look_after_child(cell.number, &output);
        let result = self.run(cell, &output);
        // What is loaded needs its file no more; a panic's backtrace did until now.
        self.folder.tidy();
        match result {
            Ok(()) => Outcome::Ok,
            Err(error) => Outcome::Error(error),
        }
    }

    fn idle(&mut self, output: &dyn Output) {
        if let Some(child) = &mut self.child {
            child.idle(&self.mailbox, &self.cells, &Limited { output, limit: self.output_limit });
        }
    }

    fn interrupter(&self) -> Arc<dyn Interrupt> {
        Arc::new(self.control.clone())
    }

    fn connect(&mut self, mailbox: Arc<Mailbox>) {
        self.mailbox = mailbox;
    }

    fn comms(&mut self, output: &dyn Output) {
        let Some(mut child) = self.child.take() else {
            drop(self.mailbox.take());
            return output.emit(Event::Comm(CommEvent::Gone));
        };
        child.output_limit = self.output_limit;
        let output: &dyn Output = &Limited { output, limit: self.output_limit };
        let carrier = Carrier { control: &self.control, mailbox: &self.mailbox, cells: &self.cells, output };
        if let Ended::Died(death) = child.pump(&carrier, Until::Comms) {
            child.end();
            let number = self.cells.keys().next_back().copied().unwrap_or_default();
            let lost = self.lose_variables(number);
            let error = death::error(&death, self.control.interrupted(), &lost);
            output.emit(Event::Stderr(format!("{}\n", error.traceback.join("\n"))));
            output.emit(Event::Comm(CommEvent::Gone));
        } else {
            self.child = Some(child);
        }
    }

    fn known(&self) -> Known {
        let variable = |(name, variable): (&String, &Variable)| KnownVariable {
            name: name.clone(),
            type_text: versions::shown(&variable.type_text),
            mutable: variable.mutable,
            cell: variable.cell,
        };
        Known { variables: self.session.variables.iter().map(variable).collect(), items: self.session.texts() }
    }

    fn shutdown(&mut self) {
        if let Some(child) = self.child.take() {
            child.end();
        }
    }
}
