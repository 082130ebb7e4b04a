//! Comms themselves: a named line to a front end of one's own, for what no widget does.
//!
//! ```
//! use course_widgets::comm::{self, Comm};
//!
//! comm::register_target("course.echo", |comm: &Comm, _data| {
//!     let line = comm.clone();
//!     comm.on_message(move |message| line.send(message.data.clone(), Vec::new()));
//! });
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use course_wire::{Buffer, CommKind, CommMessage, FromChild, link};
use serde_json::{Value, json};

use crate::callback::{Callbacks, Failed, Outcome};
use crate::model::Model;

/// One end of a comm; clones are the same end.
#[derive(Clone)]
pub struct Comm {
    inner: Rc<Inner>,
}

struct Inner {
    id: String,
    messages: Callbacks<CommMessage>,
    closing: Callbacks<Value>,
}

/// Who gets the messages of a comm.
#[derive(Clone)]
enum Entry {
    Comm(Comm),
    Widget(Model),
}

type Target = Rc<RefCell<dyn FnMut(&Comm, &Value)>>;

thread_local! {
    // A widget stays here, and with it alive, for as long as the page can show it.
    static OPEN: RefCell<BTreeMap<String, Entry>> = const { RefCell::new(BTreeMap::new()) };
    static TARGETS: RefCell<BTreeMap<String, Target>> = const { RefCell::new(BTreeMap::new()) };
}

/// Takes the comms that the page opens for `target`: the handler gets each, and the data it was opened with.
pub fn register_target(target: impl Into<String>, handler: impl FnMut(&Comm, &Value) + 'static) {
    let name = target.into();
    TARGETS.with_borrow_mut(|targets| targets.insert(name.clone(), Rc::new(RefCell::new(handler))));
    let _ = link::send(&FromChild::CommTarget { name });
}

impl Comm {
    /// Opens a comm to `target` in the page.
    pub fn open(target: impl Into<String>, data: Value) -> Self {
        let comm = Self::new(uuid::Uuid::new_v4().simple().to_string());
        send(&comm.inner.id, CommKind::Open { target: target.into() }, data, Vec::new());
        comm
    }

    fn new(id: String) -> Self {
        let inner = Rc::new(Inner { id, messages: Callbacks::default(), closing: Callbacks::default() });
        let comm = Self { inner };
        OPEN.with_borrow_mut(|open| open.insert(comm.inner.id.clone(), Entry::Comm(comm.clone())));
        comm
    }

    /// Its id, by which the page knows it too.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Says something to the page.
    pub fn send(&self, data: Value, buffers: Vec<Vec<u8>>) {
        send(&self.inner.id, CommKind::Message, data, buffers);
    }

    /// Calls `callback` with each message of the page.
    pub fn on_message<O: Outcome>(&self, mut callback: impl FnMut(&CommMessage) -> O + 'static) {
        self.inner.messages.add(move |message| callback(message).outcome());
    }

    /// Calls `callback` when the page closes the comm.
    pub fn on_close<O: Outcome>(&self, mut callback: impl FnMut(&Value) -> O + 'static) {
        self.inner.closing.add(move |data| callback(data).outcome());
    }

    /// Closes it; callbacks are dropped.
    pub fn close(&self) {
        if forget(&self.inner.id) {
            send(&self.inner.id, CommKind::Close, json!({}), Vec::new());
            self.inner.messages.clear();
            self.inner.closing.clear();
        }
    }
}

/// Sends to the page. A kernel that is gone takes this process with it: there is nobody left to tell.
pub(crate) fn send(comm_id: &str, kind: CommKind, data: Value, buffers: Vec<Vec<u8>>) {
    let buffers = buffers.into_iter().map(Buffer).collect();
    let message = CommMessage { comm_id: comm_id.to_owned(), kind, data, metadata: json!({}), buffers };
    if let Err(error) = link::send(&FromChild::Comm { message })
        && error.kind() == std::io::ErrorKind::InvalidInput
    {
        eprintln!("a widget's message to the page was not sent: {error}");
    }
}

/// Keeps a widget for the page's messages.
pub(crate) fn keep(id: &str, model: Model) {
    OPEN.with_borrow_mut(|open| open.insert(id.to_owned(), Entry::Widget(model)));
}

/// Takes a comm off the list; false when it was not on it.
pub(crate) fn forget(id: &str) -> bool {
    let entry = OPEN.with_borrow_mut(|open| open.remove(id));
    // Outside the borrow: what callbacks hold may close other widgets.
    entry.is_some()
}

/// The output area under the widget that a message is for, by its comm.
#[doc(hidden)]
pub fn output_of(message: &CommMessage) -> Option<String> {
    match OPEN.with_borrow(|open| open.get(&message.comm_id).cloned())? {
        Entry::Widget(model) => model.output(),
        Entry::Comm(_) => None,
    }
}

/// Runs the callbacks of a message from the page; the runtime calls this.
///
/// # Errors
/// What the first callback that failed returned.
#[doc(hidden)]
pub fn dispatch(message: &CommMessage) -> Result<(), Failed> {
    if let CommKind::Open { target } = &message.kind {
        let handler = TARGETS.with_borrow(|targets| targets.get(target).cloned());
        if let Some(handler) = handler {
            let comm = Comm::new(message.comm_id.clone());
            if let Ok(mut handler) = handler.try_borrow_mut() {
                handler(&comm, &message.data);
            }
        }
        return Ok(());
    }
    let Some(entry) = OPEN.with_borrow(|open| open.get(&message.comm_id).cloned()) else { return Ok(()) };
    if message.kind == CommKind::Close {
        forget(&message.comm_id);
    }
    match (entry, &message.kind) {
        (Entry::Widget(model), CommKind::Close) => {
            model.closed();
            Ok(())
        }
        (Entry::Widget(model), _) => model.receive(message),
        (Entry::Comm(comm), CommKind::Close) => comm.inner.closing.run(&message.data),
        (Entry::Comm(comm), _) => comm.inner.messages.run(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(comm_id: &str, kind: CommKind, data: Value) -> CommMessage {
        CommMessage { comm_id: comm_id.into(), kind, data, metadata: Value::Null, buffers: vec![Buffer(vec![9])] }
    }

    #[test]
    fn a_comm_of_the_page_gets_messages_until_it_is_closed() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        register_target("test", {
            let heard = heard.clone();
            move |comm, data| {
                heard.borrow_mut().push(format!("opened {data}"));
                let (heard, closed) = (heard.clone(), heard.clone());
                comm.on_message(move |message| {
                    heard.borrow_mut().push(format!("{} {:?}", message.data, message.buffers));
                });
                comm.on_close(move |_| closed.borrow_mut().push("closed".into()));
            }
        });
        let target = || CommKind::Open { target: "test".into() };
        dispatch(&message("x", target(), json!(1))).unwrap();
        dispatch(&message("x", CommKind::Message, json!("hi"))).unwrap();
        dispatch(&message("y", CommKind::Message, json!("nobody"))).unwrap();
        dispatch(&message("x", CommKind::Close, json!({}))).unwrap();
        dispatch(&message("x", CommKind::Message, json!("late"))).unwrap();
        dispatch(&message("z", CommKind::Open { target: "unknown".into() }, json!({}))).unwrap();
        assert_eq!(*heard.borrow(), ["opened 1", "\"hi\" [Buffer([9])]", "closed"]);
    }
}
