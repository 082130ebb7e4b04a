//! What goes into output areas: output in the form that a notebook stores, collected here because what a cell prints never
//! passes through the child's own hands.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::engine::Event;

/// What one output area may hold, in bytes; every change sends all of it.
const MOST: usize = 1 << 20;

/// The output areas, and which of them takes what is printed now.
#[derive(Debug, Default)]
pub struct Captures {
    current: Option<String>,
    /// The area of the callback that runs, until it shows something: that takes the place of what an earlier one left.
    fresh: Option<String>,
    areas: BTreeMap<String, Area>,
}

#[derive(Debug, Default)]
struct Area {
    outputs: Vec<Value>,
    /// The handles under which outputs can be updated, beside them.
    handles: Vec<Option<String>>,
    bytes: usize,
    full: bool,
    clear_first: bool,
}

impl Captures {
    /// Captures into another area from now on.
    pub fn switch(&mut self, output: Option<String>) {
        self.current = output;
    }

    /// A callback begins, with this area for what it shows. Gives the area before.
    pub fn begin(&mut self, output: Option<String>) -> Option<String> {
        self.fresh.clone_from(&output);
        std::mem::replace(&mut self.current, output)
    }

    /// The callback is over.
    pub fn finish(&mut self, before: Option<String>) {
        self.fresh = None;
        self.current = before;
    }

    fn is_fresh(&mut self, id: &str) -> bool {
        self.fresh.take_if(|fresh| fresh == id).is_some()
    }

    /// Takes a piece of output, and gives the area's new content if that has changed. What no area takes is given back.
    // The event goes on by value in both cases; a box would only move the cost.
    #[allow(clippy::result_large_err)]
    pub fn take(&mut self, event: Event, is_open: impl Fn(&str) -> bool) -> Result<Option<(String, Value)>, Event> {
        if let Event::Display { bundle, display_id: Some(handle), update: true } = &event
            && let Some((id, area)) = self.areas.iter_mut().find(|(_, area)| area.handle(handle).is_some())
        {
            area.update(handle, json!(bundle.data), json!(bundle.metadata));
            return Ok(Some((id.clone(), area.outputs.clone().into())));
        }
        let Some(id) = self.current.clone().filter(|id| is_open(id)) else { return Err(event) };
        let fresh = self.is_fresh(&id);
        let area = self.areas.entry(id.clone()).or_default();
        area.clear_first |= fresh;
        match event {
            Event::Stdout(text) => area.print("stdout", text),
            Event::Stderr(text) => area.print("stderr", text),
            Event::Display { bundle, display_id, .. } => {
                area.show(json!(bundle.data), json!(bundle.metadata), display_id)
            }
            Event::Result(bundle) => area.show(json!(bundle.data), json!(bundle.metadata), None),
            Event::ClearOutput { wait: true } => {
                area.clear_first = true;
                return Ok(None);
            }
            Event::ClearOutput { wait: false } => *area = Area::default(),
            Event::Comm(_) | Event::Input { .. } => return Err(event),
        }
        Ok(Some((id, area.outputs.clone().into())))
    }

    /// Adds an error to the area of the callback that failed; `None` when it has none.
    pub fn error(&mut self, error: &Value) -> Option<(String, Value)> {
        let id = self.current.clone()?;
        let fresh = self.is_fresh(&id);
        let area = self.areas.entry(id.clone()).or_default();
        area.clear_first |= fresh;
        let mut output = error.clone();
        output["output_type"] = "error".into();
        area.full = false;
        area.push(output, None);
        Some((id, area.outputs.clone().into()))
    }

    /// Takes away an error that an earlier callback left, now that one has run without.
    pub fn forget_error(&mut self) -> Option<(String, Value)> {
        let id = self.fresh.clone()?;
        let area = self.areas.get_mut(&id)?;
        area.outputs.iter().any(|output| output["output_type"] == "error").then(|| {
            *area = Area::default();
            (id, json!([]))
        })
    }

    /// The child has set an area's content itself.
    pub fn replaced(&mut self, id: &str, outputs: &Value) {
        let outputs = outputs.as_array().cloned().unwrap_or_default();
        let bytes = outputs.iter().map(|output| output.to_string().len()).sum();
        let handles = vec![None; outputs.len()];
        self.areas.insert(id.to_owned(), Area { outputs, handles, bytes, ..Area::default() });
        self.is_fresh(id);
    }
}

impl Area {
    fn handle(&self, handle: &str) -> Option<usize> {
        self.handles.iter().position(|known| known.as_deref() == Some(handle))
    }

    fn print(&mut self, name: &str, text: String) {
        self.clear();
        let last = self.outputs.last_mut().filter(|last| last["name"] == name && last["output_type"] == "stream");
        if let Some(last) = last.filter(|_| self.bytes + text.len() <= MOST) {
            self.bytes += text.len();
            let before = last["text"].as_str().unwrap_or_default();
            last["text"] = format!("{before}{text}").into();
        } else {
            self.push(json!({ "output_type": "stream", "name": name, "text": text }), None);
        }
    }

    fn show(&mut self, data: Value, metadata: Value, handle: Option<String>) {
        self.push(json!({ "output_type": "display_data", "data": data, "metadata": metadata }), handle);
    }

    fn update(&mut self, handle: &str, data: Value, metadata: Value) {
        if let Some(output) = self.handle(handle).and_then(|index| self.outputs.get_mut(index)) {
            output["data"] = data;
            output["metadata"] = metadata;
        }
    }

    fn clear(&mut self) {
        if self.clear_first {
            *self = Self::default();
        }
    }

    fn push(&mut self, output: Value, handle: Option<String>) {
        self.clear();
        if self.full {
            return;
        }
        self.bytes += output.to_string().len();
        if self.bytes > MOST {
            self.full = true;
            let text = "\n[the rest of this output is cut here]\n";
            self.outputs.push(json!({ "output_type": "stream", "name": "stderr", "text": text }));
            self.handles.push(None);
            return;
        }
        self.outputs.push(output);
        self.handles.push(handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_wire::Bundle;

    fn display(text: &str, id: &str, update: bool) -> Event {
        Event::Display { bundle: Bundle::text(text), display_id: Some(id.into()), update }
    }

    fn take(captures: &mut Captures, event: Event) -> Value {
        captures.take(event, |_| true).unwrap().unwrap().1
    }

    #[test]
    fn a_callback_replaces_what_an_earlier_one_printed_and_adds_to_its_own() {
        let mut captures = Captures::default();
        assert!(captures.take(Event::Stdout("x".into()), |_| true).is_err());
        captures.begin(Some("out".into()));
        take(&mut captures, Event::Stdout("one".into()));
        assert_eq!(take(&mut captures, Event::Stdout(" two".into()))[0]["text"], "one two");
        captures.finish(None);
        captures.begin(Some("out".into()));
        let outputs = take(&mut captures, Event::Stderr("three".into()));
        assert_eq!(outputs, json!([{ "output_type": "stream", "name": "stderr", "text": "three" }]));
        // An area that is closed takes nothing.
        assert!(captures.take(Event::Stdout("x".into()), |_| false).is_err());
    }

    #[test]
    fn a_display_in_an_area_is_updated_there() {
        let mut captures = Captures::default();
        captures.begin(Some("out".into()));
        take(&mut captures, display("10 %", "bar", false));
        captures.finish(None);
        assert_eq!(take(&mut captures, display("20 %", "bar", true))[0]["data"]["text/plain"], "20 %");
        assert!(captures.take(display("x", "elsewhere", true), |_| true).is_err());
    }

    #[test]
    fn errors_stay_until_a_callback_runs_without() {
        let mut captures = Captures::default();
        assert!(captures.error(&json!({ "ename": "Panic" })).is_none());
        captures.begin(Some("out".into()));
        let (id, outputs) = captures.error(&json!({ "ename": "Panic" })).unwrap();
        assert_eq!((id.as_str(), &outputs[0]["output_type"]), ("out", &json!("error")));
        captures.begin(Some("out".into()));
        assert_eq!(captures.forget_error().unwrap().1, json!([]));
        assert!(captures.forget_error().is_none());
    }

    #[test]
    fn an_area_has_a_limit() {
        let mut captures = Captures::default();
        captures.begin(Some("out".into()));
        take(&mut captures, Event::Stdout("x".repeat(MOST - 100)));
        let outputs = take(&mut captures, Event::Stdout("y".repeat(1000)));
        assert!(outputs[1]["text"].as_str().unwrap().contains("cut here"));
        let again = take(&mut captures, Event::Stdout("z".repeat(1000)));
        assert_eq!(again.as_array().unwrap().len(), 2);
        assert_eq!(take(&mut captures, Event::ClearOutput { wait: false }), json!([]));
    }
}
