//! The environment that chat templates are written for.

use chrono::Local;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use super::json;

/// An environment as `transformers` sets it up.
pub(super) fn hugging_face() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    environment.add_function("strftime_now", strftime_now);
    environment.add_filter("tojson", tojson);
    // Python spells these with a capital letter.
    environment.set_formatter(|out, state, value| match value.kind() {
        ValueKind::None => out.write_str("None").map_err(Error::from),
        ValueKind::Bool => out.write_str(if value.is_true() { "True" } else { "False" }).map_err(Error::from),
        _ => minijinja::escape_formatter(out, state, value),
    });
    Ok(environment)
}

/// The local time by a format such as `%d %b %Y`.
fn strftime_now(format: &str) -> Result<String, Error> {
    use std::fmt::Write;
    let mut text = String::new();
    // Writing fails for a format that chrono does not know, where `to_string` would panic.
    write!(text, "{}", Local::now().format(format)).map_err(|_| {
        Error::new(ErrorKind::InvalidOperation, format!("strftime_now does not know the format `{format}`"))
    })?;
    Ok(text)
}

/// A value as JSON text, spaced as Python's `json.dumps` spaces it and with nothing escaped for HTML.
fn tojson(value: &Value, arguments: Kwargs) -> Result<String, Error> {
    let _: Option<bool> = arguments.get("ensure_ascii")?;
    let indent = arguments.get::<Option<usize>>("indent")?;
    let separators = arguments.get::<Option<Vec<String>>>("separators")?;
    let sort_keys = arguments.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    arguments.assert_all_used()?;
    let style = json::Style::new(indent, separators.as_deref(), sort_keys);
    json::to_text(value, &style)
}

/// Takes out `{% generation %}` and `{% endgeneration %}`: they mark the model's own words for training and print nothing.
pub(super) fn without_generation_tags(source: &str) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(length) = rest[start..].find("%}") else { break };
        let end = start + length + 2;
        let words = rest[start + 2..end - 2].trim_matches(['-', '+', ' ', '\t', '\n']);
        if words == "generation" || words == "endgeneration" {
            // A condition that is always true and prints nothing keeps the tag's effect on the white space around it.
            let (open, close) = (rest[start..].starts_with("{%-"), rest[..end].ends_with("-%}"));
            kept.push_str(&rest[..start]);
            kept.push_str(if open { "{%- " } else { "{% " });
            kept.push_str(if words == "generation" { "if true" } else { "endif" });
            kept.push_str(if close { " -%}" } else { " %}" });
        } else {
            kept.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    kept + rest
}
