//! Widgets with a front end of one's own, by way of anywidget.

use course_wire::Buffer;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use course_display::escape;

use crate::callback::{Failed, Outcome};
use crate::error::{Error, Result};
use crate::model::{Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// A widget whose front end is JavaScript of your own: a module whose default export has `render({ model, el })`.
    ///
    /// Its values are the same at both ends: what the front end sets and saves arrives in Rust, and the other way round.
    ///
    /// ```
    /// use course_widgets::AnyWidget;
    ///
    /// let counter = AnyWidget::new(r#"
    ///     export default {
    ///         render({ model, el }) {
    ///             const button = document.createElement("button");
    ///             const show = () => { button.textContent = `clicked ${model.get("count")} times`; };
    ///             button.onclick = () => { model.set("count", model.get("count") + 1); model.save_changes(); };
    ///             model.on("change:count", show);
    ///             show();
    ///             el.append(button);
    ///         },
    ///     };
    /// "#)
    /// .with("count", 0);
    /// counter.on_change("count", |count: u32| println!("{count} clicks"));
    /// counter.set("count", 3);
    /// assert_eq!(counter.get::<u32>("count")?, 3);
    /// # Ok::<(), course_widgets::Error>(())
    /// ```
    AnyWidget
}

const KIND: Kind =
    Kind { module: ("anywidget", "~0.11.*"), model: "AnyModel", view: "AnyView", style: None, active: true, still };

impl AnyWidget {
    /// A widget with this ECMAScript module as its front end.
    pub fn new(esm: &str) -> Self {
        Self { model: Model::new(KIND, json!({ "_esm": esm, "_css": "", "_anywidget_id": "course.AnyWidget" })) }
    }

    /// Styles for it.
    #[must_use]
    pub fn with_css(self, css: &str) -> Self {
        self.model.keep("_css", css.into());
        self
    }

    /// Gives it a value under a name.
    #[must_use]
    pub fn with(self, key: &str, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// A value.
    ///
    /// # Errors
    /// When there is none of this name, or it is of another type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        if !self.model.keys().iter().any(|known| known == key) {
            let known = self.model.keys().join(", ");
            return Err(Error::NoSuchKey {
                key: key.into(),
                known: if known.is_empty() { "none".into() } else { known },
            });
        }
        let value = self.model.get(key);
        T::deserialize(&value).map_err(|source| Error::Type {
            key: key.into(),
            value: value.to_string(),
            wanted: std::any::type_name::<T>(),
            source,
        })
    }

    /// Sets a value; callbacks run if it is another than before.
    pub fn set(&self, key: &str, value: impl Into<Value>) {
        self.model.set(key, value);
    }

    /// A value that is bytes, which the front end has as a `DataView`.
    pub fn get_bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.model.get_bytes(key)
    }

    /// Sets a value that is bytes; callbacks run if they are others than before.
    pub fn set_bytes(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.model.set_bytes(key, bytes.into());
    }

    /// Calls `callback` with every new value of this name. A value of another type is told as an error under the widget.
    pub fn on_change<T: DeserializeOwned, O: Outcome>(&self, key: &str, mut callback: impl FnMut(T) -> O + 'static) {
        let (widget, wanted) = (self.clone(), key.to_owned());
        self.model.on_change(move |key| {
            if key != wanted {
                return Ok(());
            }
            let value = widget
                .get::<T>(key)
                .map_err(|error| Failed { type_name: std::any::type_name::<Error>(), message: error.to_string() })?;
            callback(value).outcome()
        });
    }

    /// Calls `callback` with what the front end sends by `model.send(content, undefined, buffers)`.
    pub fn on_message<O: Outcome>(&self, mut callback: impl FnMut(&Value, &[Buffer]) -> O + 'static) {
        self.model.on_custom(move |(content, buffers)| callback(content, buffers).outcome());
    }

    /// Sends something to the front end, which gets it by `model.on("msg:custom", (content, buffers) => …)`.
    pub fn send(&self, content: impl Into<Value>, buffers: Vec<Vec<u8>>) {
        self.model.send(content.into(), buffers);
    }
}

fn still(model: &Model) -> Still {
    let value = |key: &String| match model.get_bytes(key) {
        Some(bytes) => format!("{key}: {} bytes", bytes.len()),
        None => format!("{key}: {}", model.get(key)),
    };
    let text = format!("AnyWidget {{ {} }}", model.keys().iter().map(value).collect::<Vec<_>>().join(", "));
    Still { html: format!("<code>{}</code>", escape(&text)), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn values_are_typed_where_they_are_read() {
        let widget = AnyWidget::new("").with("count", 2).with("name", "x");
        assert_eq!(widget.get::<u8>("count").unwrap(), 2);
        let wrong = widget.get::<u8>("name").unwrap_err().to_string();
        assert!(wrong.starts_with("`name` of the widget is \"x\", which is no u8"), "{wrong}");
        let missing = widget.get::<u8>("cuont").unwrap_err().to_string();
        assert_eq!(missing, "the widget has no `cuont`; it has count, name");
        assert_eq!(format!("{widget:?}"), "AnyWidget(AnyWidget { count: 2, name: \"x\" })");
    }

    #[test]
    fn a_value_may_turn_from_json_to_bytes_and_back() {
        let widget = AnyWidget::new("").with("data", 1);
        widget.set_bytes("data", [1, 2]);
        assert_eq!((widget.get_bytes("data"), widget.model.keys()), (Some(vec![1, 2]), vec!["data".to_owned()]));
        widget.set("data", "text");
        assert_eq!((widget.get_bytes("data"), widget.get::<String>("data").unwrap()), (None, "text".into()));
    }

    #[test]
    fn callbacks_hear_their_own_value_and_an_odd_one_is_an_error() {
        let heard = Rc::new(RefCell::new(Vec::new()));
        let widget = AnyWidget::new("").with("a", 1).with("b", 1);
        widget.on_change("a", {
            let heard = heard.clone();
            move |value: u8| heard.borrow_mut().push(value)
        });
        widget.set("a", 5);
        widget.set("b", 6);
        assert_eq!(*heard.borrow(), [5]);
        let update = |state: Value| course_wire::CommMessage {
            comm_id: String::new(),
            kind: course_wire::CommKind::Message,
            data: json!({ "method": "update", "state": state, "buffer_paths": [] }),
            metadata: Value::Null,
            buffers: Vec::new(),
        };
        widget.model.receive(&update(json!({ "a": 7 }))).unwrap();
        let failed = widget.model.receive(&update(json!({ "a": "seven" }))).unwrap_err();
        assert!(failed.message.contains("is \"seven\", which is no u8"), "{}", failed.message);
        assert_eq!(*heard.borrow(), [5, 7]);
    }
}
