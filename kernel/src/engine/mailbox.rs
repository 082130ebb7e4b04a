//! Comm messages on their way to the running child.
//!
//! The protocol side puts them in at any time; whoever carries a cell's output takes them out, and is woken for it.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};

use course_wire::CommMessage;

/// A queue with a bell that a `poll` can wait for.
pub struct Mailbox {
    queue: Mutex<VecDeque<(u64, CommMessage)>>,
    /// Without it (the system gave no socket) messages are found at the next look.
    bell: Option<(UnixStream, UnixStream)>,
}

impl Default for Mailbox {
    fn default() -> Self {
        let quiet = |(ring, hear): (UnixStream, UnixStream)| {
            ring.set_nonblocking(true).and_then(|()| hear.set_nonblocking(true)).ok().map(|()| (ring, hear))
        };
        Self { queue: Mutex::default(), bell: UnixStream::pair().ok().and_then(quiet) }
    }
}

impl Mailbox {
    fn queue(&self) -> MutexGuard<'_, VecDeque<(u64, CommMessage)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in and rings.
    pub fn put(&self, request: u64, message: CommMessage) {
        self.queue().push_back((request, message));
        if let Some((mut ring, _)) = self.bell.as_ref().map(|(ring, hear)| (ring, hear)) {
            // A bell that is full of rings will be heard anyway.
            let _ = ring.write(&[1]);
        }
    }

    /// Takes everything out.
    pub fn take(&self) -> Vec<(u64, CommMessage)> {
        if let Some((_, mut hear)) = self.bell.as_ref().map(|(ring, hear)| (ring, hear)) {
            let mut rings = [0; 64];
            while matches!(hear.read(&mut rings), Ok(1..)) {}
        }
        self.queue().drain(..).collect()
    }

    /// What becomes readable when a message is put in.
    pub fn bell(&self) -> Option<BorrowedFd<'_>> {
        self.bell.as_ref().map(|(_, hear)| hear.as_fd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_wire::CommKind;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    #[test]
    fn the_bell_rings_until_everything_is_taken() {
        let mailbox = Mailbox::default();
        let rings = || {
            let mut fds = [PollFd::new(mailbox.bell().unwrap(), PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::ZERO).unwrap() == 1
        };
        assert!(!rings());
        let message = |id: &str| CommMessage {
            comm_id: id.into(),
            kind: CommKind::Close,
            data: serde_json::Value::Null,
            metadata: serde_json::Value::Null,
            buffers: Vec::new(),
        };
        // More rings than the bell holds must not block.
        for number in 0..10_000 {
            mailbox.put(number, message("a"));
        }
        assert!(rings());
        let taken = mailbox.take();
        assert!(taken.iter().map(|(number, _)| *number).eq(0..10_000));
        assert!(!rings() && mailbox.take().is_empty());
    }
}
