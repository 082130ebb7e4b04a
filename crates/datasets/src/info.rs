//! What is told of a dataset beside its rows: description, citation, licence.

use serde_json::{Map, Value as Json};

/// What `dataset_info.json` tells of a dataset, its features aside; kept as it is, so that nothing of it is lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Info {
    pub(crate) fields: Map<String, Json>,
}

impl Info {
    /// What the dataset is about.
    pub fn description(&self) -> &str {
        self.text("description")
    }

    /// How to cite it.
    pub fn citation(&self) -> &str {
        self.text("citation")
    }

    /// Its page.
    pub fn homepage(&self) -> &str {
        self.text("homepage")
    }

    /// Its licence.
    pub fn license(&self) -> &str {
        self.text("license")
    }

    /// Sets a field, such as `description`.
    pub fn set(&mut self, name: &str, text: &str) {
        self.fields.insert(name.to_owned(), text.into());
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Json::as_str).unwrap_or_default()
    }
}
