//! The process that holds evcxr: requests and answers as lines of JSON, and what cells print in frames on a pipe.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;
use serde_json::json;

use crate::engine::CellError;
use crate::engine::dylib::{child::set_nonblocking, interrupt::kill, report};

/// Tells the process that runs cells where its output goes.
const OUTPUT_FD: &str = "COURSE_EVCXR_OUTPUT_FD";

/// What was printed to stderr just before a cell's end may arrive this much later than the end.
const LATE: Duration = Duration::from_millis(40);

/// What the server says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Answer {
    /// evcxr is up.
    Ready,
    /// evcxr is not to be had.
    Failed {
        /// Why.
        message: String,
    },
    /// The cell asks for a line.
    Input {
        /// What to show before the field.
        prompt: String,
        /// Hide what is typed.
        password: bool,
    },
    /// The cell is over.
    Done {
        /// What evcxr itself has to show, by MIME type.
        shown: BTreeMap<String, String>,
        /// Why it failed, if it did.
        failure: Option<Failure>,
    },
}

/// Why a cell failed.
#[derive(Debug, Deserialize)]
pub struct Failure {
    /// The compiler's code, or what kind of failure it is.
    pub name: String,
    /// One line.
    pub message: String,
    /// The compiler's reports.
    pub reports: Vec<String>,
}

/// What a frame of a cell's output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Bytes of its stdout.
    Stdout,
    /// Bytes of its stderr.
    Stderr,
    /// It panicked.
    Panic,
    /// `?` met an error.
    Error,
}

/// Something that arrived.
#[derive(Debug)]
pub enum Heard {
    /// From the process that runs cells.
    Frame(Frame, Vec<u8>),
    /// From the server.
    Answer(Answer),
}

/// A handle that stops what the server runs.
#[derive(Debug)]
pub struct Stop(Arc<Mutex<ChildStdin>>);

impl Stop {
    /// Ends a build with everything kept, or a running cell with its variables lost.
    pub fn now(&mut self) {
        // A server that is gone runs nothing.
        let _ = write(&self.0, &json!({ "type": "interrupt" }));
    }
}

/// The running server.
#[derive(Debug)]
pub struct Server {
    process: Child,
    stdin: Arc<Mutex<ChildStdin>>,
    answers: ChildStdout,
    output: std::io::PipeReader,
    lines: Vec<u8>,
    frames: Vec<u8>,
    ready: bool,
}

impl Server {
    /// Starts one; it is of use only after [`Self::wait_until_ready`].
    ///
    /// # Errors
    /// When the program is not there or cannot be started.
    pub fn start(program: &Path) -> anyhow::Result<Self> {
        let (output, theirs) = std::io::pipe().context("no pipe for the output of cells")?;
        let theirs: OwnedFd = theirs.into();
        let number = theirs.as_raw_fd();
        let mut command = Command::new(program);
        command
            .env(OUTPUT_FD, number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .process_group(0);
        // SAFETY: only `prctl` and `fcntl` are called between fork and exec, which are async-signal-safe.
        unsafe {
            command.pre_exec(move || {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                match libc::fcntl(number, libc::F_SETFD, 0) {
                    -1 => Err(std::io::Error::last_os_error()),
                    _ => Ok(()),
                }
            });
        }
        let started = command.spawn();
        let mut process = started.with_context(|| {
            format!("could not start {}: build it with `cargo build --release` in kernel/evcxr", program.display())
        })?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (stdin, answers) = pipes.context("the evcxr process has no pipes")?;
        set_nonblocking(answers.as_fd())?;
        set_nonblocking(output.as_fd())?;
        let stdin = Arc::new(Mutex::new(stdin));
        Ok(Self { process, stdin, answers, output, lines: Vec::new(), frames: Vec::new(), ready: false })
    }

    /// Waits for evcxr to come up.
    ///
    /// # Errors
    /// When it does not.
    pub fn wait_until_ready(&mut self) -> Result<(), CellError> {
        while !self.ready {
            match self.hear()? {
                Heard::Answer(Answer::Ready) => {
                    self.ready = true;
                    // evcxr runs a cell of its own first; what that printed is nobody's.
                    self.drain(|_, _| ());
                }
                Heard::Answer(Answer::Failed { message }) => return Err(unavailable(&message)),
                Heard::Answer(_) | Heard::Frame(..) => {}
            }
        }
        Ok(())
    }

    /// A handle that stops what it runs.
    pub fn stop(&self) -> Option<Stop> {
        Some(Stop(Arc::clone(&self.stdin)))
    }

    /// Sends a cell.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn send_cell(&mut self, code: &str) -> Result<(), CellError> {
        write(&self.stdin, &json!({ "type": "run", "code": code })).map_err(|_| self.gone())
    }

    /// Sends what was typed.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn send_input(&mut self, value: Option<String>) -> Result<(), CellError> {
        write(&self.stdin, &json!({ "type": "input", "value": value })).map_err(|_| self.gone())
    }

    /// Waits for the next thing to arrive; output first.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn hear(&mut self) -> Result<Heard, CellError> {
        loop {
            if let Some((frame, bytes)) = take_frame(&mut self.frames) {
                return Ok(Heard::Frame(frame, bytes));
            }
            if let Some(line) = take_line(&mut self.lines)
                && let Ok(answer) = serde_json::from_slice(&line)
            {
                return Ok(Heard::Answer(answer));
            }
            let mut fds = [
                PollFd::new(self.output.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.answers.as_fd(), PollFlags::POLLIN),
            ];
            let _ = poll(&mut fds, PollTimeout::NONE);
            // What was printed before an answer was sent is read before it.
            read(&mut self.output, &mut self.frames);
            if !read(&mut self.answers, &mut self.lines) {
                return Err(self.gone());
            }
            read(&mut self.output, &mut self.frames);
        }
    }

    /// Hands over the output that is still on its way.
    pub fn drain(&mut self, mut each: impl FnMut(Frame, &[u8])) {
        loop {
            while let Some((frame, bytes)) = take_frame(&mut self.frames) {
                each(frame, &bytes);
            }
            let mut fds = [PollFd::new(self.output.as_fd(), PollFlags::POLLIN)];
            let late = PollTimeout::try_from(LATE).unwrap_or(PollTimeout::ZERO);
            if !poll(&mut fds, late).is_ok_and(|ready| ready > 0) {
                return;
            }
            let before = self.frames.len();
            read(&mut self.output, &mut self.frames);
            if self.frames.len() == before {
                return;
            }
        }
    }

    fn gone(&mut self) -> CellError {
        kill(self.process.id());
        let status = self.process.wait().map(|status| status.to_string()).unwrap_or_default();
        let message =
            format!("the evcxr process ended ({status}), and all it knew with it; the next cell starts a new one");
        report::of("ProcessDied", message, Vec::new())
    }

    /// Ends the process and all it started.
    pub fn end(mut self) {
        kill(self.process.id());
        let _ = self.process.wait();
    }
}

/// evcxr did not start.
pub fn unavailable(message: &str) -> CellError {
    let hint = "evcxr needs the sources of the standard library: `rustup component add rust-src`, or RUST_SRC_PATH";
    report::of("KernelError", format!("evcxr did not start: {}", message.trim()), vec![hint.to_owned()])
}

fn write(stdin: &Mutex<ChildStdin>, message: &serde_json::Value) -> std::io::Result<()> {
    stdin.lock().unwrap_or_else(PoisonError::into_inner).write_all(format!("{message}\n").as_bytes())
}

/// Reads what is there; says whether the other end is still open.
fn read(pipe: &mut impl Read, into: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 16 << 10];
    // Bounded, so that an endless printer cannot keep its answers from being read.
    for _ in 0..64 {
        match pipe.read(&mut buffer) {
            Ok(0) => return false,
            Ok(read) => into.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
    true
}

fn take_line(lines: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = lines.iter().position(|byte| *byte == b'\n')?;
    let rest = lines.split_off(end + 1);
    Some(std::mem::replace(lines, rest))
}

/// One byte that says what it is, four of length, and the bytes.
fn take_frame(frames: &mut Vec<u8>) -> Option<(Frame, Vec<u8>)> {
    let (kind, rest) = frames.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let bytes = rest.get(..u32::from_le_bytes(*length) as usize)?.to_vec();
    let frame = match kind {
        0 => Frame::Stdout,
        1 => Frame::Panic,
        2 => Frame::Error,
        _ => Frame::Stderr,
    };
    frames.drain(..5 + bytes.len());
    Some((frame, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_lines_are_taken_only_when_whole() {
        let mut frames = vec![0, 2, 0, 0, 0, b'h'];
        assert_eq!(take_frame(&mut frames), None);
        frames.extend([b'i', 1, 0, 0, 0]);
        assert_eq!(take_frame(&mut frames), Some((Frame::Stdout, b"hi".to_vec())));
        assert_eq!(take_frame(&mut frames), None);
        frames.push(0);
        assert_eq!(take_frame(&mut frames), Some((Frame::Panic, Vec::new())));
        assert!(frames.is_empty());
        let mut lines = b"{}\nhalf".to_vec();
        assert_eq!(take_line(&mut lines), Some(b"{}\n".to_vec()));
        assert_eq!(take_line(&mut lines), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Server::start(Path::new("/no/such/course-evcxr")).unwrap_err();
        assert!(format!("{error:#}").contains("/no/such/course-evcxr"), "{error:#}");
    }
}
