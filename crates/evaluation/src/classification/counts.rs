//! Classes as places in a sorted list, and how often each was predicted, was there, and both.

use crate::{Error, Inputs, Result, Values};

/// The classes of all examples: `predictions[i]` and `references[i]` are places in `names`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Classes {
    /// The classes that occur, in order of number or name.
    pub names: Vec<String>,
    pub predictions: Vec<usize>,
    pub references: Vec<usize>,
}

impl Classes {
    pub fn of(inputs: &Inputs<'_>) -> Result<Self> {
        inputs.check_lengths()?;
        if let (Values::Texts(predictions), Values::Texts(references)) = (inputs.predictions, inputs.references) {
            return Ok(Self::sorted(predictions, references, String::clone));
        }
        let predictions = numbers(inputs, "predictions", inputs.predictions)?;
        let references = numbers(inputs, "references", inputs.references)?;
        Ok(Self::sorted(&predictions, &references, i64::to_string))
    }

    fn sorted<T: Ord>(predictions: &[T], references: &[T], name: impl Fn(&T) -> String) -> Self {
        let mut known: Vec<&T> = predictions.iter().chain(references).collect();
        known.sort();
        known.dedup();
        let places = |all: &[T]| all.iter().map(|one| known.partition_point(|class| *class < one)).collect();
        let (predictions, references) = (places(predictions), places(references));
        Self { names: known.into_iter().map(name).collect(), predictions, references }
    }

    /// The pairs of prediction and reference.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.predictions.iter().copied().zip(self.references.iter().copied())
    }

    /// The counts of each class, in order; examples without a weight count once.
    pub fn counts(&self, weights: &[f64]) -> Vec<Counts> {
        let mut counts: Vec<Counts> =
            self.names.iter().map(|name| Counts { class: name.clone(), ..Counts::default() }).collect();
        for (row, (prediction, reference)) in self.pairs().enumerate() {
            let weight = weights.get(row).copied().unwrap_or(1.0);
            if let Some(class) = counts.get_mut(prediction) {
                class.predicted += weight;
                class.right += if prediction == reference { weight } else { 0.0 };
            }
            if let Some(class) = counts.get_mut(reference) {
                class.actual += weight;
            }
        }
        counts
    }
}

/// Class numbers; floats that are whole count as such.
fn numbers(inputs: &Inputs<'_>, side: &'static str, values: &Values) -> Result<Vec<i64>> {
    const WANTED: &str = "a class each, by number or name, and both sides alike";
    match values {
        Values::Labels(labels) => Ok(labels.clone()),
        Values::Numbers(numbers) if numbers.iter().all(|number| number.fract() == 0.0) => {
            Ok(numbers.iter().map(|&number| number as i64).collect())
        }
        Values::Numbers(_) => {
            Err(inputs.kind(side, WANTED, Some("these have fractions; decide first, as with `probability > 0.5`")))
        }
        Values::NumberLists(_) => {
            let help = "these look like logits; the class with the highest is `logits.argmax(D::Minus1)?`";
            Err(inputs.kind(side, WANTED, Some(help)))
        }
        _ => Err(inputs.kind(side, WANTED, None)),
    }
}

/// What is counted of one class; weights of examples make it fractions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counts {
    /// The class, by number or name.
    pub class: String,
    /// How often it was predicted and right (TP).
    pub right: f64,
    /// How often it was predicted (TP + FP).
    pub predicted: f64,
    /// How often it is the reference (TP + FN).
    pub actual: f64,
}

/// The counts of each class, in order; lists of 0 and 1 are sets of labels, each label a class.
pub(crate) fn counts(inputs: &Inputs<'_>, weights: &[f64]) -> Result<Vec<Counts>> {
    if let (Values::LabelLists(predictions), Values::LabelLists(references)) = (inputs.predictions, inputs.references) {
        return of_sets(inputs, predictions, references, weights);
    }
    let classes = Classes::of(inputs)?;
    check_weights(inputs, weights, classes.predictions.len())?;
    Ok(classes.counts(weights))
}

fn of_sets(
    inputs: &Inputs<'_>,
    predictions: &[Vec<i64>],
    references: &[Vec<i64>],
    weights: &[f64],
) -> Result<Vec<Counts>> {
    check_weights(inputs, weights, inputs.check_lengths()?)?;
    let labels = predictions.first().map_or(0, Vec::len);
    let mut counts: Vec<Counts> =
        (0..labels).map(|label| Counts { class: label.to_string(), ..Counts::default() }).collect();
    for (row, (prediction, reference)) in predictions.iter().zip(references).enumerate() {
        if prediction.len() != labels || reference.len() != labels {
            let reason =
                format!("{} predictions and {} references for {labels} labels", prediction.len(), reference.len());
            return Err(inputs.example(row, reason));
        }
        if let Some(value) = prediction.iter().chain(reference).find(|value| !(0..=1).contains(*value)) {
            return Err(inputs.example(
                row,
                format!("{value} in a set of labels; 1 is for a label that it has, 0 for one that it has not"),
            ));
        }
        let weight = weights.get(row).copied().unwrap_or(1.0);
        for ((&prediction, &reference), class) in prediction.iter().zip(reference).zip(&mut counts) {
            class.predicted += weight * prediction as f64;
            class.actual += weight * reference as f64;
            class.right += weight * (prediction * reference) as f64;
        }
    }
    Ok(counts)
}

/// As many weights as examples, or none.
pub(crate) fn check_weights(inputs: &Inputs<'_>, weights: &[f64], examples: usize) -> Result<()> {
    if weights.is_empty() || weights.len() == examples {
        return Ok(());
    }
    Err(Error::Setting {
        metric: inputs.metric(),
        name: "sample_weight".into(),
        found: format!("{} weights", weights.len()),
        wanted: format!("a weight for each of the {examples} examples"),
    })
}
