//! A language model with its tokenizer, loaded once however many pipelines use it.

use std::sync::Arc;

use course_models::Llama;
use course_tokenization::{AutoTokenizer, EncodeOptions, Tokenizer};

use crate::shared::Shared;
use crate::{Prompt, Result};

/// A language model with its tokenizer.
#[derive(Debug)]
pub(crate) struct LanguageModel {
    pub(crate) name: String,
    pub(crate) model: Llama,
    pub(crate) tokenizer: Tokenizer,
}

static LOADED: Shared<LanguageModel> = Shared::new();

impl LanguageModel {
    /// The model of this name: the one that is loaded already, or a new one.
    pub(crate) fn load(name: &str) -> Result<Arc<Self>> {
        LOADED.get(name, || {
            let repo = course_hub::resolve(name)?;
            Ok(Self {
                name: name.to_owned(),
                model: Llama::from_repo(&repo)?,
                tokenizer: AutoTokenizer::from_repo(&repo)?,
            })
        })
    }

    /// The ids the model writes on from. A template brings its own special tokens, so none are added to a conversation.
    pub(crate) fn encode(&self, prompt: &Prompt) -> Result<Vec<u32>> {
        let encoding = match prompt {
            Prompt::Text(text) => self.tokenizer.encode(text)?,
            Prompt::Chat(messages) => self.tokenizer.encode_with(
                &self.tokenizer.apply_chat_template(messages, true)?,
                &EncodeOptions::new().add_special_tokens(false),
            )?,
        };
        Ok(encoding.input_ids().to_vec())
    }
}
