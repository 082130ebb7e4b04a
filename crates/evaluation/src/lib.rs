//! Metrics: what a model got right, in numbers.
//!
//! A metric compares predictions with references and gives scores, which have names:
//!
//! ```
//! use course_evaluation as evaluate;
//!
//! let accuracy = evaluate::load("accuracy")?;
//! let scores = accuracy.compute(&[0, 1, 1, 2, 1, 0], &[0, 1, 2, 0, 1, 2])?;
//! assert_eq!(scores.get("accuracy")?, 0.5);
//! assert_eq!(scores.to_string(), "{accuracy: 0.5}");
//! # Ok::<(), evaluate::Error>(())
//! ```
//!
//! Settings go between loading and computing, and several metrics may look at the same data:
//!
//! ```
//! # use course_evaluation as evaluate;
//! let f1 = evaluate::load("f1")?.with("average", "macro")?;
//! let both = evaluate::combine(&["accuracy", "matthews_correlation"])?.and(f1);
//! let scores = both.compute(&[0, 1, 2, 2], &[0, 1, 1, 2])?;
//! assert_eq!(scores.names(), ["accuracy", "matthews_correlation", "f1"]);
//! # Ok::<(), evaluate::Error>(())
//! ```
//!
//! What does not come at once is collected, batch by batch:
//!
//! ```
//! # use course_evaluation as evaluate;
//! let mut accuracy = evaluate::load("accuracy")?;
//! for (predictions, references) in [([1, 0], [1, 1]), ([0, 0], [0, 0])] {
//!     accuracy.add_batch(&predictions, &references)?;
//! }
//! assert_eq!(accuracy.compute_added()?.get("accuracy")?, 0.75);
//! # Ok::<(), evaluate::Error>(())
//! ```
//!
//! | for | metrics, each in the file of its name |
//! |---|---|
//! | classes | [`accuracy`](classification::Accuracy), [`precision`](classification::Precision), [`recall`](classification::Recall), [`f1`](classification::F1), [`matthews_correlation`](classification::Matthews), [`confusion_matrix`](classification::ConfusionMatrix) |
//! | numbers | [`mse`](regression::MeanSquaredError), [`mae`](regression::MeanAbsoluteError), [`pearsonr`](regression::Pearson), [`spearmanr`](regression::Spearman) |
//! | the tasks of GLUE | [`glue/mrpc`](Glue), `glue/cola`, `glue/stsb`, … |
//! | tagged words | [`seqeval`](tagging::Seqeval) |
//! | translations | [`bleu`](text::Bleu), [`sacrebleu`](text::SacreBleu), [`chrf`](text::Chrf), [`ter`](text::Ter), [`meteor`](text::Meteor) |
//! | summaries | [`rouge`](text::Rouge) |
//! | language models | [`perplexity`](Perplexity) |
//! | answers | [`squad`](questions::Squad), [`squad_v2`](questions::SquadV2), [`exact_match`](questions::ExactMatch) |
//! | speech | [`wer`](speech::WordErrorRate), [`cer`](speech::CharacterErrorRate) |
//!
//! The numbers are those of Python's `evaluate` and the packages behind it (scikit-learn, SciPy, seqeval, sacrebleu, rouge_score, jiwer,
//! NLTK); `tests/metrics` compares them on random inputs. Where ours differ on purpose, the metric's own page says so.

// The tests write what learners write: `compute(&predictions, &references)`.
#![cfg_attr(test, allow(clippy::needless_borrows_for_generic_args))]

mod catalog;
pub mod classification;
mod combine;
mod error;
mod glue;
mod inputs;
mod metric;
mod perplexity;
pub mod questions;
pub mod regression;
mod scores;
mod setting;
pub mod speech;
pub mod tagging;
pub mod text;
mod values;

pub use catalog::{load, names};
pub use combine::combine;
pub use error::{Error, Result};
pub use glue::Glue;
pub use inputs::Inputs;
pub use metric::{Measure, Metric};
pub use perplexity::{Perplexity, perplexity_of_loss};
pub use scores::{Score, Scores};
pub use setting::{Given, Setting};
pub use values::{One, Values};
