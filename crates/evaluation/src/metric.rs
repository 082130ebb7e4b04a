//! A metric with its settings, and the examples that were added to it.

use std::fmt;

use course_display::{Bundle, Rich, Table};

use crate::setting::Given;
use crate::values::One;
use crate::{Error, Inputs, Result, Scores, Setting, Values};

/// How to compute scores; what each metric's file implements.
pub trait Measure: Send + Sync {
    /// The name under which it is loaded.
    fn name(&self) -> &str;

    /// One sentence: what the score says.
    fn about(&self) -> &str;

    /// The names of its settings.
    fn settings(&self) -> &[&'static str] {
        &[]
    }

    /// Takes a setting.
    ///
    /// # Errors
    /// [`Error::NoSetting`] for a name that it does not have, [`Error::Setting`] for a value that cannot be.
    fn set(&mut self, given: Given<'_>) -> Result<()> {
        Err(given.unknown())
    }

    /// The scores of these predictions.
    ///
    /// # Errors
    /// What the inputs lack.
    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores>;
}

/// A metric: [`load`](crate::load) gives one by its name.
///
/// ```
/// use course_evaluation as evaluate;
///
/// let f1 = evaluate::load("f1")?.with("average", "macro")?;
/// let scores = f1.compute(&[0, 2, 1, 0, 0, 1], &[0, 1, 2, 0, 1, 2])?;
/// assert_eq!(format!("{:.2}", scores.get("f1")?), "0.27");
/// # Ok::<(), evaluate::Error>(())
/// ```
pub struct Metric {
    measure: Box<dyn Measure>,
    predictions: Values,
    references: Values,
}

impl Metric {
    /// A metric out of one of the crate's types, or of your own.
    ///
    /// ```
    /// use course_evaluation::{Metric, classification::{Average, F1}};
    ///
    /// let f1 = Metric::new(F1::averaged(Average::Micro));
    /// assert_eq!(f1.compute(&[0, 1, 2], &[0, 1, 1])?.get("f1")?, 2.0 / 3.0);
    /// # Ok::<(), course_evaluation::Error>(())
    /// ```
    pub fn new(measure: impl Measure + 'static) -> Self {
        Self { measure: Box::new(measure), predictions: Values::None, references: Values::None }
    }

    /// A metric that a function computes.
    ///
    /// ```
    /// use course_evaluation::{Metric, Scores};
    ///
    /// let shouting = Metric::from_fn("shouting", |inputs| {
    ///     let pairs = inputs.texts()?;
    ///     let loud = pairs.iter().filter(|(prediction, _)| prediction.ends_with('!')).count();
    ///     Ok(Scores::new().with("shouting", loud as f64 / pairs.len() as f64))
    /// });
    /// assert_eq!(shouting.compute(&["Yes!", "no"], &["Yes.", "No."])?.get("shouting")?, 0.5);
    /// # Ok::<(), course_evaluation::Error>(())
    /// ```
    pub fn from_fn(name: &str, compute: impl Fn(&Inputs<'_>) -> Result<Scores> + Send + Sync + 'static) -> Self {
        Self::new(Own { name: name.into(), compute: Box::new(compute) })
    }

    /// The name under which it was loaded.
    pub fn name(&self) -> &str {
        self.measure.name()
    }

    /// One sentence: what its score says.
    pub fn about(&self) -> &str {
        self.measure.about()
    }

    /// The names of its settings.
    pub fn settings(&self) -> Vec<&'static str> {
        self.measure.settings().to_vec()
    }

    /// The same with a setting; the metric's type says what there is to set.
    ///
    /// # Errors
    /// [`Error::NoSetting`] with the names there are, [`Error::Setting`] with what it can be.
    pub fn with(mut self, name: &str, value: impl Into<Setting>) -> Result<Self> {
        self.set(name, &value.into())?;
        Ok(self)
    }

    fn set(&mut self, name: &str, value: &Setting) -> Result<()> {
        let (metric, known) = (self.measure.name().to_owned(), self.measure.settings().to_vec());
        let given = Given { metric: &metric, name, known: &known, value };
        if known.contains(&name) { self.measure.set(given) } else { Err(given.unknown()) }
    }

    /// The scores of `predictions` beside their `references`; what was added before plays no part.
    ///
    /// # Errors
    /// What the two lack: as many of one as of the other, a kind that the metric compares, labels that it knows.
    pub fn compute(&self, predictions: impl Into<Values>, references: impl Into<Values>) -> Result<Scores> {
        self.scores(&predictions.into(), &references.into())
    }

    pub(crate) fn scores(&self, predictions: &Values, references: &Values) -> Result<Scores> {
        self.measure.compute(&Inputs::new(self.measure.name(), predictions, references))
    }

    /// Adds one example, to be scored by [`compute_added`](Self::compute_added).
    ///
    /// # Errors
    /// [`Error::Kind`] where the examples before it were of another kind.
    pub fn add(&mut self, prediction: impl Into<One>, reference: impl Into<One>) -> Result<()> {
        self.append(prediction.into().0, reference.into().0)
    }

    /// Adds a batch of examples, to be scored by [`compute_added`](Self::compute_added).
    ///
    /// # Errors
    /// [`Error::Lengths`], or [`Error::Kind`] where the examples before were of another kind; then nothing of the batch is added.
    pub fn add_batch(&mut self, predictions: impl Into<Values>, references: impl Into<Values>) -> Result<()> {
        self.append(predictions.into(), references.into())
    }

    fn append(&mut self, predictions: Values, references: Values) -> Result<()> {
        let inputs = Inputs::new(self.measure.name(), &predictions, &references);
        for (side, values, all) in
            [("predictions", &predictions, &self.predictions), ("references", &references, &self.references)]
        {
            if matches!(values, Values::Unreadable(_)) || !all.takes(values) {
                let help = "add the same kind each time, or call reset() first";
                return Err(inputs.kind(side, &format!("{}, as those before", all.kind()), Some(help)));
            }
        }
        let (given, wanted) = (predictions.len(), references.len());
        if given != wanted && !matches!(references, Values::None) {
            let metric = self.measure.name().to_owned();
            return Err(Error::Lengths { metric, predictions: given, references: wanted });
        }
        // Both fit: that was looked at above.
        let _ = self.predictions.append(predictions);
        let _ = self.references.append(references);
        Ok(())
    }

    /// The scores of all that was added, which is then forgotten.
    ///
    /// # Errors
    /// As [`compute`](Self::compute); then what was added is kept.
    pub fn compute_added(&mut self) -> Result<Scores> {
        let scores = self.scores(&self.predictions, &self.references)?;
        self.reset();
        Ok(scores)
    }

    /// Forgets what was added.
    pub fn reset(&mut self) {
        self.predictions = Values::None;
        self.references = Values::None;
    }

    /// How many examples were added.
    pub fn added(&self) -> usize {
        self.predictions.len()
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.about())?;
        let settings = self.settings();
        if !settings.is_empty() {
            write!(f, "; settings: {}", settings.join(", "))?;
        }
        match self.added() {
            0 => Ok(()),
            1 => write!(f, "; 1 example added"),
            added => write!(f, "; {added} examples added"),
        }
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metric").field("name", &self.name()).field("added", &self.added()).finish()
    }
}

impl Rich for Metric {
    fn rich(&self) -> Bundle {
        let table = Table::new(["metric", "what it says", "settings", "examples added"]);
        let table = table.row((self.name(), self.about(), self.settings().join(", "), self.added()));
        let mut bundle = table.rich();
        bundle.insert("text/plain", self.to_string());
        bundle
    }
}

/// A metric that a function computes.
struct Own {
    name: String,
    compute: Box<Compute>,
}

/// A learner's function from predictions and references to scores.
type Compute = dyn Fn(&Inputs<'_>) -> Result<Scores> + Send + Sync;

impl Measure for Own {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> &str {
        "what your function says"
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        (self.compute)(inputs)
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    #[test]
    fn what_is_added_is_scored_together_and_forgotten() {
        let mut metric = load("accuracy").unwrap();
        metric.add(1, 1).unwrap();
        metric.add_batch(&[0, 0], &[0, 1]).unwrap();
        assert_eq!(metric.added(), 3);
        assert_eq!(metric.compute_added().unwrap().get("accuracy").unwrap(), 2.0 / 3.0);
        let error = metric.compute_added().unwrap_err().to_string();
        assert_eq!(
            error,
            "accuracy: there is nothing to compute the score from: no predictions and no references were given"
        );
    }

    #[test]
    fn one_example_may_be_a_list() {
        let mut metric = load("seqeval").unwrap();
        metric.add(["B-PER", "O"], ["B-PER", "O"]).unwrap();
        assert_eq!(metric.compute_added().unwrap().get("overall_f1").unwrap(), 1.0);
        let mut metric = load("sacrebleu").unwrap();
        metric.add("hello there general kenobi", ["hello there general kenobi", "hello there !"]).unwrap();
        assert!((metric.compute_added().unwrap().get("score").unwrap() - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_batch_that_does_not_fit_is_refused_whole() {
        let mut metric = load("accuracy").unwrap();
        metric.add(1, 1).unwrap();
        let error = metric.add_batch(&[1, 2], &[1]).unwrap_err().to_string();
        assert_eq!(error, "accuracy: 2 predictions for 1 references; each prediction needs its own, at the same place");
        let error = metric.add("a", "b").unwrap_err().to_string();
        assert!(error.contains("the predictions are texts, and it needs whole numbers, as those before"), "{error}");
        assert_eq!(metric.added(), 1);
    }

    #[test]
    fn settings_are_checked() {
        let error = load("f1").unwrap().with("avrage", "macro").unwrap_err().to_string();
        assert!(error.starts_with("f1 has no setting \"avrage\"; did you mean \"average\"?; it has "), "{error}");
        let error = load("f1").unwrap().with("average", "mean").unwrap_err().to_string();
        assert!(error.contains("is to be \"binary\" or \"micro\""), "{error}");
        assert!(load("mae").unwrap().with("x", 1).unwrap_err().to_string().ends_with("it has none"));
    }
}
