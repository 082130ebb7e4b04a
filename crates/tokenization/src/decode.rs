//! From ids back to text.

use tokenizers::models::ModelWrapper;

use crate::tokenizer::library_error;
use crate::{Error, Result, StreamDecoder, Tokenizer};

/// How to decode.
///
/// ```
/// use course_tokenization::DecodeOptions;
/// let options = DecodeOptions::new().skip_special_tokens(false).clean_up(true);
/// assert_eq!(options.clean_up, Some(true));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Whether special tokens are left out. Default: true.
    pub skip_special_tokens: bool,
    /// Whether [`clean_up_tokenization`] goes over the text. Default: as the tokenizer's files say, which mostly say nothing: no. Byte-pair
    /// encoding knows its spaces, so its text stays as it is in any case, as in Python.
    pub clean_up: Option<bool>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        Self { skip_special_tokens: true, clean_up: None }
    }
}

impl DecodeOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`skip_special_tokens`](Self::skip_special_tokens).
    #[must_use]
    pub fn skip_special_tokens(mut self, skip: bool) -> Self {
        self.skip_special_tokens = skip;
        self
    }

    /// Sets [`clean_up`](Self::clean_up).
    #[must_use]
    pub fn clean_up(mut self, clean_up: bool) -> Self {
        self.clean_up = Some(clean_up);
        self
    }
}

impl Tokenizer {
    /// The text of the ids, special tokens left out.
    ///
    /// # Errors
    /// [`Error::UnknownId`], for an id outside the vocabulary.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.decode_options(ids, &DecodeOptions::new())
    }

    /// The text of the ids, with or without special tokens.
    ///
    /// # Errors
    /// [`Error::UnknownId`], for an id outside the vocabulary.
    pub fn decode_with(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String> {
        self.decode_options(ids, &DecodeOptions::new().skip_special_tokens(skip_special_tokens))
    }

    /// The text of the ids.
    ///
    /// # Errors
    /// [`Error::UnknownId`], for an id outside the vocabulary.
    pub fn decode_options(&self, ids: &[u32], options: &DecodeOptions) -> Result<String> {
        let text = self.decode_raw(ids, options.skip_special_tokens)?;
        let clean_up =
            options.clean_up.unwrap_or(self.clean_up()) && !matches!(self.library.get_model(), ModelWrapper::BPE(_));
        Ok(if clean_up { clean_up_tokenization(&text) } else { text })
    }

    /// The texts of several rows of ids, special tokens left out.
    ///
    /// # Errors
    /// [`Error::UnknownId`], for an id outside the vocabulary.
    pub fn decode_batch<R: AsRef<[u32]>>(&self, rows: &[R]) -> Result<Vec<String>> {
        rows.iter().map(|row| self.decode(row.as_ref())).collect()
    }

    /// Decodes ids one at a time, as a model writes them: holds back a character until all its bytes are there.
    pub fn stream_decoder(&self) -> StreamDecoder {
        StreamDecoder::new(self.clone())
    }

    /// What the library makes of the ids.
    pub(crate) fn decode_raw(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String> {
        if let Some(&id) = ids.iter().find(|&&id| self.library.id_to_token(id).is_none()) {
            return Err(Error::UnknownId { id, size: self.vocab_size() });
        }
        self.library.decode(ids, skip_special_tokens).map_err(library_error)
    }
}

/// Takes out the spaces that a WordPiece decoder leaves before English punctuation and contractions: `i ' ve` becomes
/// `i've`, and `yes !` becomes `yes!`. The same replacements as in Python, in the same order.
///
/// ```
/// use course_tokenization::clean_up_tokenization;
/// assert_eq!(clean_up_tokenization("i ' ve been there , have n't you ?"), "i've been there, haven't you?");
/// ```
pub fn clean_up_tokenization(text: &str) -> String {
    const REPLACEMENTS: [(&str, &str); 10] = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    let replace = |text: String, (long, short): &(&str, &str)| text.replace(long, short);
    REPLACEMENTS.iter().fold(text.to_owned(), replace)
}
