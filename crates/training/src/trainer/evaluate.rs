//! What the model makes of data that it does not learn from.

use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use course_datasets::Dataset;
use course_display::Progress;

use super::forward::number;
use super::{Moment, Trainer};
use crate::loader::DataLoader;
use crate::prediction::{EvalPrediction, PredictionOutput, concatenated};
use crate::{Error, Metrics, Result};

/// What is gathered over the batches.
#[derive(Default)]
struct Gathered {
    loss: f64,
    items: f64,
    predictions: Vec<Vec<Tensor>>,
    labels: Vec<(String, Vec<Tensor>)>,
}

impl Trainer {
    /// The loss on the evaluation data and what `compute_metrics` gives, logged as well.
    ///
    /// The loss is the mean over all labels, whatever the batches.
    ///
    /// # Errors
    /// [`Error::Data`] without evaluation data, [`Error::Function`] where `compute_metrics` fails.
    pub fn evaluate(&mut self) -> Result<Metrics> {
        let sets = self.eval_data.clone();
        if sets.is_empty() {
            return Err(Error::data(
                "evaluation",
                "there is no evaluation data; give the trainer some with `.eval_dataset(data)?`",
            ));
        }
        let mut all = Metrics::new();
        for (prefix, data) in &sets {
            let found = self.predictions(data, prefix, self.compute_metrics.is_none())?.metrics;
            found.iter().for_each(|(name, value)| all.set(name, value));
        }
        self.log(all.clone())?;
        self.fire(Moment::Evaluate, &all)?;
        Ok(all)
    }

    /// The logits and labels of any dataset, with loss and metrics where it has labels.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn predict(&mut self, data: &Dataset) -> Result<PredictionOutput> {
        let output = self.predictions(data, "test", false)?;
        let metrics = output.metrics.clone();
        self.fire(Moment::Predict, &metrics)?;
        Ok(output)
    }

    /// An evaluation of a few rows for [`doctor`](Self::doctor): nothing of it is shown, logged or told to callbacks.
    pub(crate) fn trial(&mut self, data: &Dataset, prefix: &str) -> Result<Metrics> {
        let quiet = std::mem::replace(&mut self.args.disable_tqdm, true);
        let callbacks = std::mem::take(&mut self.callbacks);
        let tried = self.predictions(data, prefix, self.compute_metrics.is_none());
        (self.args.disable_tqdm, self.callbacks) = (quiet, callbacks);
        Ok(tried?.metrics)
    }

    /// Runs a dataset through the model, without dropout and without a graph.
    fn predictions(&mut self, data: &Dataset, prefix: &str, loss_only: bool) -> Result<PredictionOutput> {
        let started = Instant::now();
        let parameters = self.model.parameters().clone();
        let was_training = parameters.is_training();
        parameters.set_training(false);
        let gathered = self.switched().and_then(|_switched| self.gather(data, loss_only));
        parameters.set_training(was_training);
        let (gathered, batches) = gathered?;
        let output = gathered.output()?;
        let mut metrics = Metrics::new();
        if gathered.items > 0.0 {
            metrics.set(format!("{prefix}_loss"), gathered.loss / gathered.items);
        }
        if let Some(compute) = self.compute_metrics.as_ref().filter(|_| !output.label_ids.is_empty()) {
            let found = compute(&output).map_err(Error::function("compute_metrics"))?;
            found.prefixed(prefix).iter().for_each(|(name, value)| metrics.set(name, value));
        }
        let seconds = started.elapsed().as_secs_f64();
        metrics.set(format!("{prefix}_runtime"), rounded(seconds));
        metrics.set(format!("{prefix}_samples_per_second"), rounded(data.len() as f64 / seconds));
        metrics.set(format!("{prefix}_steps_per_second"), rounded(batches as f64 / seconds));
        Ok(PredictionOutput { output, metrics })
    }

    fn gather(&mut self, data: &Dataset, loss_only: bool) -> Result<(Gathered, usize)> {
        let data = self.used_columns(data)?;
        let loader = DataLoader::new(&data, self.args.per_device_eval_batch_size)?;
        let order = loader.order(0);
        let batches = loader.len();
        let bar = (!self.args.disable_tqdm).then(|| Progress::new(batches as u64, "evaluating"));
        let mut gathered = Gathered::default();
        for number in 0..batches {
            let batch = loader.batch(&order, number)?;
            // The same random numbers in every evaluation: masked tokens are the same ones.
            let inputs = self.collate(&batch, &mut loader.random(0, number))?;
            let (items, labels) = (self.items(&inputs)?, self.labels(&inputs));
            let inputs = self.placed(inputs)?.loss_only(loss_only);
            let (loss, predictions) = if self.args.predict_with_generate && !loss_only {
                let (loss, written) = self.written(&inputs)?;
                (loss, vec![written])
            } else {
                let output = self.model.parameters().no_grad(|| self.model.forward(&inputs))?;
                (output.loss.clone(), output.predictions())
            };
            gathered.add_loss(loss.as_ref(), items)?;
            if !loss_only {
                let kept = predictions.into_iter().map(|logits| self.kept(&logits));
                gathered.add(kept.collect::<Result<_>>()?, labels);
            }
            bar.as_ref().map_or_else(course_wire::interrupt::check, |bar| bar.inc(1))?;
            self.fire(Moment::PredictionStep, &Metrics::new())?;
        }
        Ok((gathered, batches))
    }

    /// What is kept of a batch's logits.
    fn kept(&self, logits: &Tensor) -> Result<Tensor> {
        let logits = match &self.preprocess {
            Some(preprocess) => preprocess(logits).map_err(Error::function("preprocess_logits_for_metrics"))?,
            None => logits.clone(),
        };
        // As in Python: what is measured is f32, whatever the model computes in.
        let half = matches!(logits.dtype(), DType::BF16 | DType::F16);
        let logits = if half { logits.to_dtype(DType::F32)? } else { logits };
        Ok(logits.detach().to_device(&Device::Cpu)?)
    }
}

impl Gathered {
    fn add_loss(&mut self, loss: Option<&Tensor>, items: f64) -> Result<()> {
        // The mean over no label is no number.
        if let Some(loss) = loss.filter(|_| items > 0.0) {
            self.loss += number(loss)? * items;
            self.items += items;
        }
        Ok(())
    }

    fn add(&mut self, predictions: Vec<Tensor>, labels: Vec<(String, Tensor)>) {
        self.predictions.resize(predictions.len(), Vec::new());
        self.predictions.iter_mut().zip(predictions).for_each(|(all, one)| all.push(one));
        for (name, tensor) in labels {
            match self.labels.iter_mut().find(|(known, _)| *known == name) {
                Some((_, all)) => all.push(tensor),
                None => self.labels.push((name, vec![tensor])),
            }
        }
    }

    fn output(&self) -> Result<EvalPrediction> {
        let predictions = self.predictions.iter().filter_map(|batches| concatenated(batches).transpose());
        let named = |(name, batches): &(String, Vec<Tensor>)| {
            concatenated(batches).transpose().map(|all| all.map(|all| (name.clone(), all)))
        };
        Ok(EvalPrediction {
            predictions: predictions.collect::<Result<_>>()?,
            label_ids: self.labels.iter().filter_map(named).collect::<Result<_>>()?,
        })
    }
}

/// To three places, for times and rates.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
