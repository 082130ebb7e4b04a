//! Cells, one after another: what a front end hears of each, and what becomes of the others when one fails.
//!
//! For each: `busy`, `execute_input`, the outputs, at most one `error`, the reply, `idle`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jupyter_protocol::JupyterMessage;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::answers::{Answers, malformed};
use super::comms::Comms;
use super::expressions::{self, Captured};
use super::interrupt::Switch;
use super::iopub::IoPub;
use super::message::{Request, error_content};
use super::output::CellOutput;
use super::pager;
use super::router::Replies;
use super::stdin::Questions;
use super::worker::Worker;
use crate::engine::{Outcome, UNCOUNTED};

/// "Run all" sends its cells in one go, and the last may still be on its way when the first fails at once. A failed cell's
/// reply waits this long, so that no client can have sent a cell in answer to it before the queue is emptied.
const STRAGGLERS: Duration = Duration::from_millis(20);

/// Runs the cells of one session.
pub struct Executor {
    /// Cells in the order in which they came.
    pub cells: UnboundedReceiver<Arc<Request>>,
    /// The engine's thread.
    pub worker: Worker,
    /// Told when a cell runs.
    pub switch: Arc<Switch>,
    /// Where outputs go.
    pub iopub: IoPub,
    /// Where replies go.
    pub replies: Replies,
    /// Where a cell's questions go.
    pub questions: Questions,
    /// Where what is said about comms goes.
    pub comms: Arc<Comms>,
    /// Told what a cell has defined, and asked about names.
    pub answers: Arc<Answers>,
    /// Cells counted so far.
    pub count: u32,
    /// Cells that were not counted so far: silent ones, unstored ones, user expressions.
    pub uncounted: u32,
}

#[derive(Deserialize)]
struct ExecuteRequest {
    code: String,
    #[serde(default)]
    silent: bool,
    #[serde(default = "yes")]
    store_history: bool,
    #[serde(default)]
    allow_stdin: bool,
    #[serde(default = "yes")]
    stop_on_error: bool,
}

fn yes() -> bool {
    true
}

impl Executor {
    /// Runs cells for as long as some can come.
    pub async fn run(mut self) {
        while let Some(request) = self.cells.recv().await {
            self.iopub.status("busy", Some(&request)).await;
            let started = request.child("status", Value::Null).header.date;
            let (content, stop) = match request.content::<ExecuteRequest>() {
                Ok(cell) => self.execute(&request, &cell).await,
                Err(error) => (malformed("execute_request", &error), false),
            };
            let aborted = if stop { self.empty_queue().await } else { Vec::new() };
            let reply = with_status(request.reply(content), json!({ "started": started }));
            self.replies.send(reply).await;
            self.iopub.status("idle", Some(&request)).await;
            for request in aborted {
                self.abort(&request).await;
            }
        }
    }

    /// Runs one cell; returns its reply and whether the cells behind it are to be given up.
    async fn execute(&mut self, request: &Arc<Request>, cell: &ExecuteRequest) -> (Value, bool) {
        let blank = cell.code.trim().is_empty();
        let counted = cell.store_history && !cell.silent && !blank;
        if counted {
            self.count += 1;
            tokio::task::block_in_place(|| self.answers.history.begin(self.count, &cell.code));
        }
        let number = if counted { self.count } else { self.next_uncounted() };
        if !cell.silent {
            let input = json!({ "code": cell.code, "execution_count": self.count });
            self.iopub.publish("execute_input", input, Some(request)).await;
        }
        let mut payload = Vec::new();
        let outcome = if blank { Outcome::Ok } else { self.run_cell(request, cell, number, &mut payload).await };
        match outcome {
            Outcome::Ok => {
                let expressions = self.evaluate(request).await;
                let content = json!({
                    "status": "ok", "execution_count": self.count, "user_expressions": expressions, "payload": payload,
                });
                (content, false)
            }
            Outcome::Error(error) => {
                if !cell.silent {
                    let shown = json!({ "ename": error.ename, "evalue": error.evalue, "traceback": error.traceback });
                    self.iopub.publish("error", shown, Some(request)).await;
                }
                let mut content = error_content(&error.ename, &error.evalue, &error.traceback);
                content["execution_count"] = self.count.into();
                content["user_expressions"] = json!({});
                content["payload"] = json!([]);
                (content, cell.stop_on_error && !cell.silent)
            }
        }
    }

    /// A number for a cell that has none of its own: later cells must not take its lines for another's.
    fn next_uncounted(&mut self) -> u32 {
        self.uncounted = self.uncounted.wrapping_add(1);
        UNCOUNTED | self.uncounted
    }

    /// Runs a cell; `payload` gets the pages it asks for.
    async fn run_cell(
        &self,
        request: &Arc<Request>,
        cell: &ExecuteRequest,
        number: u32,
        payload: &mut Vec<Value>,
    ) -> Outcome {
        let (topics, code) = pager::take(&cell.code);
        match tokio::task::block_in_place(|| pager::pages(&topics, |name| self.answers.inspect(name))) {
            Ok(pages) => *payload = pages,
            Err(unknown) => return unknown,
        }
        let result = Arc::<OnceLock<String>>::default();
        let output = CellOutput {
            request: request.clone(),
            number: self.count,
            silent: cell.silent,
            allow_stdin: cell.allow_stdin,
            iopub: self.iopub.clone(),
            questions: self.questions.clone(),
            comms: self.comms.clone(),
            result: result.clone(),
        };
        self.switch.begin();
        let outcome = self.worker.run(number, code, Box::new(output)).await;
        self.switch.end();
        self.questions.cancel();
        if let Some(text) = result.get().filter(|_| number == self.count) {
            tokio::task::block_in_place(|| self.answers.history.end(number, text));
        }
        outcome
    }

    /// Evaluates the expressions that came with a cell. After an interrupt the rest is not begun.
    async fn evaluate(&mut self, request: &Arc<Request>) -> Map<String, Value> {
        let mut replies = Map::new();
        let mut interrupted = None;
        for (name, expression) in &expressions::of_request(&request.content) {
            let reply = match (&interrupted, expressions::cell(expression)) {
                (Some(reply), _) => Value::clone(reply),
                (None, Err(reply)) => reply,
                (None, Ok(code)) => {
                    let captured = Captured::new(self.comms.clone(), request.clone());
                    let number = self.next_uncounted();
                    self.switch.begin();
                    let outcome = self.worker.run(number, code, Box::new(captured.clone())).await;
                    self.switch.end();
                    captured.reply(outcome)
                }
            };
            interrupted = interrupted.or_else(|| (reply["ename"] == "Interrupted").then(|| reply.clone()));
            replies.insert(name.clone(), reply);
        }
        replies
    }

    /// Takes every cell that was sent before the failed one's reply.
    async fn empty_queue(&mut self) -> Vec<Arc<Request>> {
        tokio::time::sleep(STRAGGLERS).await;
        drain(&mut self.cells)
    }

    /// Tells a cell's sender that it did not run. As in ipykernel the reply has a status and nothing else: a front end
    /// would take a count for the cell's own.
    async fn abort(&mut self, request: &Request) {
        self.iopub.status("busy", Some(request)).await;
        self.replies.send(with_status(request.reply(json!({ "status": "aborted" })), json!({}))).await;
        self.iopub.status("idle", Some(request)).await;
    }
}

/// Everything that is in the queue now; what comes later stays.
fn drain<T>(queue: &mut UnboundedReceiver<T>) -> Vec<T> {
    std::iter::from_fn(|| queue.try_recv().ok()).collect()
}

/// Repeats the status in the metadata, where notebook tools look for it.
fn with_status(reply: JupyterMessage, mut metadata: Value) -> JupyterMessage {
    let content = serde_json::to_value(&reply.content).unwrap_or_default();
    metadata["status"] = content["status"].clone();
    reply.with_metadata(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_leaves_out_has_the_protocols_default() {
        let cell: ExecuteRequest = serde_json::from_value(json!({ "code": "1" })).unwrap();
        assert!(!cell.silent && cell.store_history && !cell.allow_stdin && cell.stop_on_error);
        assert!(serde_json::from_value::<ExecuteRequest>(json!({})).is_err());
    }

    #[test]
    fn draining_takes_what_is_there_and_leaves_what_comes_later() {
        let (sender, mut queue) = tokio::sync::mpsc::unbounded_channel();
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        assert_eq!(drain(&mut queue), [1, 2]);
        sender.send(3).unwrap();
        assert_eq!(drain(&mut queue), [3]);
        assert!(drain(&mut queue).is_empty());
    }
}
