//! A front end.

use std::time::Duration;

use jupyter_protocol::{ConnectionInfo, JupyterMessage};
use jupyter_zmq_client as zmq;
use jupyter_zmq_client::{Connection, RawMessage};
use serde_json::{Value, json};
use zeromq::SocketRecv;

use crate::jupyter::message::{self, Request};

/// Long enough for a busy machine; only a failing test waits for it.
const LIMIT: Duration = Duration::from_secs(30);

pub struct Client {
    pub shell: zmq::ClientShellConnection,
    pub control: zmq::ClientControlConnection,
    pub iopub: zmq::ClientIoPubConnection,
    pub stdin: zmq::ClientStdinConnection,
    pub heartbeat: zmq::ClientHeartbeatConnection,
}

/// The content of a plain ok reply.
pub fn ok() -> Value {
    json!({ "status": "ok" })
}

/// Reads one message, whatever its content.
pub async fn read<S: SocketRecv>(connection: &mut Connection<S>) -> Request {
    let frames = tokio::time::timeout(LIMIT, connection.socket.recv()).await.expect("no message came").unwrap();
    Request::parse(&RawMessage::from_multipart(frames, &connection.mac).unwrap()).unwrap()
}

impl Client {
    /// Connects and waits for the welcome, after which nothing published is missed.
    pub async fn connect(info: &ConnectionInfo) -> Self {
        let mut client = Self::connect_unwelcomed(info).await;
        assert_eq!(read(&mut client.iopub).await.kind(), "iopub_welcome");
        client
    }

    /// Connects; with a wrong key, a welcome could not be read.
    pub async fn connect_unwelcomed(info: &ConnectionInfo) -> Self {
        let session = uuid::Uuid::new_v4().to_string();
        let identity = zmq::peer_identity_for_session(&session).unwrap();
        Self {
            shell: zmq::create_client_shell_connection_with_identity(info, &session, identity.clone()).await.unwrap(),
            control: zmq::create_client_control_connection(info, &session).await.unwrap(),
            iopub: zmq::create_client_iopub_connection(info, "", &session).await.unwrap(),
            stdin: zmq::create_client_stdin_connection_with_identity(info, &session, identity).await.unwrap(),
            heartbeat: zmq::create_client_heartbeat_connection(info).await.unwrap(),
        }
    }

    /// Sends a request on shell; returns its id.
    pub async fn send(&mut self, kind: &str, content: Value) -> String {
        let request = message::new(kind, content, None);
        self.send_message(request).await
    }

    pub async fn send_message(&mut self, request: JupyterMessage) -> String {
        let id = request.header.msg_id.clone();
        self.shell.send(request).await.unwrap();
        id
    }

    /// Sends a cell; returns its id.
    pub async fn send_cell(&mut self, code: &str) -> String {
        self.send("execute_request", json!({ "code": code, "allow_stdin": true })).await
    }

    /// The reply on shell to the request `id`, which must be the next to come.
    pub async fn reply_to(&mut self, id: &str) -> Value {
        let reply = read(&mut self.shell).await;
        assert_eq!(reply.parent.unwrap().msg_id, id);
        reply.content
    }

    /// Asks on shell and returns the reply.
    pub async fn ask(&mut self, kind: &str, content: Value) -> Value {
        let id = self.send(kind, content).await;
        self.reply_to(&id).await
    }

    /// Asks on control and returns the reply.
    pub async fn command(&mut self, kind: &str, content: Value) -> Value {
        let request = message::new(kind, content, None);
        let id = request.header.msg_id.clone();
        self.control.send(request).await.unwrap();
        let reply = read(&mut self.control).await;
        assert_eq!(reply.parent.unwrap().msg_id, id);
        reply.content
    }

    /// Everything that is published because of the request `id`, from its `busy` to its `idle`, in the order in which it
    /// comes, statuses by their state. What other requests cause is left out.
    pub async fn published(&mut self, id: &str) -> Vec<(String, Value)> {
        let mut messages = Vec::new();
        loop {
            let message = read(&mut self.iopub).await;
            if message.parent.as_ref().is_none_or(|parent| parent.msg_id != id) {
                continue;
            }
            let state = message.content["execution_state"].as_str().map(str::to_owned);
            let kind = state.unwrap_or_else(|| message.kind().to_owned());
            let over = kind == "idle";
            messages.push((kind, message.content));
            if over {
                return messages;
            }
        }
    }

    /// Runs a cell; returns its reply and what was published.
    pub async fn run(&mut self, code: &str) -> (Value, Vec<(String, Value)>) {
        let id = self.send_cell(code).await;
        let reply = self.reply_to(&id).await;
        (reply, self.published(&id).await)
    }

    /// Waits until a cell prints.
    pub async fn printed(&mut self, text: &str) {
        loop {
            let message = read(&mut self.iopub).await;
            if message.kind() == "stream" && message.content["text"] == text {
                return;
            }
        }
    }
}
