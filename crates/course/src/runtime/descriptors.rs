//! Descriptors 0, 1 and 2: a cell may close them or put a file in their place; after it they are the notebook's again.

use std::io::Write as _;
use std::os::fd::RawFd;

/// Copies are kept above this number, out of the way of code that closes the low ones one by one.
const ABOVE: RawFd = 200;

/// The notebook's own stdin, stdout and stderr.
pub struct Standard {
    copies: [RawFd; 3],
}

impl Standard {
    /// Remembers the descriptors as they are now.
    pub fn remember() -> Self {
        Self { copies: [0, 1, 2].map(|number| duplicate(number).unwrap_or(-1)) }
    }

    /// Puts back what a cell has closed or replaced. What it has printed so far goes where it had wanted it.
    pub fn restore(&self) {
        for (number, copy) in (0..).zip(self.copies) {
            if copy < 0 || identity(number) == identity(copy) {
                continue;
            }
            if number == 1 {
                let _ = std::io::stdout().flush();
            }
            // SAFETY: the copy is this module's own; the number is one of the three standard ones.
            unsafe { libc::dup2(copy, number) };
        }
    }
}

/// A copy of a descriptor above the low numbers, closed in programs that a cell starts.
pub fn duplicate(number: RawFd) -> Option<RawFd> {
    // SAFETY: the call touches no memory.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, ABOVE) };
    (copy >= 0).then_some(copy)
}

/// Which file a descriptor stands for; nothing when it is closed.
fn identity(number: RawFd) -> Option<(libc::dev_t, libc::ino_t)> {
    // SAFETY: an all-zero `stat` is a valid value, and the call fills it.
    let mut stat = unsafe { std::mem::zeroed::<libc::stat>() };
    // SAFETY: the structure is this function's own.
    let done = unsafe { libc::fstat(number, &mut stat) };
    (done == 0).then_some((stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd as _;

    #[test]
    fn a_copy_stands_for_the_same_file_and_a_closed_one_for_none() {
        let file = std::fs::File::open("/dev/null").unwrap();
        let copy = duplicate(file.as_raw_fd()).unwrap();
        assert!(copy >= ABOVE);
        assert_eq!(identity(copy), identity(file.as_raw_fd()));
        // SAFETY: the copy was made here.
        unsafe { libc::close(copy) };
        assert_eq!((identity(copy), duplicate(copy)), (None, None));
    }
}
