//! What can go wrong between a text and its ids.

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong between a text and its ids.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The model's files were not found or not readable.
    #[error(transparent)]
    Hub(#[from] course_hub::HubError),
    /// The model has no tokenizer this crate can read.
    #[error("{model} has no tokenizer: {why}")]
    NoTokenizer {
        /// The model's name.
        model: String,
        /// What was looked for.
        why: String,
    },
    /// A tokenizer file says something that cannot be used.
    #[error("{place}: {problem}")]
    BadFile {
        /// The file, or the metadata key in it.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The learner pressed ■.
    #[error(transparent)]
    Interrupted(#[from] course_wire::Interrupted),
    /// The `tokenizers` library refused.
    #[error("tokenizing failed: {0}")]
    Library(String),
    /// Rows of different lengths cannot become one tensor.
    #[error(
        "rows of {shortest} and {longest} tokens do not fit one tensor; pad the batch: `EncodeOptions::new().padding(Padding::Longest)`"
    )]
    Ragged {
        /// Tokens of the shortest row.
        shortest: usize,
        /// Tokens of the longest row.
        longest: usize,
    },
    /// Padding was asked of a tokenizer that has no padding token.
    #[error(
        "this tokenizer has no padding token, so rows of different lengths cannot be padded; encode them one by one, or name one with `with_pad_token`"
    )]
    NoPadToken,
    /// The limit leaves no room for text.
    #[error("max_length {max_length} leaves no room: this tokenizer adds {added} special tokens to every text")]
    MaxLength {
        /// The limit that was asked for, in tokens.
        max_length: usize,
        /// How many special tokens are added.
        added: usize,
    },
    /// An id that is not in the vocabulary.
    #[error("token id {id} is not in the vocabulary of {size} tokens")]
    UnknownId {
        /// The id.
        id: u32,
        /// The size of the vocabulary.
        size: usize,
    },
    /// There is no chat template.
    #[error(
        "{0} has no chat template, so it is not a chat model; give it a plain prompt, or set one with `with_chat_template`"
    )]
    NoChatTemplate(String),
    /// The chat template does not parse, or stopped with an error.
    #[error("the chat template failed: {0}")]
    ChatTemplate(String),
    /// A tensor could not be made.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
