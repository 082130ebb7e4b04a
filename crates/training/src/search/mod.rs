//! Hyper-parameters by trying: all of a grid, random ones, or those that a model of the trials so far finds promising (TPE).
//!
//! ```
//! use course_training::search::Search;
//!
//! let study = Search::tpe(30).seed(7).log_uniform("learning_rate", 1e-5, 1e-1).choice("batch_size", [8.0, 16.0])
//!     .run(|trial| {
//!         let rate = trial.get("learning_rate")?;
//!         Ok((rate.log10() + 3.0).powi(2) + trial.get("batch_size")? / 100.0)
//!     })?;
//! let best = study.best().unwrap();
//! assert!((best.get("learning_rate")?.log10() + 3.0).abs() < 0.5);
//! # Ok::<(), course_training::Error>(())
//! ```

mod space;
mod study;
mod tpe;

pub use study::{Study, Trial};

use course_datasets::random::Generator;
use course_display::Progress;

use crate::{AnyError, Error, Result};
use space::{Parameter, Range};

/// How the next trial is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sampler {
    Grid,
    Random,
    Tpe,
}

/// What is searched, and how.
#[derive(Debug, Clone)]
pub struct Search {
    sampler: Sampler,
    trials: usize,
    seed: u64,
    maximize: bool,
    parameters: Vec<Parameter>,
}

impl Search {
    fn new(sampler: Sampler, trials: usize) -> Self {
        Self { sampler, trials, seed: 0, maximize: false, parameters: Vec::new() }
    }

    /// Every combination of choices; ranges are tried at `points` places from end to end.
    pub fn grid(points: usize) -> Self {
        Self::new(Sampler::Grid, points)
    }

    /// So many random combinations.
    pub fn random(trials: usize) -> Self {
        Self::new(Sampler::Random, trials)
    }

    /// So many combinations, each near those that were good and far from those that were not: a tree-structured Parzen estimator (Bergstra et al., 2011).
    pub fn tpe(trials: usize) -> Self {
        Self::new(Sampler::Tpe, trials)
    }

    /// What the random numbers come from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// More is better; otherwise less is.
    #[must_use]
    pub fn maximize(mut self) -> Self {
        self.maximize = true;
        self
    }

    /// A number between two others.
    #[must_use]
    pub fn uniform(self, name: &str, low: f64, high: f64) -> Self {
        self.with(name, Range::Uniform { low, high })
    }

    /// A number between two others, all orders of magnitude alike: for learning rates.
    #[must_use]
    pub fn log_uniform(self, name: &str, low: f64, high: f64) -> Self {
        self.with(name, Range::Log { low, high })
    }

    /// A whole number from `low` to `high`, both included.
    #[must_use]
    pub fn whole(self, name: &str, low: i64, high: i64) -> Self {
        self.with(name, Range::Whole { low, high })
    }

    /// One of these numbers.
    #[must_use]
    pub fn choice(self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        self.with(name, Range::Choice(values.into_iter().collect()))
    }

    fn with(mut self, name: &str, range: Range) -> Self {
        self.parameters.push(Parameter { name: name.to_owned(), range });
        self
    }

    /// Tries them: `objective` gets a trial and gives its value. A trial that fails is kept with its error, and the search goes on.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty range; [`Error::Function`] where every trial failed; [`Error::Interrupted`].
    pub fn run(&self, objective: impl Fn(&Trial) -> Result<f64, AnyError>) -> Result<Study> {
        self.parameters.iter().try_for_each(Parameter::check)?;
        let grid = if self.sampler == Sampler::Grid { space::grid(&self.parameters, self.trials) } else { Vec::new() };
        let count = if self.sampler == Sampler::Grid { grid.len() } else { self.trials };
        let mut generator = Generator::new(self.seed);
        let mut study =
            Study::new(self.parameters.iter().map(|parameter| parameter.name.clone()).collect(), self.maximize);
        let bar = Progress::new(count as u64, "trials");
        let mut grid = grid.into_iter();
        for number in 0..count {
            let places = match (self.sampler, grid.next()) {
                (Sampler::Grid, Some(places)) => places,
                (Sampler::Tpe, _) => tpe::next(&self.parameters, &study, &mut generator),
                _ => self.parameters.iter().map(|_| generator.random()).collect(),
            };
            let values: Vec<f64> =
                self.parameters.iter().zip(&places).map(|(parameter, place)| parameter.range.value(*place)).collect();
            let mut trial = Trial::new(number, &self.parameters, places, values);
            match objective(&trial) {
                Ok(value) => trial.value = Some(value),
                Err(error) if course_wire::interrupt::is_requested() => {
                    drop(error);
                    return Err(course_wire::Interrupted.into());
                }
                Err(error) => trial.error = Some(error.to_string()),
            }
            study.trials.push(trial);
            if let Some(best) = study.best() {
                bar.message(format!("best {:.4}", best.value.unwrap_or(f64::NAN)));
            }
            bar.inc(1)?;
        }
        match study.trials.iter().find_map(|trial| trial.error.clone()) {
            Some(error) if study.best().is_none() => {
                Err(Error::function("the objective, in every trial")(error.into()))
            }
            _ => Ok(study),
        }
    }
}

#[cfg(test)]
mod tests;
