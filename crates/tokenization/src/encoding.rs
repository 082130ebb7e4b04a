//! What encoding one text gives; the ways from its tokens to the text and back have a file of their own.

use std::sync::Arc;

use course_display::{Bundle, Rich, Tokens};

use crate::source::Source;

/// One text as tokens, with everything that leads back to the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    inner: tokenizers::Encoding,
    source: Arc<Source>,
}

impl Encoding {
    pub(crate) fn new(inner: tokenizers::Encoding, source: Arc<Source>) -> Self {
        Self { inner, source }
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// How many tokens there are, padding included.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// The ids, as the model takes them.
    pub fn input_ids(&self) -> &[u32] {
        self.inner.get_ids()
    }

    /// 1 for a token of the text, 0 for padding.
    pub fn attention_mask(&self) -> &[u32] {
        self.inner.get_attention_mask()
    }

    /// 0 for the first text of a pair, 1 for the second.
    pub fn token_type_ids(&self) -> &[u32] {
        self.inner.get_type_ids()
    }

    /// 1 for a token that the tokenizer added, 0 for one that stands for text.
    pub fn special_tokens_mask(&self) -> &[u32] {
        self.inner.get_special_tokens_mask()
    }

    /// The tokens as the vocabulary spells them: `##ing`, `Ġthe`.
    pub fn tokens(&self) -> &[String] {
        self.inner.get_tokens()
    }

    /// The bytes of the text that each token stands for; empty for an added one.
    pub fn offsets(&self) -> &[(usize, usize)] {
        self.inner.get_offsets()
    }

    /// The number of the word that each token belongs to, counted from 0; none for an added token.
    pub fn word_ids(&self) -> &[Option<u32>] {
        self.inner.get_word_ids()
    }

    /// Which text of a pair each token belongs to, 0 or 1; none for an added token.
    pub fn sequence_ids(&self) -> Vec<Option<usize>> {
        self.inner.get_sequence_ids()
    }

    /// What a length limit cut off, in chunks of at most that length.
    pub fn overflowing(&self) -> Vec<Encoding> {
        let chunks = self.inner.get_overflowing().iter().cloned();
        chunks.map(|chunk| Encoding::new(chunk, self.source.clone())).collect()
    }

    pub(crate) fn take_overflowing(&mut self) -> Vec<Encoding> {
        let chunks = self.inner.take_overflowing().into_iter();
        chunks.map(|chunk| Encoding::new(chunk, self.source.clone())).collect()
    }

    /// The library's own encoding.
    pub fn library(&self) -> &tokenizers::Encoding {
        &self.inner
    }

    pub(crate) fn library_mut(&mut self) -> &mut tokenizers::Encoding {
        &mut self.inner
    }
}

/// The tokens in colour, as the vocabulary spells them.
impl Rich for Encoding {
    fn rich(&self) -> Bundle {
        let tokens = self.tokens().iter().zip(self.input_ids()).zip(self.special_tokens_mask());
        Tokens::new(tokens.map(|((token, id), special)| (token.clone(), *id, *special == 1))).rich()
    }
}
