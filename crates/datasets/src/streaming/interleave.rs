//! Several datasets or streams made into one.

use std::sync::Arc;

use super::IterableDataset;
use super::chain::Chain;
use super::count::Rebatched;
use super::cycle::{Chance, Cycle, Stopping};
use super::node::Shared;
use super::steps::Aligned;
use crate::random::Generator;
use crate::{Error, Result};

/// Takes a row of each in turn, or of one drawn by chance.
///
/// ```
/// use course_datasets::{Dataset, interleave_datasets, row};
///
/// let numbers = |from: i64, to: i64| Dataset::from_rows((from..to).map(|n| row! { "n" => n }));
/// let (few, many) = (numbers(0, 3)?.to_iterable(), numbers(10, 20)?.to_iterable());
/// let mixed = interleave_datasets([&few, &many]).stream()?;
/// let rows: Vec<i64> = mixed.iter().map(|row| row?.get("n")).collect::<Result<_, _>>()?;
/// assert_eq!(rows, [0, 10, 1, 11, 2]); // over as soon as one has ended: see `Stopping`
/// # Ok::<(), course_datasets::Error>(())
/// ```
pub fn interleave_datasets<'a>(datasets: impl IntoIterator<Item = &'a IterableDataset>) -> Interleave {
    let datasets = datasets.into_iter().cloned().collect();
    Interleave { datasets, probabilities: None, seed: None, stopping: Stopping::FirstExhausted }
}

/// How streams are interleaved; [`stream`](Self::stream) gives the one stream.
#[derive(Debug, Clone)]
pub struct Interleave {
    datasets: Vec<IterableDataset>,
    probabilities: Option<Vec<f64>>,
    seed: Option<u64>,
    stopping: Stopping,
}

impl Interleave {
    /// Draws the next stream by chance, each as likely as its probability.
    #[must_use]
    pub fn probabilities(mut self, probabilities: impl Into<Vec<f64>>) -> Self {
        self.probabilities = Some(probabilities.into());
        self
    }

    /// The seed for that; without it each run has another order.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// When it comes to an end.
    #[must_use]
    pub fn stopping(mut self, stopping: Stopping) -> Self {
        self.stopping = stopping;
        self
    }

    /// The one stream.
    ///
    /// # Errors
    /// When there is none to interleave, two have a column of the same name with different types, or the probabilities are not one
    /// for each that sum to 1.
    pub fn stream(&self) -> Result<IterableDataset> {
        let chance = match &self.probabilities {
            Some(probabilities) => {
                check(probabilities, self.datasets.len())?;
                let dice = Generator::maybe_seeded(self.seed);
                Some(Chance { dice, probabilities: probabilities.as_slice().into() })
            }
            None => None,
        };
        let (mut parts, features) = aligned(&self.datasets)?;
        if parts.iter().all(|part| part.has_tables()) {
            parts = parts.into_iter().map(|below| Arc::new(Rebatched { below, size: 1 }) as Shared).collect();
        }
        Ok(IterableDataset::new(Arc::new(Cycle { parts, stopping: self.stopping, chance }), features))
    }
}

impl IterableDataset {
    /// This stream, and then the others.
    ///
    /// # Errors
    /// When two have a column of the same name with different types.
    pub fn chain<'a>(&self, others: impl IntoIterator<Item = &'a IterableDataset>) -> Result<Self> {
        let all: Vec<Self> = std::iter::once(self.clone()).chain(others.into_iter().cloned()).collect();
        let (parts, features) = aligned(&all)?;
        Ok(Self::new(Arc::new(Chain { parts }), features))
    }
}

fn check(probabilities: &[f64], count: usize) -> Result<()> {
    let sum: f64 = probabilities.iter().sum();
    if probabilities.len() != count
        || probabilities.iter().any(|&p| !(0.0..=1.0).contains(&p))
        || (sum - 1.0).abs() > 1e-8
    {
        return Err(Error::Argument(format!(
            "the probabilities {probabilities:?} must be {count} numbers from 0 to 1 that sum to 1; they sum to {sum}"
        )));
    }
    Ok(())
}

/// The streams' nodes, and the features of all: known where all are.
fn aligned(datasets: &[IterableDataset]) -> Result<(Vec<Shared>, Option<crate::Features>)> {
    if datasets.is_empty() {
        return Err(Error::Argument("there is no dataset to make one of".into()));
    }
    let mut features: Option<crate::Features> = None;
    for dataset in datasets {
        let Some(own) = &dataset.features else {
            return Ok((datasets.iter().map(|dataset| dataset.node.clone()).collect(), None));
        };
        let mut all = features.unwrap_or_default();
        for (name, feature) in own.iter() {
            match all.get(name) {
                Some(known) if known != feature => {
                    return Err(Error::Features {
                        doing: "making one stream of several",
                        column: name.to_owned(),
                        first: known.to_string(),
                        second: feature.to_string(),
                    });
                }
                Some(_) => {}
                None => all = all.with(name, feature.clone()),
            }
        }
        features = Some(all);
    }
    let all = features.unwrap_or_default();
    let part = |dataset: &IterableDataset| match &dataset.features {
        Some(own) if *own == all => dataset.node.clone(),
        _ => Arc::new(Aligned { below: dataset.node.clone(), features: all.clone() }) as Shared,
    };
    Ok((datasets.iter().map(part).collect(), Some(all)))
}
