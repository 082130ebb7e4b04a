//! `tokenizer_config.json`: what a tokenizer is besides its `tokenizer.json`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Side, SpecialTokens, Tokenizer};

/// What this crate takes from `tokenizer_config.json` and `special_tokens_map.json`; all of it may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TokenizerConfig {
    bos_token: Option<TokenName>,
    eos_token: Option<TokenName>,
    pad_token: Option<TokenName>,
    unk_token: Option<TokenName>,
    cls_token: Option<TokenName>,
    sep_token: Option<TokenName>,
    mask_token: Option<TokenName>,
    padding_side: Option<String>,
    truncation_side: Option<String>,
    /// A huge float stands for "no limit" in files that Python wrote.
    model_max_length: Option<f64>,
    model_input_names: Option<Vec<String>>,
    clean_up_tokenization_spaces: Option<bool>,
    pub(crate) chat_template: Option<Value>,
}

/// A token is its text, or an object that holds it as `content`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TokenName {
    Text(String),
    Object { content: String },
}

impl From<TokenName> for String {
    fn from(name: TokenName) -> Self {
        match name {
            TokenName::Text(text) | TokenName::Object { content: text } => text,
        }
    }
}

impl TokenizerConfig {
    pub(crate) fn special_tokens(&mut self) -> SpecialTokens {
        let take = |name: &mut Option<TokenName>| name.take().map(String::from);
        SpecialTokens {
            bos: take(&mut self.bos_token),
            eos: take(&mut self.eos_token),
            pad: take(&mut self.pad_token),
            unk: take(&mut self.unk_token),
            cls: take(&mut self.cls_token),
            sep: take(&mut self.sep_token),
            mask: take(&mut self.mask_token),
        }
    }

    /// How many tokens the model reads at most, if the file says.
    pub(crate) fn model_max_length(&self) -> Option<usize> {
        self.model_max_length.filter(|length| *length >= 1.0 && *length < 1e9).map(|length| length as usize)
    }

    /// The tokenizer with the settings of the file that are neither tokens nor lengths.
    pub(crate) fn settings(&self, mut tokenizer: Tokenizer) -> Tokenizer {
        let side = |name: &Option<String>| match name.as_deref() {
            Some("left") => Some(Side::Left),
            Some("right") => Some(Side::Right),
            _ => None,
        };
        if let Some(side) = side(&self.padding_side) {
            tokenizer = tokenizer.with_padding_side(side);
        }
        if let Some(side) = side(&self.truncation_side) {
            tokenizer = tokenizer.with_truncation_side(side);
        }
        if let Some(names) = &self.model_input_names {
            tokenizer = tokenizer.with_model_input_names(names.iter().cloned());
        }
        tokenizer.with_clean_up(self.clean_up_tokenization_spaces.unwrap_or(false))
    }
}

/// The contents of `tokenizer_config.json`.
pub(crate) fn config_json(tokenizer: &Tokenizer) -> Value {
    let side = |side: Side| if side == Side::Left { "left" } else { "right" };
    let mut config = special_tokens_json(tokenizer.special_tokens());
    // The class that takes a tokenizer.json as it is.
    config.insert("tokenizer_class".into(), json!("PreTrainedTokenizerFast"));
    config.insert("padding_side".into(), json!(side(tokenizer.padding_side())));
    config.insert("truncation_side".into(), json!(side(tokenizer.truncation_side())));
    config.insert("model_input_names".into(), json!(tokenizer.model_input_names()));
    config.insert("clean_up_tokenization_spaces".into(), json!(tokenizer.clean_up()));
    if let Some(length) = tokenizer.model_max_length() {
        config.insert("model_max_length".into(), json!(length));
    }
    config.sort_keys();
    Value::Object(config)
}

/// The contents of `special_tokens_map.json`.
pub(crate) fn special_tokens_json(special: &SpecialTokens) -> Map<String, Value> {
    let roles = [
        ("bos_token", &special.bos),
        ("cls_token", &special.cls),
        ("eos_token", &special.eos),
        ("mask_token", &special.mask),
        ("pad_token", &special.pad),
        ("sep_token", &special.sep),
        ("unk_token", &special.unk),
    ];
    roles.into_iter().filter_map(|(role, token)| Some((role.to_owned(), json!(token.as_ref()?)))).collect()
}
