//! What values a hyper-parameter may have. A place is a number from 0 to 1 along its range.

use crate::{Error, Result};

/// A named range.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) range: Range,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Range {
    Uniform { low: f64, high: f64 },
    Log { low: f64, high: f64 },
    Whole { low: i64, high: i64 },
    Choice(Vec<f64>),
}

impl Parameter {
    pub(super) fn check(&self) -> Result<()> {
        let fits = match &self.range {
            Range::Uniform { low, high } => low.is_finite() && high.is_finite() && low <= high,
            Range::Log { low, high } => high.is_finite() && *low > 0.0 && low <= high,
            Range::Whole { low, high } => low <= high,
            Range::Choice(values) => !values.is_empty(),
        };
        match fits {
            true => Ok(()),
            false => Err(Error::argument(&self.name, format!("{:?} is no range to choose from", self.range))),
        }
    }
}

impl Range {
    /// The value at a place.
    pub(super) fn value(&self, place: f64) -> f64 {
        let between = |low: f64, high: f64| low + (high - low) * place;
        match self {
            Self::Uniform { low, high } => between(*low, *high),
            Self::Log { low, high } => between(low.ln(), high.ln()).exp().clamp(*low, *high),
            Self::Whole { low, high } => {
                low.saturating_add(index(place, high.abs_diff(*low) as usize + 1) as i64) as f64
            }
            Self::Choice(values) => values.get(index(place, values.len())).copied().unwrap_or(f64::NAN),
        }
    }

    /// How many values there are, where they can be counted.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::Uniform { .. } | Self::Log { .. } => None,
            Self::Whole { low, high } => Some(high.abs_diff(*low) as usize + 1),
            Self::Choice(values) => Some(values.len()),
        }
    }
}

/// Which of `count` values lies at a place.
pub(super) fn index(place: f64, count: usize) -> usize {
    ((place * count as f64) as usize).min(count.saturating_sub(1))
}

/// The places of every combination; the last parameter changes fastest.
pub(super) fn grid(parameters: &[Parameter], points: usize) -> Vec<Vec<f64>> {
    let mut all = vec![Vec::new()];
    for parameter in parameters {
        let places: Vec<f64> = match parameter.range.count() {
            Some(count) if matches!(parameter.range, Range::Choice(_)) || count <= points => {
                (0..count).map(|value| (value as f64 + 0.5) / count as f64).collect()
            }
            _ if points < 2 => vec![0.5],
            _ => (0..points).map(|point| point as f64 / (points - 1) as f64).collect(),
        };
        all = all.iter().flat_map(|one| places.iter().map(move |place| [&one[..], &[*place]].concat())).collect();
    }
    all
}
