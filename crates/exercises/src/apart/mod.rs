//! Runs code that may never end, so that what comes after it can go on.
//!
//! The code runs on a second thread while the calling one waits, so it may borrow what the caller has, whether `Send` or not: at no
//! time do both run. Code that ends, by a result or a panic, leaves nothing behind. Code that does not is asked to stop by the
//! interrupt flag, and if it does not listen, its thread is parked for ever (`freeze.rs`): it costs no processor time, touches nothing
//! that it borrowed, and the caller goes on. docs/decisions/0013-exercises.md has the argument, and what is left open.

mod freeze;
mod map;
mod output;
mod stack;

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use course_wire::{Interrupted, Place, interrupt};

use freeze::Target;
pub use freeze::{is_check_overflow, is_overflow, lowest_address, park_overflowed};

/// How often the waiting thread looks at the clock and at the interrupt flag.
const LOOK: Duration = Duration::from_millis(20);
/// How long code that polls has to stop by itself. With a look and the time that `freeze.rs` is choosy this stays below the half second after which
/// the kernel ends the process of a learner who has pressed ■ twice.
const GRACE: Duration = Duration::from_millis(250);

/// How the code ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It ran to its end.
    Done,
    /// It panicked.
    Panicked(Panic),
    /// It was still running when its time was up.
    Endless,
    /// The learner pressed ■.
    Interrupted,
    /// It called itself so deeply that the stack was full.
    Overflowed,
}

/// A panic, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic {
    /// Its message.
    pub message: String,
    /// The line of a cell where it happened.
    pub place: Option<Place>,
}

/// What the program around gives to the thread that runs the code.
#[derive(Debug, Clone, Copy)]
pub struct Hooks {
    /// Called on the thread before the code: panics are not printed there. What it returns is dropped after the code, on the thread.
    pub begin: fn() -> Box<dyn Any>,
    /// The place of the thread's last panic.
    pub last_panic: fn() -> Option<Place>,
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();
/// One at a time: what the signal handler looks at is there once.
static ONE: Mutex<()> = Mutex::new(());

thread_local! {
    static APART: Cell<bool> = const { Cell::new(false) };
}

/// Sets the hooks; the first call counts.
pub fn install(hooks: Hooks) {
    let _ = HOOKS.set(hooks);
}

/// What both threads share.
struct Shared {
    target: Target,
    outcome: Mutex<Option<Option<Panic>>>,
    arrived: Condvar,
}

impl Shared {
    /// Waits until the code has ended; says whether it has.
    fn wait(&self, time: Duration) -> bool {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.arrived.wait_timeout_while(outcome, time, |outcome| outcome.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }

    fn finish(&self, panic: Option<Panic>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        self.arrived.notify_all();
    }
}

/// A borrowed body on its way to the other thread.
#[derive(Clone, Copy)]
struct Lent<'a>(&'a dyn Fn());

// SAFETY: the body and what it captures need not be `Send` or `Sync`. Still no two threads use it: the lender waits from before
// the borrower begins until the borrower has ended or is parked for ever. What tells threads apart, thread-locals and locks that
// know their owner, is not protected by this; the decision page lists it.
unsafe impl Send for Lent<'_> {}

impl Lent<'_> {
    fn call(self) {
        (self.0)();
    }
}

/// Runs `body`, for as long as `limit` says, which is asked again and again.
pub(crate) fn run(limit: &dyn Fn() -> Duration, body: &dyn Fn()) -> Ended {
    // A check inside a check is already watched.
    if APART.get() {
        return here(body);
    }
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let shared = Arc::new(Shared { target: Target::new(), outcome: Mutex::default(), arrived: Condvar::new() });
    let _watched = freeze::watch(&shared.target);
    let Some(thread) = start(&shared, Lent(body)) else { return here(body) };
    let begun = Instant::now();
    let stopped = loop {
        if shared.wait(LOOK) {
            break None;
        } else if shared.target.has_overflowed() {
            break Some(Ended::Overflowed);
        } else if interrupt::is_requested() {
            break Some(Ended::Interrupted);
        } else if begun.elapsed() >= limit() {
            break Some(Ended::Endless);
        }
    };
    let Some(why) = stopped else {
        let ended = ended(&shared, thread);
        // It may have heard of ■ before this thread did.
        return if interrupt::is_requested() { Ended::Interrupted } else { ended };
    };
    let ours = matches!(why, Ended::Endless);
    if ours {
        interrupt::request();
    }
    if matches!(why, Ended::Overflowed) || !shared.wait(GRACE) {
        stop(&shared, &why);
    }
    if ours {
        interrupt::clear();
    }
    if shared.target.is_parked() {
        if matches!(why, Ended::Overflowed) {
            shared.target.release_stack();
        }
        // The thread holds on to it for ever, and to nothing else that is missed.
        std::mem::forget(thread);
        return why;
    }
    // It has listened; what it returned or panicked with then means nothing.
    let _ = ended(&shared, thread);
    why
}

/// Runs it without a second thread: there is none to be had, or this is one.
fn here(body: &dyn Fn()) -> Ended {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(()) => Ended::Done,
        Err(payload) => Ended::Panicked(Panic::of(&*payload)),
    }
}

fn start(shared: &Arc<Shared>, body: Lent<'_>) -> Option<JoinHandle<()>> {
    stack::with_room(|size| {
        let theirs = Arc::clone(shared);
        let run = move || {
            theirs.target.begin();
            APART.set(true);
            let _guard = HOOKS.get().map(|hooks| (hooks.begin)());
            let ended = catch_unwind(AssertUnwindSafe(|| body.call()));
            theirs.target.end();
            theirs.finish(ended.err().map(|payload| Panic::of(&*payload)));
        };
        let thread = std::thread::Builder::new().name("check".into()).stack_size(size);
        // SAFETY: what the closure borrows lives until the thread has ended or is parked: `run` returns no earlier.
        unsafe { thread.spawn_unchecked(run) }.ok()
    })
}

fn ended(shared: &Shared, thread: JoinHandle<()>) -> Ended {
    // It has only its last lines to go: thread-locals are dropped there, which is the learner's code once more.
    let _ = thread.join();
    stack::give_back_room();
    match shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(Some(panic)) => Ended::Panicked(panic),
        _ => Ended::Done,
    }
}

/// Parks the thread, or ends the process: what it borrowed must not be used by two.
fn stop(shared: &Shared, why: &Ended) {
    let held = output::hold(freeze::PATIENCE);
    let parked = held.is_some() && (shared.target.is_parked() || shared.target.park());
    if !parked && !shared.wait(Duration::ZERO) {
        let words = match why {
            Ended::Overflowed => course_wire::STACK_OVERFLOW,
            _ => course_wire::ENDLESS_CHECK,
        };
        freeze::end_process(words);
    }
}

impl Panic {
    /// What the payload says, and where the hook of this thread has seen it.
    pub(crate) fn of(payload: &(dyn Any + Send)) -> Self {
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (_, Some(text)) => text.clone(),
            _ if payload.is::<Interrupted>() => Interrupted.to_string(),
            _ => "a panic whose payload is not text".to_owned(),
        };
        Self { message, place: HOOKS.get().and_then(|hooks| (hooks.last_panic)()) }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(100);

    #[test]
    fn code_that_ends_is_as_if_it_had_run_here() {
        let shared = Rc::new(Cell::new(1));
        assert!(matches!(run(&|| LONG, &|| shared.set(shared.get() + 1)), Ended::Done));
        assert_eq!((shared.get(), Rc::strong_count(&shared)), (2, 1));
        let Ended::Panicked(panic) = run(&|| LONG, &|| panic!("at {}", 3)) else { panic!("it panics") };
        assert_eq!(panic.message, "at 3");
    }

    #[test]
    fn a_run_within_a_run_has_its_limit() {
        let inner = Cell::new(false);
        let ended = run(&|| LONG, &|| inner.set(matches!(run(&|| SHORT, &|| ()), Ended::Done)));
        assert!(matches!(ended, Ended::Done) && inner.get());
    }

    #[test]
    fn endless_code_is_parked_and_runs_no_more() {
        static TURNS: AtomicU64 = AtomicU64::new(0);
        let ended = run(&|| SHORT, &|| {
            loop {
                std::hint::black_box(TURNS.fetch_add(1, Ordering::Relaxed));
            }
        });
        assert!(matches!(ended, Ended::Endless), "{ended:?}");
        let then = TURNS.load(Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(TURNS.load(Ordering::Relaxed), then);
        // Neither the allocator nor stdout went with it.
        let text = vec![1; 1 << 20].iter().map(u32::to_string).collect::<String>();
        println!("{}", text.len());
    }

    #[test]
    fn endless_code_that_allocates_prints_sleeps_or_waits_is_parked_too() {
        let (_sender, never) = std::sync::mpsc::channel::<()>();
        let forever: [&dyn Fn(); 4] = [
            &|| loop {
                std::hint::black_box(vec![0u8; 100]);
            },
            &|| loop {
                print!("");
                std::io::Write::flush(&mut std::io::stdout()).unwrap();
            },
            &|| loop {
                std::thread::sleep(Duration::from_secs(1));
            },
            &|| {
                let _ = never.recv();
            },
        ];
        for (number, code) in forever.into_iter().enumerate() {
            let ended = run(&|| SHORT, code);
            assert!(matches!(ended, Ended::Endless), "{number}: {ended:?}");
            println!("still here after {number}");
        }
    }

    #[test]
    fn endless_code_that_listens_ends_by_itself() {
        let dropped = Rc::new(());
        let ended = run(&|| SHORT, &|| {
            let _kept = Rc::clone(&dropped);
            while interrupt::check().is_ok() {}
        });
        assert!(matches!(ended, Ended::Endless), "{ended:?}");
        assert_eq!(Rc::strong_count(&dropped), 1, "it was not parked");
        assert!(!interrupt::is_requested());
    }
}
