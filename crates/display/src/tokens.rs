//! How a text was cut: each token in its own tint.

use course_wire::Bundle;

use crate::{Rich, escape, theme};

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its text, as the vocabulary or the source text has it.
    pub text: String,
    /// Its number in the vocabulary.
    pub id: u32,
    /// Whether it stands for something other than text: `[CLS]`, `<|im_end|>`, padding.
    pub special: bool,
}

/// Tokens in alternating colours with their ids, special ones framed, white space visible.
///
/// ```
/// use course_display::{Rich, Tokens};
///
/// let tokens = Tokens::new([("[CLS]", 101, true), ("hello", 7592, false), ("[SEP]", 102, true)]);
/// assert_eq!(tokens.rich().plain(), "[CLS]  hello  [SEP]\n  101   7592    102\n3 tokens");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens(
    /// The tokens in order.
    pub Vec<Token>,
);

impl<T: Into<String>> From<(T, u32, bool)> for Token {
    fn from((text, id, special): (T, u32, bool)) -> Self {
        Self { text: text.into(), id, special }
    }
}

impl Tokens {
    /// Tokens, or tuples of text, id, and whether the token is special.
    pub fn new(tokens: impl IntoIterator<Item = impl Into<Token>>) -> Self {
        Self(tokens.into_iter().map(Into::into).collect())
    }
}
