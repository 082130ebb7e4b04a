//! What encoding gives: one text's [`Encoding`], many texts' [`BatchEncoding`].

use std::ops::Range;

use candle_core::{Device, Tensor};
use course_display::{Bundle, Rich, Table, Tokens};

use crate::{Error, Result};

/// One text as tokens, with everything that leads back to the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    inner: tokenizers::Encoding,
}

impl Encoding {
    pub(crate) fn new(inner: tokenizers::Encoding) -> Self {
        Self { inner }
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

    /// The token that holds byte `position` of text `sequence` (0, or 1 for the second of a pair).
    pub fn byte_to_token(&self, position: usize, sequence: usize) -> Option<usize> {
        self.inner.char_to_token(position, sequence)
    }

    /// The bytes of the text that token number `token` stands for.
    pub fn token_to_bytes(&self, token: usize) -> Option<Range<usize>> {
        self.inner.token_to_chars(token).map(|(_, (start, end))| start..end)
    }

    /// The bytes of the text that word number `word` of text `sequence` covers.
    pub fn word_to_bytes(&self, word: u32, sequence: usize) -> Option<Range<usize>> {
        self.inner.word_to_chars(word, sequence).map(|(start, end)| start..end)
    }

    /// What a length limit cut off, in chunks of at most that length.
    pub fn overflowing(&self) -> Vec<Encoding> {
        self.inner.get_overflowing().iter().cloned().map(Encoding::new).collect()
    }

    /// The library's own encoding.
    pub fn library(&self) -> &tokenizers::Encoding {
        &self.inner
    }

    pub(crate) fn library_mut(&mut self) -> &mut tokenizers::Encoding {
        &mut self.inner
    }
}

/// Several texts as tokens: one row each.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchEncoding {
    rows: Vec<Encoding>,
}

impl BatchEncoding {
    pub(crate) fn new(rows: Vec<Encoding>) -> Self {
        Self { rows }
    }

    /// The rows.
    pub fn rows(&self) -> &[Encoding] {
        &self.rows
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The ids: `(batch, length)`, `u32`, on the CPU.
    ///
    /// # Errors
    /// [`Error::Ragged`], when the rows differ in length.
    pub fn input_ids(&self) -> Result<Tensor> {
        self.tensor(Encoding::input_ids)
    }

    /// 1 for text, 0 for padding: `(batch, length)`, `u32`, on the CPU.
    ///
    /// # Errors
    /// [`Error::Ragged`], when the rows differ in length.
    pub fn attention_mask(&self) -> Result<Tensor> {
        self.tensor(Encoding::attention_mask)
    }

    /// 0 for the first text of a pair, 1 for the second: `(batch, length)`, `u32`, on the CPU.
    ///
    /// # Errors
    /// [`Error::Ragged`], when the rows differ in length.
    pub fn token_type_ids(&self) -> Result<Tensor> {
        self.tensor(Encoding::token_type_ids)
    }

    fn tensor(&self, column: fn(&Encoding) -> &[u32]) -> Result<Tensor> {
        let longest = self.rows.iter().map(Encoding::len).max().unwrap_or(0);
        let shortest = self.rows.iter().map(Encoding::len).min().unwrap_or(0);
        if shortest != longest {
            return Err(Error::Ragged { shortest, longest });
        }
        let flat: Vec<u32> = self.rows.iter().flat_map(column).copied().collect();
        Ok(Tensor::from_vec(flat, (self.rows.len(), longest), &Device::Cpu)?)
    }
}

/// The tokens in colour, as the vocabulary spells them.
impl Rich for Encoding {
    fn rich(&self) -> Bundle {
        let tokens = self.tokens().iter().zip(self.input_ids()).zip(self.special_tokens_mask());
        Tokens::new(tokens.map(|((token, id), special)| (token.clone(), *id, *special == 1))).rich()
    }
}

/// One line a row: its tokens and how many of them are padding.
impl Rich for BatchEncoding {
    fn rich(&self) -> Bundle {
        let line = |table: Table, row: &Encoding| {
            let padding = row.attention_mask().iter().filter(|mask| **mask == 0).count();
            table.row((row.tokens().join(" "), row.len(), padding))
        };
        self.rows.iter().fold(Table::new(["tokens", "length", "of it padding"]), line).rich()
    }
}
