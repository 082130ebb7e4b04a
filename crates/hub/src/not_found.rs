//! The error of a name that no place knows: every place looked at, what comes with the course, what to do.

use std::fmt;

use crate::bundled;

/// A name that no place knows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NotFound {
    /// What was asked for.
    pub name: String,
    /// Each place that was looked at, and what was found there.
    pub looked: Vec<(String, String)>,
    /// A bundled model with nearly this name.
    pub suggestion: Option<&'static str>,
    /// What to do, as a sentence.
    pub advice: String,
}

impl fmt::Display for NotFound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "cannot find the model \"{}\"", self.name)?;
        if let Some(suggestion) = self.suggestion {
            writeln!(formatter, "Did you mean \"{suggestion}\"?")?;
        }
        writeln!(formatter, "Looked in:")?;
        for (place, found) in &self.looked {
            writeln!(formatter, "  - {place}: {found}")?;
        }
        writeln!(formatter, "These models come with the course and need no network:")?;
        for model in bundled::models() {
            writeln!(formatter, "  - {}: {}", model.name, model.summary)?;
        }
        write!(formatter, "What to do: {}", self.advice)
    }
}

impl std::error::Error for NotFound {}
