//! What ■ does: it ends a compile at once, asks running code to stop, and at the second press ends the child.

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use course_wire::{ToChild, frame};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::engine::Interrupt;

/// How long code that polls nothing may go on after the first press.
pub const GRACE: Duration = Duration::from_secs(5);

/// How long code has after the first press even when a second one follows: a double click must not cost the variables of a loop
/// that was about to stop.
pub const DOUBLE_CLICK: Duration = Duration::from_millis(500);

/// The kernel's end of the link to a child, for writing. Clones may write from several threads: a message stays whole.
#[derive(Debug, Clone)]
pub struct Link(Arc<Mutex<UnixStream>>);

impl Link {
    /// The writing side of a socket.
    pub fn new(socket: UnixStream) -> Self {
        // A child that reads no more (it was stopped by a debugger, say) must not stop the kernel as well.
        let _ = socket.set_write_timeout(Some(GRACE));
        Self(Arc::new(Mutex::new(socket)))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the child is gone or does not read.
    pub fn send(&self, message: &ToChild) -> std::io::Result<()> {
        frame::write(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), message)
    }
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    /// A process group to kill: rustc, or a shell command.
    Command(u32),
    /// A cell runs in the child with this process group. It was asked to stop at `asked`, and `again` after that.
    Running { child: u32, link: Link, asked: Option<Instant>, again: bool },
}

/// Shared between the engine's thread and whoever presses ■.
#[derive(Debug, Clone, Default)]
pub struct Control {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    interrupted: bool,
    ending: bool,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether ■ was pressed for this cell.
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

    /// A cell runs in the child until the guard is dropped; if ■ was pressed just before, it is asked to stop now.
    pub fn running(&self, child: u32, link: Link) -> Guard<'_> {
        let mut state = self.state();
        state.phase = Phase::Running { child, link, asked: None, again: false };
        if state.interrupted {
            state.press();
        }
        drop(state);
        Guard(self)
    }

    /// When the running child is to be killed for not having stopped.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.state().phase {
            Phase::Running { asked, again, .. } => asked.map(|asked| asked + if *again { DOUBLE_CLICK } else { GRACE }),
            _ => None,
        }
    }
}

impl State {
    fn press(&mut self) {
        self.interrupted = true;
        let ending = self.ending;
        match &mut self.phase {
            Phase::Idle => {}
            Phase::Command(process_group) => kill(*process_group),
            Phase::Running { child, .. } if ending => kill(*child),
            Phase::Running { again, asked: Some(_), .. } => *again = true,
            Phase::Running { child, link, asked, .. } => {
                *asked = Some(Instant::now());
                if link.send(&ToChild::Interrupt).is_err() {
                    kill(*child);
                }
            }
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
        self.state().press();
    }

    fn over(&self) {
        let mut state = self.state();
        state.interrupted = state.ending;
    }

    fn kill(&self) {
        let mut state = self.state();
        state.ending = true;
        state.press();
    }
}

/// Kills a process group.
pub fn kill(process_group: u32) {
    if let Ok(id) = i32::try_from(process_group) {
        // It may be gone already.
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::process::{Child, Command};

    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("1000").process_group(0).spawn().unwrap()
    }

    fn link() -> (Link, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        (Link::new(ours), theirs)
    }

    fn asked(mut theirs: &UnixStream) -> bool {
        matches!(frame::read::<ToChild>(&mut theirs), Ok(Some(ToChild::Interrupt)))
    }

    fn signal(mut child: Child) -> Option<i32> {
        child.wait().unwrap().signal()
    }

    #[test]
    fn running_code_is_asked_once_and_a_double_click_leaves_it_a_moment() {
        let (control, mut child, (link, theirs)) = (Control::default(), sleeper(), link());
        let guard = control.running(child.id(), link);
        assert_eq!(control.deadline(), None);
        control.interrupt();
        let first = control.deadline().unwrap();
        control.interrupt();
        let second = control.deadline().unwrap();
        control.interrupt();
        assert_eq!(control.deadline(), Some(second), "a third press is one more second press");
        assert!(asked(&theirs) && !asked(&theirs));
        assert!(second < first, "the second press brings the end nearer");
        assert!(child.try_wait().unwrap().is_none(), "but not at once");
        drop(guard);
        assert_eq!(control.deadline(), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_press_that_came_before_the_process_counts_and_one_before_the_cell_does_not() {
        let (control, compiler) = (Control::default(), sleeper());
        control.interrupt();
        control.over();
        assert!(!control.interrupted());
        control.interrupt();
        drop(control.compiling(compiler.id()));
        assert_eq!(signal(compiler), Some(libc::SIGKILL));
        let ((link, theirs), child) = (link(), sleeper());
        let guard = control.running(child.id(), link);
        assert!(asked(&theirs) && control.deadline().is_some());
        drop(guard);
        control.over();
        assert!(!control.interrupted());
        kill(child.id());
        signal(child);
    }

    #[test]
    fn the_end_of_the_session_waits_for_nobody() {
        let (control, child, (link, _theirs)) = (Control::default(), sleeper(), link());
        let guard = control.running(child.id(), link);
        control.kill();
        assert_eq!(signal(child), Some(libc::SIGKILL));
        drop(guard);
        // Nor does a cell that begins after it run.
        control.over();
        assert!(control.interrupted());
    }

    #[test]
    fn a_child_that_cannot_be_asked_is_ended() {
        let (control, child, (link, theirs)) = (Control::default(), sleeper(), link());
        drop(theirs);
        let _guard = control.running(child.id(), link);
        control.interrupt();
        assert_eq!(signal(child), Some(libc::SIGKILL));
    }
}
