//! Decoding while ids still arrive.

use crate::{Result, Tokenizer};

/// Turns ids into text one at a time.
///
/// A character may be spread over several tokens (most emoji are), so a token may bring no text yet; what it holds
/// back comes with the token that completes it.
#[derive(Debug, Clone)]
pub struct StreamDecoder {
    tokenizer: Tokenizer,
    /// Ids from the start of the piece that was shown last, so that a decoder that looks at neighbours sees them.
    ids: Vec<u32>,
    /// How many of `ids` are shown already.
    shown: usize,
    skip_special_tokens: bool,
}

impl StreamDecoder {
    pub(crate) fn new(tokenizer: Tokenizer) -> Self {
        Self { tokenizer, ids: Vec::new(), shown: 0, skip_special_tokens: true }
    }

    /// Shows special tokens too, as `<|im_end|>`.
    #[must_use]
    pub fn keep_special_tokens(mut self) -> Self {
        self.skip_special_tokens = false;
        self
    }

    /// Takes one more id; gives the text that is complete with it, often a word, sometimes nothing.
    ///
    /// # Errors
    /// [`Error::UnknownId`](crate::Error::UnknownId), for an id outside the vocabulary.
    pub fn push(&mut self, id: u32) -> Result<String> {
        self.ids.push(id);
        let text = self.tokenizer.decode_raw(&self.ids, self.skip_special_tokens)?;
        // The replacement character at the end is a character whose last bytes have not arrived.
        if text.ends_with(char::REPLACEMENT_CHARACTER) {
            return Ok(String::new());
        }
        self.take(text)
    }

    /// The text that was held back when no more ids come.
    ///
    /// # Errors
    /// None that [`push`](Self::push) has not reported.
    pub fn finish(&mut self) -> Result<String> {
        let text = self.tokenizer.decode_raw(&self.ids, self.skip_special_tokens)?;
        self.take(text)
    }

    fn take(&mut self, text: String) -> Result<String> {
        let before = self.tokenizer.decode_raw(&self.ids[..self.shown], self.skip_special_tokens)?;
        let new = text.get(before.len()..).unwrap_or_default().to_owned();
        self.ids.drain(..self.shown);
        self.shown = self.ids.len();
        Ok(new)
    }
}
