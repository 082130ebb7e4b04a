//! What an encoding was made from: it leads back from tokens to text.

use tokenizers::InputSequence;

/// The text, the pair of texts or the words that an encoding was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A text, and the second one of a pair.
    Text(Box<str>, Option<Box<str>>),
    /// A text that came cut into words.
    Words(Box<[String]>),
}

impl Source {
    pub(crate) fn text(first: &str, second: Option<&str>) -> Self {
        Self::Text(first.into(), second.map(Into::into))
    }

    pub(crate) fn words<T: AsRef<str>>(words: &[T]) -> Self {
        Self::Words(words.iter().map(|word| word.as_ref().to_owned()).collect())
    }

    pub(crate) fn is_pair(&self) -> bool {
        matches!(self, Self::Text(_, Some(_)))
    }

    pub(crate) fn first(&self) -> InputSequence<'_> {
        match self {
            Self::Text(text, _) => InputSequence::from(&**text),
            Self::Words(words) => InputSequence::from(&**words),
        }
    }

    pub(crate) fn second(&self) -> Option<InputSequence<'_>> {
        match self {
            Self::Text(_, second) => second.as_deref().map(InputSequence::from),
            Self::Words(_) => None,
        }
    }

    /// The text that the offsets of a token of this sequence and word count in.
    pub(crate) fn around(&self, sequence: usize, word: Option<u32>) -> Option<&str> {
        match self {
            Self::Text(first, second) => match sequence {
                0 => Some(first),
                1 => second.as_deref(),
                _ => None,
            },
            Self::Words(words) => words.get(word? as usize).map(String::as_str),
        }
    }
}
