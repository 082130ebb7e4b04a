//! The engine: one rustc run a cell against the prebuilt course library, and a child that keeps the variables.
//!
//! | file | what it does |
//! |---|---|
//! | [`commands`], [`magics`] | `:vars`, `!ls`, `%time`, `%%bash`: lines and cells for the kernel |
//! | [`source`] | takes a cell apart |
//! | [`nesting`] | refuses what no parser could take |
//! | [`items`], [`macros`], [`statics`], [`versions`], [`edits`] | functions, types and statics that later cells need again |
//! | [`session`], [`fingerprint`] | what is known between cells, what of it a cell reaches, and what a type is made of |
//! | [`generate`], [`repeat`] | the file a cell is compiled from |
//! | [`prelude`] | the names by which a cell reaches the course |
//! | [`compile`], [`cache`] | the rustc run, and what earlier ones have left |
//! | [`build`], [`retry`] | from a cell to a library, with the second tries that some cells need |
//! | [`program`] | all cells of a notebook checked as one, for `course-kernel check` |
//! | [`diagnostics`], [`explain`], [`advice`], [`palette`] | errors in cell lines, in plain words, in colours that can be seen |
//! | [`dep`] | `:dep`: crates that a learner adds |
//! | [`child`], [`interrupt`], [`shell`] | the processes, and how they are stopped |
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
mod palette;
mod prelude;
pub mod program;
mod repeat;
pub(super) mod report;
mod retry;
mod session;
mod shell;
pub(super) mod source;
mod statics;
pub(super) mod stream;
mod updates;
mod versions;
pub mod warden;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use course_wire::{Bundle, StoreEntry, ToChild};

use self::build::{Build, Built};
pub use self::cache::CellCache;
use self::child::{Carrier, Child, Ended, Until};
use self::commands::{Command, Optimisation};
use self::compile::Compiler;
use self::dep::Dependencies;
use self::folder::Folder;
use self::interrupt::Control;
use self::limit::Limited;
use self::magics::{Measure, Part};
use self::session::{Gone, Session};
use super::mailbox::Mailbox;
use super::stage::Stage;
use super::{Cell, CellError, CommEvent, Engine, Event, Interrupt, Known, KnownVariable, Outcome, Output};

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
    course_names: BTreeSet<String>,
    timing: bool,
    warn: bool,
    output_limit: Option<u64>,
}

impl DylibEngine {
    /// An engine on a staged course library, with its child started.
    ///
    /// # Errors
    /// When there is no folder to work in, or the library cannot be loaded.
    pub fn start(stage: Stage) -> anyhow::Result<Self> {
        if let Err(error) = warden::start() {
            crate::jupyter::log(format_args!("what a killed kernel leaves will not be cleaned up: {error}"));
        }
        let folder = Folder::new()?;
        let child = Child::start(&stage)?;
        Ok(Self {
            course_names: prelude::names(stage.externs.keys()),
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

    fn run(&mut self, cell: Cell<'_>, output: &dyn Output) -> Result<(), CellError> {
        let (commands, code) = Command::split(cell.code);
        let mut commands = commands.into_iter().peekable();
        while let Some(command) = commands.next() {
            let Command::Dep(line) = command else {
                self.command(command, output)?;
                continue;
            };
            // What stands together is built together.
            let mut lines = vec![line];
            while let Some(Command::Dep(line)) = commands.next_if(|next| matches!(next, Command::Dep(_))) {
                lines.push(line);
            }
            self.add_crates(cell.number, &lines, output)?;
        }
        let parts = magics::parts(&code).map_err(report::command)?;
        self.cells.insert(cell.number, code);
        let last = parts.len().saturating_sub(1);
        for (index, part) in parts.into_iter().enumerate() {
            let output: &dyn Output = if index == last { output } else { &Intermediate(output) };
            match part {
                Part::Bash { options, script } => {
                    shell::script(cell.number, &options, &script, self.output_limit, &self.control, output)?;
                }
                Part::Rust { code, measure } => self.run_rust(Cell { code: &code, ..cell }, measure, output)?,
            }
        }
        Ok(())
    }

    /// Compiles and runs Rust.
    fn run_rust(&mut self, cell: Cell<'_>, measure: Measure, output: &dyn Output) -> Result<(), CellError> {
        self.stage.check().map_err(|error| report::kernel(&error))?;
        self.folder.ensure().map_err(|error| report::kernel(&error))?;
        let (begun, runs) = (Instant::now(), self.compiles);
        let compiler = Compiler {
            stage: &self.stage,
            folder: self.folder.path(),
            control: &self.control,
            cache: self.cache.as_ref(),
        };
        let build = Build {
            compiler,
            dependencies: &self.dependencies,
            cells: &self.cells,
            defined: &self.statics,
            optimisation: self.optimisation,
            measure,
            course_names: &self.course_names,
        };
        let built = build.build(cell, &self.session, &mut self.compiles)?;
        let compiled = begun.elapsed();
        let runs = match self.compiles - runs {
            1 => "1 rustc run".to_owned(),
            runs => format!("{runs} rustc runs"),
        };
        for note in &built.notes {
            output.emit(note_event(note));
        }
        if let Some(warnings) = built.warnings.as_ref().filter(|_| self.warn) {
            output.emit(Event::Display { bundle: warnings.clone(), display_id: None, update: false });
        }
        let begun = Instant::now();
        let result = self.run_built(cell.number, built, output);
        if self.timing {
            output.emit(note_event(&format!(
                "compiled in {} ({runs}), ran in {}",
                seconds(compiled),
                seconds(begun.elapsed())
            )));
        }
        result
    }

    /// Loads a built cell in the child, and keeps what it left behind.
    fn run_built(&mut self, number: u32, built: Built, output: &dyn Output) -> Result<(), CellError> {
        let mut child = match self.child.take() {
            Some(child) => child,
            None => Child::start(&self.stage).map_err(|error| report::kernel(&error))?,
        };
        if self.control.interrupted() {
            self.child = Some(child);
            return Err(report::interrupted_compile());
        }
        self.session = built.session;
        let forget = ToChild::Forget { names: built.outdated };
        let run = ToChild::Run {
            cell: number,
            library: built.library,
            symbol: built.symbol,
            source: built.source,
            lines: built.lines,
        };
        // A child that died while idle is found out here, or by the pump.
        let _ = child.send(&forget).and_then(|()| child.send(&run));
        child.output_limit = self.output_limit;
        let carrier = Carrier { control: &self.control, mailbox: &self.mailbox, cells: &self.cells, output };
        match child.pump(&carrier, Until::Cell) {
            Ended::Finished { failure, variables } => {
                self.child = Some(child);
                self.statics.extend(built.statics);
                self.stored = variables;
                let stored: BTreeSet<&str> = self.stored.iter().map(|entry| entry.name.as_str()).collect();
                let mut ended = Vec::new();
                if failure.is_none() {
                    let new = built.variables.into_iter().filter(|(name, _)| stored.contains(name.as_str()));
                    self.session.variables.extend(new);
                    // Names that the cell took over for something that cannot stay: an older value must not reappear under them.
                    ended.extend(built.gone.keys().filter(|name| stored.contains(name.as_str())).cloned());
                    self.session.variables.retain(|name, _| !ended.contains(name));
                    self.session.gone.extend(built.gone);
                }
                let lost: Vec<String> =
                    self.session.variables.keys().filter(|name| !stored.contains(name.as_str())).cloned().collect();
                for name in lost {
                    self.session.variables.remove(&name);
                    self.session.gone.entry(name).or_insert(Gone::Moved(number));
                }
                if let Some(child) = self.child.as_mut().filter(|_| !ended.is_empty()) {
                    let _ = child.send(&ToChild::Forget { names: ended });
                }
                let live: Vec<String> = self.session.variables.keys().cloned().collect();
                live.iter().for_each(|name| drop(self.session.gone.remove(name)));
                match failure {
                    None => Ok(()),
                    Some(failure) => Err(report::failure(number, &failure, &self.cells)),
                }
            }
            // It was not waited for.
            Ended::Comms => {
                self.child = Some(child);
                Ok(())
            }
            Ended::Died(death) => {
                child.end();
                let lost = self.lose_variables(number);
                output.emit(Event::Comm(CommEvent::Gone));
                Err(death::error(&death, self.control.interrupted(), &lost))
            }
        }
    }

    /// Notices a child that died since the last cell, before a cell counts on its variables.
    fn look_after_child(&mut self, number: u32, output: &dyn Output) {
        let Some(death) = self.child.as_mut().and_then(Child::death) else { return };
        self.child = None;
        let lost = self.lose_variables(number);
        output.emit(Event::Comm(CommEvent::Gone));
        let (cause, _) = death.cause();
        output.emit(note_event(&format!(
            "the process that runs cells ended since the last cell: {cause}. {}",
            death::lost(&lost)
        )));
    }

    /// The child is gone, and the variables with it.
    fn lose_variables(&mut self, number: u32) -> Vec<String> {
        self.statics.clear();
        self.stored.clear();
        self.session.process_ended();
        let lost: Vec<String> = std::mem::take(&mut self.session.variables).into_keys().collect();
        self.session.gone.extend(lost.iter().map(|name| (name.clone(), Gone::Died(number))));
        lost
    }

    /// `:dep`: adds crates, and drops the variables that hold values of a build that is replaced.
    fn add_crates(&mut self, number: u32, lines: &[String], output: &dyn Output) -> Result<(), CellError> {
        let wanted: Vec<String> = lines.iter().filter(|line| !line.is_empty()).cloned().collect();
        if wanted.is_empty() {
            output.emit(Event::Display { bundle: self.dependencies.list(), display_id: None, update: false });
            return Ok(());
        }
        let added = self.dependencies.add(&wanted, &self.stage, &self.control, output)?;
        self.session.replace_crates(&added.replaced);
        let outdated = self.session.outdated();
        if outdated.is_empty() {
            return Ok(());
        }
        for name in &outdated {
            self.session.variables.remove(name);
            self.session.gone.insert(name.clone(), Gone::Redefined(number));
        }
        self.stored.retain(|entry| !outdated.contains(&entry.name));
        if let Some(child) = &mut self.child {
            let _ = child.send(&ToChild::Forget { names: outdated.clone() });
        }
        let crates: Vec<String> = added.replaced.into_iter().collect();
        output.emit(note_event(&format!(
            "`{}` dropped: made with an earlier build of `{}`, whose types are other types now. Make {} again.",
            outdated.join("`, `"),
            crates.join("`, `"),
            if outdated.len() == 1 { "it" } else { "them" },
        )));
        Ok(())
    }

    fn command(&mut self, command: Command, output: &dyn Output) -> Result<(), CellError> {
        let show = |bundle: Bundle| output.emit(Event::Display { bundle, display_id: None, update: false });
        match command {
            Command::Help => show(commands::help()),
            Command::Vars => {
                let size = |name: &str| self.stored.iter().find(|entry| entry.name == name).map(|entry| entry.size);
                show(commands::vars(&self.session, size));
            }
            Command::Type(name) => match self.session.variables.get(&name) {
                Some(variable) => show(Bundle::text(format!("{name}: {}", versions::shown(&variable.type_text)))),
                None => {
                    let why = explain::gone(&self.session, &name)
                        .unwrap_or_else(|| format!("there is no variable `{name}`; `:vars` lists them"));
                    return Err(report::command(why));
                }
            },
            Command::Opt(level) => {
                self.optimisation = level.unwrap_or(self.optimisation);
                show(Bundle::text(match self.optimisation {
                    Optimisation::Auto => {
                        "cells that loop are optimised (level 2), the others compile fast (level 0)".into()
                    }
                    Optimisation::Level(level) => format!("every cell is compiled at level {level}"),
                }));
            }
            Command::Timing => {
                self.timing = !self.timing;
                show(Bundle::text(if self.timing { "timing is on" } else { "timing is off" }));
            }
            Command::Warn(on) => {
                self.warn = on.unwrap_or(self.warn);
                show(Bundle::text(match self.warn {
                    true => "the compiler's warnings are shown; `:warn off` hides them",
                    false => "the compiler's warnings are hidden; `:warn on` shows them",
                }));
            }
            Command::Output(limit) => {
                self.output_limit = limit.unwrap_or(self.output_limit);
                show(Bundle::text(limit::describe(self.output_limit)));
            }
            Command::Clear => {
                self.session.clear();
                if let Some(child) = &mut self.child {
                    let names = self.stored.drain(..).map(|entry| entry.name).collect();
                    let _ = child.send(&ToChild::Forget { names });
                }
            }
            Command::Restart => {
                if let Some(child) = self.child.take() {
                    child.end();
                }
                output.emit(Event::Comm(CommEvent::Gone));
                self.statics.clear();
                self.stored.clear();
                self.session.variables.clear();
                self.session.gone.clear();
                self.session.process_ended();
                self.child = Some(Child::start(&self.stage).map_err(|error| report::kernel(&error))?);
            }
            // Taken care of by `run`, all that stand together at once.
            Command::Dep(line) => self.add_crates(0, &[line], output)?,
            Command::Shell(line) => shell::run(&line, self.output_limit, &self.control, output)?,
            Command::Unknown(line) => return Err(report::command(commands::unknown(&line))),
        }
        Ok(())
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
        known(&self.session)
    }

    fn shutdown(&mut self) {
        if let Some(child) = self.child.take() {
            child.end();
        }
    }
}

/// The output of a part of a cell that is not its last: a cell has one result, so theirs are displays.
struct Intermediate<'a>(&'a dyn Output);

impl Output for Intermediate<'_> {
    fn emit(&self, event: Event) {
        self.0.emit(match event {
            Event::Result(bundle) => Event::Display { bundle, display_id: None, update: false },
            event => event,
        });
    }
}

fn known(session: &Session) -> Known {
    let variable = |(name, variable): (&String, &session::Variable)| KnownVariable {
        name: name.clone(),
        type_text: versions::shown(&variable.type_text),
        mutable: variable.mutable,
        cell: variable.cell,
    };
    Known { variables: session.variables.iter().map(variable).collect(), items: session.texts() }
}

/// Runs the child's side: loads the library, calls its main loop, and ends the process.
pub fn runtime_main(fd: i32, library: &Path) -> ! {
    let status = load_and_run(fd, library).unwrap_or_else(|error| {
        // The kernel that started this process reads it and puts it into its own error.
        eprintln!("{error}");
        1
    });
    // SAFETY: the process ends here. Not by `exit`: threads of the learner's may still run, and destructors would run beside them.
    unsafe { libc::_exit(status) }
}

fn load_and_run(fd: i32, library: &Path) -> Result<i32, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};
    // SAFETY: the staged library was built with this kernel; loading it runs no code but its own initialisers.
    let library = unsafe { Library::open(Some(library), RTLD_NOW | RTLD_GLOBAL) }?;
    // SAFETY: `crates/course` exports the function with this signature.
    let main: Symbol<unsafe extern "C" fn(i32) -> i32> = unsafe { library.get("course_runtime_main") }?;
    // SAFETY: the kernel hands over the descriptor of a socket for this process alone.
    let status = unsafe { main(fd) };
    // Other threads may still run code of the library.
    std::mem::forget(library);
    Ok(status)
}

/// A remark of the kernel's under a cell.
fn note_event(note: &str) -> Event {
    let html = format!(
        "<div style=\"border-left:3px solid #8a8f98;padding:.1em .6em;opacity:.85\">{}</div>",
        code_spans(&commands::escape(note))
    );
    Event::Display { bundle: Bundle::html(html, format!("note: {note}")), display_id: None, update: false }
}

/// `` `x` `` as code.
fn code_spans(text: &str) -> String {
    let mut parts = text.split('`');
    let mut html = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        html.push_str(if index % 2 == 0 { "<code>" } else { "</code>" });
        html.push_str(part);
    }
    html
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
