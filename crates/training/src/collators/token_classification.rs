//! A label for each token.

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;
use course_tokenization::Tokenizer;

use super::DataCollator;
use super::field::{Field, fields};
use super::padding::{Padding, inputs, padding_setters};
use crate::{Error, Result};

/// Fills up texts and the labels of their tokens, the labels with −100, which the loss leaves out.
#[derive(Debug, Clone)]
pub struct DataCollatorForTokenClassification {
    padding: Padding,
}

padding_setters!(DataCollatorForTokenClassification);

impl DataCollatorForTokenClassification {
    /// Pads with the tokenizer's padding token, on its side.
    ///
    /// # Errors
    /// [`Error::Data`] where the tokenizer has none.
    pub fn new(tokenizer: &Tokenizer) -> Result<Self> {
        Ok(Self { padding: Padding::of(tokenizer)? })
    }
}

impl DataCollator for DataCollatorForTokenClassification {
    fn collate_with(&self, batch: &Batch, _: &mut Philox) -> Result<ModelInputs> {
        let fields = fields(batch)?;
        let lists = |wanted: &str| {
            fields.iter().find_map(|(name, field)| match field {
                Field::IntLists(rows) if name == wanted => Some(rows),
                _ => None,
            })
        };
        if let (Some(ids), Some(labels)) = (lists("input_ids"), lists("labels"))
            && let Some((row, (ids, labels))) =
                ids.iter().zip(labels).enumerate().find(|(_, (ids, labels))| ids.len() != labels.len())
        {
            let (tokens, labels) = (ids.len(), labels.len());
            return Err(Error::data(
                "column \"labels\"",
                format!(
                    "row {row} of the batch has {labels} labels for {tokens} tokens; align the labels of words with their tokens first"
                ),
            ));
        }
        inputs(self.padding.fields(fields)?)
    }
}
