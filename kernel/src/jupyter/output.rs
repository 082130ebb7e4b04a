//! What a running cell says, as messages.

use std::sync::{Arc, OnceLock};

use course_wire::Bundle;
use serde_json::{Value, json};

use super::comms::Comms;
use super::iopub::IoPub;
use super::message::Request;
use super::stdin::Questions;
use crate::engine::{Event, Output};

/// Publishes one cell's output with that cell's request as parent.
pub struct CellOutput {
    /// The cell's request.
    pub request: Arc<Request>,
    /// Its execution count.
    pub number: u32,
    /// Nobody is to hear of it.
    pub silent: bool,
    /// The front end can ask the learner for a line.
    pub allow_stdin: bool,
    /// Where output goes.
    pub iopub: IoPub,
    /// Where questions go.
    pub questions: Questions,
    /// Where what is said about comms goes, and who may catch output on its way.
    pub comms: Arc<Comms>,
    /// Keeps the result's text, for the history.
    pub result: Arc<OnceLock<String>>,
}

impl Output for CellOutput {
    fn emit(&self, event: Event) {
        let event = match event {
            Event::Comm(event) => return self.comms.emit(event, &self.request),
            event => match self.comms.capture(event, &self.request) {
                Some(event) => event,
                None => return,
            },
        };
        // While a cell runs, what a widget's callback shows belongs to the widget's message.
        if let Some(request) = self.comms.running() {
            match event {
                Event::Input { answer, .. } => drop(answer.send(None)),
                event => {
                    if let Some((kind, content)) = message(event, self.number) {
                        self.iopub.publish_blocking(kind, content, Some(&request));
                    }
                }
            }
            return;
        }
        match event {
            Event::Input { prompt, password, answer } => {
                if self.allow_stdin {
                    self.questions.ask(self.request.clone(), prompt, password, answer);
                } else {
                    let _ = answer.send(None);
                }
            }
            _ if self.silent => {}
            event => {
                if let Event::Result(bundle) = &event {
                    let _ = self.result.set(bundle.plain().to_owned());
                }
                if let Some((kind, content)) = message(event, self.number) {
                    self.iopub.publish_blocking(kind, content, Some(&self.request));
                }
            }
        }
    }
}

/// The message type and content for a piece of output; nothing for an empty print.
fn message(event: Event, number: u32) -> Option<(&'static str, Value)> {
    Some(match event {
        Event::Stdout(text) => stream("stdout", text)?,
        Event::Stderr(text) => stream("stderr", text)?,
        Event::Display { bundle, display_id, update } => {
            let kind = if update && display_id.is_some() { "update_display_data" } else { "display_data" };
            let mut content = shown(bundle);
            content["transient"] = display_id.map_or_else(|| json!({}), |id| json!({ "display_id": id }));
            (kind, content)
        }
        Event::Result(bundle) => {
            let mut content = shown(bundle);
            content["execution_count"] = number.into();
            ("execute_result", content)
        }
        Event::ClearOutput { wait } => ("clear_output", json!({ "wait": wait })),
        Event::Input { .. } | Event::Comm(_) => return None,
    })
}

fn stream(name: &str, text: String) -> Option<(&'static str, Value)> {
    (!text.is_empty()).then(|| ("stream", json!({ "name": name, "text": text })))
}

fn shown(bundle: Bundle) -> Value {
    json!({ "data": bundle.data, "metadata": bundle.metadata })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_carry_their_id_and_updates_say_so() {
        let display = |display_id: Option<&str>, update| {
            let bundle = Bundle::html("<b>1</b>", "1");
            message(Event::Display { bundle, display_id: display_id.map(Into::into), update }, 3).unwrap()
        };
        let (kind, content) = display(None, false);
        assert_eq!(kind, "display_data");
        assert_eq!(
            content,
            json!({ "data": { "text/plain": "1", "text/html": "<b>1</b>" }, "metadata": {}, "transient": {} })
        );
        let (kind, content) = display(Some("bar"), true);
        assert_eq!(kind, "update_display_data");
        assert_eq!(content["transient"], json!({ "display_id": "bar" }));
        assert_eq!(display(None, true).0, "display_data");
    }

    #[test]
    fn a_result_carries_the_count_and_an_empty_print_is_nothing() {
        let (kind, content) = message(Event::Result(Bundle::text("4")), 3).unwrap();
        assert_eq!((kind, &content["execution_count"]), ("execute_result", &json!(3)));
        assert!(message(Event::Stdout(String::new()), 3).is_none());
        let (_, content) = message(Event::Stderr("a\r".into()), 3).unwrap();
        assert_eq!(content, json!({ "name": "stderr", "text": "a\r" }));
    }
}
