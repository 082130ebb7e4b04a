//! Comms: which are open, what the page says on them, and what the child answers.
//!
//! The page's messages come in on shell. What needs no code of the learner's is answered here, also while a cell runs:
//! unknown comms, echoes, and the state of every widget for a page that is opened again. The rest goes into the engine's
//! [`Mailbox`] and is over ([`CommEvent::End`]) when its callbacks have run; only then does the page hear `idle`, which is what
//! it waits for before it sends the next value of a slider that moves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use course_wire::{Buffer, CommKind, CommMessage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::malformed;
use super::capture::Captures;
use super::iopub::IoPub;
use super::log::log;
use super::message::Request;
use super::model::{Model, update_states};
use crate::engine::mailbox::Mailbox;
use crate::engine::{CommEvent, Event};

/// The target of widgets' comms.
const WIDGET: &str = "jupyter.widget";
/// The target on which a page asks for all widgets at once.
const CONTROL: &str = "jupyter.widget.control";
/// The version of the widget protocol, which a `comm_open` of ours names.
const PROTOCOL: &str = "2.1.0";
/// A message longer than this is not passed on, in bytes: the link to the child takes no more.
const LONGEST: usize = 128 << 20;

/// The comms of one session.
pub struct Comms {
    state: Mutex<State>,
    iopub: IoPub,
    mailbox: Arc<Mailbox>,
}

#[derive(Default)]
struct State {
    open: BTreeMap<String, Open>,
    targets: BTreeSet<String>,
    /// Messages that the child has and has not dealt with, by their number.
    waiting: BTreeMap<u64, Arc<Request>>,
    numbers: u64,
    /// The messages whose callbacks run now, the innermost last, with what was captured before.
    running: Vec<(Arc<Request>, Option<String>)>,
    captures: Captures,
}

/// An open comm.
struct Open {
    target: String,
    model: Option<Model>,
}

/// What became of a message from the page.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// It is dealt with.
    Done,
    /// It is in the mailbox.
    Passed,
}

#[derive(Deserialize)]
struct Content {
    comm_id: String,
    #[serde(default)]
    target_name: String,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct InfoRequest {
    #[serde(default)]
    target_name: Option<String>,
}

impl Comms {
    /// No comms yet.
    pub fn new(iopub: IoPub) -> Self {
        Self { state: Mutex::default(), iopub, mailbox: Arc::default() }
    }

    /// Where messages for the child wait.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        self.mailbox.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The content of a `comm_info_reply`.
    pub fn info(&self, request: &Request) -> Value {
        // An empty request asks for all; so does one that names no target.
        let wanted = request.content::<InfoRequest>().ok().and_then(|asked| asked.target_name);
        let state = self.state();
        let comms: serde_json::Map<String, Value> = (state.open.iter())
            .filter(|(_, open)| wanted.as_ref().is_none_or(|target| *target == open.target))
            .map(|(id, open)| (id.clone(), json!({ "target_name": open.target })))
            .collect();
        json!({ "status": "ok", "comms": comms })
    }

    /// Takes a `comm_open`, `comm_msg` or `comm_close` from the page.
    pub async fn receive(&self, request: &Arc<Request>) -> Received {
        let content: Content = match request.content() {
            Ok(content) => content,
            Err(error) => {
                malformed(request.kind(), &error);
                return Received::Done;
            }
        };
        let (answers, passed) = self.sort(request, content);
        for answer in answers {
            self.iopub.publish_comm(answer, Some(request)).await;
        }
        match passed {
            Some((number, message)) => {
                self.mailbox.put(number, message);
                Received::Passed
            }
            None => Received::Done,
        }
    }

    /// What is to be answered at once, and what is to be passed on.
    fn sort(&self, request: &Arc<Request>, content: Content) -> (Vec<CommMessage>, Option<(u64, CommMessage)>) {
        let Content { comm_id, target_name, data } = content;
        let kind = match request.kind() {
            "comm_open" => CommKind::Open { target: target_name },
            "comm_close" => CommKind::Close,
            _ => CommKind::Message,
        };
        let buffers: Vec<Buffer> = request.buffers.iter().map(|buffer| Buffer(buffer.to_vec())).collect();
        let length = data.to_string().len() + buffers.iter().map(|buffer| buffer.0.len()).sum::<usize>();
        let metadata = request.metadata.clone();
        let message = CommMessage { comm_id: comm_id.clone(), kind: kind.clone(), data, metadata, buffers };
        let mut state = self.state();
        let mut answers = Vec::new();
        let registered = matches!(&kind, CommKind::Open { target } if state.targets.contains(target));
        match (kind, state.open.get_mut(&comm_id)) {
            (CommKind::Open { target }, None) if target == CONTROL => {
                state.open.insert(comm_id, Open { target, model: None });
                return (answers, None);
            }
            (CommKind::Open { target }, None) if registered => {
                state.open.insert(comm_id, Open { target, model: None });
            }
            (CommKind::Open { target }, _) => {
                log(format_args!("a comm for the unknown target {target:?} was closed"));
                answers.push(reply(&comm_id, CommKind::Close, json!({}), Vec::new()));
                return (answers, None);
            }
            (kind, None) => {
                log(format_args!("{kind:?} for a comm that is not open: {comm_id:?}"));
                return (answers, None);
            }
            (CommKind::Close, Some(open)) => {
                let control = open.target == CONTROL;
                state.open.remove(&comm_id);
                if control {
                    return (answers, None);
                }
            }
            (CommKind::Message, Some(Open { target, .. })) if target == CONTROL => {
                if message.data["method"] == "request_states" {
                    let models = state.open.iter().filter_map(|(id, open)| Some((id, open.model.as_ref()?)));
                    let (data, buffers) = update_states(models);
                    answers.push(reply(&comm_id, CommKind::Message, data, buffers));
                }
                return (answers, None);
            }
            (CommKind::Message, Some(Open { model: Some(model), .. })) => match message.data["method"].as_str() {
                Some("request_state") => {
                    let (data, buffers) = model.update();
                    answers.push(reply(&comm_id, CommKind::Message, data, buffers));
                    return (answers, None);
                }
                Some("update") if length <= LONGEST => {
                    model.merge(&message);
                    // Every page that shows the widget follows; the sender knows its own message by the parent.
                    let mut data = message.data.clone();
                    data["method"] = "echo_update".into();
                    answers.push(reply(&comm_id, CommKind::Message, data, message.buffers.clone()));
                }
                _ => {}
            },
            (CommKind::Message, Some(_)) => {}
        }
        if length > LONGEST {
            log(format_args!("a comm message of {length} bytes was dropped; {LONGEST} is the most"));
            return (answers, None);
        }
        state.numbers += 1;
        let number = state.numbers;
        state.waiting.insert(number, request.clone());
        (answers, Some((number, message)))
    }

    /// Takes what the child does with its comms while `request` is the cell, or the message, that runs.
    pub fn emit(&self, event: CommEvent, request: &Request) {
        match event {
            CommEvent::Message(message) => self.send(message, request),
            CommEvent::Target(name) => drop(self.state().targets.insert(name)),
            CommEvent::Begin { request, output } => {
                let mut state = self.state();
                if let Some(request) = state.waiting.remove(&request) {
                    let before = state.captures.begin(output);
                    state.running.push((request, before));
                }
            }
            CommEvent::End { request, error } => self.end(request, error),
            CommEvent::Capture(output) => self.state().captures.switch(output),
            CommEvent::Gone => self.gone(request),
        }
    }

    /// The request whose callbacks run now, if any: what is printed belongs to it.
    pub fn running(&self) -> Option<Arc<Request>> {
        self.state().running.last().map(|(request, _)| request.clone())
    }

    /// Puts output into the output area that captures it; gives back what none takes.
    pub fn capture(&self, event: Event, request: &Request) -> Option<Event> {
        let mut state = self.state();
        let State { captures, open, .. } = &mut *state;
        let changed = match captures.take(event, |id| open.get(id).is_some_and(|open| open.model.is_some())) {
            Ok(changed) => changed,
            Err(event) => return Some(event),
        };
        drop(state);
        self.show(changed, request);
        None
    }

    /// Sends an output area's content to the page, and keeps it for the next.
    fn show(&self, changed: Option<(String, Value)>, request: &Request) {
        let Some((comm_id, outputs)) = changed else { return };
        if let Some(model) = self.state().open.get_mut(&comm_id).and_then(|open| open.model.as_mut()) {
            model.set("outputs", outputs.clone());
        }
        let data = json!({ "method": "update", "state": { "outputs": outputs }, "buffer_paths": [] });
        self.publish(reply(&comm_id, CommKind::Message, data, Vec::new()), request);
    }

    fn send(&self, mut message: CommMessage, request: &Request) {
        let mut state = self.state();
        match &message.kind {
            CommKind::Open { target } => {
                let mut model = (target == WIDGET).then(Model::default);
                if let Some(model) = &mut model {
                    model.merge(&message);
                    message.metadata = json!({ "version": PROTOCOL });
                }
                state.open.insert(message.comm_id.clone(), Open { target: target.clone(), model });
            }
            CommKind::Message => {
                let model = state.open.get_mut(&message.comm_id).and_then(|open| open.model.as_mut());
                if let Some(model) = model.filter(|_| message.data["method"] == "update") {
                    model.merge(&message);
                    if let Some(outputs) = message.data["state"].get("outputs") {
                        state.captures.replaced(&message.comm_id, outputs);
                    }
                }
            }
            CommKind::Close => {
                if state.open.remove(&message.comm_id).is_none() {
                    return;
                }
            }
        }
        drop(state);
        self.publish(message, request);
    }

    fn publish(&self, message: CommMessage, request: &Request) {
        let parent = self.running();
        self.iopub.publish_comm_blocking(message, Some(parent.as_deref().unwrap_or(request)));
    }

    /// The callbacks of a message have run: tells what went wrong, and lets the page go on.
    fn end(&self, number: u64, error: Option<crate::engine::CellError>) {
        let mut state = self.state();
        let (request, before) = match state.waiting.remove(&number) {
            // It never began.
            Some(request) => (request, None),
            None => match state.running.last().cloned() {
                Some(ended) => ended,
                None => return,
            },
        };
        drop(state);
        if let Some(error) = error {
            let shown = json!({ "ename": error.ename, "evalue": error.evalue, "traceback": error.traceback });
            let changed = self.state().captures.error(&shown);
            match changed {
                Some(changed) => self.show(Some(changed), &request),
                None => self.iopub.publish_blocking("error", shown, Some(&request)),
            }
        } else {
            let changed = self.state().captures.forget_error();
            self.show(changed, &request);
        }
        let mut state = self.state();
        if state.running.last().is_some_and(|(running, _)| Arc::ptr_eq(running, &request)) {
            state.running.pop();
            state.captures.finish(before);
        }
        drop(state);
        self.iopub.publish_blocking("status", json!({ "execution_state": "idle" }), Some(&request));
    }

    /// The child is gone: its comms are closed, and nobody waits any longer.
    fn gone(&self, request: &Request) {
        drop(self.mailbox.take());
        let mut state = self.state();
        let (controls, lost) =
            std::mem::take(&mut state.open).into_iter().partition(|(_, open)| open.target == CONTROL);
        state.open = controls;
        let lost: BTreeMap<String, Open> = lost;
        let waiting = std::mem::take(&mut state.waiting).into_values();
        let running = std::mem::take(&mut state.running).into_iter().map(|(request, _)| request);
        let over: Vec<Arc<Request>> = waiting.chain(running).collect();
        state.targets.clear();
        state.captures = Captures::default();
        drop(state);
        for comm_id in lost.into_keys() {
            self.iopub.publish_comm_blocking(reply(&comm_id, CommKind::Close, json!({}), Vec::new()), Some(request));
        }
        for request in over {
            self.iopub.publish_blocking("status", json!({ "execution_state": "idle" }), Some(&request));
        }
    }
}

fn reply(comm_id: &str, kind: CommKind, data: Value, buffers: Vec<Buffer>) -> CommMessage {
    CommMessage { comm_id: comm_id.to_owned(), kind, data, metadata: json!({}), buffers }
}
