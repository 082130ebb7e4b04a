//! One piece of rich output.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::size;

/// One piece of rich output: the same thing in several MIME types, of which a front end picks the richest it can show.
///
/// `text/plain` is always among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// MIME type → content: text, base64 text for images, or JSON for `…+json` types.
    pub data: Map<String, Value>,
    /// MIME type → hints for the front end, such as an image's width.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl Bundle {
    /// A bundle with only its plain text.
    pub fn text(text: impl Into<String>) -> Self {
        let mut bundle = Self::default();
        bundle.insert("text/plain", text.into());
        bundle
    }

    /// A bundle with HTML and the plain text that stands in for it.
    pub fn html(html: impl Into<String>, text: impl Into<String>) -> Self {
        let mut bundle = Self::text(text);
        bundle.insert("text/html", html.into());
        bundle
    }

    /// Adds or replaces the content for one MIME type.
    pub fn insert(&mut self, mime: impl Into<String>, content: impl Into<Value>) {
        self.data.insert(mime.into(), content.into());
    }

    /// Adds a hint for one MIME type, such as `"width"` for `"image/png"`, or `"expanded"` for `"application/json"`.
    #[must_use]
    pub fn hint(mut self, mime: &str, name: &str, value: impl Into<Value>) -> Self {
        let hints = self.metadata.entry(mime).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(hints) = hints {
            hints.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The plain text, empty if there is none.
    pub fn plain(&self) -> &str {
        self.data.get("text/plain").and_then(Value::as_str).unwrap_or_default()
    }

    /// The bundle, or in its place a notice that says how large it is: a page that is sent 50 MB for one output stops answering.
    #[must_use]
    pub fn within(self, limit: Option<u64>) -> Self {
        let Some(limit) = limit else { return self };
        let bytes = self.data.values().map(length).sum::<u64>();
        if bytes <= limit {
            return self;
        }
        let of = |mime: &str| self.data.get(mime).map_or(0, length);
        let largest = self.data.keys().max_by_key(|mime| of(mime)).cloned().unwrap_or_default();
        let small_text = self.plain().lines().next().filter(|_| largest != "text/plain" && of("text/plain") < 1000);
        let (what, size) = (small_text.map_or(String::new(), |text| format!("{text}: ")), size::text(bytes));
        let notice = format!(
            "{what}this output ({largest}) has {size} and is not shown, because the page would stop answering; the limit is {}. \
             Show a smaller one, or save it to a file; `:output {}` raises the limit.",
            size::text(limit),
            size::text(bytes.div_ceil(10_000_000) * 10_000_000),
        );
        let escaped = notice.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        Self::html(format!("<div style=\"border-left:3px solid #c9821f;padding:.1em .6em\">{escaped}</div>"), notice)
    }
}

/// How long a content is, in bytes, as it goes to the front end; the punctuation of JSON does not count.
fn length(content: &Value) -> u64 {
    match content {
        Value::String(text) => text.len() as u64,
        Value::Array(values) => values.iter().map(|value| 1 + length(value)).sum(),
        Value::Object(values) => values.iter().map(|(key, value)| key.len() as u64 + 1 + length(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hints_gather_under_their_type() {
        let bundle = Bundle::text("x").hint("image/png", "width", 10).hint("image/png", "height", 20);
        assert_eq!(Value::Object(bundle.metadata), json!({ "image/png": { "width": 10, "height": 20 } }));
    }

    #[test]
    fn what_is_too_large_is_told_instead_of_shown() {
        let mut bundle = Bundle::text("<PNG picture>");
        bundle.insert("image/png", "x".repeat(5000));
        assert_eq!(bundle.clone().within(None), bundle);
        assert_eq!(bundle.clone().within(Some(10_000)), bundle);
        let notice = bundle.within(Some(4000));
        assert!(!notice.data.contains_key("image/png"));
        assert!(notice.plain().starts_with("<PNG picture>: this output (image/png) has 5 kB"), "{}", notice.plain());
        assert!(notice.data["text/html"].as_str().unwrap().contains("&lt;PNG picture&gt;"));
        let text = Bundle::text("y".repeat(5000)).within(Some(4000));
        assert!(text.plain().starts_with("this output (text/plain) has 5 kB"), "{}", text.plain());
        let mut tree = Bundle::text("");
        tree.insert("application/json", json!({ "a": vec![1; 1000] }));
        assert!(tree.within(Some(4000)).plain().contains("application/json"));
    }
}
