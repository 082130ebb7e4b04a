//! The control channel: interrupt and shutdown, which must not wait behind anything.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::answers::Answers;
use super::interrupt::{self, Switch};
use super::iopub::IoPub;
use super::message::Request;
use super::router::{Replies, Requests};
use super::stdin::Questions;

/// Reads the control channel.
pub struct Control {
    /// The reading end.
    pub requests: Requests,
    /// The replying end.
    pub replies: Replies,
    /// Where statuses go.
    pub iopub: IoPub,
    /// Replies that need no engine.
    pub answers: Arc<Answers>,
    /// Whom an interrupt reaches.
    pub switch: Arc<Switch>,
    /// Withdrawn by an interrupt.
    pub questions: Questions,
    /// Ends the session.
    pub end: mpsc::Sender<()>,
}

#[derive(Default, Deserialize)]
struct ShutdownRequest {
    #[serde(default)]
    restart: bool,
}

impl Control {
    /// Reads until a shutdown is asked for.
    pub async fn run(mut self) {
        loop {
            let request = self.requests.next().await;
            let status = |state| ("status", json!({ "execution_state": state }));
            let (kind, busy) = status("busy");
            self.iopub.publish_now(kind, busy, Some(&request));
            let over = self.handle(&request).await;
            let (kind, idle) = status("idle");
            self.iopub.publish_now(kind, idle, Some(&request));
            if over {
                self.iopub.close();
                let _ = self.end.send(()).await;
                // The session ends this task together with the others.
                return std::future::pending().await;
            }
        }
    }

    /// Answers; true when the session is over.
    async fn handle(&mut self, request: &Request) -> bool {
        match request.kind() {
            "interrupt_request" => {
                interrupt::press(self.switch.clone(), self.questions.clone());
                self.replies.send(request.reply(json!({ "status": "ok" }))).await;
            }
            "shutdown_request" => {
                let restart = request.content::<ShutdownRequest>().unwrap_or_default().restart;
                let content = json!({ "status": "ok", "restart": restart });
                self.replies.send(request.reply(content.clone())).await;
                // Every other client of this kernel hears of it too.
                self.iopub.publish_now("shutdown_reply", content, Some(request));
                return true;
            }
            _ if request.wants_reply() => {
                let content = tokio::task::block_in_place(|| self.answers.to(request));
                self.replies.send(request.reply(content)).await;
            }
            _ => {}
        }
        false
    }
}
