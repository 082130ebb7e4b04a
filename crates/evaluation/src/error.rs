//! What can go wrong with a metric, said so that a learner knows where and what to do.

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong with a metric.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such metric.
    #[error("there is no metric {name:?}{}; the metrics are {}", nearest(.name, .names), .names.join(", "))]
    NoMetric {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// A metric has no such setting.
    #[error("{metric} has no setting {name:?}{}; {}", nearest(.name, .names), settings(.names))]
    NoSetting {
        /// The metric.
        metric: String,
        /// The name that was asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// A setting has a value that it cannot have.
    #[error("{metric}: the setting {name:?} is to be {wanted}, and not {found}")]
    Setting {
        /// The metric.
        metric: String,
        /// The setting.
        name: String,
        /// What it was given.
        found: String,
        /// What it can be.
        wanted: String,
    },
    /// Scores have no entry of that name.
    #[error("there is no score {name:?}{}; the scores are {}", nearest(.name, .names), .names.join(", "))]
    NoScore {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// A score is a list or a group where a number is asked for.
    #[error("the score {name:?} is {found}, not one number")]
    NotANumber {
        /// The name that was asked for.
        name: String,
        /// What is there.
        found: String,
    },
    /// As many predictions as references are needed.
    #[error(
        "{metric}: {predictions} predictions for {references} references; each prediction needs its own, at the same place"
    )]
    Lengths {
        /// The metric.
        metric: String,
        /// How many predictions there are.
        predictions: usize,
        /// How many references there are.
        references: usize,
    },
    /// There is nothing to compare.
    #[error("{metric}: there is nothing to compute the score from: {what}")]
    Empty {
        /// The metric.
        metric: String,
        /// What is missing.
        what: String,
    },
    /// Predictions or references are not what the metric compares.
    #[error("{metric}: the {side} are {found}, and it needs {wanted}{}", .help.as_deref().map(|help| format!(": {help}")).unwrap_or_default())]
    Kind {
        /// The metric.
        metric: String,
        /// "predictions" or "references".
        side: &'static str,
        /// What they are.
        found: String,
        /// What they are to be.
        wanted: String,
        /// What to do.
        help: Option<String>,
    },
    /// A label that cannot be there.
    #[error("{metric}: {label:?} {reason}")]
    Label {
        /// The metric.
        metric: String,
        /// The label.
        label: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// One example cannot be scored.
    #[error("{metric}: example {row}: {reason}")]
    Example {
        /// The metric.
        metric: String,
        /// Its place, counted from 0.
        row: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor could not be read.
    #[error("the tensor of {side} could not be read: {reason}")]
    Tensor {
        /// "predictions" or "references".
        side: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A metric of the learner's own failed.
    #[error("{metric}: {reason}")]
    Own {
        /// The metric.
        metric: String,
        /// What it said.
        reason: String,
    },
    /// The stop button was pressed.
    #[error(transparent)]
    Interrupted(#[from] course_wire::Interrupted),
    /// A figure could not be drawn.
    #[error(transparent)]
    Display(#[from] course_display::Error),
}

impl Error {
    /// A metric of your own that cannot give a score says why.
    ///
    /// ```
    /// # use course_evaluation::Error;
    /// assert_eq!(Error::own("my_metric", "no text has a verb").to_string(), "my_metric: no text has a verb");
    /// ```
    pub fn own(metric: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Own { metric: metric.into(), reason: reason.into() }
    }
}

fn settings(names: &[String]) -> String {
    if names.is_empty() { "it has none".into() } else { format!("it has {}", names.join(", ")) }
}

/// "; did you mean …?", where a name is at most two letters away.
fn nearest(name: &str, names: &[String]) -> String {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let asked = letters(name);
    let best = names.iter().map(|known| (crate::speech::edits(&asked, &letters(known)), known)).min();
    match best {
        Some((steps, known)) if steps <= 2 && steps < asked.len() => format!("; did you mean {known:?}?"),
        _ => String::new(),
    }
}
