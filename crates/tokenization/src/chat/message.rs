//! Who says what.

use minijinja::Value;
use serde::{Deserialize, Serialize};

use super::json;

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks: `system`, `user`, `assistant`, or what the model's template knows besides.
    pub role: String,
    /// What is said.
    pub content: String,
    /// What else the template reads, such as `tool_calls`.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Message {
    /// A turn of any role.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into(), extra: serde_json::Map::new() }
    }

    /// How the assistant shall behave.
    pub fn system(content: impl Into<String>) -> Self {
        Self::new("system", content)
    }

    /// What the user says.
    pub fn user(content: impl Into<String>) -> Self {
        Self::new("user", content)
    }

    /// What the model says.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new("assistant", content)
    }

    /// The same turn with one more field for the template.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.extra.insert(field.into(), value.into());
        self
    }

    pub(super) fn to_value(&self) -> Value {
        let own = [("role", Value::from(self.role.as_str())), ("content", Value::from(self.content.as_str()))];
        let extra = self.extra.iter().map(|(field, value)| (field.as_str(), json::to_value(value)));
        Value::from_pairs(own.into_iter().chain(extra))
    }
}

/// How a conversation is rendered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatOptions {
    /// Whether the text ends where the model's answer begins. Default: false.
    pub add_generation_prompt: bool,
    /// Variables for the template, such as `tools` and `documents`.
    pub variables: serde_json::Map<String, serde_json::Value>,
}

impl ChatOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`add_generation_prompt`](Self::add_generation_prompt).
    #[must_use]
    pub fn add_generation_prompt(mut self, add: bool) -> Self {
        self.add_generation_prompt = add;
        self
    }

    /// Gives the template one variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }
}
