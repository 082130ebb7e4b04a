//! Blocks that cut a text into words; a token never reaches over a cut.

/// What becomes of a separator: it goes, stays alone, or joins the word before or behind it.
pub use tokenizers::SplitDelimiterBehavior;
use tokenizers::pre_tokenizers as library;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
/// Where [`metaspace_with`] puts its mark: before every piece of text, before the first only, or nowhere.
pub use tokenizers::pre_tokenizers::metaspace::PrependScheme;
use tokenizers::pre_tokenizers::split::SplitPattern;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer as _};

use super::bad;
use crate::Result;
use crate::tokenizer::library_error;

/// Cuts a text into words.
#[derive(Debug, Clone, PartialEq)]
pub struct PreTokenizer(pub(crate) PreTokenizerWrapper);

impl PreTokenizer {
    /// The words of a text, each with its place in the text, in bytes.
    ///
    /// # Errors
    /// When the library fails on the text.
    ///
    /// ```
    /// use course_tokenization::pre_tokenizers;
    /// let words = pre_tokenizers::whitespace_split().pre_tokenize("Let's test")?;
    /// assert_eq!(words, [("Let's".to_string(), (0, 5)), ("test".to_string(), (6, 10))]);
    /// # Ok::<(), course_tokenization::Error>(())
    /// ```
    pub fn pre_tokenize(&self, text: &str) -> Result<Vec<(String, (usize, usize))>> {
        let mut words = PreTokenizedString::from(text);
        self.0.pre_tokenize(&mut words).map_err(library_error)?;
        let words = words.get_splits(OffsetReferential::Original, OffsetType::Byte);
        Ok(words.into_iter().map(|(word, place, _)| (word.to_owned(), place)).collect())
    }
}

/// BERT's own: at white space, and around every mark of punctuation.
pub fn bert() -> PreTokenizer {
    PreTokenizer(library::bert::BertPreTokenizer.into())
}

/// At white space, and between letters and everything else: the expression `\w+|[^\w\s]+`.
pub fn whitespace() -> PreTokenizer {
    PreTokenizer(library::whitespace::Whitespace.into())
}

/// At white space only.
pub fn whitespace_split() -> PreTokenizer {
    PreTokenizer(library::whitespace::WhitespaceSplit.into())
}

/// Every mark of punctuation alone.
pub fn punctuation() -> PreTokenizer {
    PreTokenizer(library::punctuation::Punctuation::default().into())
}

/// Between digits and everything else; each digit alone if they are `individual`.
pub fn digits(individual: bool) -> PreTokenizer {
    PreTokenizer(library::digits::Digits::new(individual).into())
}

/// GPT-2's own: words with the space before them, written byte by byte in visible characters.
pub fn byte_level(add_prefix_space: bool) -> PreTokenizer {
    byte_level_with(add_prefix_space, true)
}

/// [`byte_level`], which cuts the text by GPT-2's expression only if `use_regex` says so.
pub fn byte_level_with(add_prefix_space: bool, use_regex: bool) -> PreTokenizer {
    PreTokenizer(library::byte_level::ByteLevel::new(add_prefix_space, true, use_regex).into())
}

/// SentencePiece's own: each space becomes `▁` and begins a word, and one is put in front.
pub fn metaspace() -> PreTokenizer {
    metaspace_with('▁', PrependScheme::Always)
}

/// [`metaspace`] with another mark, or without one in front.
pub fn metaspace_with(replacement: char, prepend: PrependScheme) -> PreTokenizer {
    PreTokenizer(library::metaspace::Metaspace::new(replacement, prepend, true).into())
}

/// At every `delimiter`, which goes.
pub fn char_delimiter_split(delimiter: char) -> PreTokenizer {
    PreTokenizer(library::delimiter::CharDelimiterSplit::new(delimiter).into())
}

/// Between scripts: Latin, Greek, Han.
pub fn unicode_scripts() -> PreTokenizer {
    PreTokenizer(library::unicode_scripts::UnicodeScripts::new().into())
}

/// At every `pattern`.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when the library refuses the pattern.
pub fn split(pattern: &str, behavior: SplitDelimiterBehavior) -> Result<PreTokenizer> {
    let block = library::split::Split::new(pattern, behavior, false).map_err(bad("pre_tokenizers::split"))?;
    Ok(PreTokenizer(block.into()))
}

/// At everything that matches the regular expression `pattern`.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when the expression cannot be read.
pub fn split_regex(pattern: &str, behavior: SplitDelimiterBehavior) -> Result<PreTokenizer> {
    let pattern = SplitPattern::Regex(pattern.to_owned());
    let block = library::split::Split::new(pattern, behavior, false).map_err(bad("pre_tokenizers::split_regex"))?;
    Ok(PreTokenizer(block.into()))
}

/// Several, one after the other: each cuts what the one before it left whole.
pub fn sequence(pre_tokenizers: impl IntoIterator<Item = PreTokenizer>) -> PreTokenizer {
    let blocks = pre_tokenizers.into_iter().map(|one| one.0).collect();
    PreTokenizer(library::sequence::Sequence::new(blocks).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pre_tokenizer: &PreTokenizer, text: &str) -> Vec<(String, (usize, usize))> {
        pre_tokenizer.pre_tokenize(text).unwrap()
    }

    fn owned(words: &[(&str, (usize, usize))]) -> Vec<(String, (usize, usize))> {
        words.iter().map(|(word, place)| ((*word).to_owned(), *place)).collect()
    }

    // The lists that chapter 6 of the course text prints.

    #[test]
    fn section_4_cuts_one_sentence_in_three_ways() {
        let text = "Hello, how are  you?";
        let bert_words =
            [("Hello", (0, 5)), (",", (5, 6)), ("how", (7, 10)), ("are", (11, 14)), ("you", (16, 19)), ("?", (19, 20))];
        assert_eq!(words(&bert(), text), owned(&bert_words));
        let gpt2_words = [
            ("Hello", (0, 5)),
            (",", (5, 6)),
            ("Ġhow", (6, 10)),
            ("Ġare", (10, 14)),
            ("Ġ", (14, 15)),
            ("Ġyou", (15, 19)),
            ("?", (19, 20)),
        ];
        assert_eq!(words(&byte_level(false), text), owned(&gpt2_words));
        let t5_words = words(&metaspace(), text).into_iter().map(|(word, _)| word).collect::<Vec<_>>();
        assert_eq!(
            t5_words.iter().filter(|word| *word != "▁").collect::<Vec<_>>(),
            ["▁Hello,", "▁how", "▁are", "▁you?"]
        );
    }

    #[test]
    fn section_8_cuts_at_spaces_and_punctuation() {
        let text = "Let's test my pre-tokenizer.";
        let all = [
            ("Let", (0, 3)),
            ("'", (3, 4)),
            ("s", (4, 5)),
            ("test", (6, 10)),
            ("my", (11, 13)),
            ("pre", (14, 17)),
            ("-", (17, 18)),
            ("tokenizer", (18, 27)),
            (".", (27, 28)),
        ];
        assert_eq!(words(&whitespace(), text), owned(&all));
        assert_eq!(words(&sequence([whitespace_split(), punctuation()]), text), owned(&all));
        let spaces = [("Let's", (0, 5)), ("test", (6, 10)), ("my", (11, 13)), ("pre-tokenizer.", (14, 28))];
        assert_eq!(words(&whitespace_split(), text), owned(&spaces));
        let bytes = [
            ("Let", (0, 3)),
            ("'s", (3, 5)),
            ("Ġtest", (5, 10)),
            ("Ġpre", (10, 14)),
            ("-", (14, 15)),
            ("tokenization", (15, 27)),
            ("!", (27, 28)),
        ];
        assert_eq!(words(&byte_level(false), "Let's test pre-tokenization!"), owned(&bytes));
        let marks = [("▁Let's", (0, 5)), ("▁test", (5, 10)), ("▁the", (10, 14)), ("▁pre-tokenizer!", (14, 29))];
        assert_eq!(words(&metaspace(), "Let's test the pre-tokenizer!"), owned(&marks));
    }
}
