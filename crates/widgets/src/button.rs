//! A button.

use course_display::escape;
use serde_json::json;

use crate::callback::Outcome;
use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// Something to click.
    ///
    /// ```
    /// let button = course_widgets::Button::new("Again");
    /// button.on_click(|| println!("clicked"));
    /// ```
    Button
}

const KIND: Kind = Kind {
    module: CONTROLS,
    model: "ButtonModel",
    view: "ButtonView",
    style: Some("ButtonStyleModel"),
    active: true,
    still,
};

impl Button {
    /// A button with this text on it.
    pub fn new(label: &str) -> Self {
        Self { model: Model::new(KIND, json!({ "description": label })) }
    }

    /// Puts another text on it.
    pub fn set_label(&self, label: &str) {
        self.model.set("description", label);
    }

    /// Calls `callback` at every click.
    pub fn on_click<O: Outcome>(&self, mut callback: impl FnMut() -> O + 'static) {
        self.model.on_custom(
            move |(content, _)| {
                if content["event"] == "click" { callback().outcome() } else { Ok(()) }
            },
        );
    }
}

fn still(model: &Model) -> Still {
    let label = model.get_text("description");
    Still { text: format!("[{label}]"), html: format!("<button disabled>{}</button>", escape(&label)) }
}
