//! The child's main loop: one thread reads what the kernel says, one runs cells, one flushes partial lines.

use std::io::Write;
use std::os::fd::{FromRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use course_wire::{CellName, Failure, FromChild, LineMap, StoreEntry, ToChild, comm, frame, interrupt, link};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};

use super::{cell, comms, panic};

/// Room for a learner's deep recursion; pages count only when they are touched.
const STACK: usize = 512 << 20;

/// How long a partial line may wait before it is flushed.
const FLUSH_EVERY: Duration = Duration::from_millis(50);

enum Job {
    Run {
        number: u32,
        library: PathBuf,
        symbol: String,
        source: String,
        lines: LineMap,
    },
    Forget(Vec<String>),
    List,
    /// Comm messages have come in; the last cell may have taken them where it polled.
    Comms,
}

/// Runs cells until the kernel closes the link; `course-kernel runtime` calls this in the staged library.
///
/// # Safety
/// `socket` must be an open Unix stream socket that nothing else in this process uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn course_runtime_main(socket: RawFd) -> i32 {
    // SAFETY: the caller hands over the descriptor.
    let stream = unsafe { UnixStream::from_raw_fd(socket) };
    let Ok(reader) = stream.try_clone() else { return 1 };
    link::connect(stream);
    let (jobs, queue) = channel();
    let started = thread::Builder::new()
        .name("cells".into())
        .stack_size(STACK)
        .spawn(move || run_cells(&queue))
        .and_then(|_| thread::Builder::new().name("flush".into()).spawn(flush_partial_lines));
    if started.is_err() || link::send(&FromChild::Ready).is_err() {
        return 1;
    }
    read_kernel(reader, &jobs);
    link::closed();
    0
}

fn read_kernel(mut reader: UnixStream, jobs: &Sender<Job>) {
    while let Ok(Some(message)) = frame::read(&mut reader) {
        let job = match message {
            ToChild::Run { cell: number, library, symbol, source, lines } => {
                Job::Run { number, library, symbol, source, lines }
            }
            ToChild::Forget { names } => Job::Forget(names),
            ToChild::Variables => Job::List,
            ToChild::Comm { request, message } => {
                comm::arrived(request, message);
                Job::Comms
            }
            ToChild::Drained { sequence } => {
                link::drained(sequence);
                continue;
            }
            ToChild::Input { value } => {
                link::input_arrived(value);
                continue;
            }
            ToChild::Interrupt => {
                interrupt::request();
                continue;
            }
        };
        if jobs.send(job).is_err() {
            return;
        }
    }
}

fn flush_partial_lines() {
    loop {
        thread::sleep(FLUSH_EVERY);
        let _ = std::io::stdout().flush();
    }
}

fn run_cells(queue: &Receiver<Job>) {
    panic::install();
    comm::receive_with(comms::receive);
    for job in queue {
        let answer = match job {
            Job::Run { number, library, symbol, source, lines } => {
                panic::register(source, lines);
                interrupt::clear();
                link::begin_cell();
                let failure = run_library(number, &library, &symbol);
                link::end_cell();
                let _ = std::io::stdout().flush();
                FromChild::Finished { failure, variables: variables() }
            }
            Job::Forget(names) => {
                course_cell::forget(&names);
                continue;
            }
            Job::Comms => {
                interrupt::clear();
                link::begin_cell();
                comm::poll();
                continue;
            }
            Job::List => FromChild::Variables { variables: variables() },
        };
        if link::send(&answer).is_err() {
            return;
        }
    }
}

fn run_library(number: u32, path: &std::path::Path, symbol: &str) -> Option<Failure> {
    // SAFETY: the library is a cell this kernel compiled against the very crate that is running; loading it runs no code of
    // the learner's. `RTLD_GLOBAL` lets later cells see the statics it defines.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_GLOBAL) };
    let library = match library {
        Ok(library) => library,
        Err(error) => return Some(load_failure(number, &error)),
    };
    // SAFETY: the generated code defines the symbol with this signature.
    let entry: Result<Symbol<extern "C" fn()>, _> = unsafe { library.get(symbol) };
    match entry {
        Ok(entry) => entry(),
        Err(error) => return Some(load_failure(number, &error)),
    }
    // Values, vtables and statics of the cell live on: it is never unloaded.
    std::mem::forget(library);
    cell::failure(course_cell::end())
}

fn variables() -> Vec<StoreEntry> {
    let entry = |stored: course_cell::Stored| StoreEntry {
        name: stored.name,
        type_name: stored.type_name.to_owned(),
        size: stored.size,
    };
    course_cell::list().into_iter().map(entry).collect()
}

fn load_failure(number: u32, error: &libloading::Error) -> Failure {
    Failure {
        name: "LoadError".into(),
        message: format!("{} compiled but could not be loaded: {error}", CellName(number)),
        place: None,
        frames: Vec::new(),
    }
}
