//! Questions to the learner: `input` in a cell becomes a field in the notebook of the client that runs the cell.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use bytes::Bytes;
use jupyter_zmq_client::KernelStdinConnection;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use zeromq::SocketRecv as _;

use super::decode::Decoder;
use super::log::log;
use super::message::Request;

enum Order {
    Ask { request: Arc<Request>, prompt: String, password: bool, answer: Sender<Option<String>> },
    Cancel,
}

/// The asking end; clones share the socket.
#[derive(Clone)]
pub struct Questions {
    orders: mpsc::UnboundedSender<Order>,
}

/// The task that owns the socket. One question is open at a time, because one cell runs at a time.
pub struct Desk {
    connection: KernelStdinConnection,
    decoder: Decoder,
    orders: mpsc::UnboundedReceiver<Order>,
    open: Option<Open>,
}

struct Open {
    msg_id: String,
    client: Option<Bytes>,
    answer: Sender<Option<String>>,
}

#[derive(Deserialize)]
struct InputReply {
    value: String,
}

/// Makes both ends.
pub fn desk(connection: KernelStdinConnection, decoder: Decoder) -> (Questions, Desk) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Questions { orders: sender }, Desk { connection, decoder, orders: receiver, open: None })
}

impl Questions {
    /// Asks the client that sent `request`; `answer` gets `None` when it cannot be asked.
    pub fn ask(&self, request: Arc<Request>, prompt: String, password: bool, answer: Sender<Option<String>>) {
        // A session that is over drops the order, and with it the answer's sender.
        let _ = self.orders.send(Order::Ask { request, prompt, password, answer });
    }

    /// Withdraws the open question: the cell is interrupted or over.
    pub fn cancel(&self) {
        let _ = self.orders.send(Order::Cancel);
    }
}

impl Desk {
    /// Asks and listens for as long as someone can ask.
    pub async fn run(mut self) {
        loop {
            tokio::select! {
                order = self.orders.recv() => match order {
                    Some(Order::Ask { request, prompt, password, answer }) => {
                        self.ask(&request, &prompt, password, answer).await;
                    }
                    Some(Order::Cancel) => self.settle(None),
                    None => return,
                },
                frames = self.connection.socket.recv() => match frames {
                    Ok(frames) => self.hear(frames),
                    Err(error) => {
                        log(format_args!("stdin: {error}"));
                        // A socket that keeps failing must not keep a core busy.
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                },
            }
        }
    }

    async fn ask(&mut self, request: &Request, prompt: &str, password: bool, answer: Sender<Option<String>>) {
        self.settle(None);
        let question = request.child("input_request", json!({ "prompt": prompt, "password": password }));
        self.open =
            Some(Open { msg_id: question.header.msg_id.clone(), client: request.identities.first().cloned(), answer });
        if let Err(error) = self.connection.send(question).await {
            log(format_args!("cannot ask the front end for input: {error}"));
            self.settle(None);
        }
    }

    /// Takes what a client sends: the answer, or something that nobody asked for.
    fn hear(&mut self, frames: zeromq::ZmqMessage) {
        let reply = match self.decoder.decode(frames, &self.connection) {
            Ok(reply) => reply,
            Err(why) => return log(format_args!("dropped a message on stdin: {why}")),
        };
        let answers_it = self.open.as_ref().is_some_and(|open| {
            // Not every client says which question it answers; one that does may be answering an earlier one.
            let same_question = reply.parent.as_ref().is_none_or(|parent| parent.msg_id == open.msg_id);
            reply.kind() == "input_reply" && same_question && reply.identities.first() == open.client.as_ref()
        });
        match reply.content::<InputReply>() {
            Ok(InputReply { value }) if answers_it => self.settle(Some(value)),
            Err(error) if answers_it => {
                log(format_args!("an input_reply without a value: {error}"));
                self.settle(None);
            }
            _ => log(format_args!("{} on stdin answers no open question", reply.kind())),
        }
    }

    fn settle(&mut self, value: Option<String>) {
        if let Some(open) = self.open.take() {
            let _ = open.answer.send(value);
        }
    }
}
