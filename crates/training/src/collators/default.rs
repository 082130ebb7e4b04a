//! Rows that are all of one length already.

use course_datasets::Batch;
use course_models::Philox;
use course_models::architectures::ModelInputs;

use super::DataCollator;
use super::field::fields;
use crate::Result;

/// Stacks the columns of numbers; lists must be of one length.
///
/// ```
/// use course_datasets::batch;
/// use course_training::collators::{DataCollator, DefaultDataCollator};
///
/// let inputs = DefaultDataCollator.collate(&batch! { "input_ids" => [[1, 2], [3, 4]].map(Vec::from), "label" => [0, 1] })?;
/// assert_eq!(inputs.get("input_ids").unwrap().dims(), [2, 2]);
/// assert_eq!(inputs.get("labels").unwrap().to_vec1::<i64>()?, [0, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultDataCollator;

impl DataCollator for DefaultDataCollator {
    fn collate_with(&self, batch: &Batch, _: &mut Philox) -> Result<ModelInputs> {
        let mut inputs = ModelInputs::new();
        for (name, field) in fields(batch)? {
            inputs.set(name.as_str(), field.tensor(&name)?);
        }
        Ok(inputs)
    }
}
