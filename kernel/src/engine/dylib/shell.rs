//! `!command` and `%%bash`: a shell with live output.

use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::group::{Group, Sacrifice};
use super::interrupt::Control;
use super::palette::{RED, RESET};
use super::stream::Stream;
use crate::engine::{CellError, CellName, Event, Output};

/// Runs one command line in `sh` and sends on what it prints while it runs.
///
/// What it writes to stderr is its talk, not the learner's error: it comes as stdout.
///
/// # Errors
/// When it cannot be started, is interrupted, or ends with a status other than 0.
pub fn run(line: &str, limit: Option<u64>, control: &Control, output: &dyn Output) -> Result<(), CellError> {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    carry(command, &format!("`{line}`"), limit, Event::Stdout, control, output)
}

/// Runs a whole cell with bash, whose messages name the cell and its lines.
///
/// # Errors
/// When there is no bash, it is interrupted, or ends with a status other than 0.
pub fn script(
    cell: u32,
    options: &[String],
    script: &str,
    limit: Option<u64>,
    control: &Control,
    output: &dyn Output,
) -> Result<(), CellError> {
    let mut command = Command::new("bash");
    command.args(options).args(["-c", script, &CellName(cell).to_string()]);
    carry(command, "the script", limit, Event::Stderr, control, output)
}

/// Starts `command` and sends on what it prints, with what it writes to stderr as `stderr` says.
fn carry(
    mut command: Command,
    name: &str,
    limit: Option<u64>,
    stderr_event: fn(String) -> Event,
    control: &Control,
    output: &dyn Output,
) -> Result<(), CellError> {
    let failed = |evalue: String| error("Command", evalue);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = Group::spawn(&mut command, Sacrifice::First)
        .map_err(|error| failed(format!("{name} could not be started: {error}")))?;
    let _guard = control.compiling(shell.id());
    let (Some(mut stdout), Some(mut stderr)) = (shell.process().stdout.take(), shell.process().stderr.take()) else {
        return Err(failed("the shell has no output".into()));
    };
    let mut streams = (Stream::new(limit), Stream::new(limit));
    for fd in [stdout.as_fd(), stderr.as_fd()] {
        super::child::set_nonblocking(fd).map_err(|error| failed(error.to_string()))?;
    }
    let status = loop {
        let ended = shell.try_wait().map_err(|error| failed(error.to_string()))?;
        streams.0.fill(&mut stdout);
        streams.1.fill(&mut stderr);
        if ended.is_some() {
            streams.0.end();
            streams.1.end();
        }
        streams
            .0
            .take(Event::Stdout)
            .into_iter()
            .chain(streams.1.take(stderr_event))
            .for_each(|event| output.emit(event));
        if let Some(status) = ended {
            break status;
        }
        let mut fds = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN), PollFd::new(stderr.as_fd(), PollFlags::POLLIN)];
        let hung_up = poll(&mut fds, PollTimeout::from(50u8)).is_ok()
            && fds.iter().all(|fd| fd.revents().is_some_and(|events| events.contains(PollFlags::POLLHUP)));
        if hung_up {
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    // What it left in the background ends with it.
    drop(shell);
    if control.interrupted() {
        return Err(error("Interrupted", format!("{name} was stopped")));
    }
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(failed(format!("{name} ended with status {code}"))),
        (None, signal) => Err(failed(format!("{name} was ended by signal {}", signal.unwrap_or_default()))),
    }
}

fn error(ename: &str, evalue: String) -> CellError {
    CellError { ename: ename.into(), traceback: vec![format!("{RED}{ename}{RESET}: {evalue}")], evalue }
}
