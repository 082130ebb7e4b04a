//! The words of a corpus and how often each occurs: what every trainer starts from.

use super::{Counter, PreToken};

/// Words and how often each occurs, in order of first appearance.
///
/// Functions that take words take this, or a list of tuples:
///
/// ```
/// use course_tokenization::from_scratch::{Bpe, WordCounts};
///
/// let words = WordCounts::from([("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)]);
/// assert_eq!(words.total(), 36);
/// assert_eq!(Bpe::train(&words, 10)?, Bpe::train(&[("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)], 10)?);
/// # Ok::<(), course_tokenization::Error>(())
/// ```
pub type WordCounts = Counter<String>;

/// The four sentences that chapter 6 trains its tokenizers on.
pub fn corpus() -> &'static [&'static str] {
    &[
        "This is the Hugging Face Course.",
        "This chapter is about tokenization.",
        "This section shows several tokenizer algorithms.",
        "Hopefully, you will be able to understand how they are trained and generate tokens.",
    ]
}

/// Cuts each text into words with `split` and counts them.
///
/// ```
/// use course_tokenization::from_scratch::{byte_level, count_words};
///
/// let words = count_words(["a rose is a rose"], byte_level);
/// assert_eq!(format!("{words:?}"), r#"{"a": 1, "Ġrose": 2, "Ġis": 1, "Ġa": 1}"#);
/// ```
pub fn count_words<T: AsRef<str>>(
    texts: impl IntoIterator<Item = T>,
    split: impl Fn(&str) -> Vec<PreToken>,
) -> WordCounts {
    let mut words = WordCounts::new();
    for text in texts {
        count_pieces(&mut words, &split(text.as_ref()));
    }
    words
}

fn count_pieces(words: &mut WordCounts, pieces: &[PreToken]) {
    for piece in pieces {
        words.add(piece.text.as_str(), 1);
    }
}

impl<S: AsRef<str>> FromIterator<(S, usize)> for WordCounts {
    fn from_iter<I: IntoIterator<Item = (S, usize)>>(words: I) -> Self {
        let mut counter = Self::new();
        for (word, count) in words {
            counter.add(word.as_ref(), count);
        }
        counter
    }
}

impl<S: AsRef<str>, const N: usize> From<[(S, usize); N]> for WordCounts {
    fn from(words: [(S, usize); N]) -> Self {
        words.into_iter().collect()
    }
}

impl<S: AsRef<str>, const N: usize> From<&[(S, usize); N]> for WordCounts {
    fn from(words: &[(S, usize); N]) -> Self {
        Self::from(words.as_slice())
    }
}

impl<S: AsRef<str>> From<&[(S, usize)]> for WordCounts {
    fn from(words: &[(S, usize)]) -> Self {
        words.iter().map(|(word, count)| (word.as_ref(), *count)).collect()
    }
}

impl<S: AsRef<str>> From<&Vec<(S, usize)>> for WordCounts {
    fn from(words: &Vec<(S, usize)>) -> Self {
        Self::from(words.as_slice())
    }
}

impl From<&WordCounts> for WordCounts {
    fn from(words: &WordCounts) -> Self {
        words.clone()
    }
}
