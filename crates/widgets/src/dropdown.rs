//! A choice among texts.

use course_display::escape;
use serde_json::json;

use crate::callback::Outcome;
use crate::model::{CONTROLS, Kind, Model, Still};
use crate::widget::handle;

handle! {
    /// One of some texts, chosen from a list that folds out.
    ///
    /// ```
    /// let model = course_widgets::Dropdown::new("model", ["small", "large"]);
    /// model.on_change(|name| println!("now it is {name}"));
    /// assert_eq!((model.index(), model.value().as_str()), (0, "small"));
    /// ```
    Dropdown
}

const KIND: Kind = Kind {
    module: CONTROLS,
    model: "DropdownModel",
    view: "DropdownView",
    style: Some("DescriptionStyleModel"),
    active: true,
    still,
};

impl Dropdown {
    /// A choice among `options`; the first is chosen.
    pub fn new(label: &str, options: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let options: Vec<String> = options.into_iter().map(Into::into).collect();
        let index = if options.is_empty() { None } else { Some(0) };
        Self { model: Model::new(KIND, json!({ "description": label, "_options_labels": options, "index": index })) }
    }

    /// Chooses `option`, if it is one of them.
    #[must_use]
    pub fn with_value(self, option: &str) -> Self {
        self.set_value(option);
        self
    }

    /// The text that is chosen; empty when there is nothing to choose from.
    pub fn value(&self) -> String {
        chosen(&self.model)
    }

    /// Its place in the list, from 0.
    pub fn index(&self) -> usize {
        self.model.get("index").as_u64().unwrap_or_default() as usize
    }

    /// Chooses `option`, if it is one of them; callbacks run.
    pub fn set_value(&self, option: &str) {
        if let Some(index) = options(&self.model).iter().position(|known| known == option) {
            self.model.set("index", index);
        }
    }

    /// Calls `callback` with every new choice.
    pub fn on_change<O: Outcome>(&self, mut callback: impl FnMut(String) -> O + 'static) {
        let dropdown = self.clone();
        self.model.on_change(move |key| if key == "index" { callback(dropdown.value()).outcome() } else { Ok(()) });
    }
}

fn options(model: &Model) -> Vec<String> {
    let options = model.get("_options_labels");
    options.as_array().into_iter().flatten().filter_map(|option| option.as_str().map(str::to_owned)).collect()
}

fn chosen(model: &Model) -> String {
    let index = model.get("index").as_u64().unwrap_or_default() as usize;
    options(model).into_iter().nth(index).unwrap_or_default()
}

fn still(model: &Model) -> Still {
    let (label, value) = (model.get_text("description"), chosen(model));
    let options = options(model);
    let all: String = options
        .iter()
        .map(|option| format!("<option{}>{}</option>", if *option == value { " selected" } else { "" }, escape(option)))
        .collect();
    Still {
        text: format!("{label}: {value} (of {})", options.join(", ")),
        html: format!("<label>{} <select disabled>{all}</select></label>", escape(&label)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course_display::Rich as _;

    #[test]
    fn only_what_is_in_the_list_can_be_chosen() {
        let dropdown = Dropdown::new("size", ["s", "<m>"]).with_value("<m>").with_value("xl");
        assert_eq!((dropdown.index(), dropdown.value().as_str()), (1, "<m>"));
        assert_eq!(dropdown.rich().plain(), "size: <m> (of s, <m>)");
        assert!(dropdown.rich().data["text/html"].as_str().unwrap().contains("<option selected>&lt;m&gt;"));
        assert_eq!(Dropdown::new("none", Vec::<String>::new()).value(), "");
    }
}
