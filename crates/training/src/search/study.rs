//! Trials and what came of them.

use course_display::{Bundle, Rich, Table};
use serde_json::Value;

use super::space::Parameter;
use crate::{Error, Result};

/// One combination of hyper-parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Counted from 0.
    pub number: usize,
    /// What the objective gave.
    pub value: Option<f64>,
    /// Why it failed.
    pub error: Option<String>,
    names: Vec<String>,
    values: Vec<f64>,
    pub(super) places: Vec<f64>,
}

impl Trial {
    pub(super) fn new(number: usize, parameters: &[Parameter], places: Vec<f64>, values: Vec<f64>) -> Self {
        let names = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        Self { number, value: None, error: None, names, values, places }
    }

    /// The value of a hyper-parameter.
    ///
    /// # Errors
    /// [`Error::Argument`] naming those there are.
    pub fn get(&self, name: &str) -> Result<f64> {
        let place = self.names.iter().position(|known| known == name);
        place.and_then(|place| self.values.get(place)).copied().ok_or_else(|| {
            Error::argument(name, format!("it is not searched for; there are {}", self.names.join(", ")))
        })
    }

    /// The value of a hyper-parameter that is a whole number, such as a batch size.
    ///
    /// # Errors
    /// [`Error::Argument`] where it is none.
    pub fn count(&self, name: &str) -> Result<usize> {
        let value = self.get(name)?;
        match value.fract() == 0.0 && value >= 0.0 {
            true => Ok(value as usize),
            false => Err(Error::argument(name, format!("{value} is no whole number from 0"))),
        }
    }
}

/// All trials of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// In the order in which they were made.
    pub trials: Vec<Trial>,
    names: Vec<String>,
    maximize: bool,
}

impl Study {
    pub(super) fn new(names: Vec<String>, maximize: bool) -> Self {
        Self { trials: Vec::new(), names, maximize }
    }

    /// The trial with the best value; none where all failed.
    pub fn best(&self) -> Option<&Trial> {
        self.ranked().first().copied()
    }

    /// The trials that gave a number, the best first.
    pub fn ranked(&self) -> Vec<&Trial> {
        let sign = if self.maximize { -1.0 } else { 1.0 };
        let key = |trial: &Trial| sign * trial.value.unwrap_or(f64::NAN);
        let mut ranked: Vec<&Trial> = self.trials.iter().filter(|trial| !key(trial).is_nan()).collect();
        ranked.sort_by(|one, other| key(one).total_cmp(&key(other)));
        ranked
    }
}

impl Rich for Study {
    /// The trials, the best first.
    fn rich(&self) -> Bundle {
        let headers = ["trial", "value"].map(str::to_owned).into_iter().chain(self.names.iter().cloned());
        let mut table = Table::new(headers);
        let failed = self.trials.iter().filter(|trial| trial.value.is_none_or(f64::is_nan));
        for trial in self.ranked().into_iter().chain(failed) {
            let value = match (&trial.error, trial.value) {
                (Some(error), _) => Value::from(error.as_str()),
                (None, value) => value.map_or(Value::Null, Value::from),
            };
            let cells = [Value::from(trial.number), value];
            table =
                table.row(cells.into_iter().chain(trial.values.iter().map(|v| Value::from(*v))).collect::<Vec<_>>());
        }
        table.rich()
    }
}

impl std::fmt::Display for Study {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}
