//! Several texts, one of which is right.

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;
use course_tokenization::Tokenizer;

use super::DataCollator;
use super::field::{Field, fields};
use super::padding::{Padding, inputs, padding_setters};
use crate::{Error, Result};

/// Fills up all choices of all rows to one length: (batch, choices, length).
#[derive(Debug, Clone)]
pub struct DataCollatorForMultipleChoice {
    padding: Padding,
}

padding_setters!(DataCollatorForMultipleChoice);

impl DataCollatorForMultipleChoice {
    /// Pads with the tokenizer's padding token, on its side.
    ///
    /// # Errors
    /// [`Error::Data`] where the tokenizer has none.
    pub fn new(tokenizer: &Tokenizer) -> Result<Self> {
        Ok(Self { padding: Padding::of(tokenizer)? })
    }
}

impl DataCollator for DataCollatorForMultipleChoice {
    fn collate_with(&self, batch: &Batch, _: &mut Philox) -> Result<ModelInputs> {
        let fields = fields(batch)?;
        let choices: Vec<usize> = fields
            .iter()
            .find_map(|(name, field)| match field {
                Field::Nested(rows) if name == "input_ids" => Some(rows.iter().map(Vec::len).collect()),
                _ => None,
            })
            .ok_or_else(|| {
                Error::data("column \"input_ids\"", "it holds no list of choices, each a list of token ids")
            })?;
        let count = choices.first().copied().unwrap_or(0);
        if let Some(row) = choices.iter().position(|choices| *choices != count) {
            let other = choices.get(row).copied().unwrap_or(0);
            let problem = format!("row 0 of the batch has {count} choices and row {row} has {other}; all need as many");
            return Err(Error::data("column \"input_ids\"", problem));
        }
        // All choices one after the other are a batch of texts; the shape comes back below.
        let (nested, flat): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|(_, field)| matches!(field, Field::Nested(_)));
        let texts = nested.into_iter().map(|(name, field)| match field {
            Field::Nested(rows) => (name, Field::IntLists(rows.concat())),
            other => (name, other),
        });
        let padded = self.padding.fields(texts.collect())?;
        let rows = padded.into_iter().map(|(name, field)| match field {
            Field::IntLists(texts) => (name, Field::Nested(texts.chunks(count.max(1)).map(<[_]>::to_vec).collect())),
            other => (name, other),
        });
        inputs(rows.chain(flat).collect())
    }
}
