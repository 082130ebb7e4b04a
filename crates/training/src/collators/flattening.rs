//! Texts one behind the other in a single row: nothing is padded.

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;

use super::field::{Field, fields, whole};
use super::{DataCollator, IGNORED};
use crate::{Error, Result};

/// Puts the texts of a batch into one row; `position_ids` begin anew with each, and the first token of each is no label.
///
/// The model must keep the texts apart by their positions, or they read one another.
#[derive(Debug, Clone, Default)]
pub struct DataCollatorWithFlattening {
    first_position: i64,
    sequence_numbers: bool,
}

impl DataCollatorWithFlattening {
    /// Positions from 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// The position of the first token: RoBERTa and its like begin behind their padding token, usually at 2.
    #[must_use]
    pub fn position_ids_start(mut self, position: u32) -> Self {
        self.first_position = i64::from(position);
        self
    }

    /// Adds `seq_idx`, the number of the text each token belongs to.
    #[must_use]
    pub fn return_seq_idx(mut self, on: bool) -> Self {
        self.sequence_numbers = on;
        self
    }
}

impl DataCollator for DataCollatorWithFlattening {
    fn collate_with(&self, batch: &Batch, _: &mut Philox) -> Result<ModelInputs> {
        let fields = fields(batch)?;
        let lists = |wanted: &str| {
            fields.iter().find_map(|(name, field)| match field {
                Field::IntLists(rows) if name == wanted => Some(rows),
                _ => None,
            })
        };
        let ids =
            lists("input_ids").ok_or_else(|| Error::data("column \"input_ids\"", "it holds no lists of token ids"))?;
        let labels = lists("labels").unwrap_or(ids);
        let texts = || ids.iter().zip(labels).filter(|(ids, _)| !ids.is_empty());
        if texts().next().is_none() {
            return Err(Error::data("column \"input_ids\"", "every text of the batch is empty"));
        }
        let all: Vec<i64> = texts().flat_map(|(ids, _)| ids.iter().copied()).collect();
        let learned = texts()
            .flat_map(|(_, labels)| std::iter::once(IGNORED).chain(labels.iter().skip(1).copied()).take(labels.len()));
        let learned: Vec<i64> = learned.collect();
        let positions = texts().flat_map(|(ids, _)| (0..ids.len()).map(|index| self.first_position + index as i64));
        let shape = [1, all.len()];
        let inputs = ModelInputs::new()
            .with("position_ids", whole("position_ids", positions.collect(), &shape)?)
            .with("labels", whole("labels", learned, &shape)?);
        let inputs = match self.sequence_numbers {
            true => {
                let numbers = texts().enumerate().flat_map(|(text, (ids, _))| vec![text as i64; ids.len()]);
                inputs.with("seq_idx", whole("seq_idx", numbers.collect(), &shape)?)
            }
            false => inputs,
        };
        Ok(inputs.with("input_ids", whole("input_ids", all, &shape)?))
    }
}
