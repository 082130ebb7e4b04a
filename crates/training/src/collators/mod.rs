//! Rows of different lengths → the tensors of a batch.
//!
//! | collator | for |
//! |---|---|
//! | [`DefaultDataCollator`] | rows that are all of one length |
//! | [`DataCollatorWithPadding`] | a label for each text |
//! | [`DataCollatorForTokenClassification`] | a label for each token |
//! | [`DataCollatorForSeq2Seq`] | a text for each text |
//! | [`DataCollatorForLanguageModeling`] | hidden or next tokens |
//! | [`DataCollatorForMultipleChoice`] | several texts to choose from |
//! | [`DataCollatorWithFlattening`] | texts one behind the other, without padding |
//!
//! Token ids and masks are `u32`, labels `i64` with −100 where there is nothing to learn, or `f32` where they are numbers.

mod default;
mod field;
mod flattening;
mod language_modeling;
mod masking;
mod multiple_choice;
mod padding;
mod seq2seq;
mod token_classification;

pub use default::DefaultDataCollator;
pub use flattening::DataCollatorWithFlattening;
pub use language_modeling::DataCollatorForLanguageModeling;
pub use multiple_choice::DataCollatorForMultipleChoice;
pub use padding::DataCollatorWithPadding;
pub use seq2seq::DataCollatorForSeq2Seq;
pub use token_classification::DataCollatorForTokenClassification;

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;

use crate::{AnyError, Error, Result};

/// The label of what is not to be learned.
pub const IGNORED: i64 = -100;

/// Makes a batch of rows into tensors.
///
/// A function from a [`Batch`] to [`ModelInputs`] is one as well.
pub trait DataCollator: Send + Sync {
    /// The tensors of these rows; what is random comes from `random`.
    ///
    /// # Errors
    /// [`Error::Data`] naming the column that is missing or does not fit.
    fn collate_with(&self, batch: &Batch, random: &mut Philox) -> Result<ModelInputs>;

    /// The tensors of these rows, to look at: `collator.collate(&data.head(8)?)?`.
    ///
    /// # Errors
    /// Those of [`collate_with`](Self::collate_with).
    fn collate(&self, batch: &Batch) -> Result<ModelInputs> {
        self.collate_with(batch, &mut Philox::new(0))
    }
}

impl<F: Fn(&Batch) -> Result<ModelInputs, AnyError> + Send + Sync> DataCollator for F {
    fn collate_with(&self, batch: &Batch, _: &mut Philox) -> Result<ModelInputs> {
        self(batch).map_err(Error::function("the collator"))
    }
}

#[cfg(test)]
mod tests;
