//! What encoding many texts gives.

use candle_core::{Device, Tensor};
use course_display::{Bundle, Rich, Table};

use crate::{Encoding, Error, Result};

/// Several texts as tokens: one row each, or more for a text that was cut into chunks.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchEncoding {
    rows: Vec<Encoding>,
    /// Which text each row comes from.
    samples: Vec<usize>,
}

impl BatchEncoding {
    pub(crate) fn new(rows: Vec<Encoding>, samples: Vec<usize>) -> Self {
        Self { rows, samples }
    }

    /// The rows.
    pub fn rows(&self) -> &[Encoding] {
        &self.rows
    }

    /// One row, counted from 0.
    pub fn get(&self, row: usize) -> Option<&Encoding> {
        self.rows.get(row)
    }

    /// The rows, one after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Encoding> {
        self.rows.iter()
    }

    /// For each row the number of the text that it comes from: `[0, 0, 1]` when the first of two texts filled two rows.
    pub fn overflow_to_sample_mapping(&self) -> &[usize] {
        &self.samples
    }

    /// The tokens of each row, padding included.
    pub fn lengths(&self) -> Vec<usize> {
        self.rows.iter().map(Encoding::len).collect()
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

    /// 1 for a token that the tokenizer added, padding included, 0 for one of the text: `(batch, length)`, `u32`, on the CPU.
    ///
    /// # Errors
    /// [`Error::Ragged`], when the rows differ in length.
    pub fn special_tokens_mask(&self) -> Result<Tensor> {
        self.tensor(Encoding::special_tokens_mask)
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

impl<'a> IntoIterator for &'a BatchEncoding {
    type Item = &'a Encoding;
    type IntoIter = std::slice::Iter<'a, Encoding>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

/// One line a row: its tokens and how many of them are padding.
impl Rich for BatchEncoding {
    fn rich(&self) -> Bundle {
        let line = |table: Table, row: &Encoding| {
            let padding = row.attention_mask().iter().filter(|mask| **mask == 0).count();
            table.row((row.tokens().join(" "), row.len(), padding))
        };
        let table = self.rows.iter().fold(Table::new(["tokens", "length", "of it padding"]), line);
        let texts = self.samples.last().map_or(0, |last| last + 1);
        if texts == self.rows.len() { table.rich() } else { table.note(format!("rows of {texts} texts")).rich() }
    }
}
