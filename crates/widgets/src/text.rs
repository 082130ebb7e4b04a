//! Text that is typed.

use course_display::escape;
use serde_json::json;

use crate::callback::Outcome;
use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// A field to type into: one line, or an area of several.
    ///
    /// ```
    /// let prompt = course_widgets::Text::new("prompt").with_value("Once upon a time");
    /// prompt.on_change(|text| println!("{} characters", text.chars().count()));
    /// assert_eq!(prompt.value(), "Once upon a time");
    /// ```
    Text
}

const LINE: Kind =
    Kind { module: CONTROLS, model: "TextModel", view: "TextView", style: Some("TextStyleModel"), active: true, still };
const AREA: Kind = Kind { model: "TextareaModel", view: "TextareaView", ..LINE };

impl Text {
    /// A field for one line.
    pub fn new(label: &str) -> Self {
        Self { model: Model::new(LINE, json!({ "description": label, "value": "", "continuous_update": true })) }
    }

    /// A field for several lines, `rows` of which are seen.
    pub fn area(label: &str, rows: usize) -> Self {
        let state = json!({ "description": label, "value": "", "rows": rows.max(1), "continuous_update": true });
        Self { model: Model::new(AREA, state) }
    }

    /// Puts `text` into the field.
    #[must_use]
    pub fn with_value(self, text: &str) -> Self {
        self.set_value(text);
        self
    }

    /// What an empty field shows, in grey.
    #[must_use]
    pub fn with_placeholder(self, text: &str) -> Self {
        self.model.set("placeholder", text);
        self
    }

    /// Sends the text only when the field is left or ↵ is pressed: for callbacks that take long.
    #[must_use]
    pub fn when_finished(self) -> Self {
        self.model.set("continuous_update", false);
        self
    }

    /// What is in the field.
    pub fn value(&self) -> String {
        self.model.get_text("value")
    }

    /// Puts `text` into the field; callbacks run.
    pub fn set_value(&self, text: &str) {
        self.model.set("value", text);
    }

    /// Calls `callback` with the text, at every change.
    pub fn on_change<O: Outcome>(&self, mut callback: impl FnMut(String) -> O + 'static) {
        let text = self.clone();
        self.model.on_change(move |key| if key == "value" { callback(text.value()).outcome() } else { Ok(()) });
    }

    /// Calls `callback` with the text when ↵ is pressed in a field of one line.
    pub fn on_submit<O: Outcome>(&self, mut callback: impl FnMut(String) -> O + 'static) {
        let text = self.clone();
        self.model.on_custom(
            move |(content, _)| {
                if content["event"] == "submit" { callback(text.value()).outcome() } else { Ok(()) }
            },
        );
    }
}

fn still(model: &Model) -> Still {
    let (label, value) = (model.get_text("description"), model.get_text("value"));
    Still {
        text: format!("{label}: {value:?}"),
        html: format!(
            "{} <span style=\"border:1px solid rgba(128,128,128,0.6);padding:1px 6px;white-space:pre-wrap\">{}</span>",
            escape(&label),
            escape(&value)
        ),
    }
}
