//! The vocabulary: tokens and their ids.

use std::collections::HashMap;

use tokenizers::{AddedToken, PostProcessor};

use crate::tokenizer::library_error;
use crate::{EncodeOptions, Error, Result, Tokenizer};

impl Tokenizer {
    /// How many ids there are, added tokens included.
    pub fn vocab_size(&self) -> usize {
        self.library.get_vocab_size(true)
    }

    /// Every token with its id.
    pub fn vocab(&self) -> HashMap<String, u32> {
        self.library.get_vocab(true)
    }

    /// The id of a token, spelled as the vocabulary spells it.
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.library.token_to_id(token)
    }

    /// The token of an id, spelled as the vocabulary spells it.
    pub fn id_to_token(&self, id: u32) -> Option<String> {
        self.library.id_to_token(id)
    }

    /// Whether the id stands for a special token, which decoding leaves out.
    pub fn is_special(&self, id: u32) -> bool {
        self.library.get_added_vocabulary().get_added_tokens_decoder().get(&id).is_some_and(|token| token.special)
    }

    /// The tokens of a text as the vocabulary spells them, without special tokens around it.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn tokenize(&self, text: &str) -> Result<Vec<String>> {
        Ok(self.encode_with(text, &EncodeOptions::new().add_special_tokens(false))?.tokens().to_vec())
    }

    /// The ids of tokens that are spelled as the vocabulary spells them: the second half of encoding, after
    /// [`tokenize`](Self::tokenize). What the vocabulary does not have becomes the unknown token.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], when a token is not in the vocabulary and there is no unknown token.
    pub fn convert_tokens_to_ids<T: AsRef<str>>(&self, tokens: &[T]) -> Result<Vec<u32>> {
        let unknown = self.id_of(self.special_tokens().unk.as_deref());
        let id = |token: &T| {
            let token = token.as_ref();
            let id = self.token_to_id(token).or(unknown);
            id.ok_or_else(|| Error::UnknownToken { token: token.to_owned(), tokenizer: self.name().to_owned() })
        };
        tokens.iter().map(id).collect()
    }

    /// The tokens of ids, spelled as the vocabulary spells them.
    ///
    /// # Errors
    /// [`Error::UnknownId`], for an id outside the vocabulary.
    pub fn convert_ids_to_tokens(&self, ids: &[u32]) -> Result<Vec<String>> {
        let token = |id: &u32| self.id_to_token(*id).ok_or(Error::UnknownId { id: *id, size: self.vocab_size() });
        ids.iter().map(token).collect()
    }

    /// How many special tokens go around a text, or around a pair of texts.
    pub fn num_special_tokens_to_add(&self, pair: bool) -> usize {
        self.post_processor.as_ref().map_or(0, |processor| processor.added_tokens(pair))
    }

    /// The same tokenizer with more tokens, which are found in a text before anything else is looked at; those it has already
    /// change nothing. A model must be made larger by as many rows as [`vocab_size`](Self::vocab_size) grew.
    ///
    /// # Errors
    /// When the library fails on a token.
    pub fn with_added_tokens<T: Into<String>>(self, tokens: impl IntoIterator<Item = T>) -> Result<Self> {
        let tokens = tokens.into_iter().map(|token| AddedToken::from(token, false)).collect::<Vec<_>>();
        self.changed(|library| library.add_tokens(tokens).map(|_| ()))
    }

    /// The same tokenizer with more special tokens, which decoding leaves out.
    ///
    /// # Errors
    /// When the library fails on a token.
    pub fn with_added_special_tokens<T: Into<String>>(self, tokens: impl IntoIterator<Item = T>) -> Result<Self> {
        let tokens = tokens.into_iter().map(|token| AddedToken::from(token, true)).collect::<Vec<_>>();
        self.changed(|library| library.add_special_tokens(tokens).map(|_| ()))
    }

    /// The same tokenizer with the library's part changed.
    pub(crate) fn changed(
        mut self,
        change: impl FnOnce(&mut tokenizers::Tokenizer) -> tokenizers::Result<()>,
    ) -> Result<Self> {
        change(self.library_mut()).map_err(library_error)?;
        Ok(self)
    }
}
