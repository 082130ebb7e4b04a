//! Filling rows up to the longest of the batch.

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;
use course_tokenization::{Side, Tokenizer};

use super::field::{Field, fields};
use super::{DataCollator, IGNORED};
use crate::{Error, Result};

/// How rows are filled up: with what, on which side, to which length.
#[derive(Debug, Clone)]
pub(super) struct Padding {
    pub(super) pad_id: i64,
    pub(super) left: bool,
    pub(super) multiple: Option<usize>,
    pub(super) length: Option<usize>,
}

impl Padding {
    pub(super) fn of(tokenizer: &Tokenizer) -> Result<Self> {
        let pad_id = tokenizer.pad_token_id().ok_or_else(|| {
            let hint = "give it one: `tokenizer.with_pad_token(…)`, for GPT-2 usually its end-of-text token";
            Error::data(format!("the tokenizer {}", tokenizer.name()), format!("it has no padding token; {hint}"))
        })?;
        let left = tokenizer.padding_side() == Side::Left;
        Ok(Self { pad_id: i64::from(pad_id), left, multiple: None, length: None })
    }

    /// The length of rows of which the longest has `longest`.
    pub(super) fn length(&self, longest: usize) -> usize {
        let length = self.length.unwrap_or(0).max(longest);
        self.multiple.filter(|multiple| *multiple > 0).map_or(length, |multiple| length.next_multiple_of(multiple))
    }

    pub(super) fn fill(&self, row: &[i64], length: usize, with: i64) -> Vec<i64> {
        let rest = std::iter::repeat_n(with, length.saturating_sub(row.len()));
        match self.left {
            true => rest.chain(row.iter().copied()).collect(),
            false => row.iter().copied().chain(rest).collect(),
        }
    }

    /// Fills the columns that are as long as the ids, and adds an attention mask where there is none.
    pub(super) fn fields(&self, mut fields: Vec<(String, Field)>) -> Result<Vec<(String, Field)>> {
        let Some(ids) = fields.iter().find_map(|(name, field)| match field {
            Field::IntLists(rows) if name == "input_ids" => Some(rows),
            _ => None,
        }) else {
            let names: Vec<&String> = fields.iter().map(|(name, _)| name).collect();
            let problem =
                format!("there is no column input_ids of token ids, only {names:?}; tokenize the texts first");
            return Err(Error::data("the batch", problem));
        };
        let lengths: Vec<usize> = ids.iter().map(Vec::len).collect();
        let length = self.length(lengths.iter().copied().max().unwrap_or(0));
        if !fields.iter().any(|(name, _)| name == "attention_mask") {
            let ones = lengths.iter().map(|&length| vec![1; length]).collect();
            let place = fields.iter().position(|(name, _)| name == "input_ids").map_or(0, |place| place + 1);
            fields.insert(place, ("attention_mask".to_owned(), Field::IntLists(ones)));
        }
        for (name, field) in &mut fields {
            let Field::IntLists(rows) = field else { continue };
            if !rows.iter().map(Vec::len).eq(lengths.iter().copied()) {
                continue;
            }
            let with = match name.as_str() {
                "input_ids" => self.pad_id,
                "labels" => IGNORED,
                "special_tokens_mask" => 1,
                _ => 0,
            };
            rows.iter_mut().for_each(|row| *row = self.fill(row, length, with));
        }
        Ok(fields)
    }
}

pub(super) fn inputs(fields: Vec<(String, Field)>) -> Result<ModelInputs> {
    let mut inputs = ModelInputs::new();
    for (name, field) in fields {
        inputs.set(name.as_str(), field.tensor(&name)?);
    }
    Ok(inputs)
}

/// The setters that all collators which pad have.
macro_rules! padding_setters {
    ($type:ty) => {
        impl $type {
            /// Fills up to a multiple of this length.
            #[must_use]
            pub fn pad_to_multiple_of(mut self, multiple: usize) -> Self {
                self.padding.multiple = Some(multiple);
                self
            }

            /// Fills up to at least this length, the same for every batch.
            #[must_use]
            pub fn max_length(mut self, tokens: usize) -> Self {
                self.padding.length = Some(tokens);
                self
            }
        }
    };
}
pub(super) use padding_setters;

/// Fills the texts of a batch up to its longest; `label` becomes `labels`.
#[derive(Debug, Clone)]
pub struct DataCollatorWithPadding {
    padding: Padding,
}

padding_setters!(DataCollatorWithPadding);

impl DataCollatorWithPadding {
    /// Pads with the tokenizer's padding token, on its side.
    ///
    /// # Errors
    /// [`Error::Data`] where the tokenizer has none.
    pub fn new(tokenizer: &Tokenizer) -> Result<Self> {
        Ok(Self { padding: Padding::of(tokenizer)? })
    }
}

impl DataCollator for DataCollatorWithPadding {
    fn collate_with(&self, batch: &Batch, _: &mut Philox) -> Result<ModelInputs> {
        inputs(self.padding.fields(fields(batch)?)?)
    }
}
