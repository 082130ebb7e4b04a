//! What ■ does: it ends a compile at once, asks running code to stop, and at the second press ends the child.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use course_wire::ToChild;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::child::Writer;
use crate::engine::Interrupt;

/// How long code that polls nothing may go on after the first press.
pub const GRACE: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    /// A process group to kill: rustc, or a shell command.
    Command(u32),
    /// A cell runs in the child with this process group.
    Running { child: u32, link: Writer, asked: Option<Instant> },
}

/// Shared between the engine's thread and whoever presses ■.
#[derive(Debug, Clone, Default)]
pub struct Control {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    busy: bool,
    interrupted: bool,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A cell begins: earlier presses no longer count.
    pub fn begin(&self) {
        *self.state() = State { busy: true, ..State::default() };
    }

    /// The cell is over.
    pub fn end(&self) {
        *self.state() = State::default();
    }

    /// Whether ■ was pressed since the cell began.
    pub fn interrupted(&self) -> bool {
        self.state().interrupted
    }

    /// A process that ■ may kill runs until the guard is dropped; if ■ was pressed just before, it is killed now.
    pub fn compiling(&self, process_group: u32) -> Guard<'_> {
        let mut state = self.state();
        state.phase = Phase::Command(process_group);
        if state.interrupted {
            kill(process_group);
        }
        drop(state);
        Guard(self)
    }

    /// A cell runs in the child until the guard is dropped.
    pub fn running(&self, child: u32, link: Writer) -> Guard<'_> {
        let mut state = self.state();
        state.phase = Phase::Running { child, link, asked: None };
        let again = std::mem::take(&mut state.interrupted);
        drop(state);
        if again {
            self.interrupt();
        }
        Guard(self)
    }

    /// When the running child is to be killed for not having stopped.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state().phase {
            Phase::Running { asked, .. } => asked.map(|asked| asked + GRACE),
            _ => None,
        }
    }
}

/// Ends a phase when it is dropped.
#[derive(Debug)]
pub struct Guard<'a>(&'a Control);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.state().phase = Phase::Idle;
    }
}

impl Interrupt for Control {
    fn interrupt(&self) {
        let mut state = self.state();
        // ■ on an idle kernel does nothing, and must not stop the next cell.
        if !state.busy {
            return;
        }
        let second = state.interrupted;
        state.interrupted = true;
        match &mut state.phase {
            Phase::Idle => {}
            Phase::Command(process_group) => kill(*process_group),
            Phase::Running { child, link, asked } => {
                let sent = link.try_send(&ToChild::Interrupt).is_ok();
                if second || !sent {
                    kill(*child);
                } else {
                    *asked = Some(Instant::now());
                }
            }
        }
    }
}

/// Kills a process group.
pub fn kill(process_group: u32) {
    if let Ok(id) = i32::try_from(process_group) {
        // It may be gone already.
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
    }
}
