//! Work shared between threads, for pieces of a few microseconds.
//!
//! One token of a small model is some hundred parallel steps of about 20 µs each. A general-purpose thread pool either
//! sleeps between them, and waking costs more than the step, or spins until every thread has shown up, and stands
//! still whenever another program holds one of the cores. Here the pieces of a step are handed out one by one, the
//! caller works along, and it waits for pieces that were begun, never for threads that have not come. A piece that does
//! not come back for a while is the sign of a busy machine: then the caller works alone for some time.

use std::any::Any;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a worker looks for the next step before it goes to sleep.
const SPIN: Duration = Duration::from_micros(150);
/// A piece that is out for so long was taken off its core.
const STALL: Duration = Duration::from_micros(300);
/// How long the caller works alone after the first stall; doubled at each further one.
const SHORTEST_RETREAT: Duration = Duration::from_millis(10);
const LONGEST_RETREAT: Duration = Duration::from_millis(320);

/// With more, handing out pieces would cost more than working on them.
const MOST_THREADS: usize = 16;

type Task<'a> = dyn Fn(usize) + Sync + 'a;

/// Threads that wait for pieces of work.
pub struct Pool {
    shared: Arc<Shared>,
    /// Held by the caller whose step is being worked on.
    retreat: Mutex<Retreat>,
    threads: AtomicUsize,
}

/// Since when, and for how long, the caller works alone.
struct Retreat {
    until: Option<Instant>,
    length: Duration,
}

struct Shared {
    /// The step being worked on. Written only while `open` is false and `inside` is 0, read only by threads that are
    /// counted in `inside` and have seen `open` after that.
    step: UnsafeCell<Step>,
    open: AtomicBool,
    /// How many workers may look at `step`.
    inside: AtomicUsize,
    /// For each thread, the pieces it begins with: neighbours, because memory is read fastest in one go. A thread that
    /// is through with its own helps with the others'.
    shares: Vec<Share>,
    /// Counts the steps, so that a worker knows a new one.
    opened: AtomicUsize,
    sleeping: Mutex<usize>,
    wake: Condvar,
}

/// The number of the next piece of a thread's share; on a cache line of its own, as every piece changes it.
#[derive(Default)]
#[repr(align(128))]
struct Share(AtomicUsize);

#[derive(Clone, Copy)]
struct Step {
    task: *const Task<'static>,
    pieces: usize,
    panic: *const Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: the pointers in `step` are followed only under the protocol above, which makes the caller of `run` wait until
// nobody does; what they point to is `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointers are not tied to a thread.
unsafe impl Send for Shared {}

impl Pool {
    /// The pool of this process, with as many threads as the machine gives it (its cgroup's quota and affinity count), but
    /// no more than a small model can use.
    pub fn global() -> &'static Pool {
        static POOL: OnceLock<Pool> = OnceLock::new();
        let given = || std::thread::available_parallelism().map_or(1, usize::from);
        POOL.get_or_init(|| Pool::new(given().min(MOST_THREADS)))
    }

    /// A pool of `threads` threads, the caller's included.
    pub fn new(threads: usize) -> Self {
        fn nothing(_: usize) {}
        let shared = Arc::new(Shared {
            step: UnsafeCell::new(Step { task: &nothing, pieces: 0, panic: std::ptr::null() }),
            open: AtomicBool::new(false),
            inside: AtomicUsize::new(0),
            shares: (0..threads.max(1)).map(|_| Share::default()).collect(),
            opened: AtomicUsize::new(0),
            sleeping: Mutex::new(0),
            wake: Condvar::new(),
        });
        let mut started = 1;
        for number in 1..threads {
            let shared = Arc::clone(&shared);
            let worker = std::thread::Builder::new().name(format!("course-worker-{number}"));
            // Fewer threads than hoped for only cost speed.
            started += usize::from(worker.spawn(move || shared.work(number)).is_ok());
        }
        let retreat = Mutex::new(Retreat { until: None, length: SHORTEST_RETREAT });
        Self { shared, retreat, threads: AtomicUsize::new(started) }
    }

    /// How many threads a step is shared between.
    pub fn threads(&self) -> usize {
        self.threads.load(Ordering::Relaxed)
    }

    /// Gives each part of `output` to `task` once, with its number, on several threads.
    ///
    /// As [`run`](Self::run), for pieces that each fill a part of their own.
    pub fn run_parts(&self, output: Vec<&mut [f32]>, task: impl Fn(usize, &mut [f32]) + Sync) {
        let parts = output.into_iter().map(Mutex::new).collect::<Vec<_>>();
        self.run(parts.len(), &|piece| {
            task(piece, &mut parts[piece].lock().unwrap_or_else(PoisonError::into_inner));
        });
    }

    /// Calls `task` once for every number below `pieces`, on several threads, and returns when all calls are over.
    ///
    /// Runs on the caller's thread alone when the pool is busy with another step. A panic in `task` is passed on.
    pub fn run(&self, pieces: usize, task: &Task<'_>) {
        let Some(mut retreat) = self.retreat.try_lock().ok().filter(|_| pieces > 1 && self.threads() > 1) else {
            return (0..pieces).for_each(task);
        };
        if retreat.until.is_some_and(|until| Instant::now() < until) {
            return (0..pieces).for_each(task);
        }
        // A thread that were parked in the middle of a step would keep the workers in it.
        let _steady = course_wire::steady::hold();
        let panic = Mutex::new(None);
        self.shared.open(task, pieces, &panic);
        self.shared.take_pieces(0, task, pieces, &panic);
        let stalled = self.shared.close();
        if stalled {
            retreat.until = Some(Instant::now() + retreat.length);
            retreat.length = (retreat.length * 2).min(LONGEST_RETREAT);
        } else if retreat.until.is_some_and(|until| until.elapsed() > retreat.length) {
            *retreat = Retreat { until: None, length: SHORTEST_RETREAT };
        }
        drop(retreat);
        if let Some(payload) = panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(payload);
        }
    }
}

impl Shared {
    fn open(&self, task: &Task<'_>, pieces: usize, panic: &Mutex<Option<Box<dyn Any + Send>>>) {
        // SAFETY: only the lifetime is erased. `close` returns only when no worker can follow the pointer any more, and
        // nothing between here and there unwinds: pieces run under `catch_unwind`.
        let task = unsafe { std::mem::transmute::<&Task<'_>, *const Task<'static>>(task) };
        // SAFETY: the caller holds the pool's lock, `open` is false and `inside` was 0 after it became so: nobody reads.
        unsafe { *self.step.get() = Step { task, pieces, panic } };
        for (number, share) in self.shares.iter().enumerate() {
            share.0.store(self.share(number, pieces).start, Ordering::Relaxed);
        }
        self.open.store(true, Ordering::SeqCst);
        self.opened.fetch_add(1, Ordering::SeqCst);
        let sleeping = self.sleeping.lock().unwrap_or_else(PoisonError::into_inner);
        if *sleeping > 0 {
            self.wake.notify_all();
        }
    }

    /// Shuts the step and waits for the pieces that workers have begun; says whether one was out for long.
    fn close(&self) -> bool {
        self.open.store(false, Ordering::SeqCst);
        let mut rounds = 0_u32;
        let mut since = None;
        let mut stalled = false;
        while self.inside.load(Ordering::SeqCst) != 0 {
            rounds += 1;
            if rounds.is_multiple_of(64) {
                stalled |= since.get_or_insert_with(Instant::now).elapsed() > STALL;
                // The worker may be waiting for this very core.
                if stalled {
                    std::thread::yield_now()
                }
            }
            std::hint::spin_loop();
        }
        stalled
    }

    /// Which of the pieces thread number `thread` begins with.
    fn share(&self, thread: usize, pieces: usize) -> Range<usize> {
        let threads = self.shares.len();
        pieces * thread / threads..pieces * (thread + 1) / threads
    }

    fn take_pieces(&self, thread: usize, task: &Task<'_>, pieces: usize, panic: &Mutex<Option<Box<dyn Any + Send>>>) {
        let threads = self.shares.len();
        let work = || {
            for share in (0..threads).map(|other| (thread + other) % threads) {
                let end = self.share(share, pieces).end;
                loop {
                    let piece = self.shares[share].0.fetch_add(1, Ordering::Relaxed);
                    if piece >= end {
                        break;
                    }
                    task(piece);
                }
            }
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
            // The other threads find nothing left to take.
            self.shares.iter().for_each(|share| share.0.store(pieces, Ordering::Relaxed));
            panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(payload);
        }
    }

    /// What a worker does for the rest of the process.
    fn work(&self, thread: usize) {
        let mut seen = self.opened.load(Ordering::SeqCst);
        loop {
            seen = self.next_step(seen);
            self.inside.fetch_add(1, Ordering::SeqCst);
            if self.open.load(Ordering::SeqCst) {
                // SAFETY: this thread is counted in `inside` and saw `open` after that, so the caller has written `step`
                // and waits in `close` before it lets go of what `step` points to.
                let (task, pieces, panic) = unsafe {
                    let step = *self.step.get();
                    (&*step.task, step.pieces, &*step.panic)
                };
                self.take_pieces(thread, task, pieces, panic);
            }
            self.inside.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Waits for a step after number `seen`: awake for a moment, then asleep.
    fn next_step(&self, seen: usize) -> usize {
        let changed = || Some(self.opened.load(Ordering::SeqCst)).filter(|&opened| opened != seen);
        let began = Instant::now();
        loop {
            for _ in 0..64 {
                if let Some(opened) = changed() {
                    return opened;
                }
                std::hint::spin_loop();
            }
            if began.elapsed() > SPIN {
                break;
            }
        }
        let mut sleeping = self.sleeping.lock().unwrap_or_else(PoisonError::into_inner);
        *sleeping += 1;
        loop {
            // `open` counts up before it looks who sleeps, so this look under the lock cannot miss a step.
            if let Some(opened) = changed() {
                *sleeping -= 1;
                return opened;
            }
            sleeping = self.wake.wait(sleeping).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
