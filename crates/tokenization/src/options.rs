//! How a text or a batch is encoded: special tokens, truncation, padding.

/// To which length the rows of a batch are filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// Rows keep their own lengths.
    #[default]
    None,
    /// Every row gets as long as the longest one.
    Longest,
    /// Every row gets this many tokens, unless it is longer.
    Fixed(usize),
}

/// On which side of a row the padding goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaddingSide {
    /// Before the text: for models that write on from the last position.
    Left,
    /// After the text: for encoders.
    #[default]
    Right,
}

/// How to encode; every setting has a default that fits a single text.
///
/// ```
/// use course_tokenization::{EncodeOptions, Padding};
/// let options = EncodeOptions::new().padding(Padding::Longest).max_length(128);
/// assert_eq!(options.max_length, Some(128));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Whether the model's own tokens are put around the text, such as `[CLS]` and `[SEP]`. Default: true.
    pub add_special_tokens: bool,
    /// Padding of a batch. Default: none for a single text, [`Padding::Longest`] in [`encode_batch`](crate::Tokenizer::encode_batch).
    pub padding: Padding,
    /// The side of the padding. Default: the tokenizer's own.
    pub padding_side: Option<PaddingSide>,
    /// Round the padded length up to a multiple of this many tokens. Default: no rounding.
    pub pad_to_multiple_of: Option<usize>,
    /// Cut a text after this many tokens, special tokens included. Default: no limit.
    pub max_length: Option<usize>,
    /// How many tokens an overflowing chunk repeats from the one before. Default: 0.
    pub stride: usize,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            add_special_tokens: true,
            padding: Padding::None,
            padding_side: None,
            pad_to_multiple_of: None,
            max_length: None,
            stride: 0,
        }
    }
}

impl EncodeOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`add_special_tokens`](Self::add_special_tokens).
    #[must_use]
    pub fn add_special_tokens(mut self, add: bool) -> Self {
        self.add_special_tokens = add;
        self
    }

    /// Sets [`padding`](Self::padding).
    #[must_use]
    pub fn padding(mut self, padding: Padding) -> Self {
        self.padding = padding;
        self
    }

    /// Sets [`padding_side`](Self::padding_side).
    #[must_use]
    pub fn padding_side(mut self, side: PaddingSide) -> Self {
        self.padding_side = Some(side);
        self
    }

    /// Sets [`pad_to_multiple_of`](Self::pad_to_multiple_of), in tokens.
    #[must_use]
    pub fn pad_to_multiple_of(mut self, multiple: usize) -> Self {
        self.pad_to_multiple_of = Some(multiple);
        self
    }

    /// Sets [`max_length`](Self::max_length), in tokens.
    #[must_use]
    pub fn max_length(mut self, tokens: usize) -> Self {
        self.max_length = Some(tokens);
        self
    }

    /// Sets [`stride`](Self::stride), in tokens.
    #[must_use]
    pub fn stride(mut self, tokens: usize) -> Self {
        self.stride = tokens;
        self
    }
}
