//! The tokenizer that a GGUF file carries in its metadata, as plain parts: `course-tokenization` builds one of them.

use super::Gguf;
use crate::{HubError, Result};

/// The tokenizer that a GGUF file carries in its metadata.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GgufTokenizer {
    /// `tokenizer.ggml.model`: `gpt2` is byte-level BPE, `llama` SentencePiece, `bert` WordPiece.
    pub model: String,
    /// `tokenizer.ggml.pre`: which pre-tokenizer, such as `smollm`.
    pub pre: Option<String>,
    /// Token texts; the index is the id.
    pub tokens: Vec<String>,
    /// Merges as `left right`, best first; empty for other models than BPE.
    pub merges: Vec<String>,
    /// What each token is, by id; empty when the file does not say.
    pub token_types: Vec<TokenType>,
    /// Scores by id, for SentencePiece; empty when the file has none.
    pub scores: Vec<f32>,
    /// The id of the token that begins a text.
    pub bos_id: Option<u32>,
    /// The id of the token that ends a text or a turn.
    pub eos_id: Option<u32>,
    /// The id of the token for what is not in the vocabulary.
    pub unknown_id: Option<u32>,
    /// The id of the token that fills up a batch.
    pub padding_id: Option<u32>,
    /// Whether to put the beginning token in front, when the file says.
    pub add_bos: Option<bool>,
    /// Whether to put the ending token behind, when the file says.
    pub add_eos: Option<bool>,
    /// Whether to put a space in front, when the file says.
    pub add_space_prefix: Option<bool>,
    /// The chat template, in Jinja.
    pub chat_template: Option<String>,
}

/// What a token of a GGUF tokenizer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// A piece of text.
    Normal,
    /// Stands for what is not in the vocabulary.
    Unknown,
    /// A special token: never produced from text, not shown.
    Control,
    /// Added by the user: found in text before it is split.
    UserDefined,
    /// Reserved.
    Unused,
    /// One raw byte.
    Byte,
}

impl TokenType {
    fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }
}

impl Gguf {
    /// The tokenizer in the metadata.
    ///
    /// # Errors
    /// [`HubError::MissingKey`] when the file has no tokenizer; [`HubError::WrongType`]; [`HubError::BadFile`] when its parts do
    /// not fit together: a type for each token, ids within the vocabulary.
    pub fn tokenizer(&self) -> Result<GgufTokenizer> {
        let key = |name: &str| format!("tokenizer.ggml.{name}");
        let id = |name: &str| self.if_there(&key(name), Self::u32);
        let flag = |name: &str| self.if_there(&key(name), Self::bool);
        let types = self.if_there(&key("token_type"), Self::i64s)?.unwrap_or_default();
        let scores = self.if_there(&key("scores"), Self::f64s)?.unwrap_or_default();
        let tokenizer = GgufTokenizer {
            model: self.string(&key("model"))?.to_owned(),
            pre: self.if_there(&key("pre"), |file, key| file.string(key).map(str::to_owned))?,
            tokens: self.strings(&key("tokens"))?,
            merges: self.if_there(&key("merges"), Self::strings)?.unwrap_or_default(),
            // 0 is written by some converters for what they did not classify.
            token_types: types
                .into_iter()
                .map(|number| TokenType::from_number(number).unwrap_or(TokenType::Normal))
                .collect(),
            scores: scores.into_iter().map(|score| score as f32).collect(),
            bos_id: id("bos_token_id")?,
            eos_id: id("eos_token_id")?,
            unknown_id: id("unknown_token_id")?,
            padding_id: id("padding_token_id")?,
            add_bos: flag("add_bos_token")?,
            add_eos: flag("add_eos_token")?,
            add_space_prefix: flag("add_space_prefix")?,
            chat_template: self.if_there("tokenizer.chat_template", |file, key| file.string(key).map(str::to_owned))?,
        };
        self.check_tokenizer(&tokenizer)?;
        Ok(tokenizer)
    }

    fn if_there<'a, T>(&'a self, key: &str, get: impl FnOnce(&'a Self, &str) -> Result<T>) -> Result<Option<T>> {
        if self.get(key).is_none() { Ok(None) } else { get(self, key).map(Some) }
    }

    fn check_tokenizer(&self, tokenizer: &GgufTokenizer) -> Result<()> {
        let count = tokenizer.tokens.len();
        for (what, length) in [("token types", tokenizer.token_types.len()), ("scores", tokenizer.scores.len())] {
            if length != 0 && length != count {
                let problem = format!("has {count} tokens but {length} {what}: its tokenizer is damaged");
                return Err(HubError::bad_file(self.path(), problem));
            }
        }
        let ids = [
            ("beginning", tokenizer.bos_id),
            ("ending", tokenizer.eos_id),
            ("unknown", tokenizer.unknown_id),
            ("padding", tokenizer.padding_id),
        ];
        for (what, id) in ids {
            if let Some(id) = id.filter(|id| *id as usize >= count) {
                let problem =
                    format!("names {id} as its {what} token but has only {count} tokens: its tokenizer is damaged");
                return Err(HubError::bad_file(self.path(), problem));
            }
        }
        Ok(())
    }
}
