//! Requests that need no engine: answered at once on shell and control, also while a cell runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jupyter_protocol::ConnectionInfo;
use serde::Deserialize;
use serde_json::{Value, json};

use super::comms::Comms;
use super::complete::{complete, inspect, inspected};
use super::history::History;
use super::is_complete::is_complete;
use super::kernel_info::{RustVersion, kernel_info};
use super::log::log;
use super::message::{Request, error_content};
use crate::assist::Assistant;

/// What the answers are made from.
pub struct Answers {
    /// The ports, for `connect_request`.
    pub connection: ConnectionInfo,
    /// The compiler's version.
    pub rust_version: RustVersion,
    /// Which comms are open.
    pub comms: Arc<Comms>,
    /// Answers questions about code.
    pub assistant: Arc<Assistant>,
    /// The cells that were run.
    pub history: Arc<History>,
}

#[derive(Deserialize)]
struct IsCompleteRequest {
    code: String,
}

impl Answers {
    /// The content of the reply to any request; one that cannot be read, or is of an unknown type, gets an error.
    pub fn to(&self, request: &Request) -> Value {
        let kind = request.kind();
        match catch_unwind(AssertUnwindSafe(|| self.answer(request))) {
            Ok(Ok(Some(content))) => content,
            Ok(Ok(None)) => {
                log(format_args!("unknown request {kind}"));
                error_content("UnknownRequest", &format!("this kernel knows no {kind}"), &[])
            }
            Ok(Err(error)) => malformed(kind, &error),
            Err(_) => error_content("KernelBug", &format!("the kernel failed on a {kind}"), &[]),
        }
    }

    /// The content of an `inspect_reply` about a name.
    pub fn inspect(&self, name: &str) -> Value {
        catch_unwind(AssertUnwindSafe(|| inspected(self.assistant.about(name)))).unwrap_or_default()
    }

    /// Answers of a session in which nothing has happened.
    #[cfg(test)]
    pub fn of_a_new_session() -> Self {
        use zeromq::Socket as _;

        let connection = ConnectionInfo {
            ip: "127.0.0.1".into(),
            transport: jupyter_protocol::Transport::TCP,
            shell_port: 1,
            iopub_port: 2,
            stdin_port: 3,
            control_port: 4,
            hb_port: 5,
            key: String::new(),
            signature_scheme: "hmac-sha256".into(),
            kernel_name: None,
        };
        let iopub = jupyter_zmq_client::Connection::new(zeromq::XPubSocket::new(), "", "session");
        let comms = Arc::new(Comms::new(super::iopub::channel(iopub).0));
        let library = crate::assist::Library::new(std::path::Path::new("there is no index"));
        let assistant = Arc::new(Assistant::new(library));
        Self { connection, rust_version: RustVersion::known("1.95.0"), comms, assistant, history: Arc::default() }
    }

    fn answer(&self, request: &Request) -> Result<Option<Value>, serde_json::Error> {
        Ok(Some(match request.kind() {
            "kernel_info_request" => kernel_info(&self.rust_version),
            "comm_info_request" => self.comms.info(request),
            "is_complete_request" => is_complete(&request.content::<IsCompleteRequest>()?.code).content(),
            "complete_request" => complete(&request.content()?, &self.assistant),
            "inspect_request" => inspect(&request.content()?, &self.assistant),
            "history_request" => self.history.answer(&request.content()?),
            "connect_request" => json!({
                "status": "ok",
                "shell_port": self.connection.shell_port,
                "iopub_port": self.connection.iopub_port,
                "stdin_port": self.connection.stdin_port,
                "control_port": self.connection.control_port,
                "hb_port": self.connection.hb_port,
            }),
            _ => return Ok(None),
        }))
    }
}

/// The error reply to a request whose content is not what its type promises.
pub fn malformed(kind: &str, error: &serde_json::Error) -> Value {
    log(format_args!("malformed {kind}: {error}"));
    error_content("MalformedRequest", &format!("the {kind} cannot be read: {error}"), &[])
}
