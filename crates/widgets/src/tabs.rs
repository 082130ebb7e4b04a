//! Pages that lie on one another, one of which is seen.

use course_display::escape;
use serde_json::{Value, json};

use crate::Widget;
use crate::callback::Outcome;
use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// Widgets behind tabs, one of which is seen.
    ///
    /// ```
    /// use course_widgets::{Checkbox, Tabs, Text};
    ///
    /// let tabs = Tabs::new().with_tab("input", &Text::new("prompt")).with_tab("options", &Checkbox::new("greedy"));
    /// assert_eq!(tabs.selected(), 0);
    /// ```
    Tabs
}

const KIND: Kind = Kind { module: CONTROLS, model: "TabModel", view: "TabView", style: None, active: true, still };

impl Default for Tabs {
    fn default() -> Self {
        Self::new()
    }
}

impl Tabs {
    /// No tabs yet.
    pub fn new() -> Self {
        Self { model: Model::new(KIND, json!({ "children": [], "titles": [], "selected_index": 0 })) }
    }

    /// Adds a tab behind the others.
    #[must_use]
    pub fn with_tab(self, title: &str, content: &impl Widget) -> Self {
        self.push(title, content);
        self
    }

    /// Adds a tab behind the others.
    pub fn push(&self, title: &str, content: &impl Widget) {
        let mut titles = self.model.get("titles").as_array().cloned().unwrap_or_default();
        titles.push(title.into());
        self.model.put("titles", Value::Array(titles));
        self.model.adopt(content.model());
    }

    /// The place of the tab that is seen, from 0.
    pub fn selected(&self) -> usize {
        self.model.get("selected_index").as_u64().unwrap_or_default() as usize
    }

    /// Shows the tab at `index`, if there is one; callbacks run.
    pub fn select(&self, index: usize) {
        if index < self.model.children().len() {
            self.model.set("selected_index", index);
        }
    }

    /// Calls `callback` with the place of every tab that is chosen.
    pub fn on_change<O: Outcome>(&self, mut callback: impl FnMut(usize) -> O + 'static) {
        let tabs = self.clone();
        self.model
            .on_change(move |key| if key == "selected_index" { callback(tabs.selected()).outcome() } else { Ok(()) });
    }
}

fn still(model: &Model) -> Still {
    let titles = model.get("titles");
    let titles = titles.as_array().into_iter().flatten().map(|title| title.as_str().unwrap_or_default());
    let mut still = Still::default();
    for (title, child) in titles.zip(model.children()) {
        let part = child.still();
        let indented = part.text.lines().map(|line| format!("\n  {line}")).collect::<String>();
        let gap = if still.text.is_empty() { "" } else { "\n" };
        still.text += &format!("{gap}{title}{indented}");
        still.html += &format!("<div><b>{}</b></div><div style=\"margin:2px 1em\">{}</div>", escape(title), part.html);
    }
    still
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Button, Text};
    use course_display::Rich as _;

    #[test]
    fn all_tabs_are_told_and_only_those_that_are_there_are_selected() {
        let tabs = Tabs::new().with_tab("one", &Text::new("a")).with_tab("two", &Button::new("b"));
        assert_eq!(tabs.rich().plain(), "one\n  a: \"\"\ntwo\n  [b]");
        tabs.select(1);
        tabs.select(2);
        assert_eq!(tabs.selected(), 1);
    }
}
