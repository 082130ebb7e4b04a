//! Parks a thread for ever, at a place where it holds nothing that others need.
//!
//! A signal is sent to the thread. Its handler looks where the thread is, and either returns, to be tried again a millisecond later, or
//! never returns: it waits in `pause`, with all signals blocked. It accepts, in this order,
//!
//! 1. code of the learner's: no lock of the allocator, of std or of the course is held there, as long as none of them calls it back;
//! 2. after [`CHOOSY`], code of the course and of std where nobody has said otherwise ([`course_wire::steady`]), and system calls
//!    that wait: a sleep, a lock, a channel. The allocator makes none of those while it holds its lock.
//!
//! What runs in the handlers is async-signal-safe: atomics, plain memory that is not changed meanwhile, and system calls.

use std::mem::zeroed;
use std::ptr::{from_ref, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use course_wire::steady;
use libc::{c_int, c_void, siginfo_t};

use super::map::{Code, CodeMap};

/// How long only the learner's own code will do.
const CHOOSY: Duration = Duration::from_millis(150);
/// How long to try before the process has to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// What stays of a released stack: glibc keeps what it knows of a thread at the top.
const TOP: usize = 1 << 20;

/// The thread to park, as the handlers see it.
pub(super) struct Target {
    map: CodeMap,
    /// How many threads there were before it.
    threads: usize,
    thread: AtomicI32,
    /// The lowest address of its stack, and one near its top.
    stack: (AtomicUsize, AtomicUsize),
    /// Its code has ended: it is not to be parked any more.
    over: AtomicBool,
    choosy: AtomicBool,
    parked: AtomicBool,
    overflowed: AtomicBool,
}

/// The target of the check that runs.
static TARGET: AtomicPtr<Target> = AtomicPtr::new(null_mut());

impl Target {
    /// A thread that is about to start.
    pub(super) fn new() -> Self {
        Self {
            map: CodeMap::read(),
            threads: threads(),
            thread: AtomicI32::new(0),
            stack: (AtomicUsize::new(0), AtomicUsize::new(0)),
            over: AtomicBool::new(false),
            choosy: AtomicBool::new(true),
            parked: AtomicBool::new(false),
            overflowed: AtomicBool::new(false),
        }
    }

    /// Called on the thread, before its code.
    pub(super) fn begin(&self) {
        let here = 0_u8;
        self.stack.0.store(lowest_address().unwrap_or(0), Ordering::SeqCst);
        self.stack.1.store(from_ref(&here).addr(), Ordering::SeqCst);
        self.thread.store(this_thread(), Ordering::SeqCst);
    }

    /// Called on the thread, after its code.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Whether it is parked.
    pub(super) fn is_parked(&self) -> bool {
        self.parked.load(Ordering::SeqCst) || self.has_overflowed()
    }

    /// Whether it is parked because its stack was full.
    pub(super) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::SeqCst)
    }

    /// Tries to park it; says whether it did.
    pub(super) fn park(&self) -> bool {
        let Some(signal) = signal() else { return false };
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE && !self.over.load(Ordering::SeqCst) {
            self.choosy.store(begun.elapsed() < CHOOSY, Ordering::SeqCst);
            // SAFETY: the call touches no memory; the handler is installed.
            unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), self.thread.load(Ordering::SeqCst), signal) };
            std::thread::sleep(Duration::from_millis(1));
            if self.is_parked() {
                return true;
            }
        }
        self.is_parked()
    }

    /// Gives the memory of a parked thread's full stack back, unless it may have lent some of it to threads that live on.
    pub(super) fn release_stack(&self) {
        let (lowest, top) =
            (self.stack.0.load(Ordering::SeqCst), self.stack.1.load(Ordering::SeqCst).saturating_sub(TOP));
        let (lowest, top) = (lowest.next_multiple_of(4096), top & !4095);
        if threads() == self.threads + 1 && 0 < lowest && lowest < top {
            // SAFETY: the pages are the stack's below the frames that started the thread. It runs no more, and no other thread that it
            // could have lent them to is there.
            unsafe { libc::madvise(std::ptr::without_provenance_mut(lowest), top - lowest, libc::MADV_DONTNEED) };
        }
    }

    /// Whether the calling thread is this one, holds no lock of the course and is where it may be stopped.
    fn may_park(&self, registers: &Registers, choosy: bool) -> bool {
        if self.thread.load(Ordering::SeqCst) != this_thread() || self.over.load(Ordering::SeqCst) || steady::is_held()
        {
            return false;
        }
        match self.map.at(registers.instruction) {
            Some((Code::Learners, _)) => true,
            Some((Code::Ours, _)) => !choosy,
            Some((Code::System, start)) => !choosy && registers.wait(start),
            None => false,
        }
    }
}

/// Makes the target known to the handlers until the guard is dropped.
pub(super) fn watch(target: &Target) -> Watched<'_> {
    TARGET.store(from_ref(target).cast_mut(), Ordering::SeqCst);
    Watched(std::marker::PhantomData)
}

/// The guard of [`watch`].
pub(super) struct Watched<'a>(std::marker::PhantomData<&'a Target>);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        TARGET.store(null_mut(), Ordering::SeqCst);
    }
}

/// Where a thread was when the signal came.
struct Registers {
    instruction: usize,
    result: i64,
}

impl Registers {
    /// # Safety
    /// `context` must be what a signal handler got.
    #[cfg(target_arch = "x86_64")]
    unsafe fn of(context: *mut c_void) -> Self {
        // SAFETY: the caller's promise.
        let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        Self { instruction: registers[libc::REG_RIP as usize] as usize, result: registers[libc::REG_RAX as usize] }
    }

    /// Elsewhere nothing is known, and nothing parked.
    ///
    /// # Safety
    /// None is needed.
    #[cfg(not(target_arch = "x86_64"))]
    unsafe fn of(_context: *mut c_void) -> Self {
        Self { instruction: 0, result: 0 }
    }

    /// Whether the signal came while the thread waited in the system, given the first address of the code it is in.
    ///
    /// The system has then either set it back to the instruction that makes the call, with the call's number as it was, or given the
    /// call the result "interrupted".
    fn wait(&self, start: usize) -> bool {
        const SYSCALL: [u8; 2] = [0x0f, 0x05];
        const WAITING: [i64; 9] = [
            libc::SYS_futex,
            libc::SYS_read,
            libc::SYS_recvfrom,
            libc::SYS_recvmsg,
            libc::SYS_accept4,
            libc::SYS_wait4,
            libc::SYS_waitid,
            libc::SYS_flock,
            libc::SYS_write,
        ];
        let bytes = |address: usize| {
            let address = std::ptr::with_exposed_provenance::<[u8; 2]>(address);
            // SAFETY: both bytes lie in mapped code: `start` is its first address, and the instruction pointer is in it. The last
            // instruction of a library is no system call.
            unsafe { address.read_unaligned() }
        };
        if self.result == -i64::from(libc::EINTR) {
            return self.instruction >= start + 2 && bytes(self.instruction - 2) == SYSCALL;
        }
        WAITING.contains(&self.result) && bytes(self.instruction) == SYSCALL
    }
}

/// The signal that parks, with its handler installed.
fn signal() -> Option<c_int> {
    static SIGNAL: OnceLock<Option<c_int>> = OnceLock::new();
    *SIGNAL.get_or_init(|| {
        let signal = libc::SIGRTMIN() + 7;
        // SAFETY: the handler has the signature that `SA_SIGINFO` asks for; all signals are blocked while it runs.
        let done = unsafe {
            let mut action = zeroed::<libc::sigaction>();
            action.sa_sigaction = handler as extern "C" fn(c_int, *mut siginfo_t, *mut c_void) as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
            libc::sigfillset(&mut action.sa_mask);
            libc::sigaction(signal, &action, null_mut())
        };
        (done == 0).then_some(signal)
    })
}

extern "C" fn handler(_signal: c_int, _info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: a target is known only while it is there: the check that made it known waits until its thread, which runs this, has
    // ended or is parked.
    let Some(target) = (unsafe { TARGET.load(Ordering::SeqCst).as_ref() }) else { return };
    // SAFETY: the system hands over a valid context.
    let registers = unsafe { Registers::of(context) };
    if target.may_park(&registers, target.choosy.load(Ordering::SeqCst)) {
        target.parked.store(true, Ordering::SeqCst);
        for_ever();
    }
}

/// For the handler of segmentation faults: when the thread of a check has filled its stack, and holds nothing that others need, it is
/// parked here and the check goes on. Returns otherwise.
///
/// # Safety
/// To be called in a handler for `SIGSEGV`, on a stack of its own, with what the system has handed over.
pub unsafe fn park_overflowed(touched: usize, context: *mut c_void) {
    // SAFETY: as above.
    let Some(target) = (unsafe { TARGET.load(Ordering::SeqCst).as_ref() }) else { return };
    // SAFETY: the caller's promise.
    let registers = unsafe { Registers::of(context) };
    if is_overflow(touched, target.stack.0.load(Ordering::SeqCst)) && target.may_park(&registers, false) {
        target.overflowed.store(true, Ordering::SeqCst);
        for_ever();
    }
}

/// Whether a touched address lies at the end of the stack of the check that runs, if one does. Async-signal-safe.
pub fn is_check_overflow(touched: usize) -> bool {
    // SAFETY: as above; where another thread asks, the worst is a false "no": a target is there as long as it is known.
    let target = unsafe { TARGET.load(Ordering::SeqCst).as_ref() };
    target.is_some_and(|target| is_overflow(touched, target.stack.0.load(Ordering::SeqCst)))
}

/// Whether a touch is an overflow of the stack that ends there: the guard page, or what a large frame skips.
pub fn is_overflow(touched: usize, lowest: usize) -> bool {
    const BELOW: usize = 64 << 10;
    (lowest.saturating_sub(BELOW)..lowest.saturating_add(4096)).contains(&touched)
}

fn for_ever() -> ! {
    loop {
        // SAFETY: the call touches no memory.
        unsafe { libc::pause() };
    }
}

/// Says why, and ends the process in the way that the kernel understands.
pub(super) fn end_process(words: &str) -> ! {
    let signal = if words == course_wire::STACK_OVERFLOW { libc::SIGSEGV } else { libc::SIGABRT };
    // SAFETY: the text outlives the calls. Std's own stderr may be locked by the thread that does not stop.
    unsafe {
        libc::write(2, words.as_ptr().cast(), words.len());
        libc::write(2, b"\n".as_ptr().cast(), 1);
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
        libc::_exit(1)
    }
}

fn this_thread() -> i32 {
    // SAFETY: the call touches no memory.
    unsafe { libc::gettid() }
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Where the calling thread's stack ends.
pub fn lowest_address() -> Option<usize> {
    let (mut lowest, mut size) = (null_mut(), 0);
    // SAFETY: the attributes are filled by the first call and given back by the last.
    unsafe {
        let mut attributes = zeroed::<libc::pthread_attr_t>();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return None;
        }
        let done = libc::pthread_attr_getstack(&attributes, &mut lowest, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        (done == 0).then_some(lowest as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_touches_at_the_end_of_the_stack_are_overflows() {
        let here = 0_u8;
        let (lowest, local) = (lowest_address().unwrap(), from_ref(&here).addr());
        assert!(lowest < local && local - lowest < 1 << 30, "the stack lies below its variables");
        assert!(is_overflow(lowest - 1, lowest) && is_overflow(lowest - 4096, lowest));
        assert!(!is_overflow(0, lowest) && !is_overflow(local, lowest));
    }

    #[test]
    fn a_thread_that_holds_something_of_the_courses_is_not_parked() {
        let target = Target::new();
        target.begin();
        let inside = Registers { instruction: Target::new as *const () as usize, result: 0 };
        // Other tests hold something now and then.
        let soon = || {
            std::thread::sleep(Duration::from_millis(1));
            target.may_park(&inside, false)
        };
        assert!((0..1000).any(|_| soon()));
        assert!(!target.may_park(&inside, true), "it waits for code of the learner's first");
        let allocating = Registers { instruction: libc::malloc as *const () as usize, result: 0 };
        assert!(!target.may_park(&allocating, false));
        {
            let _held = steady::hold();
            assert!(!target.may_park(&inside, false));
        }
        target.end();
        assert!(!target.may_park(&inside, false));
    }
}
