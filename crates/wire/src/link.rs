//! The child's end of the link to the kernel. Outside a notebook there is none, and [`connected`] says so.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::{Bundle, Failure, FromChild, frame, steady};

static LINK: OnceLock<Link> = OnceLock::new();

/// The largest bundle that is put into a frame, in bytes; escaped, it may become longer. The kernel's own limit is far below.
const MOST: Option<u64> = Some(frame::MAX_FRAME as u64 / 2);

static CELL: AtomicU64 = AtomicU64::new(0);
static END_OF_CELL: OnceLock<fn()> = OnceLock::new();

struct Link {
    writer: Mutex<UnixStream>,
    sent: Mutex<u64>,
    replies: Mutex<Replies>,
    arrived: Condvar,
}

#[derive(Default)]
struct Replies {
    drained: u64,
    input: Option<Option<String>>,
    closed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects this process to the kernel; the first call wins.
pub fn connect(stream: UnixStream) {
    let _ = LINK.set(Link {
        writer: Mutex::new(stream),
        sent: Mutex::new(0),
        replies: Mutex::default(),
        arrived: Condvar::new(),
    });
}

/// Whether a notebook is listening.
pub fn connected() -> bool {
    LINK.get().is_some()
}

/// Another cell begins; called by the child before it runs one.
pub fn begin_cell() {
    CELL.fetch_add(1, Ordering::Relaxed);
}

/// Has `show` called at the end of every cell, for what waits to be shown; the first of such functions is the only one.
pub fn at_end_of_cell(show: fn()) {
    let _ = END_OF_CELL.set(show);
}

/// The cell's code has run; called by the child before it says so.
pub fn end_cell() {
    if let Some(show) = END_OF_CELL.get() {
        show();
    }
}

/// Counts the cells that this process has begun: what belongs to one cell's output tells by it that the cell is over.
pub fn cell() -> u64 {
    CELL.load(Ordering::Relaxed)
}

/// Sends a message that asks for no answer. Does nothing outside a notebook.
///
/// # Errors
/// When the kernel is gone.
pub fn send(message: &FromChild) -> io::Result<()> {
    let _steady = steady::hold();
    match LINK.get() {
        Some(link) => frame::write(&mut *lock(&link.writer), message),
        None => Ok(()),
    }
}

/// Shows a bundle after everything printed so far; returns once its place in the output is settled.
///
/// # Errors
/// When the kernel is gone.
pub fn display(bundle: Bundle, display_id: Option<String>, update: bool) -> io::Result<()> {
    let bundle = bundle.within(MOST);
    ordered(|sequence| FromChild::Display { sequence, bundle, display_id, update })
}

/// Hands over the value of the cell's last expression, after everything printed so far.
///
/// # Errors
/// When the kernel is gone.
pub fn result(bundle: Bundle) -> io::Result<()> {
    let bundle = bundle.within(MOST);
    ordered(|sequence| FromChild::Result { sequence, bundle })
}

/// Clears the cell's output, at once or when the next output arrives.
///
/// # Errors
/// When the kernel is gone.
pub fn clear_output(wait: bool) -> io::Result<()> {
    ordered(|sequence| FromChild::ClearOutput { sequence, wait })
}

/// Says that the callbacks of a comm message run from here, after everything printed so far; `output` names the output area,
/// by its comm, that takes what they print.
///
/// # Errors
/// When the kernel is gone.
pub fn comm_begin(request: u64, output: Option<String>) -> io::Result<()> {
    ordered(|sequence| FromChild::CommBegin { sequence, request, output })
}

/// Says that the callbacks of a comm message have run, after everything they printed.
///
/// # Errors
/// When the kernel is gone.
pub fn comm_end(request: u64, failure: Option<Failure>) -> io::Result<()> {
    ordered(|sequence| FromChild::CommEnd { sequence, request, failure })
}

/// Sends what is printed and displayed from here on into an output area, named by its comm; `None` ends that.
///
/// # Errors
/// When the kernel is gone.
pub fn capture(output: Option<String>) -> io::Result<()> {
    ordered(|sequence| FromChild::Capture { sequence, output })
}

/// Asks the learner for a line; `None` when the front end cannot ask or there is no notebook.
///
/// # Errors
/// When the kernel is gone.
pub fn input(prompt: &str, password: bool) -> io::Result<Option<String>> {
    let Some(link) = LINK.get() else { return Ok(None) };
    let _ = io::stdout().flush();
    lock(&link.replies).input = None;
    send(&FromChild::Input { prompt: prompt.into(), password })?;
    let mut replies = lock(&link.replies);
    loop {
        if let Some(value) = replies.input.take() {
            return Ok(value);
        }
        if replies.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        replies = link.arrived.wait(replies).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Flushes what was printed, sends, and waits until the kernel has read the pipes up to here: two pipes and a socket have
/// no order of their own.
fn ordered(message: impl FnOnce(u64) -> FromChild) -> io::Result<()> {
    let Some(link) = LINK.get() else { return Ok(()) };
    let _steady = steady::hold();
    let _ = io::stdout().flush();
    let mut sent = lock(&link.sent);
    *sent += 1;
    send(&message(*sent))?;
    let mut replies = lock(&link.replies);
    while replies.drained < *sent {
        if replies.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        replies = link.arrived.wait(replies).unwrap_or_else(PoisonError::into_inner);
    }
    Ok(())
}

/// Delivers [`ToChild::Drained`](crate::ToChild::Drained); called by the child's reader thread.
pub fn drained(sequence: u64) {
    reply(|replies| replies.drained = sequence);
}

/// Delivers [`ToChild::Input`](crate::ToChild::Input); called by the child's reader thread.
pub fn input_arrived(value: Option<String>) {
    reply(|replies| replies.input = Some(value));
}

/// Wakes everyone who waits for a kernel that is gone.
pub fn closed() {
    reply(|replies| replies.closed = true);
}

fn reply(change: impl FnOnce(&mut Replies)) {
    if let Some(link) = LINK.get() {
        change(&mut lock(&link.replies));
        link.arrived.notify_all();
    }
}
