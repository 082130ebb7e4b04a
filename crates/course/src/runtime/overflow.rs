//! Says that the stack has overflowed before the process dies of it: to the system it is one more touch of foreign memory.
//!
//! Rust's own handler is not there: it belongs to the program's copy of the standard library, and cells run on the course library's.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The lowest address of the stack that cells run on.
static LOWEST: AtomicUsize = AtomicUsize::new(0);

/// How far below the stack a touch counts as its overflow, in bytes: the guard page and what a large frame skips.
const BELOW: usize = 64 << 10;

/// Room for the handler, which cannot run on the stack that is full.
const HANDLER_STACK: usize = 64 << 10;

/// Watches the calling thread from now on. Without it (the system refuses) an overflow is told as a segmentation fault.
pub fn watch() {
    let Some(lowest) = lowest_address() else { return };
    LOWEST.store(lowest, Ordering::Relaxed);
    let room: &'static mut [u8] = Box::leak(vec![0; HANDLER_STACK].into_boxed_slice());
    let stack = libc::stack_t { ss_sp: room.as_mut_ptr().cast(), ss_flags: 0, ss_size: room.len() };
    // SAFETY: the memory is never given back. The handler has the signature that `SA_SIGINFO` asks for, and makes system calls only.
    unsafe {
        if libc::sigaltstack(&stack, std::ptr::null_mut()) != 0 {
            return;
        }
        let mut action = std::mem::zeroed::<libc::sigaction>();
        action.sa_sigaction = handler as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
    }
}

extern "C" fn handler(signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the system hands over a valid `info`; only async-signal-safe calls are made.
    unsafe {
        if is_overflow((*info).si_addr() as usize, LOWEST.load(Ordering::Relaxed)) {
            let words = course_wire::STACK_OVERFLOW;
            libc::write(2, words.as_ptr().cast(), words.len());
            libc::write(2, b"\n".as_ptr().cast(), 1);
        }
        // Returning touches the same address again, now with the default end.
        libc::signal(signal, libc::SIG_DFL);
    }
}

fn is_overflow(touched: usize, lowest: usize) -> bool {
    (lowest.saturating_sub(BELOW)..lowest.saturating_add(4096)).contains(&touched)
}

/// Where the calling thread's stack ends.
fn lowest_address() -> Option<usize> {
    let mut lowest = std::ptr::null_mut();
    let mut size = 0;
    // SAFETY: the attributes are filled by the first call and given back by the last.
    unsafe {
        let mut attributes = std::mem::zeroed::<libc::pthread_attr_t>();
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
        let (lowest, local) = (lowest_address().unwrap(), &raw const here as usize);
        assert!(lowest < local && local - lowest < 1 << 30, "the stack lies below its variables");
        assert!(is_overflow(lowest - 1, lowest) && is_overflow(lowest - BELOW, lowest));
        assert!(!is_overflow(0, lowest) && !is_overflow(local, lowest));
    }
}
