//! The broadcast channel: statuses, inputs, outputs, in the order in which they were published.
//!
//! One task owns the socket, because it also has to hear who subscribes: each subscriber is greeted with `iopub_welcome`,
//! after which it misses nothing. Publishers wait when [`CAPACITY`] messages are under way, so a cell that prints faster
//! than its front end reads is slowed down instead of filling memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use course_wire::{CommKind, CommMessage};
use jupyter_protocol::JupyterMessage;
use jupyter_zmq_client::{KernelIoPubXPubConnection, SubscriptionEvent};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::log::log;
use super::message::{self, Request};

/// Messages that may wait to be sent.
const CAPACITY: usize = 256;
/// How long a subscriber may leave its end of the socket unread before messages are dropped.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same once that has happened, so that the others are not held up again and again.
const IMPATIENCE: Duration = Duration::from_millis(20);

enum Item {
    Message(Box<JupyterMessage>),
    Flush(oneshot::Sender<()>),
}

/// The publishers' end; clones publish to the same channel.
#[derive(Clone)]
pub struct IoPub {
    queue: mpsc::Sender<Item>,
    closed: Arc<AtomicBool>,
}

/// The sending end, run as a task of its own.
pub struct Broadcast {
    connection: KernelIoPubXPubConnection,
    queue: mpsc::Receiver<Item>,
}

/// Makes both ends of the channel.
pub fn channel(connection: KernelIoPubXPubConnection) -> (IoPub, Broadcast) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (IoPub { queue: sender, closed: Arc::default() }, Broadcast { connection, queue: receiver })
}

impl IoPub {
    /// Publishes a message that `parent` caused.
    pub async fn publish(&self, kind: &str, content: Value, parent: Option<&Request>) {
        if !self.closed.load(Ordering::Acquire) {
            let _ = self.queue.send(item(kind, content, parent)).await;
        }
    }

    /// Publishes a comm message, with its metadata and buffers.
    pub async fn publish_comm(&self, message: CommMessage, parent: Option<&Request>) {
        if !self.closed.load(Ordering::Acquire) {
            let _ = self.queue.send(comm(message, parent)).await;
        }
    }

    /// The same from a thread that is not the runtime's.
    pub fn publish_comm_blocking(&self, message: CommMessage, parent: Option<&Request>) {
        if !self.closed.load(Ordering::Acquire) {
            let _ = self.queue.blocking_send(comm(message, parent));
        }
    }

    /// Publishes from a thread that is not the runtime's, such as the engine's.
    pub fn publish_blocking(&self, kind: &str, content: Value, parent: Option<&Request>) {
        if !self.closed.load(Ordering::Acquire) {
            let _ = self.queue.blocking_send(item(kind, content, parent));
        }
    }

    /// Publishes if there is room at once: an interrupt does not wait behind a flood of output.
    pub fn publish_now(&self, kind: &str, content: Value, parent: Option<&Request>) {
        if !self.closed.load(Ordering::Acquire) {
            let _ = self.queue.try_send(item(kind, content, parent));
        }
    }

    /// Publishes `busy`, `idle` or `starting`.
    pub async fn status(&self, state: &str, parent: Option<&Request>) {
        self.publish("status", json!({ "execution_state": state }), parent).await;
    }

    /// Drops whatever is published from now on: what a dying cell still says is of no use to a restarting front end.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Returns when everything published before has been sent.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Item::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

fn item(kind: &str, content: Value, parent: Option<&Request>) -> Item {
    let topic = Bytes::copy_from_slice(kind.as_bytes());
    Item::Message(Box::new(message::new(kind, content, parent).with_zmq_identities(vec![topic])))
}

fn comm(message: CommMessage, parent: Option<&Request>) -> Item {
    let CommMessage { comm_id, kind, data, metadata, buffers } = message;
    let (kind, content) = match kind {
        CommKind::Open { target } => ("comm_open", json!({ "comm_id": comm_id, "target_name": target, "data": data })),
        CommKind::Message => ("comm_msg", json!({ "comm_id": comm_id, "data": data })),
        CommKind::Close => ("comm_close", json!({ "comm_id": comm_id, "data": data })),
    };
    let message = message::new(kind, content, parent)
        .with_zmq_identities(vec![Bytes::from_static(b"comm")])
        .with_metadata(if metadata.is_object() { metadata } else { json!({}) })
        .with_buffers(buffers.into_iter().map(|buffer| buffer.0.into()).collect());
    Item::Message(Box::new(message))
}

impl Broadcast {
    /// Sends and greets for as long as someone can publish.
    pub async fn run(mut self) {
        let mut patience = PATIENCE;
        loop {
            tokio::select! {
                // Whoever has subscribed gets what is published from here on.
                biased;
                event = self.connection.recv_subscription() => match event {
                    Ok(SubscriptionEvent::Subscribe(topic)) => {
                        let welcome = message::new("iopub_welcome", json!({ "subscription": topic }), None)
                            .with_zmq_identities(vec![Bytes::from(topic)]);
                        patience = self.send(welcome, patience).await;
                    }
                    Ok(SubscriptionEvent::Unsubscribe(_)) => {}
                    // A subscriber has gone.
                    Err(_) => tokio::task::yield_now().await,
                },
                item = self.queue.recv() => match item {
                    Some(Item::Message(message)) => patience = self.send(*message, patience).await,
                    Some(Item::Flush(done)) => drop(done.send(())),
                    None => return,
                },
            }
        }
    }

    /// Sends one message; returns how patient to be with the next.
    async fn send(&mut self, message: JupyterMessage, patience: Duration) -> Duration {
        match tokio::time::timeout(patience, self.connection.send(message)).await {
            Ok(Ok(())) => return PATIENCE,
            Ok(Err(error)) => log(format_args!("iopub: {error}")),
            Err(_) => {
                if patience == PATIENCE {
                    log("iopub: a front end has stopped reading; it will miss output");
                }
                return IMPATIENCE;
            }
        }
        patience
    }
}
