//! The child's main loop: one thread reads what the kernel says, one runs cells, one flushes partial lines.

use std::any::Any;
use std::io::Write;
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use course_wire::{CellName, Failure, FromChild, LineMap, StoreEntry, ToChild, comm, frame, interrupt, link};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW, Symbol};

use super::descriptors::{Standard, duplicate};
use super::{cell, comms, limits, overflow, panic};
use course_exercises::apart;

/// Room for a learner's deep recursion; pages count only when they are touched.
const STACK: usize = 512 << 20;

/// How long a partial line may wait before it is flushed.
const FLUSH_EVERY: Duration = Duration::from_millis(50);

/// Whether a cell runs or is about to; then an interrupt is its own, and a widget's message does not take it back.
static CELL_RUNS: AtomicBool = AtomicBool::new(false);

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
    limits::raise_file_limit();
    // SAFETY: the caller hands over the descriptor.
    let inherited = unsafe { OwnedFd::from_raw_fd(socket) };
    // The copy is out of the way of cells, and closed in the programs they start: a program that lived on with it would keep the kernel
    // from noticing this process's end.
    let (Some(to), Some(from)) = (duplicate(socket), duplicate(socket)) else { return 1 };
    drop(inherited);
    // SAFETY: the copies were just made, each for one stream alone.
    let (writer, reader) = unsafe { (UnixStream::from_raw_fd(to), UnixStream::from_raw_fd(from)) };
    link::connect(writer);
    let (jobs, queue) = channel();
    let started = thread::Builder::new()
        .name("cells".into())
        .stack_size(STACK)
        .spawn(move || run_cells(&queue))
        .and_then(|_| thread::Builder::new().name("flush".into()).spawn(flush_partial_lines));
    limits::limit_memory();
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
                // Here and not where the cell begins: an interrupt that follows at once is this cell's.
                CELL_RUNS.store(true, Ordering::SeqCst);
                interrupt::clear();
                Job::Run { number, library, symbol, source, lines }
            }
            ToChild::Forget { names } => Job::Forget(names),
            ToChild::Variables => Job::List,
            ToChild::Comm { request, message } => {
                if !CELL_RUNS.load(Ordering::SeqCst) {
                    interrupt::clear();
                }
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
    apart::install(apart::Hooks { begin: begin_check, last_panic: panic::last_place });
    course_cell::ladder::show_with(cell::result);
    comm::receive_with(comms::receive);
    overflow::watch_cells();
    let standard = Standard::remember();
    for job in queue {
        let answer = match job {
            Job::Run { number, library, symbol, source, lines } => {
                panic::register(source, lines);
                link::begin_cell();
                let failure = run_library(number, &library, &symbol);
                link::end_cell();
                let _ = std::io::stdout().flush();
                standard.restore();
                interrupt::clear();
                CELL_RUNS.store(false, Ordering::SeqCst);
                FromChild::Finished { failure, variables: variables() }
            }
            Job::Forget(names) => {
                course_cell::forget(&names);
                continue;
            }
            Job::Comms => {
                comm::poll();
                continue;
            }
            Job::List => FromChild::Variables { variables: variables() },
        };
        if let Err(error) = link::send(&answer) {
            // The kernel waits for this answer. It is gone, or the cell has closed the link, which is no file of its own.
            eprintln!("the connection to the kernel is broken: {error}");
            // SAFETY: the process ends here.
            unsafe { libc::_exit(1) };
        }
    }
}

/// Makes the thread that a check runs on one like that of cells: its panics are told by the check, an overflow of its stack is known.
fn begin_check() -> Box<dyn Any> {
    panic::take_over();
    Box::new(overflow::watch())
}

fn run_library(number: u32, path: &std::path::Path, symbol: &str) -> Option<Failure> {
    panic::loads(path);
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
