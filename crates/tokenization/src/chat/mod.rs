//! Chat templates: a conversation becomes the one prompt that a chat model was trained on.
//!
//! A template is a Jinja program that comes with the model. Templates are written for the environment of Hugging Face's
//! `transformers`, so this module builds that environment: blocks are trimmed, `raise_exception`, `strftime_now`, `tojson`
//! without HTML escapes, Python's methods on strings and dicts, `break` and `continue`.

mod environment;
mod json;
mod message;

pub use message::{ChatOptions, Message};

use minijinja::{Environment, Value};

use crate::{Error, Result, SpecialTokens};

const NAME: &str = "chat_template";

/// A model's chat template, parsed.
#[derive(Debug)]
pub struct ChatTemplate {
    source: String,
    environment: Environment<'static>,
}

impl ChatTemplate {
    /// Parses a template.
    ///
    /// # Errors
    /// [`Error::ChatTemplate`], with the line that does not parse.
    pub fn new(source: impl Into<String>) -> Result<Self> {
        let source = source.into();
        let mut environment = environment::hugging_face().map_err(|error| failed(&error))?;
        environment
            .add_template_owned(NAME, environment::without_generation_tags(&source))
            .map_err(|error| failed(&error))?;
        Ok(Self { source, environment })
    }

    /// The template as the model brings it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The conversation as one text. `special` gives the template its `bos_token`, `eos_token` and the like.
    ///
    /// # Errors
    /// [`Error::ChatTemplate`], when the template refuses the conversation, say because roles do not alternate.
    pub fn render(&self, messages: &[Message], special: &SpecialTokens, options: &ChatOptions) -> Result<String> {
        let mut variables = vec![
            ("messages".to_owned(), messages.iter().map(Message::to_value).collect()),
            ("add_generation_prompt".to_owned(), Value::from(options.add_generation_prompt)),
        ];
        let tokens = [
            ("bos_token", &special.bos),
            ("eos_token", &special.eos),
            ("pad_token", &special.pad),
            ("unk_token", &special.unk),
        ];
        let tokens =
            tokens.into_iter().filter_map(|(name, token)| Some((name.to_owned(), Value::from(token.clone()?))));
        variables.extend(tokens);
        variables.extend(options.variables.iter().map(|(name, value)| (name.clone(), json::to_value(value))));
        let template = self.environment.get_template(NAME).map_err(|error| failed(&error))?;
        template.render(Value::from_pairs(variables)).map_err(|error| failed(&error))
    }
}

/// The message with its line; what a template raised is the whole message.
fn failed(error: &minijinja::Error) -> Error {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Error::ChatTemplate(match error.line() {
        Some(line) => format!("{what} (line {line} of the template)"),
        None => what,
    })
}

#[cfg(test)]
mod tests;
