//! From a batch to a loss: which inputs the model gets, how many labels count, what a window of batches is divided by.

use candle_core::{DType, Tensor};
use course_datasets::Dataset;
use course_models::architectures::ModelInputs;
use course_models::nn::{LossOptions, cross_entropy};

use super::Trainer;
use crate::collators::IGNORED;
use crate::{Error, Result};

/// What labels are called unless `label_names` says otherwise.
const LABELS: [&str; 3] = ["labels", "start_positions", "end_positions"];

impl Trainer {
    /// Whether the labels of a text are its own tokens, moved by one: their first is never predicted.
    pub(crate) fn is_causal(&self) -> bool {
        let architecture = self.model.architecture();
        architecture.ends_with("ForCausalLM") || architecture.ends_with("LMHeadModel")
    }

    /// The columns that the model does not look at are left out before they are read: texts, mostly.
    pub(crate) fn used_columns(&self, data: &Dataset) -> Result<Dataset> {
        if !self.args.remove_unused_columns || self.collator.is_some() {
            return Ok(data.clone());
        }
        let names = self.model.input_names();
        let helpers = ["label", "label_ids", "length"];
        let used = |name: &&str| {
            names.contains(name) || helpers.contains(name) || self.args.label_names.iter().any(|known| known == name)
        };
        let kept: Vec<&str> = data.features().names().filter(|name| used(name)).collect();
        if kept.iter().all(|name| helpers.contains(name) || LABELS.contains(name)) {
            let columns = data.column_names();
            return Err(Error::data(
                "the dataset",
                format!(
                    "the model {} looks at {names:?}, and the columns are {columns:?}; tokenize the texts, or set remove_unused_columns to false",
                    self.model.architecture()
                ),
            ));
        }
        Ok(data.select_columns(kept)?)
    }

    /// The tensors that the model looks at, on its device.
    pub(crate) fn placed(&self, inputs: ModelInputs) -> Result<ModelInputs> {
        let inputs = match self.args.remove_unused_columns {
            true => inputs.select_names(self.model.input_names()),
            false => inputs,
        };
        Ok(inputs.to_device(self.model.parameters().device())?)
    }

    /// The labels of a batch, with their names.
    pub(crate) fn labels(&self, inputs: &ModelInputs) -> Vec<(String, Tensor)> {
        let own = self.args.label_names.iter().map(String::as_str);
        let names: Vec<&str> = if self.args.label_names.is_empty() { LABELS.to_vec() } else { own.collect() };
        names.iter().filter_map(|name| Some(((*name).to_owned(), inputs.get(name)?.clone()))).collect()
    }

    /// How many labels of a batch count in its loss.
    pub(crate) fn items(&self, inputs: &ModelInputs) -> Result<f64> {
        let rows = inputs.rows() as f64;
        let Some(labels) = inputs.get("labels") else { return Ok(rows) };
        if labels.dtype().is_float() {
            return Ok(labels.elem_count() as f64);
        }
        let labels = match (self.is_causal(), labels.dims()) {
            (true, &[_, length]) if length > 0 => labels.narrow(1, 1, length - 1)?,
            _ => labels.clone(),
        };
        let labels = labels.flatten_all()?.to_dtype(DType::I64)?.to_vec1::<i64>()?;
        Ok(labels.iter().filter(|label| **label != IGNORED).count() as f64)
    }

    /// The loss of a batch as its part of a window with `items` labels.
    pub(crate) fn training_loss(&self, inputs: ModelInputs, items: f64) -> Result<Tensor> {
        // Batches without any label that counts are possible where tokens are masked at random.
        let items = items.max(1.0);
        if self.args.label_smoothing_factor > 0.0 && inputs.get("labels").is_some_and(|labels| labels.dtype().is_int())
        {
            return self.smoothed_loss(inputs, items);
        }
        let inputs = inputs.num_items(items).loss_only(true);
        self.model.forward(&inputs)?.loss.ok_or_else(|| {
            let names: Vec<&str> = inputs.names().collect();
            let wanted = self.model.input_names();
            let model = self.model.architecture();
            let problem =
                format!("{model} gave no loss for {names:?}; it looks at {wanted:?}, the labels must be among them");
            Error::data("the batch", problem)
        })
    }

    /// Cross-entropy against labels of which a share goes to all classes alike.
    fn smoothed_loss(&self, inputs: ModelInputs, items: f64) -> Result<Tensor> {
        let labels = inputs.get("labels").cloned();
        let logits = self.model.forward(&inputs.num_items(items))?.logits;
        let Some(mut labels) = labels else { return Err(Error::data("the batch", "it has no labels")) };
        let mut logits = logits;
        if let (true, &[_, length]) = (self.is_causal(), labels.dims())
            && length > 1
        {
            logits = logits.narrow(1, 0, length - 1)?;
            labels = labels.narrow(1, 1, length - 1)?;
        }
        let options = LossOptions::new().label_smoothing(self.args.label_smoothing_factor).num_items(items);
        let classes = logits.dims().last().copied().unwrap_or(1);
        let logits = logits.contiguous()?.reshape(((), classes))?;
        Ok(cross_entropy(&logits, &labels.flatten_all()?, &options)?)
    }
}

/// A loss as a number.
pub(crate) fn number(loss: &Tensor) -> Result<f64> {
    Ok(loss.to_dtype(DType::F64)?.to_scalar::<f64>()?)
}
