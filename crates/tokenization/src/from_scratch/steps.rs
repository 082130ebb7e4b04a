//! What a trainer did, step by step.

use std::fmt;
use std::ops::Deref;

use course_display::{Bundle, Rich, Table};
use serde::Serialize;

/// One step of a training that merges: the pair that was best, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergeStep {
    /// The number of the step, from 1.
    pub step: usize,
    /// The left token of the pair.
    pub left: String,
    /// The right one.
    pub right: String,
    /// The token they make.
    pub merged: String,
    /// How often the pair occurred.
    pub count: usize,
    /// The pair's score, where pairs are chosen by a score (WordPiece).
    pub score: Option<f64>,
    /// How many other pairs were as good; `None` after a fast training, which does not look at them all.
    pub ties: Option<usize>,
    /// How many tokens the vocabulary has after the step.
    pub vocabulary: usize,
}

impl fmt::Display for MergeStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, left, right, merged, count, score, ties, vocabulary } = self;
        write!(formatter, "step {step}: {left} + {right} → {merged}, {count}×")?;
        if let Some(score) = score {
            write!(formatter, ", score {score:.4}")?;
        }
        match ties {
            Some(1) => write!(formatter, " (1 other pair is as good)")?,
            Some(ties) if *ties > 1 => write!(formatter, " ({ties} other pairs are as good)")?,
            _ => {}
        }
        write!(formatter, "; {vocabulary} tokens")
    }
}

/// One step of a training that prunes: what the vocabulary cost, and which tokens it lost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PruneStep {
    /// The number of the step, from 1.
    pub step: usize,
    /// How many tokens the vocabulary had.
    pub before: usize,
    /// The loss of the corpus with them.
    pub loss: f64,
    /// The tokens that went, the least missed first.
    pub removed: Vec<String>,
    /// How many are left.
    pub after: usize,
}

impl fmt::Display for PruneStep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, before, loss, removed, after } = self;
        let mut first: Vec<&str> = removed.iter().take(6).map(String::as_str).collect();
        if removed.len() > first.len() {
            first.push("…");
        }
        write!(formatter, "step {step}: loss {loss:.4} with {before} tokens; {after} without {}", first.join(" "))
    }
}

macro_rules! list_of_steps {
    ($(#[$documentation:meta])* $name:ident of $step:ident, $table:expr) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name(pub(super) Vec<$step>);

        impl Deref for $name {
            type Target = [$step];

            fn deref(&self) -> &[$step] {
                &self.0
            }
        }

        /// A line for each step.
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|step| writeln!(formatter, "{step}"))
            }
        }

        impl Rich for $name {
            fn rich(&self) -> Bundle {
                let table: fn(&[$step]) -> Table = $table;
                table(&self.0).limit(60).rich()
            }
        }
    };
}

list_of_steps!(
    /// All steps of a training that merges; shows as a table.
    MergeSteps of MergeStep, |steps| {
        let scored = steps.iter().any(|step| step.score.is_some());
        let headers = ["step", "left", "right", "merged", "count"].into_iter();
        let headers = headers.chain(scored.then_some("score")).chain(["ties", "vocabulary"]);
        steps.iter().fold(Table::new(headers), |table, step| {
            let MergeStep { step, left, right, merged, count, score, ties, vocabulary } = step;
            match score {
                Some(score) => table.row((step, left, right, merged, count, score, ties, vocabulary)),
                None => table.row((step, left, right, merged, count, ties, vocabulary)),
            }
        })
    }
);

list_of_steps!(
    /// All steps of a training that prunes; shows as a table.
    PruneSteps of PruneStep, |steps| {
        steps.iter().fold(Table::new(["step", "tokens", "loss", "removed", "left", "the first to go"]), |table, step| {
            let first = step.removed.iter().take(6).cloned().collect::<Vec<_>>().join(" ");
            table.row((step.step, step.before, step.loss, step.removed.len(), step.after, first))
        })
    }
);
