//! The shell channel: cells go to the queue, everything else is answered here.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;

use super::answers::Answers;
use super::comms::{Comms, Received};
use super::iopub::IoPub;
use super::log::log;
use super::message::Request;
use super::output::CellOutput;
use super::router::{Replies, Requests};
use super::stdin::Questions;
use super::worker::CommLine;

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
    /// Which comms are open.
    pub comms: Arc<Comms>,
    /// Gets the engine to look at comm messages when no cell runs.
    pub line: CommLine,
    /// Where questions go.
    pub questions: Questions,
    /// Cells to run.
    pub cells: UnboundedSender<Arc<Request>>,
}

impl Shell {
    /// Reads for as long as the session lasts.
    pub async fn run(mut self) {
        loop {
            let request = Arc::new(self.requests.next().await);
            if request.kind() == "execute_request" {
                // Its `busy` comes when it begins.
                let _ = self.cells.send(request);
                continue;
            }
            self.iopub.status("busy", Some(&request)).await;
            // A message for a widget's callback is over when that has run.
            if self.handle(&request).await == Received::Done {
                self.iopub.status("idle", Some(&request)).await;
            }
        }
    }

    async fn handle(&mut self, request: &Arc<Request>) -> Received {
        match request.kind() {
            "comm_open" | "comm_msg" | "comm_close" => {
                let received = self.comms.receive(request).await;
                if received == Received::Passed {
                    self.line.knock(Box::new(self.output(request)));
                }
                return received;
            }
            _ if request.wants_reply() => {
                // It may read a file or parse a long cell.
                let content = tokio::task::block_in_place(|| self.answers.to(request));
                self.replies.send(request.reply(content)).await;
            }
            other => log(format_args!("nothing is known to do with {other} on shell")),
        }
        Received::Done
    }

    /// Where callbacks' output goes that belongs to no message of its own.
    fn output(&self, request: &Arc<Request>) -> CellOutput {
        CellOutput {
            request: request.clone(),
            number: 0,
            silent: false,
            allow_stdin: false,
            iopub: self.iopub.clone(),
            questions: self.questions.clone(),
            comms: self.comms.clone(),
            result: Arc::default(),
        }
    }
}
