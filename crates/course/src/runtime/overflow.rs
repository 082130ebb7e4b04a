//! Says that the stack has overflowed before the process dies of it: to the system it is one more touch of foreign memory.
//!
//! Rust's own handler is not there: it belongs to the program's copy of the standard library, and cells run on the course library's.
//! Where the stack is that of a check, the check is told instead, if it can go on ([`apart::park_overflowed`]).

use std::sync::atomic::{AtomicUsize, Ordering};

use course_exercises::apart::{self, is_overflow, lowest_address};

/// The lowest address of the stack that cells run on.
static LOWEST: AtomicUsize = AtomicUsize::new(0);

/// Room for the handler, which cannot run on the stack that is full.
const HANDLER_STACK: usize = 64 << 10;

/// Watches the thread that runs cells from now on. Without it (the system refuses) an overflow is told as a segmentation fault.
pub fn watch_cells() {
    let Some(lowest) = lowest_address() else { return };
    LOWEST.store(lowest, Ordering::Relaxed);
    let Some(room) = watch() else { return };
    std::mem::forget(room);
    // SAFETY: the handler has the signature that `SA_SIGINFO` asks for, and makes system calls only.
    unsafe {
        let mut action = std::mem::zeroed::<libc::sigaction>();
        action.sa_sigaction = handler as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
    }
}

/// The stack of the calling thread's signal handlers; to be dropped on that thread.
pub struct Room(Box<[u8]>);

/// Lets the handler run on the calling thread when its stack is full; `None` where the system refuses.
pub fn watch() -> Option<Room> {
    let mut room = Room(vec![0; HANDLER_STACK].into_boxed_slice());
    let stack = libc::stack_t { ss_sp: room.0.as_mut_ptr().cast(), ss_flags: 0, ss_size: room.0.len() };
    // SAFETY: the memory stays until `Room` is dropped, which takes it back first.
    let done = unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) };
    (done == 0).then_some(room)
}

impl Drop for Room {
    fn drop(&mut self) {
        let none = libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
        // SAFETY: no handler runs on it: this code does, on the thread's own stack.
        unsafe { libc::sigaltstack(&none, std::ptr::null_mut()) };
    }
}

extern "C" fn handler(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system hands over a valid `info` and context; only async-signal-safe calls are made.
    unsafe {
        let touched = (*info).si_addr() as usize;
        if is_overflow(touched, LOWEST.load(Ordering::Relaxed)) || apart::is_check_overflow(touched) {
            apart::park_overflowed(touched, context);
            let words = course_wire::STACK_OVERFLOW;
            libc::write(2, words.as_ptr().cast(), words.len());
            libc::write(2, b"\n".as_ptr().cast(), 1);
        }
        // Returning touches the same address again, now with the default end.
        libc::signal(signal, libc::SIG_DFL);
    }
}
