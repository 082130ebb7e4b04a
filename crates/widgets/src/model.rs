//! What every widget is made of: a state that is kept equal at both ends of a comm.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use course_wire::{Buffer, Bundle, CommKind, CommMessage, link};
use serde_json::{Map, Value, json};

use crate::callback::{Callbacks, Failed};
use crate::comm;
use crate::frame::Frame;

/// The MIME type by which a page finds the widget to show.
const VIEW: &str = "application/vnd.jupyter.widget-view+json";

/// The front-end classes of a widget, and how it looks where they are missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// The module that both classes are in, and its version.
    pub(crate) module: (&'static str, &'static str),
    /// The class of its state.
    pub(crate) model: &'static str,
    /// The class of what is seen.
    pub(crate) view: &'static str,
    /// The class of its style's state, if it has one.
    pub(crate) style: Option<&'static str>,
    /// Whether something in it can be touched, so that callbacks may have something to say under it.
    pub(crate) active: bool,
    /// Its state as text and as HTML that does not move.
    pub(crate) still: fn(&Model) -> Still,
}

/// A widget that does not move.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Still {
    pub(crate) text: String,
    pub(crate) html: String,
}

/// The module of ipywidgets' own widgets.
pub(crate) const CONTROLS: (&str, &str) = ("@jupyter-widgets/controls", "2.0.0");
const BASE: (&str, &str) = ("@jupyter-widgets/base", "2.0.0");

/// A widget's state; clones are the same state.
#[derive(Clone)]
pub struct Model(Rc<Inner>);

struct Inner {
    id: String,
    kind: Kind,
    state: RefCell<Map<String, Value>>,
    /// Values that are bytes; JSON has no word for them.
    bytes: RefCell<BTreeMap<String, Vec<u8>>>,
    layout: Part,
    style: Option<Part>,
    children: RefCell<Vec<Model>>,
    parent: RefCell<Weak<Inner>>,
    frame: RefCell<Option<Frame>>,
    life: Cell<Life>,
    changes: Callbacks<str>,
    messages: Callbacks<(Value, Vec<Buffer>)>,
}

/// A comm that hangs on a widget's: its layout or its style.
struct Part {
    id: String,
    state: RefCell<Map<String, Value>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// The page has not heard of it.
    Unseen,
    Open,
    Closed,
}

fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl Part {
    fn new((module, version): (&str, &str), model: &str, view: &str, more: Value) -> Self {
        let (view_module, view_version) = BASE;
        let mut state = object(json!({
            "_model_module": module, "_model_module_version": version, "_model_name": model,
            "_view_module": view_module, "_view_module_version": view_version, "_view_name": view, "_view_count": null,
        }));
        state.extend(object(more));
        Self { id: new_id(), state: RefCell::new(state) }
    }

    fn open(&self) {
        let data = json!({ "state": *self.state.borrow(), "buffer_paths": [] });
        comm::send(&self.id, CommKind::Open { target: "jupyter.widget".into() }, data, Vec::new());
    }

    fn reference(&self) -> Value {
        format!("IPY_MODEL_{}", self.id).into()
    }
}

impl Model {
    /// A widget with this state, which the page has not heard of.
    pub(crate) fn new(kind: Kind, state: Value) -> Self {
        let (module, version) = kind.module;
        let layout = Part::new(BASE, "LayoutModel", "LayoutView", json!({}));
        let style = kind.style.map(|model| {
            let more = if model == "ButtonStyleModel" { json!({}) } else { json!({ "description_width": "initial" }) };
            Part::new(CONTROLS, model, "StyleView", more)
        });
        let mut whole = object(json!({
            "_model_module": module, "_model_module_version": version, "_model_name": kind.model,
            "_view_module": module, "_view_module_version": version, "_view_name": kind.view, "_view_count": null,
            "_dom_classes": [], "layout": layout.reference(),
        }));
        if let Some(style) = &style {
            whole.insert("style".into(), style.reference());
        }
        whole.extend(object(state));
        Self(Rc::new(Inner {
            id: new_id(),
            kind,
            state: RefCell::new(whole),
            bytes: RefCell::default(),
            layout,
            style,
            children: RefCell::default(),
            parent: RefCell::default(),
            frame: RefCell::default(),
            life: Cell::new(Life::Unseen),
            changes: Callbacks::default(),
            messages: Callbacks::default(),
        }))
    }

    /// The id of its comm.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// A value of its state; `null` where there is none.
    pub(crate) fn get(&self, key: &str) -> Value {
        self.0.state.borrow().get(key).cloned().unwrap_or_default()
    }

    /// A text of its state.
    pub(crate) fn get_text(&self, key: &str) -> String {
        self.0.state.borrow().get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Bytes of its state.
    pub(crate) fn get_bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.0.bytes.borrow().get(key).cloned()
    }

    /// The names of its values that are not the protocol's own.
    pub(crate) fn keys(&self) -> Vec<String> {
        let state = self.0.state.borrow();
        let own = state.keys().filter(|key| !key.starts_with('_') && !["layout", "style"].contains(&key.as_str()));
        own.cloned().chain(self.0.bytes.borrow().keys().cloned()).collect()
    }

    /// Sets a value, tells the page, and runs the callbacks if it is another than before.
    pub(crate) fn set(&self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        self.0.bytes.borrow_mut().remove(key);
        let before = self.0.state.borrow_mut().insert(key.to_owned(), value.clone());
        if before.as_ref() != Some(&value) {
            self.update(key, value, Vec::new());
            self.announce(key);
        }
    }

    /// Sets a value and tells the page, also when it is the same; no callback runs.
    pub(crate) fn put(&self, key: &str, value: Value) {
        self.0.state.borrow_mut().insert(key.to_owned(), value.clone());
        self.update(key, value, Vec::new());
    }

    /// Sets a value before the page hears of it, or one that is not for the page.
    pub(crate) fn keep(&self, key: &str, value: Value) {
        self.0.state.borrow_mut().insert(key.to_owned(), value);
    }

    /// Sets a value that is bytes.
    pub(crate) fn set_bytes(&self, key: &str, bytes: Vec<u8>) {
        self.0.state.borrow_mut().remove(key);
        let before = self.0.bytes.borrow_mut().insert(key.to_owned(), bytes.clone());
        if before.as_ref() != Some(&bytes) {
            self.update(key, Value::Null, vec![bytes]);
            self.announce(key);
        }
    }

    fn update(&self, key: &str, value: Value, buffers: Vec<Vec<u8>>) {
        if self.0.life.get() == Life::Open {
            let (state, paths) =
                if buffers.is_empty() { (json!({ key: value }), json!([])) } else { (json!({}), json!([[key]])) };
            let data = json!({ "method": "update", "state": state, "buffer_paths": paths });
            comm::send(self.id(), CommKind::Message, data, buffers);
        }
    }

    /// Runs the callbacks for a change that Rust code made. It has nobody to return an error to, so it is printed.
    fn announce(&self, key: &str) {
        if let Err(failed) = self.0.changes.run(key) {
            eprintln!("a widget's callback failed: {}", failed.message);
        }
    }

    /// A property of its layout, such as its width.
    pub(crate) fn set_layout(&self, key: &str, value: Value) {
        self.set_part(&self.0.layout, key, value);
    }

    /// A property of its style, such as how wide its label is; nothing where it has no style.
    pub(crate) fn set_style(&self, key: &str, value: Value) {
        if let Some(style) = &self.0.style {
            self.set_part(style, key, value);
        }
    }

    fn set_part(&self, part: &Part, key: &str, value: Value) {
        part.state.borrow_mut().insert(key.to_owned(), value.clone());
        if self.0.life.get() == Life::Open {
            let data = json!({ "method": "update", "state": { key: value }, "buffer_paths": [] });
            comm::send(&part.id, CommKind::Message, data, Vec::new());
        }
    }

    /// Says something to the front end that is no state.
    pub(crate) fn send(&self, content: Value, buffers: Vec<Vec<u8>>) {
        if self.0.life.get() == Life::Open {
            comm::send(self.id(), CommKind::Message, json!({ "method": "custom", "content": content }), buffers);
        }
    }

    /// Runs `callback` with the name of each value that changes.
    pub(crate) fn on_change(&self, callback: impl FnMut(&str) -> Result<(), Failed> + 'static) {
        self.0.changes.add(callback);
    }

    /// Runs `callback` with what the front end says that is no state.
    pub(crate) fn on_custom(&self, callback: impl FnMut(&(Value, Vec<Buffer>)) -> Result<(), Failed> + 'static) {
        self.0.messages.add(callback);
    }

    /// Shows other widgets in this one, without becoming what they lie in.
    pub(crate) fn hold(&self, children: &[Model]) {
        self.0.children.borrow_mut().extend_from_slice(children);
        self.put("children", self.references());
    }

    fn references(&self) -> Value {
        self.0.children.borrow().iter().map(|child| Value::from(format!("IPY_MODEL_{}", child.id()))).collect()
    }

    /// Puts another widget into this one.
    pub(crate) fn adopt(&self, child: &Model) {
        *child.0.parent.borrow_mut() = Rc::downgrade(&self.0);
        self.0.children.borrow_mut().push(child.clone());
        if self.0.life.get() == Life::Open {
            child.open();
        }
        self.put("children", self.references());
    }

    /// The widgets in it.
    pub(crate) fn children(&self) -> Vec<Model> {
        self.0.children.borrow().clone()
    }

    /// Its state as text and as HTML that does not move.
    pub(crate) fn still(&self) -> Still {
        (self.0.kind.still)(self)
    }

    /// What a notebook shows for it. In a notebook it comes to life with this.
    pub(crate) fn rich(&self) -> Bundle {
        let still = self.still();
        let mut bundle = Bundle::html(still.html, still.text);
        if link::connected() && self.0.life.get() != Life::Closed {
            let shown = if self.0.kind.active { self.framed() } else { self.clone() };
            shown.open();
            bundle.insert(VIEW, json!({ "version_major": 2, "version_minor": 0, "model_id": shown.id() }));
        }
        bundle
    }

    /// The box with this widget and, under it, the area for what its callbacks say.
    fn framed(&self) -> Model {
        let mut frame = self.0.frame.borrow_mut();
        frame.get_or_insert_with(|| Frame::around(self)).whole.clone()
    }

    /// The area for what callbacks say, by its comm: this widget's own, or that of what it lies in.
    pub(crate) fn output(&self) -> Option<String> {
        if let Some(frame) = &*self.0.frame.borrow() {
            return Some(frame.area.id().to_owned());
        }
        let parent = self.0.parent.borrow().upgrade();
        parent.and_then(|parent| Model(parent).output())
    }

    /// Tells the page of this widget and of all that is in it.
    fn open(&self) {
        if self.0.life.get() != Life::Unseen {
            return;
        }
        self.0.life.set(Life::Open);
        for child in self.children() {
            child.open();
        }
        self.0.layout.open();
        if let Some(style) = &self.0.style {
            style.open();
        }
        comm::keep(self.id(), self.clone());
        let bytes = self.0.bytes.borrow();
        let paths: Vec<Value> = bytes.keys().map(|key| json!([key])).collect();
        let data = json!({ "state": *self.0.state.borrow(), "buffer_paths": paths });
        let buffers = bytes.values().cloned().collect();
        comm::send(self.id(), CommKind::Open { target: "jupyter.widget".into() }, data, buffers);
    }

    /// Takes a message of the page.
    pub(crate) fn receive(&self, message: &CommMessage) -> Result<(), Failed> {
        match message.data["method"].as_str() {
            Some("update") => self.updated(message),
            Some("custom") => self.0.messages.run(&(message.data["content"].clone(), message.buffers.clone())),
            _ => Ok(()),
        }
    }

    fn updated(&self, message: &CommMessage) -> Result<(), Failed> {
        let mut changed = Vec::new();
        let values = message.data["state"].as_object().cloned().unwrap_or_default();
        for (key, value) in values {
            self.0.bytes.borrow_mut().remove(&key);
            let before = self.0.state.borrow_mut().insert(key.clone(), value.clone());
            if before != Some(value) {
                changed.push(key);
            }
        }
        let paths = message.data["buffer_paths"].as_array().into_iter().flatten();
        for (path, buffer) in paths.zip(&message.buffers) {
            // Bytes deeper inside a value would need a JSON value to hang on; no front end of ours sends them.
            if let [Value::String(key)] = path.as_array().map(Vec::as_slice).unwrap_or_default() {
                self.0.state.borrow_mut().remove(key);
                self.0.bytes.borrow_mut().insert(key.clone(), buffer.0.clone());
                changed.push(key.clone());
            }
        }
        let mut result = Ok(());
        for key in changed {
            result = result.and(self.0.changes.run(&key));
        }
        result
    }

    /// Closes it: the page takes it away, and callbacks are dropped.
    pub(crate) fn close(&self) {
        let frame = self.0.frame.borrow_mut().take();
        if let Some(frame) = frame {
            frame.area.close();
            frame.whole.close();
        }
        if self.0.life.get() == Life::Open {
            let parts = self.0.style.iter().chain([&self.0.layout]).map(|part| part.id.as_str());
            for id in [self.id()].into_iter().chain(parts) {
                comm::forget(id);
                comm::send(id, CommKind::Close, json!({}), Vec::new());
            }
        }
        self.closed();
    }

    /// It is closed already, at the other end.
    pub(crate) fn closed(&self) {
        self.0.life.set(Life::Closed);
        self.0.changes.clear();
        self.0.messages.clear();
    }
}
