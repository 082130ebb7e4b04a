//! The losses of the heads, as Python's transformers compute them.

use candle_core::{DType, Tensor};

use super::{Labels, ModelInputs, ProblemType};
use crate::nn::{LossOptions, cross_entropy};
use crate::{Error, Result};

/// The label of what does not count.
const IGNORED: i64 = -100;

/// Of `logits`, `(batch, classes)`, and `labels` of one number, one class or several classes a row; `None` without labels.
pub(super) fn of_sequences(logits: &Tensor, inputs: &ModelInputs, labels: &Labels) -> Result<Option<Tensor>> {
    let Some(targets) = inputs.get("labels") else { return Ok(None) };
    let (rows, classes) = logits.dims2()?;
    // A loss is summed up in f32, whatever the model computes in.
    let half = matches!(logits.dtype(), DType::BF16 | DType::F16);
    let logits = &if half { logits.to_dtype(DType::F32)? } else { logits.clone() };
    let problem = labels.problem_type.unwrap_or(match targets.dtype() {
        _ if classes == 1 => ProblemType::Regression,
        dtype if dtype.is_int() && targets.rank() == 1 => ProblemType::SingleLabelClassification,
        _ => ProblemType::MultiLabelClassification,
    });
    let numbers = |shape: &[usize]| {
        let fits = targets.elem_count() == shape.iter().product::<usize>();
        let problem = || {
            Error::input("labels", format!("has shape {:?}, but {shape:?} is needed for {rows} rows", targets.dims()))
        };
        if fits { Ok(targets.to_dtype(logits.dtype())?.reshape(shape)?) } else { Err(problem()) }
    };
    match problem {
        ProblemType::SingleLabelClassification => of_classes(logits, targets, inputs).map(Some),
        ProblemType::Regression => {
            let errors = (logits - numbers(&[rows, classes])?)?.sqr()?;
            reduced(&errors, inputs).map(Some)
        }
        ProblemType::MultiLabelClassification => {
            // −y·log σ(x) − (1 − y)·log(1 − σ(x)), without an exponential that can overflow.
            let softplus = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
            let losses = ((logits.relu()? - (logits * numbers(&[rows, classes])?)?)? + softplus)?;
            reduced(&losses, inputs).map(Some)
        }
    }
}

/// Of `logits`, `(batch, length, classes)`, and a class a token; −100 does not count.
pub(super) fn of_tokens(logits: &Tensor, inputs: &ModelInputs) -> Result<Option<Tensor>> {
    let Some(targets) = inputs.get("labels") else { return Ok(None) };
    let (rows, length, classes) = logits.dims3()?;
    if targets.dims() != [rows, length] {
        let problem = format!(
            "has shape {:?}, but ({rows}, {length}) is needed: one class a token, −100 for none",
            targets.dims()
        );
        return Err(Error::input("labels", problem));
    }
    of_classes(&logits.reshape((rows * length, classes))?, &targets.flatten_all()?, inputs).map(Some)
}

/// Of the logits of where an answer starts and where it ends, `(batch, length)` each, with `start_positions` and `end_positions`.
pub(super) fn of_spans(start: &Tensor, end: &Tensor, inputs: &ModelInputs) -> Result<Option<Tensor>> {
    let (Some(starts), Some(ends)) = (inputs.get("start_positions"), inputs.get("end_positions")) else {
        return Ok(None);
    };
    let length = start.dim(1)? as i64;
    // An answer outside the text that was kept does not count.
    let inside = |positions: &Tensor| -> Result<Tensor> {
        let positions = positions.flatten_all()?.to_dtype(DType::I64)?;
        let kept = positions.to_vec1::<i64>()?.into_iter().map(|at| if at < length { at.max(0) } else { IGNORED });
        Ok(Tensor::from_iter(kept, positions.device())?)
    };
    let of = |logits: &Tensor, positions| cross_entropy(logits, &inside(positions)?, &options(inputs));
    Ok(Some(((of(start, starts)? + of(end, ends)?)? / 2.0)?))
}

/// Of rows of logits, `(rows, classes)`, and one class each.
pub(super) fn of_classes(logits: &Tensor, targets: &Tensor, inputs: &ModelInputs) -> Result<Tensor> {
    let targets = whole_numbers(targets)?.flatten_all()?;
    let (rows, classes) = logits.dims2()?;
    if targets.elem_count() != rows {
        return Err(Error::input(
            "labels",
            format!("has {} numbers, but there are {rows} rows to judge", targets.elem_count()),
        ));
    }
    check_range(&targets, classes)?;
    cross_entropy(logits, &targets, &options(inputs))
}

/// Labels as `i64`; a number with a fraction is no class.
pub(super) fn whole_numbers(labels: &Tensor) -> Result<Tensor> {
    if !labels.dtype().is_int() {
        let problem = format!("holds {:?}, but classes and tokens are whole numbers: use I64", labels.dtype());
        return Err(Error::input("labels", problem));
    }
    Ok(labels.to_dtype(DType::I64)?)
}

/// The first label that is no class, where looking at them stalls nothing.
fn outside(targets: &Tensor, classes: usize) -> Result<Option<i64>> {
    if !targets.device().is_cpu() {
        return Ok(None);
    }
    let outside = |label: &i64| *label != IGNORED && !(0..classes as i64).contains(label);
    Ok(targets.to_vec1::<i64>()?.into_iter().find(outside))
}

/// Every label must be a token.
pub(super) fn check_tokens(targets: &Tensor, vocabulary: usize) -> Result<()> {
    match outside(targets, vocabulary)? {
        None => Ok(()),
        Some(label) => Err(Error::input(
            "labels",
            format!(
                "holds the id {label}, but the vocabulary ends at {} (and −100 is for what does not count); was the text encoded for \
                 another model?",
                vocabulary.saturating_sub(1)
            ),
        )),
    }
}

/// Every label must be a class.
fn check_range(targets: &Tensor, classes: usize) -> Result<()> {
    match outside(targets, classes)? {
        None => Ok(()),
        Some(label) => Err(Error::input(
            "labels",
            format!(
                "holds {label}, but the model has {classes} classes, 0 to {} (and −100 for what does not count); load it with \
                 `.num_labels({})` or map the labels",
                classes.saturating_sub(1),
                (label.max(0) + 1).max(classes as i64 + 1)
            ),
        )),
    }
}

/// The mean over what counts, or the sum divided by what the inputs say.
pub(super) fn options(inputs: &ModelInputs) -> LossOptions {
    LossOptions::new().num_items(inputs.num_items)
}

/// The same of losses that are there already.
fn reduced(losses: &Tensor, inputs: &ModelInputs) -> Result<Tensor> {
    match inputs.num_items {
        Some(items) if items > 0.0 => Ok((losses.sum_all()? / items)?),
        Some(_) => Ok(losses.sum_all()?),
        None => Ok(losses.mean_all()?),
    }
}
