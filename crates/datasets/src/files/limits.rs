//! How much a packed file may unpack to: a bomb is a few kilobytes that become a full disk.

use std::io::{self, Read};

/// What unpacks to less than this is never called a bomb.
const ALWAYS_ALLOWED: u64 = 256 << 20;
/// Text that people wrote packs 3 to 20 times, logs perhaps 100 times.
const MOST_RATIO: u64 = 200;

/// Why unpacking stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{packed} packed bytes have become {unpacked} already, more than {MOST_RATIO} times as many")]
pub(crate) struct Bomb {
    pub(crate) packed: u64,
    pub(crate) unpacked: u64,
}

/// Whether so many bytes out of so few are too many; `allowed` is what the learner allows in any case.
pub(crate) fn check(packed: u64, unpacked: u64, allowed: Option<u64>) -> Result<(), Bomb> {
    let allowed = allowed.unwrap_or(ALWAYS_ALLOWED).max(packed.saturating_mul(MOST_RATIO));
    if unpacked > allowed { Err(Bomb { packed, unpacked }) } else { Ok(()) }
}

/// Reads no more than a packed file may unpack to.
pub(crate) struct Bounded<R> {
    inner: R,
    packed: u64,
    unpacked: u64,
    allowed: Option<u64>,
}

impl<R: Read> Bounded<R> {
    /// What `inner` unpacks from a file of `packed` bytes.
    pub(crate) fn new(inner: R, packed: u64, allowed: Option<u64>) -> Self {
        Self { inner, packed, unpacked: 0, allowed }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.unpacked += count as u64;
        check(self.packed, self.unpacked, self.allowed).map_err(io::Error::other)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_that_grows_without_end_is_stopped() {
        let mut bomb = Bounded::new(io::repeat(0), 1000, Some(1 << 20));
        let error = io::copy(&mut bomb, &mut io::sink()).unwrap_err();
        assert!(error.get_ref().is_some_and(|cause| cause.is::<Bomb>()));
        let mut ordinary = Bounded::new(io::repeat(0).take(5 << 20), 1 << 20, Some(1 << 20));
        assert_eq!(io::copy(&mut ordinary, &mut io::sink()).unwrap(), 5 << 20);
    }
}
