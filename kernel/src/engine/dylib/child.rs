//! The process that runs cells, and the pump that carries its output.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use course_wire::{Failure, FromChild, StoreEntry, ToChild, frame};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::death::{Death, LastWords};
use super::group::{Group, Sacrifice};
use super::interrupt::{Control, Link};
use super::memory::{self, Limit};
use super::report;
use super::stream::Stream;
use super::updates::Updates;
use crate::engine::mailbox::Mailbox;
use crate::engine::stage::Stage;
use crate::engine::{CommEvent, Event, Output};

/// How often to look whether what was printed is to be sent on.
const BATCH: Duration = Duration::from_millis(40);

/// How long the child has to load the course library.
const LOADING: Duration = Duration::from_secs(60);

/// How often to look whether a child that says nothing is still there.
const LOOK: Duration = Duration::from_millis(200);

/// The running child.
#[derive(Debug)]
pub struct Child {
    group: Group,
    link: UnixStream,
    sender: Link,
    /// Comm messages that it was sent and has not dealt with.
    comms: usize,
    stdout: std::process::ChildStdout,
    stderr: std::process::ChildStderr,
    /// What its threads print between cells.
    between: Option<(Stream, Stream)>,
    /// A cell that goes on printing is cut after so many bytes.
    pub output_limit: Option<u64>,
    last_words: LastWords,
    limit: Limit,
    oom_kills: u64,
}

/// What has something to read.
#[derive(Debug, Clone, Copy, Default)]
struct Ready {
    message: bool,
    stdout: bool,
    stderr: bool,
}

/// What a pump carries between.
pub struct Carrier<'a> {
    /// Learns which process ■ is to reach.
    pub control: &'a Control,
    /// What the front end's widgets say.
    pub mailbox: &'a Mailbox,
    /// The cells' sources, for the errors of callbacks.
    pub cells: &'a BTreeMap<u32, String>,
    /// Where everything goes.
    pub output: &'a dyn Output,
}

/// What a pump waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The end of the cell.
    Cell,
    /// The end of the callbacks of every comm message.
    Comms,
}

/// How the child's part of a cell ended.
#[derive(Debug)]
pub enum Ended {
    /// The cell is over.
    Finished {
        /// Why it failed, if it did.
        failure: Option<Failure>,
        /// What is stored now.
        variables: Vec<StoreEntry>,
    },
    /// All callbacks have run.
    Comms,
    /// The process is gone.
    Died(Death),
}

impl Child {
    /// Starts a child on the staged library and waits until it is ready.
    ///
    /// # Errors
    /// When it cannot be started, or the library cannot be loaded; what it printed is in the message.
    pub fn start(stage: &Stage) -> anyhow::Result<Self> {
        let limit = Limit::now()?;
        let (ours, theirs) = UnixStream::pair().context("no socket for the child")?;
        let inherited: OwnedFd = theirs.into();
        let number = inherited.as_raw_fd();
        // Not by its name: the program may have been built anew since this one was started.
        let mut command = Command::new("/proc/self/exe");
        command
            .arg0("course-kernel")
            .arg("runtime")
            .arg("--library")
            .arg(&stage.library)
            .arg("--fd")
            .arg(number.to_string())
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match limit.bytes() {
            Some(bytes) => command.env(memory::VARIABLE, bytes.to_string()),
            None => command.env_remove(memory::VARIABLE),
        };
        // SAFETY: only `fcntl` is called between fork and exec, which is async-signal-safe.
        unsafe {
            command.pre_exec(move || {
                if libc::fcntl(number, libc::F_SETFD, 0) == -1 {
                    return Err(std::io::Error::last_os_error());
                }
                Ok(())
            });
        }
        let mut group = Group::spawn(&mut command, Sacrifice::BeforeTheKernel)
            .context("could not start the process that runs cells")?;
        drop(inherited);
        let pipes = group.process().stdout.take().zip(group.process().stderr.take());
        let (stdout, stderr) = pipes.context("the child has no pipes")?;
        for fd in [stdout.as_fd(), stderr.as_fd()] {
            set_nonblocking(fd)?;
        }
        let sender = Link::new(ours.try_clone()?);
        let oom_kills = memory::oom_kills();
        let last_words = LastWords::default();
        let mut child = Self {
            group,
            link: ours,
            sender,
            comms: 0,
            stdout,
            stderr,
            between: None,
            output_limit: None,
            last_words,
            limit,
            oom_kills,
        };
        child.link.set_read_timeout(Some(LOADING))?;
        let ready = frame::read::<FromChild>(&mut child.link);
        child.link.set_read_timeout(None)?;
        if !matches!(ready, Ok(Some(FromChild::Ready))) {
            child.group.kill();
            let mut said = String::new();
            let _ = child.stderr.read_to_string(&mut said);
            anyhow::bail!(
                "the course library {} could not be loaded: {}",
                stage.library.display(),
                if said.trim().is_empty() { "the process that loads it ended" } else { said.trim() }
            );
        }
        Ok(child)
    }

    /// Its process id, which is its process group's as well.
    pub fn id(&self) -> u32 {
        self.group.id()
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the child is gone.
    pub fn send(&mut self, message: &ToChild) -> std::io::Result<()> {
        self.sender.send(message)
    }

    /// Why it died, if it has: between two cells nobody is told.
    pub fn death(&mut self) -> Option<Death> {
        let status = self.group.try_wait().ok()??;
        Some(self.dead(status))
    }

    fn dead(&self, status: ExitStatus) -> Death {
        Death {
            status,
            last_words: self.last_words.text(),
            limit: self.limit,
            oom_kill: memory::oom_kills() > self.oom_kills,
        }
    }

    /// Hands over what is in the mailbox.
    fn deliver(&mut self, mailbox: &Mailbox, output: &dyn Output) {
        for (request, message) in mailbox.take() {
            match self.send(&ToChild::Comm { request, message }) {
                Ok(()) => self.comms += 1,
                Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                    let error = Some(report::command(format!("a widget's message was dropped: {error}")));
                    output.emit(Event::Comm(CommEvent::End { request, error }));
                }
                // The child is gone: the pump finds out.
                Err(_) => {}
            }
        }
    }

    /// Carries output to the front end, and what its widgets say to the child, until what is waited for has come.
    pub fn pump(&mut self, carrier: &Carrier<'_>, until: Until) -> Ended {
        let Carrier { control, mailbox, cells, output } = *carrier;
        let _guard = control.running(self.id(), self.sender.clone());
        let mut stdout = Stream::new(self.output_limit);
        let mut stderr = Stream::new(self.output_limit);
        let mut updates = Updates::default();
        self.between = None;
        let mut oldest: Option<Instant> = None;
        loop {
            self.deliver(mailbox, output);
            if until == Until::Comms && self.comms == 0 {
                flush(&mut stdout, &mut stderr, output);
                updates.send(output);
                return Ended::Comms;
            }
            let mut wait = match oldest {
                Some(since) => match BATCH.saturating_sub(since.elapsed()) {
                    Duration::ZERO => BATCH,
                    rest => rest,
                },
                None => LOOK,
            };
            if let Some(deadline) = control.deadline() {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    self.group.kill();
                } else {
                    wait = wait.min(left);
                }
            }
            let ready = self.wait(updates.due_in().map_or(wait, |due| wait.min(due)), mailbox);
            updates.send_due(output);
            self.read_ready(ready, &mut stdout, &mut stderr, output);
            if stdout.pending() || stderr.pending() {
                let since = *oldest.get_or_insert_with(Instant::now);
                if stdout.is_due(since.elapsed()) || stderr.is_due(since.elapsed()) {
                    flush(&mut stdout, &mut stderr, output);
                    oldest = None;
                }
            }
            if !ready.message {
                // The link outlives the child where a process that it forked holds on to it.
                match oldest.is_none().then(|| self.group.try_wait()) {
                    Some(Ok(Some(_))) if !self.wait(Duration::ZERO, mailbox).message => {
                        let ended = self.ended(&mut stdout, &mut stderr, output);
                        updates.send(output);
                        return ended;
                    }
                    _ => continue,
                }
            }
            let message = frame::read::<FromChild>(&mut self.link);
            // All that was printed before the message was sent is in the pipes by now.
            self.read_pipes(&mut stdout, &mut stderr);
            match message {
                Ok(Some(FromChild::Finished { failure, variables })) => {
                    stdout.end();
                    stderr.end();
                    flush(&mut stdout, &mut stderr, output);
                    updates.send(output);
                    return Ended::Finished { failure, variables };
                }
                Ok(Some(FromChild::Display { sequence, bundle, display_id: Some(id), update: true })) => {
                    updates.push(id, bundle);
                    let _ = self.send(&ToChild::Drained { sequence });
                }
                Ok(Some(message)) => {
                    flush(&mut stdout, &mut stderr, output);
                    oldest = None;
                    if !matches!(message, FromChild::Display { .. } | FromChild::Result { .. }) {
                        // Where they go, or whether they stay, may depend on what comes now.
                        updates.send(output);
                    }
                    if matches!(message, FromChild::CommEnd { .. }) {
                        self.comms = self.comms.saturating_sub(1);
                    }
                    if let Some(answer) = emit(message, cells, output) {
                        let _ = self.send(&answer);
                    }
                }
                Ok(None) | Err(_) => {
                    let ended = self.ended(&mut stdout, &mut stderr, output);
                    updates.send(output);
                    return ended;
                }
            }
        }
    }

    /// Carries what threads of earlier cells say while no cell runs; does not wait.
    pub fn idle(&mut self, mailbox: &Mailbox, cells: &BTreeMap<u32, String>, output: &dyn Output) {
        let new = || (Stream::new(self.output_limit), Stream::new(self.output_limit));
        let (mut stdout, mut stderr) = self.between.take().unwrap_or_else(new);
        // Bounded: a cell may be waiting to begin.
        for _ in 0..16 {
            let ready = self.wait(Duration::ZERO, mailbox);
            self.read_ready(ready, &mut stdout, &mut stderr, output);
            let message = if ready.message { frame::read::<FromChild>(&mut self.link).ok().flatten() } else { None };
            if message.is_some() {
                self.read_pipes(&mut stdout, &mut stderr);
            }
            flush(&mut stdout, &mut stderr, output);
            let answer = match message {
                // The page has no field for it: its cell is over.
                Some(FromChild::Input { .. }) => Some(ToChild::Input { value: None }),
                Some(message) => {
                    if matches!(message, FromChild::CommEnd { .. }) {
                        self.comms = self.comms.saturating_sub(1);
                    }
                    emit(message, cells, output)
                }
                None if ready.stdout || ready.stderr => None,
                None => break,
            };
            if let Some(answer) = answer {
                let _ = self.send(&answer);
            }
        }
        self.between = Some((stdout, stderr));
    }

    /// The process is gone, or no longer to be understood: its last output, and how it ended.
    fn ended(&mut self, stdout: &mut Stream, stderr: &mut Stream, output: &dyn Output) -> Ended {
        let status = self.last_status();
        self.read_pipes(stdout, stderr);
        stdout.end();
        stderr.end();
        flush(stdout, stderr, output);
        Ended::Died(self.dead(status))
    }

    /// Waits for the end of a process whose link is closed. It gets a moment to end by itself, so that the status is its own.
    fn last_status(&mut self) -> ExitStatus {
        let begun = Instant::now();
        while begun.elapsed() < LOOK {
            if let Ok(Some(status)) = self.group.try_wait() {
                self.group.kill();
                return status;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.group.kill();
        self.group.wait().unwrap_or(ExitStatus::from_raw(libc::SIGKILL))
    }

    /// Waits for anything to arrive; says what has.
    fn wait(&self, timeout: Duration, mailbox: &Mailbox) -> Ready {
        let events = PollFlags::POLLIN;
        let link = self.link.as_fd();
        let mut fds = [
            PollFd::new(link, events),
            PollFd::new(self.stdout.as_fd(), events),
            PollFd::new(self.stderr.as_fd(), events),
            // Its messages are looked for at every turn.
            PollFd::new(mailbox.bell().unwrap_or(link), events),
        ];
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        if poll(&mut fds, timeout).is_err() {
            return Ready::default();
        }
        let [message, stdout, stderr, _] = fds.map(|fd| fd.revents().is_some_and(|events| !events.is_empty()));
        Ready { message, stdout, stderr }
    }

    /// Reads the pipes that have something. What one of them had before is sent before the other's news: that is as much of their
    /// order as two pipes tell.
    fn read_ready(&mut self, ready: Ready, stdout: &mut Stream, stderr: &mut Stream, output: &dyn Output) {
        if ready.stdout {
            if stderr.pending() {
                stderr.take(Event::Stderr).into_iter().for_each(|event| output.emit(event));
            }
            stdout.fill(&mut self.stdout);
        }
        if ready.stderr {
            if stdout.pending() {
                stdout.take(Event::Stdout).into_iter().for_each(|event| output.emit(event));
            }
            stderr.fill(&mut self.last_words.of(&mut self.stderr));
        }
    }

    fn read_pipes(&mut self, stdout: &mut Stream, stderr: &mut Stream) {
        stdout.fill(&mut self.stdout);
        stderr.fill(&mut self.last_words.of(&mut self.stderr));
    }

    /// Ends the process and all it started.
    pub fn end(self) {
        drop(self.group);
    }
}

/// Reads from `fd` return at once from now on.
pub(in crate::engine) fn set_nonblocking(fd: impl AsFd) -> anyhow::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    let flags = OFlag::from_bits_truncate(fcntl(&fd, FcntlArg::F_GETFL)?);
    fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

fn flush(stdout: &mut Stream, stderr: &mut Stream, output: &dyn Output) {
    for event in stdout.take(Event::Stdout) {
        output.emit(event);
    }
    for event in stderr.take(Event::Stderr) {
        output.emit(event);
    }
}

/// Passes a message on; gives the answer the child waits for.
fn emit(message: FromChild, cells: &BTreeMap<u32, String>, output: &dyn Output) -> Option<ToChild> {
    let sequence = match message {
        FromChild::Display { sequence, bundle, display_id, update } => {
            output.emit(Event::Display { bundle, display_id, update });
            sequence
        }
        FromChild::Result { sequence, bundle } => {
            output.emit(Event::Result(bundle));
            sequence
        }
        FromChild::ClearOutput { sequence, wait } => {
            output.emit(Event::ClearOutput { wait });
            sequence
        }
        FromChild::Input { prompt, password } => {
            let (answer, arrives) = std::sync::mpsc::channel();
            output.emit(Event::Input { prompt, password, answer });
            return Some(ToChild::Input { value: arrives.recv().ok().flatten() });
        }
        FromChild::Comm { message } => {
            output.emit(Event::Comm(CommEvent::Message(message)));
            return None;
        }
        FromChild::CommTarget { name } => {
            output.emit(Event::Comm(CommEvent::Target(name)));
            return None;
        }
        FromChild::CommBegin { sequence, request, output: area } => {
            output.emit(Event::Comm(CommEvent::Begin { request, output: area }));
            sequence
        }
        FromChild::CommEnd { sequence, request, failure } => {
            let error = failure.map(|failure| report::callback(&failure, cells));
            output.emit(Event::Comm(CommEvent::End { request, error }));
            sequence
        }
        FromChild::Capture { sequence, output: area } => {
            output.emit(Event::Comm(CommEvent::Capture(area)));
            sequence
        }
        FromChild::Ready | FromChild::Variables { .. } | FromChild::Finished { .. } => return None,
    };
    Some(ToChild::Drained { sequence })
}
