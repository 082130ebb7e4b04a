//! Commands carried out: what `:vars`, `:opt`, `:dep` and the others do to the engine.

use course_wire::{Bundle, ToChild};

use super::child::Child;
use super::commands::{self, Command, Optimisation};
use super::{DylibEngine, explain, limit, note, report, shell, versions};
use crate::engine::{CellError, CommEvent, Event, Output};

impl DylibEngine {
    /// `:dep`: adds crates, and drops the variables that hold values of a build that is replaced.
    pub(super) fn add_crates(&mut self, number: u32, lines: &[String], output: &dyn Output) -> Result<(), CellError> {
        let wanted: Vec<String> = lines.iter().filter(|line| !line.is_empty()).cloned().collect();
        if wanted.is_empty() {
            output.emit(Event::Display { bundle: self.dependencies.list(), display_id: None, update: false });
            return Ok(());
        }
        let added = self.dependencies.add(&wanted, &self.stage, &self.control, output)?;
        self.session.replace_crates(&added.replaced);
        let outdated = self.session.drop_outdated(number);
        if outdated.is_empty() {
            return Ok(());
        }
        self.stored.retain(|entry| !outdated.contains(&entry.name));
        if let Some(child) = &mut self.child {
            let _ = child.send(&ToChild::Forget { names: outdated.clone() });
        }
        let crates: Vec<String> = added.replaced.into_iter().collect();
        output.emit(note::event(&format!(
            "`{}` dropped: made with an earlier build of `{}`, whose types are other types now. Make {} again.",
            outdated.join("`, `"),
            crates.join("`, `"),
            if outdated.len() == 1 { "it" } else { "them" },
        )));
        Ok(())
    }

    /// Carries a command out.
    pub(super) fn command(&mut self, command: Command, output: &dyn Output) -> Result<(), CellError> {
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
