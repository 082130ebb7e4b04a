//! What a model says of a dataset, beside what is right.

use candle_core::{D, DType, Device, Tensor};
use course_display::{Bundle, Rich, Table};
use course_tokenization::Tokenizer;

use crate::collators::IGNORED;
use crate::{Error, Metrics, Result};

/// Predictions of a whole dataset and the labels that belong to them: what `compute_metrics` is given.
#[derive(Debug, Clone)]
pub struct EvalPrediction {
    /// The logits, (rows, …); two tensors for question answering: start and end. With `predict_with_generate` the ids of what was written,
    /// (rows, length).
    pub predictions: Vec<Tensor>,
    /// The labels by name, mostly one tensor.
    pub label_ids: Vec<(String, Tensor)>,
}

impl EvalPrediction {
    /// The logits, (rows, classes) or (rows, length, classes); where lengths differ, rows are filled up with −100.
    ///
    /// # Errors
    /// [`Error::Data`] where the model gave none.
    pub fn logits(&self) -> Result<&Tensor> {
        self.predictions.first().ok_or_else(|| Error::data("the predictions", "there are none"))
    }

    /// The labels, (rows) or (rows, length).
    ///
    /// # Errors
    /// [`Error::Data`] where the dataset has none.
    pub fn labels(&self) -> Result<&Tensor> {
        let first = self.label_ids.first().map(|(_, labels)| labels);
        first.ok_or_else(|| Error::data("the labels", "the dataset has no column of labels"))
    }

    /// The class with the greatest logit of every row, or of every token one after the other.
    ///
    /// # Errors
    /// [`Error::Data`], [`Error::Tensor`].
    pub fn predicted(&self) -> Result<Vec<i64>> {
        // Where only the classes were kept, they are whole numbers already.
        let logits = self.logits()?;
        let classes = if logits.dtype().is_int() { logits.clone() } else { logits.argmax(D::Minus1)? };
        Ok(classes.flatten_all()?.to_dtype(DType::I64)?.to_vec1()?)
    }

    /// The label of every row, or of every token one after the other.
    ///
    /// # Errors
    /// [`Error::Data`], [`Error::Tensor`].
    pub fn references(&self) -> Result<Vec<i64>> {
        Ok(self.labels()?.flatten_all()?.to_dtype(DType::I64)?.to_vec1()?)
    }

    /// For each row the ids of the tokens that were written and of those that should have been, without −100. Where there are logits, the likeliest
    /// token of each place counts as written.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no text for each row.
    pub fn token_ids(&self) -> Result<(Rows, Rows)> {
        let rows = |what: &str, tensor: &Tensor, ids: Vec<i64>| -> Result<Rows> {
            let &[_, length, ..] = tensor.dims() else {
                return Err(Error::data(
                    what,
                    format!("their shape is {:?}; texts have (rows, length)", tensor.dims()),
                ));
            };
            let text = |row: &[i64]| row.iter().copied().filter(|id| *id != IGNORED).collect();
            Ok(ids.chunks(length.max(1)).map(text).collect())
        };
        let (logits, labels) = (self.logits()?, self.labels()?);
        if !matches!((logits.rank(), logits.dtype().is_int()), (2, true) | (3, false)) {
            let problem = format!("they are no texts, their shape is {:?}; set predict_with_generate", logits.dims());
            return Err(Error::data("the predictions", problem));
        }
        Ok((rows("the predictions", logits, self.predicted()?)?, rows("the labels", labels, self.references()?)?))
    }

    /// For each row the text that was written and the one that should have been, without special tokens.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no text for each row, [`Error::Tokenizer`] for ids of another vocabulary.
    pub fn texts(&self, tokenizer: &Tokenizer) -> Result<(Vec<String>, Vec<String>)> {
        let (written, right) = self.token_ids()?;
        let text = |row: &Vec<i64>| -> Result<String> {
            let id = |id: &i64| {
                u32::try_from(*id).map_err(|_| Error::data("the token ids", format!("{id} is none; ids begin at 0")))
            };
            Ok(tokenizer.decode(&row.iter().map(id).collect::<Result<Vec<u32>>>()?)?)
        };
        let texts = |rows: &Rows| rows.iter().map(text).collect::<Result<Vec<String>>>();
        Ok((texts(&written)?, texts(&right)?))
    }

    /// For each row the predicted classes and the labels of its tokens, without those labelled −100.
    ///
    /// # Errors
    /// [`Error::Data`] where the labels are not (rows, length).
    pub fn tokens(&self) -> Result<(Rows, Rows)> {
        let labels = self.labels()?;
        let (_, length) = labels.dims2().map_err(|_| {
            Error::data("the labels", format!("their shape is {:?}; tokens have (rows, length)", labels.dims()))
        })?;
        let (predicted, labels) = (self.predicted()?, self.references()?);
        let rows = predicted.chunks(length.max(1)).zip(labels.chunks(length.max(1)));
        Ok(rows
            .map(|(predicted, labels)| {
                predicted.iter().zip(labels).filter(|(_, label)| **label != IGNORED).map(|(p, l)| (*p, *l)).unzip()
            })
            .unzip())
    }
}

/// Classes of tokens, a list for each row.
pub type Rows = Vec<Vec<i64>>;

/// What [`Trainer::predict`](crate::Trainer::predict) gives.
#[derive(Debug, Clone)]
pub struct PredictionOutput {
    /// Predictions and labels.
    pub output: EvalPrediction,
    /// Loss and metrics where there are labels, and times.
    pub metrics: Metrics,
}

impl std::ops::Deref for PredictionOutput {
    type Target = EvalPrediction;

    fn deref(&self) -> &EvalPrediction {
        &self.output
    }
}

impl Rich for PredictionOutput {
    /// The shapes of what was predicted, and the metrics.
    fn rich(&self) -> Bundle {
        let mut table = Table::new(["", ""]);
        for (place, tensor) in self.output.predictions.iter().enumerate() {
            let name = if place == 0 { "predictions".to_owned() } else { format!("predictions {place}") };
            table = table.row((name, format!("{:?}", tensor.dims())));
        }
        for (name, tensor) in &self.output.label_ids {
            table = table.row((name, format!("{:?}", tensor.dims())));
        }
        self.metrics.iter().fold(table, |table, (name, value)| table.row((name, value))).rich()
    }
}

impl std::fmt::Display for PredictionOutput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}

/// Tensors of batches one after the other: rows of different lengths are filled up with −100 to the longest.
pub(crate) fn concatenated(batches: &[Tensor]) -> Result<Option<Tensor>> {
    let Some(first) = batches.first() else { return Ok(None) };
    if first.rank() < 2 {
        return Ok(Some(Tensor::cat(batches, 0)?));
    }
    let longest = batches.iter().filter_map(|batch| batch.dims().get(1)).max().copied().unwrap_or(0);
    let filled = batches.iter().map(|batch| {
        let mut rest = batch.dims().to_vec();
        let Some(length) = rest.get_mut(1).filter(|length| **length < longest) else { return Ok(batch.clone()) };
        *length = longest - *length;
        let fill = Tensor::full(IGNORED as f32, rest, &Device::Cpu)?.to_dtype(batch.dtype())?;
        Ok(Tensor::cat(&[batch, &fill], 1)?)
    });
    Ok(Some(Tensor::cat(&filled.collect::<Result<Vec<_>>>()?, 0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_tokens_without_what_does_not_count() {
        let short = Tensor::new(&[[[1f32, 0.0], [0.0, 1.0]]], &Device::Cpu).unwrap();
        let long = Tensor::new(&[[[0f32, 1.0], [1.0, 0.0], [0.0, 1.0]]], &Device::Cpu).unwrap();
        let predictions = concatenated(&[short, long]).unwrap().unwrap();
        assert_eq!(predictions.dims(), [2, 3, 2]);
        let labels =
            [Tensor::new(&[[0i64, -100]], &Device::Cpu).unwrap(), Tensor::new(&[[1i64, 1, 0]], &Device::Cpu).unwrap()];
        let labels = concatenated(&labels).unwrap().unwrap();
        assert_eq!(labels.to_vec2::<i64>().unwrap(), [[0, -100, -100], [1, 1, 0]]);
        let all = EvalPrediction { predictions: vec![predictions], label_ids: vec![("labels".to_owned(), labels)] };
        assert_eq!(all.tokens().unwrap(), (vec![vec![0], vec![1, 0, 1]], vec![vec![0], vec![1, 1, 0]]));
        assert_eq!(all.predicted().unwrap().len(), 6);
        let none = EvalPrediction { predictions: vec![], label_ids: vec![] };
        assert!(none.labels().is_err() && none.logits().is_err() && none.tokens().is_err());
    }
}
