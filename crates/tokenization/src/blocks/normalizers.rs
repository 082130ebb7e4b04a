//! Blocks that clean up a text before it is cut: Unicode forms, lower case, accents, replacements.

use tokenizers::normalizers as library;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::{NormalizedString, Normalizer as _};

use super::bad;
use crate::Result;
use crate::tokenizer::library_error;

/// Cleans up a text before it is cut.
#[derive(Debug, Clone)]
pub struct Normalizer(pub(crate) NormalizerWrapper);

impl Normalizer {
    /// The text as this block leaves it.
    ///
    /// # Errors
    /// When the library fails on the text.
    ///
    /// ```
    /// use course_tokenization::normalizers;
    /// assert_eq!(normalizers::bert(true).normalize("Héllò hôw are ü?")?, "hello how are u?");
    /// # Ok::<(), course_tokenization::Error>(())
    /// ```
    pub fn normalize(&self, text: &str) -> Result<String> {
        let mut normalized = NormalizedString::from(text);
        self.0.normalize(&mut normalized).map_err(library_error)?;
        Ok(normalized.get().to_owned())
    }
}

/// BERT's own: control characters out, white space to spaces, spaces around Chinese characters; with `lowercase` also lower case
/// and accents away.
pub fn bert(lowercase: bool) -> Normalizer {
    bert_with(true, true, None, lowercase)
}

/// [`bert`] with each of its steps chosen; accents go with `lowercase` unless `strip_accents` says otherwise.
pub fn bert_with(
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
) -> Normalizer {
    Normalizer(library::BertNormalizer::new(clean_text, handle_chinese_chars, strip_accents, lowercase).into())
}

/// Unicode's composed form: `e` with an accent behind it becomes `é`.
pub fn nfc() -> Normalizer {
    Normalizer(library::NFC.into())
}

/// Unicode's decomposed form: `é` becomes `e` with an accent behind it.
pub fn nfd() -> Normalizer {
    Normalizer(library::NFD.into())
}

/// Unicode's composed form without compatibility characters: `ﬁ` becomes `fi`.
pub fn nfkc() -> Normalizer {
    Normalizer(library::NFKC.into())
}

/// Unicode's decomposed form without compatibility characters.
pub fn nfkd() -> Normalizer {
    Normalizer(library::NFKD.into())
}

/// SentencePiece's own clean-up of odd white space and control characters.
pub fn nmt() -> Normalizer {
    Normalizer(library::Nmt.into())
}

/// Lower case.
pub fn lowercase() -> Normalizer {
    Normalizer(library::Lowercase.into())
}

/// Accents away; it finds those that stand apart from their letter, so [`nfd`] or [`nfkd`] goes before it.
pub fn strip_accents() -> Normalizer {
    Normalizer(library::StripAccents.into())
}

/// White space at the ends away.
pub fn strip(left: bool, right: bool) -> Normalizer {
    Normalizer(library::Strip::new(left, right).into())
}

/// `text` in front of everything.
pub fn prepend(text: &str) -> Normalizer {
    Normalizer(library::Prepend::new(text.to_owned()).into())
}

/// Every byte as the visible character that GPT-2 writes for it.
pub fn byte_level() -> Normalizer {
    Normalizer(library::ByteLevel::new().into())
}

/// Every `pattern` becomes `replacement`.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when the library refuses the pattern.
pub fn replace(pattern: &str, replacement: &str) -> Result<Normalizer> {
    let block = library::Replace::new(pattern, replacement).map_err(bad("normalizers::replace"))?;
    Ok(Normalizer(block.into()))
}

/// Everything that matches the regular expression `pattern` becomes `replacement`, letter for letter.
///
/// # Errors
/// [`Error::Block`](crate::Error::Block), when the expression cannot be read.
pub fn replace_regex(pattern: &str, replacement: &str) -> Result<Normalizer> {
    let pattern = ReplacePattern::Regex(pattern.to_owned());
    let block = library::Replace::new(pattern, replacement).map_err(bad("normalizers::replace_regex"))?;
    Ok(Normalizer(block.into()))
}

/// Several, one after the other.
pub fn sequence(normalizers: impl IntoIterator<Item = Normalizer>) -> Normalizer {
    Normalizer(library::Sequence::new(normalizers.into_iter().map(|one| one.0).collect()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn berts_own_and_by_hand_agree_on_accents_and_differ_on_control_characters() {
        let own = bert(true);
        let by_hand = sequence([nfd(), lowercase(), strip_accents()]);
        assert_eq!(own.normalize("Héllò hôw are ü?").unwrap(), "hello how are u?");
        assert_eq!(by_hand.normalize("Héllò hôw are ü?").unwrap(), "hello how are u?");
        assert_eq!(own.normalize("a\u{85}b").unwrap(), "ab");
        assert_eq!(by_hand.normalize("a\u{85}b").unwrap(), "a\u{85}b");
    }

    #[test]
    fn xlnets_replacements() {
        let blocks =
            [replace("``", "\""), replace("''", "\""), Ok(nfkd()), Ok(strip_accents()), replace_regex(" {2,}", " ")];
        let blocks = sequence(blocks.into_iter().collect::<Result<Vec<_>>>().unwrap());
        assert_eq!(blocks.normalize("``Ünder''   one ﬁg").unwrap(), "\"Under\" one fig");
    }

    #[test]
    fn an_expression_that_cannot_be_read_is_an_error() {
        let error = replace_regex("(", "").unwrap_err().to_string();
        assert!(error.starts_with("normalizers::replace_regex: "), "{error}");
    }
}
