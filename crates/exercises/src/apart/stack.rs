//! Room for the thread's stack.

use std::sync::atomic::{AtomicU64, Ordering};

/// As large as the stack that cells run on; pages count only when they are touched. Smaller ones where the system refuses.
const SIZES: [usize; 3] = [512 << 20, 64 << 20, 8 << 20];

/// What the memory limit was raised by for the last thread.
static RAISED: AtomicU64 = AtomicU64::new(0);

/// Starts something that needs a stack, with as large a one as there is. The limit on memory (`COURSE_MEMORY_LIMIT`) counts what is
/// reserved, and is raised by it: the learner's share stays what it was.
pub(super) fn with_room<T>(start: impl Fn(usize) -> Option<T>) -> Option<T> {
    for size in SIZES {
        let raised = raise(size as u64);
        if let Some(started) = start(size) {
            RAISED.store(raised, Ordering::Relaxed);
            return Some(started);
        }
        lower(raised);
    }
    None
}

/// The thread has ended, and its stack with it.
pub(super) fn give_back_room() {
    lower(RAISED.swap(0, Ordering::Relaxed));
}

fn raise(by: u64) -> u64 {
    match limit() {
        Some(limit) if limit.rlim_cur != libc::RLIM_INFINITY => {
            let raised = limit.rlim_cur.saturating_add(by).min(limit.rlim_max);
            set(libc::rlimit { rlim_cur: raised, ..limit });
            raised - limit.rlim_cur
        }
        _ => 0,
    }
}

fn lower(by: u64) {
    if let Some(limit) = limit().filter(|_| by > 0) {
        set(libc::rlimit { rlim_cur: limit.rlim_cur.saturating_sub(by), ..limit });
    }
}

fn limit() -> Option<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is this function's own.
    let done = unsafe { libc::getrlimit(libc::RLIMIT_DATA, &mut limit) };
    (done == 0).then_some(limit)
}

fn set(limit: libc::rlimit) {
    // SAFETY: the structure outlives the call. Failing, it changes nothing.
    unsafe { libc::setrlimit(libc::RLIMIT_DATA, &limit) };
}
