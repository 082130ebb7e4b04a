//! A box to tick.

use course_display::escape;
use serde_json::json;

use crate::callback::Outcome;
use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// Yes or no.
    ///
    /// ```
    /// let greedy = course_widgets::Checkbox::new("greedy").with_value(true);
    /// greedy.on_change(|yes| println!("{yes}"));
    /// assert!(greedy.value());
    /// ```
    Checkbox
}

const KIND: Kind = Kind {
    module: CONTROLS,
    model: "CheckboxModel",
    view: "CheckboxView",
    style: Some("CheckboxStyleModel"),
    active: true,
    still,
};

impl Checkbox {
    /// A box that is not ticked, with this text beside it.
    pub fn new(label: &str) -> Self {
        Self { model: Model::new(KIND, json!({ "description": label, "value": false, "indent": false })) }
    }

    /// Ticks it, or not.
    #[must_use]
    pub fn with_value(self, ticked: bool) -> Self {
        self.set_value(ticked);
        self
    }

    /// Whether it is ticked.
    pub fn value(&self) -> bool {
        self.model.get("value").as_bool().unwrap_or_default()
    }

    /// Ticks it, or not; callbacks run.
    pub fn set_value(&self, ticked: bool) {
        self.model.set("value", ticked);
    }

    /// Calls `callback` whenever it is ticked or unticked.
    pub fn on_change<O: Outcome>(&self, mut callback: impl FnMut(bool) -> O + 'static) {
        let checkbox = self.clone();
        self.model.on_change(move |key| if key == "value" { callback(checkbox.value()).outcome() } else { Ok(()) });
    }
}

fn still(model: &Model) -> Still {
    let label = model.get_text("description");
    let ticked = model.get("value").as_bool().unwrap_or_default();
    let (mark, checked) = if ticked { ('x', " checked") } else { (' ', "") };
    Still {
        text: format!("[{mark}] {label}"),
        html: format!("<label><input type=\"checkbox\"{checked} disabled> {}</label>", escape(&label)),
    }
}
