//! What to look at when a model does not learn, in the order in which a person would: the data, a batch, the labels, the first loss, the gradients,
//! whether one batch can be learned by heart, what the learning rate does to it, and whether an evaluation goes through.

mod data;
mod evaluation;
mod labels;
mod learning;

#[cfg(test)]
mod tests;

use course_display::{Bundle, Rich, Table};

use crate::trainer::Trainer;
use crate::{Error, Result};

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Worth a look.
    Notice,
    /// It will not work like this.
    Problem,
}

/// One check and what it found.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// What it came to.
    pub verdict: Verdict,
    /// What was found, with numbers, and what to do.
    pub finding: String,
}

/// All checks of [`Trainer::doctor`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diagnosis {
    /// In the order in which they were made; a problem may have kept later ones from being made.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// The checks that came to a problem.
    pub fn problems(&self) -> Vec<&Check> {
        self.checks.iter().filter(|check| check.verdict == Verdict::Problem).collect()
    }

    /// Whether no check came to a problem.
    pub fn is_healthy(&self) -> bool {
        self.problems().is_empty()
    }

    /// The check of this name, where it was made.
    pub fn get(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// An error that names the problems, where there are any.
    ///
    /// # Errors
    /// [`Error::Data`].
    pub fn check(&self) -> Result<()> {
        let problems: Vec<String> =
            self.problems().iter().map(|check| format!("{}: {}", check.name, check.finding)).collect();
        if problems.is_empty() { Ok(()) } else { Err(Error::data("the doctor", problems.join("\n"))) }
    }

    fn add(&mut self, name: &'static str, verdict: Verdict, finding: impl Into<String>) {
        self.checks.push(Check { name, verdict, finding: finding.into() });
    }

    /// Adds what came of a check, and gives its value on; an error is a problem.
    fn take<T>(&mut self, name: &'static str, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error @ Error::Interrupted(_)) => Err(error),
            Err(error) => {
                self.add(name, Verdict::Problem, error.to_string());
                Ok(None)
            }
        }
    }
}

impl Rich for Diagnosis {
    /// A table; as plain text whole sentences, of which a table would cut the ends.
    fn rich(&self) -> Bundle {
        let row = |table: Table, check: &Check| {
            let mark = match check.verdict {
                Verdict::Good => "✓",
                Verdict::Notice => "!",
                Verdict::Problem => "✗",
            };
            table.row((mark, check.name, &check.finding))
        };
        let mut bundle = self.checks.iter().fold(Table::new(["", "check", "found"]), row).rich();
        bundle.insert("text/plain", self.to_string().trim_end());
        bundle
    }
}

impl std::fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for check in &self.checks {
            let word = match check.verdict {
                Verdict::Good => "good",
                Verdict::Notice => "notice",
                Verdict::Problem => "PROBLEM",
            };
            writeln!(formatter, "{word}: {}: {}", check.name, check.finding)?;
        }
        Ok(())
    }
}

impl Trainer {
    /// Looks at everything that commonly keeps a model from learning, and says what it found. Weights and random numbers are afterwards as before.
    ///
    /// # Errors
    /// [`Error::Interrupted`] alone: everything else that fails is a finding.
    pub fn doctor(&mut self) -> Result<Diagnosis> {
        let mut diagnosis = Diagnosis::default();
        let Some((loader, inputs)) = self.look_at_data(&mut diagnosis)? else { return Ok(diagnosis) };
        if self.look_at_labels(&loader, &inputs, &mut diagnosis)? {
            self.look_at_learning(&inputs, &mut diagnosis)?;
            self.look_at_evaluation(&mut diagnosis)?;
        }
        Ok(diagnosis)
    }
}
