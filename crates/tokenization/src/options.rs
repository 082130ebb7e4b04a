//! How a text or a batch is encoded: special tokens, truncation, padding.

/// To which length the rows of a batch are filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// Rows keep their own lengths.
    #[default]
    None,
    /// Every row gets as long as the longest one.
    Longest,
    /// Every row gets as long as [`max_length`](EncodeOptions::max_length) says, or the model's own limit, unless it is longer.
    MaxLength,
    /// Every row gets this many tokens, unless it is longer.
    Fixed(usize),
}

/// Which text is cut when an input is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Truncation {
    /// Nothing is cut; [`max_length`](EncodeOptions::max_length) then only says how far [`Padding::MaxLength`] goes.
    None,
    /// Of a pair, the longer text first, until both are equally long; then both.
    #[default]
    LongestFirst,
    /// Only the first text of a pair.
    OnlyFirst,
    /// Only the second text of a pair: the context, and not the question before it.
    OnlySecond,
}

impl Truncation {
    /// The strategy by the name it has in Python: `only_second`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "do_not_truncate",
            Self::LongestFirst => "longest_first",
            Self::OnlyFirst => "only_first",
            Self::OnlySecond => "only_second",
        }
    }
}

/// A side of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// Before the text: padding for models that write on from the last position.
    Left,
    /// After the text: padding for encoders.
    #[default]
    Right,
}

/// On which side of a row the padding goes.
pub type PaddingSide = Side;

/// From which side a text that is too long loses tokens.
pub type TruncationSide = Side;

/// How to encode; every setting has a default that fits a single text.
///
/// ```
/// use course_tokenization::{EncodeOptions, Padding, Truncation};
/// let options = EncodeOptions::new()
///     .padding(Padding::Longest)
///     .truncation(Truncation::OnlySecond)
///     .max_length(384)
///     .stride(128)
///     .return_overflowing_tokens(true);
/// assert_eq!(options.max_length, Some(384));
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
    /// Which text is cut. Default: [`Truncation::LongestFirst`] where there is a `max_length`, else none. A strategy without a
    /// `max_length` cuts at the model's own limit.
    pub truncation: Option<Truncation>,
    /// From which side tokens are cut. Default: the tokenizer's own, which is the right one unless its files say otherwise.
    pub truncation_side: Option<TruncationSide>,
    /// Cut a text after this many tokens, special tokens included. Default: no limit.
    pub max_length: Option<usize>,
    /// How many tokens an overflowing chunk repeats from the one before. Default: 0.
    pub stride: usize,
    /// Whether what a limit cut off becomes rows of the batch. Default: false.
    pub return_overflowing_tokens: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            add_special_tokens: true,
            padding: Padding::None,
            padding_side: None,
            pad_to_multiple_of: None,
            truncation: None,
            truncation_side: None,
            max_length: None,
            stride: 0,
            return_overflowing_tokens: false,
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

    /// Sets [`truncation`](Self::truncation).
    #[must_use]
    pub fn truncation(mut self, truncation: Truncation) -> Self {
        self.truncation = Some(truncation);
        self
    }

    /// Sets [`truncation_side`](Self::truncation_side).
    #[must_use]
    pub fn truncation_side(mut self, side: TruncationSide) -> Self {
        self.truncation_side = Some(side);
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

    /// Sets [`return_overflowing_tokens`](Self::return_overflowing_tokens).
    #[must_use]
    pub fn return_overflowing_tokens(mut self, keep: bool) -> Self {
        self.return_overflowing_tokens = keep;
        self
    }
}
