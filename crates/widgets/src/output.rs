//! An area that takes what is printed and displayed.

use std::cell::RefCell;

use course_display::{Rich, display, escape};
use course_wire::{Bundle, link};
use serde_json::{Value, json};

use crate::model::{Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// An area for output: what is printed and displayed inside [`capture`](OutputArea::capture) appears there, whenever that is.
    ///
    /// ```
    /// use course_widgets::{Button, OutputArea};
    ///
    /// let log = OutputArea::new();
    /// let button = Button::new("roll");
    /// button.on_click({
    ///     let log = log.clone();
    ///     move || log.capture(|| println!("four"))
    /// });
    /// ```
    OutputArea
}

const KIND: Kind = Kind {
    module: ("@jupyter-widgets/output", "1.0.0"),
    model: "OutputModel",
    view: "OutputView",
    style: None,
    active: false,
    still,
};

thread_local! {
    /// The areas that take output now, by their comms, the innermost last.
    static TAKING: RefCell<Vec<Option<String>>> = const { RefCell::new(Vec::new()) };
}

/// An empty area.
pub(crate) fn area() -> Model {
    Model::new(KIND, json!({ "msg_id": "", "outputs": [] }))
}

/// The area that takes what a callback says, for as long as the guard lives; the runtime calls this.
#[doc(hidden)]
pub fn callback_area(area: Option<String>) -> impl Drop {
    TAKING.with_borrow_mut(|taking| taking.push(area));
    Taken { tell: false }
}

/// Ends what it stands for, also when a panic passes by.
struct Taken {
    tell: bool,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let before = TAKING.with_borrow_mut(|taking| {
            taking.pop();
            taking.last().cloned().flatten()
        });
        if self.tell {
            let _ = link::capture(before);
        }
    }
}

impl Default for OutputArea {
    fn default() -> Self {
        Self::new()
    }
}

impl OutputArea {
    /// An empty area.
    pub fn new() -> Self {
        Self { model: area() }
    }

    /// Runs `body`; what it prints and displays goes into the area. It must be shown by then: what is printed before has no
    /// place to go and appears where it would without.
    pub fn capture<R>(&self, body: impl FnOnce() -> R) -> R {
        let area = Some(self.model.id().to_owned());
        let _ = link::capture(area.clone());
        TAKING.with_borrow_mut(|taking| taking.push(area));
        let _taken = Taken { tell: true };
        body()
    }

    /// Shows `value` below what is there.
    pub fn append<T: Rich + ?Sized>(&self, value: &T) {
        self.capture(|| display(value));
    }

    /// Shows `value` in place of what is there.
    pub fn show<T: Rich + ?Sized>(&self, value: &T) {
        let Bundle { data, metadata } = value.rich();
        self.model.put("outputs", json!([{ "output_type": "display_data", "data": data, "metadata": metadata }]));
    }

    /// Takes away what is there.
    pub fn clear(&self) {
        self.model.put("outputs", json!([]));
    }
}

/// What was put there as a whole; prints went past this process.
fn still(model: &Model) -> Still {
    let outputs = model.get("outputs");
    let mut still = Still::default();
    for output in outputs.as_array().into_iter().flatten() {
        let text = output["data"]["text/plain"].as_str().unwrap_or_default();
        still.text += text;
        still.html += &match &output["data"]["text/html"] {
            Value::String(html) => html.clone(),
            _ => format!("<pre>{}</pre>", escape(text)),
        };
    }
    still
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_nest_and_end_with_a_panic_too() {
        let (outer, inner) = (OutputArea::new(), OutputArea::new());
        let taking = || TAKING.with_borrow(Clone::clone);
        let id = |area: &OutputArea| Some(area.model.id().to_owned());
        let callback = callback_area(Some("under".into()));
        outer.capture(|| {
            inner.capture(|| assert_eq!(taking(), [Some("under".into()), id(&outer), id(&inner)]));
            assert_eq!(taking(), [Some("under".into()), id(&outer)]);
        });
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| outer.capture(|| panic!("on purpose"))));
        assert!(failed.is_err());
        assert_eq!(taking(), [Some("under".into())]);
        drop(callback);
        assert!(taking().is_empty());
    }

    #[test]
    fn what_is_shown_replaces_what_was() {
        let area = OutputArea::new();
        area.show(&1);
        area.show("two");
        assert_eq!(area.rich().plain(), "two");
        area.clear();
        assert_eq!(area.rich().plain(), "");
    }
}
