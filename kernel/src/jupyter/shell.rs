//! The shell channel: cells go to the queue, everything else is answered here.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

use super::answers::{Answers, malformed};
use super::iopub::IoPub;
use super::log::log;
use super::message::Request;
use super::router::{Replies, Requests};

/// Reads the shell channel.
pub struct Shell {
    /// The reading end.
    pub requests: Requests,
    /// The replying end.
    pub replies: Replies,
    /// Where statuses go.
    pub iopub: IoPub,
    /// Replies that need no engine.
    pub answers: Arc<Answers>,
    /// Cells to run.
    pub cells: UnboundedSender<Arc<Request>>,
}

#[derive(Deserialize)]
struct CommOpen {
    comm_id: String,
    target_name: String,
}

impl Shell {
    /// Reads for as long as the session lasts.
    pub async fn run(mut self) {
        loop {
            let request = self.requests.next().await;
            if request.kind() == "execute_request" {
                // Its `busy` comes when it begins.
                let _ = self.cells.send(Arc::new(request));
                continue;
            }
            self.iopub.status("busy", Some(&request)).await;
            self.handle(&request).await;
            self.iopub.status("idle", Some(&request)).await;
        }
    }

    async fn handle(&mut self, request: &Request) {
        match request.kind() {
            "comm_open" => self.comm_open(request).await,
            "comm_msg" | "comm_close" => log(format_args!("{} for a comm that is not open", request.kind())),
            _ if request.wants_reply() => {
                let content = self.answers.to(request);
                self.replies.send(request.reply(content)).await;
            }
            other => log(format_args!("nothing is known to do with {other} on shell")),
        }
    }

    /// No targets are registered yet: the protocol has such a comm closed at once.
    async fn comm_open(&self, request: &Request) {
        match request.content::<CommOpen>() {
            Ok(CommOpen { comm_id, target_name }) => {
                log(format_args!("no comm target {target_name}"));
                let content = json!({ "comm_id": comm_id, "data": {} });
                self.iopub.publish("comm_close", content, Some(request)).await;
            }
            Err(error) => drop(malformed("comm_open", &error)),
        }
    }
}
