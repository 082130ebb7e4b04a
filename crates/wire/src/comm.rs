//! Comm messages: how a widget in the page and its Rust half talk, and where a running cell takes them.
//!
//! The kernel passes what the page says to the child, whose reader puts it in line here ([`arrived`]). The thread that runs
//! cells takes it out: between cells at once, during a cell where the cell polls ([`poll`], which
//! [`interrupt::check`](crate::interrupt::check) calls as well). So a callback never runs beside the learner's code.

use std::cell::Cell;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

/// A message on a comm, in either direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommMessage {
    /// The comm it belongs to.
    pub comm_id: String,
    /// What it does to the comm.
    pub kind: CommKind,
    /// Its content, whatever the two ends have agreed on.
    pub data: Value,
    /// Its metadata; widgets name their protocol's version here.
    #[serde(default)]
    pub metadata: Value,
    /// Binary parts that `data` refers to.
    #[serde(default)]
    pub buffers: Vec<Buffer>,
}

/// What a comm message does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommKind {
    /// Opens the comm.
    Open {
        /// Who is to answer at the other end.
        target: String,
    },
    /// Says something on it.
    Message,
    /// Closes it.
    Close,
}

/// Bytes that travel beside a message's JSON; base64 on this link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buffer(pub Vec<u8>);

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Self).map_err(D::Error::custom)
    }
}

/// Takes a message, by its number.
type Receiver = fn(u64, CommMessage);

static WAITING: AtomicUsize = AtomicUsize::new(0);
static QUEUE: Mutex<VecDeque<(u64, CommMessage)>> = Mutex::new(VecDeque::new());

thread_local! {
    static RECEIVER: Cell<Option<Receiver>> = const { Cell::new(None) };
    static HELD: Cell<u32> = const { Cell::new(0) };
}

fn queue() -> MutexGuard<'static, VecDeque<(u64, CommMessage)>> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts a message from the page in line; called by the child's reader thread.
pub fn arrived(request: u64, message: CommMessage) {
    let mut queue = queue();
    queue.push_back((request, message));
    WAITING.store(queue.len(), Ordering::Release);
}

/// Says who takes messages on this thread; called once by the thread that runs cells.
pub fn receive_with(receiver: fn(u64, CommMessage)) {
    RECEIVER.set(Some(receiver));
}

/// Runs the callbacks of what the page has sent, if this is the thread for it and no callback is running already.
///
/// Costs one atomic load when there is nothing.
pub fn poll() {
    let waiting = WAITING.load(Ordering::Acquire);
    if waiting == 0 || HELD.get() > 0 {
        return;
    }
    let Some(receiver) = RECEIVER.get() else { return };
    let _held = hold();
    // What comes in meanwhile waits for the next poll: a page that goes on sending must not keep the loop from going on.
    for _ in 0..waiting {
        let next = {
            let mut queue = queue();
            let next = queue.pop_front();
            WAITING.store(queue.len(), Ordering::Release);
            next
        };
        let Some((request, message)) = next else { return };
        receiver(request, message);
    }
}

/// Keeps callbacks from running on this thread until the guard is dropped: for code that polls while it holds a lock which a
/// callback may want.
#[must_use = "callbacks are kept back only while the guard lives"]
pub fn hold() -> Hold {
    HELD.set(HELD.get() + 1);
    Hold(PhantomData)
}

/// The guard of [`hold`].
#[derive(Debug)]
pub struct Hold(PhantomData<*const ()>);

impl Drop for Hold {
    fn drop(&mut self) {
        HELD.set(HELD.get().saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    thread_local! {
        static SEEN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }

    fn message() -> CommMessage {
        CommMessage {
            comm_id: "a".into(),
            kind: CommKind::Message,
            data: Value::Null,
            metadata: Value::Null,
            buffers: vec![Buffer(vec![0, 255, 7])],
        }
    }

    #[test]
    fn callbacks_run_where_the_cell_thread_polls_and_never_inside_one_another() {
        // Whoever polls on another thread takes nothing.
        arrived(1, message());
        arrived(2, message());
        std::thread::spawn(poll).join().unwrap();
        receive_with(|request, _| {
            SEEN.with_borrow_mut(|seen| seen.push(request));
            if request == 1 {
                arrived(3, message());
            }
            crate::interrupt::check().unwrap();
        });
        {
            let _held = hold();
            poll();
            assert!(SEEN.with_borrow(Vec::is_empty));
        }
        crate::interrupt::check().unwrap();
        assert_eq!(SEEN.with_borrow(Vec::clone), [1, 2]);
        poll();
        assert_eq!(SEEN.with_borrow(Vec::clone), [1, 2, 3]);
        poll();
        assert_eq!(SEEN.with_borrow(Vec::len), 3);
    }

    #[test]
    fn buffers_come_back_byte_for_byte() {
        let text = serde_json::to_string(&message()).unwrap();
        assert!(text.contains("\"AP8H\""), "{text}");
        assert_eq!(serde_json::from_str::<CommMessage>(&text).unwrap(), message());
        assert!(serde_json::from_str::<Buffer>("\"?\"").is_err());
    }
}
