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
    /// Chunks that repeat as many tokens as they have would never come to an end.
    #[error(
        "a stride of {stride} tokens needs chunks that are longer, and max_length {max_length} leaves {room} tokens for a text; make max_length larger or stride smaller"
    )]
    Stride {
        /// How many tokens each chunk repeats.
        stride: usize,
        /// How many tokens of a text fit a chunk.
        room: usize,
        /// The limit that was asked for, in tokens.
        max_length: usize,
    },
    /// The one text of a pair that may be cut is too short to make room for the other.
    #[error(
        "max_length {max_length} with the strategy {strategy} may cut only the {which} text, but the {other} text alone has {tokens} tokens and there is room for {room} in all; make max_length larger, or use `Truncation::LongestFirst`"
    )]
    CannotTruncate {
        /// The limit that was asked for, in tokens.
        max_length: usize,
        /// The strategy.
        strategy: &'static str,
        /// The text that may be cut.
        which: &'static str,
        /// The text that may not.
        other: &'static str,
        /// Tokens of the text that may not be cut.
        tokens: usize,
        /// How many tokens of both texts fit.
        room: usize,
    },
    /// The strategy cuts a second text, and there is none.
    #[error("`Truncation::OnlySecond` cuts the second text of a pair, and this input has only one text")]
    NoSecondText,
    /// Padding goes up to a limit that nobody gave.
    #[error(
        "`Padding::MaxLength` needs a length: set `max_length`, since this tokenizer does not say how much its model reads"
    )]
    NoMaxLength,
    /// A list has another length than what it belongs to.
    #[error("there are {first} first texts and {second} second ones, and each pair needs both")]
    Uneven {
        /// How many first texts there are.
        first: usize,
        /// How many second ones.
        second: usize,
    },
    /// Numbers of a model do not fit the tokens they are for.
    #[error("there are {found} {what}, but {expected} {of}")]
    Misfit {
        /// What does not fit.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
        /// Of what.
        of: &'static str,
    },
    /// A token that is not in the vocabulary, of a tokenizer without an unknown token.
    #[error("{token:?} is not in the vocabulary of {tokenizer}, and it has no unknown token")]
    UnknownToken {
        /// The token.
        token: String,
        /// The tokenizer's name.
        tokenizer: String,
    },
    /// A building block cannot be made as asked.
    #[error("{block}: {problem}")]
    Block {
        /// The block, such as `normalizers::replace_regex`.
        block: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A tokenizer could not be trained.
    #[error("training failed: {0}")]
    Training(String),
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: "read", "write".
        action: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
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
