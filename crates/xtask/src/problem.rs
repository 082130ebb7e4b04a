//! What can go wrong on a user's machine: one sentence that says what, and one that says what to do.

use std::fmt;
use std::io;

/// An error for the person at the terminal. Anything that is not one is a bug in xtask and prints as a chain of causes.
#[derive(Debug)]
pub struct Problem {
    what: String,
    advice: String,
}

impl Problem {
    /// `what` happened, and the `advice` that gets the user past it.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }

    /// The same, already an `anyhow::Error`.
    pub fn error(what: impl Into<String>, advice: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self::new(what, advice))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  what to do: {}", self.what, self.advice)
    }
}

impl std::error::Error for Problem {}

/// Prints an error the way the user should read it: a [`Problem`] alone, a full disk in words, the rest with its causes.
pub fn report(error: &anyhow::Error) {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        eprintln!("error: {problem}");
    } else if error.chain().any(is_full_disk) {
        eprintln!(
            "error: the disk is full ({error:#})\n  what to do: free some space, then run the same command again; it goes on where it stopped"
        );
    } else {
        eprintln!("error: {error:#}");
    }
}

fn is_full_disk(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::StorageFull)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_recognised_under_its_context() {
        let error = anyhow::Error::new(io::Error::from(io::ErrorKind::StorageFull)).context("writing model.gguf");
        assert!(error.chain().any(is_full_disk));
        let other = anyhow::Error::new(io::Error::from(io::ErrorKind::NotFound)).context("writing model.gguf");
        assert!(!other.chain().any(is_full_disk));
    }
}
