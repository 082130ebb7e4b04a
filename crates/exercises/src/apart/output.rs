//! Nobody is inside a print while a thread is parked.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// While it lives, stdout and stderr are locked by a thread of its own.
pub(super) struct Held {
    _release: Sender<()>,
}

/// Locks them; `None` when someone else does not let go of one.
///
/// A thread of its own has to wait, since a lock of std's cannot be waited for with a time limit.
pub(super) fn hold(patience: Duration) -> Option<Held> {
    let (release, released) = channel::<()>();
    let (say, locked) = channel();
    let hold = move || {
        let _out = std::io::stdout().lock();
        let _err = std::io::stderr().lock();
        if say.send(()).is_ok() {
            // Until the other end is dropped.
            let _ = released.recv();
        }
    };
    std::thread::Builder::new().name("output".into()).spawn(hold).ok()?;
    locked.recv_timeout(patience).ok()?;
    Some(Held { _release: release })
}
