//! A cell's way through the engine: commands and parts, the build, the child, and what is known afterwards.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use course_wire::ToChild;

use super::build::{Build, Built};
use super::child::{Carrier, Child, Ended, Until};
use super::commands::Command;
use super::compile::Compiler;
use super::magics::{self, Measure, Part};
use super::session::Gone;
use super::{DylibEngine, death, note, report, shell};
use crate::engine::{Cell, CellError, CommEvent, Event, Output};

impl DylibEngine {
    /// Runs a cell: its commands, then its parts.
    pub(super) fn run(&mut self, cell: Cell<'_>, output: &dyn Output) -> Result<(), CellError> {
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
            output.emit(note::event(&note.text));
        }
        if let Some(warnings) = built.warnings.as_ref().filter(|_| self.warn) {
            output.emit(Event::Display { bundle: warnings.clone(), display_id: None, update: false });
        }
        let begun = Instant::now();
        let result = self.run_built(cell.number, built, output);
        if self.timing {
            output.emit(note::event(&format!(
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
    pub(super) fn look_after_child(&mut self, number: u32, output: &dyn Output) {
        let Some(death) = self.child.as_mut().and_then(Child::death) else { return };
        self.child = None;
        let lost = self.lose_variables(number);
        output.emit(Event::Comm(CommEvent::Gone));
        let (cause, _) = death.cause();
        output.emit(note::event(&format!(
            "the process that runs cells ended since the last cell: {cause}. {}",
            death::lost(&lost)
        )));
    }

    /// The child is gone, and the variables with it.
    pub(super) fn lose_variables(&mut self, number: u32) -> Vec<String> {
        self.statics.clear();
        self.stored.clear();
        self.session.process_ended();
        let lost: Vec<String> = std::mem::take(&mut self.session.variables).into_keys().collect();
        self.session.gone.extend(lost.iter().map(|name| (name.clone(), Gone::Died(number))));
        lost
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

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
