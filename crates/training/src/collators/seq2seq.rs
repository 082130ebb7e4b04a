//! A text for each text.

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;
use course_tokenization::Tokenizer;

use super::field::{Field, fields};
use super::padding::{Padding, inputs, padding_setters};
use super::{DataCollator, IGNORED};
use crate::{Error, Result};

/// Fills up texts, and the labels (the tokens of the other text) to a length of their own with −100.
#[derive(Debug, Clone)]
pub struct DataCollatorForSeq2Seq {
    padding: Padding,
    decoder_start: Option<i64>,
}

padding_setters!(DataCollatorForSeq2Seq);

impl DataCollatorForSeq2Seq {
    /// Pads with the tokenizer's padding token, on its side.
    ///
    /// # Errors
    /// [`Error::Data`] where the tokenizer has none.
    pub fn new(tokenizer: &Tokenizer) -> Result<Self> {
        Ok(Self { padding: Padding::of(tokenizer)?, decoder_start: None })
    }

    /// Adds `decoder_input_ids`: the labels one place to the right, behind this token. Models that are given labels alone do the same.
    #[must_use]
    pub fn decoder_start_token_id(mut self, id: u32) -> Self {
        self.decoder_start = Some(i64::from(id));
        self
    }
}

impl DataCollator for DataCollatorForSeq2Seq {
    fn collate_with(&self, batch: &Batch, _: &mut Philox) -> Result<ModelInputs> {
        let mut fields = fields(batch)?;
        let labels = fields.iter().position(|(name, _)| name == "labels").map(|place| fields.remove(place).1);
        let mut fields = self.padding.fields(fields)?;
        match labels {
            None => {}
            Some(Field::IntLists(mut rows)) => {
                let length = self.padding.length(rows.iter().map(Vec::len).max().unwrap_or(0));
                rows.iter_mut().for_each(|row| *row = self.padding.fill(row, length, IGNORED));
                let shifted = self.decoder_start.map(|start| rows.iter().map(|row| self.shifted(row, start)).collect());
                fields.push(("labels".to_owned(), Field::IntLists(rows)));
                fields.extend(shifted.map(|rows| ("decoder_input_ids".to_owned(), Field::IntLists(rows))));
            }
            Some(_) => {
                return Err(Error::data(
                    "column \"labels\"",
                    "it holds no lists of token ids; tokenize the targets too",
                ));
            }
        }
        inputs(fields)
    }
}

impl DataCollatorForSeq2Seq {
    /// What the decoder reads: the start, then all labels but the last; padding in the place of −100.
    fn shifted(&self, row: &[i64], start: i64) -> Vec<i64> {
        let readable = |&label: &i64| if label == IGNORED { self.padding.pad_id } else { label };
        let all_but_last = row.iter().take(row.len().saturating_sub(1)).map(readable);
        std::iter::once(start).chain(all_but_last).take(row.len()).collect()
    }
}
