//! Metrics of texts beside reference texts: translations and summaries.
//!
//! They all count what the two have in common: n-grams of words (BLEU, ROUGE) or of characters (chrF), the edits between them (TER), or
//! words that could be laid side by side (METEOR). None of them reads: a good translation in other words scores low.

mod bleu;
mod chrf;
mod meteor;
mod ngrams;
mod porter;
mod rouge;
mod sacrebleu;
mod ter;
mod ter_shifts;
pub mod tokenizers;

pub use bleu::Bleu;
pub use chrf::Chrf;
pub use meteor::Meteor;
pub use porter::stem;
pub use rouge::{Overlap, Rouge, RougeKind, rouge};
pub use sacrebleu::{SacreBleu, Smoothing};
pub use ter::Ter;

/// The words between white space; white space is what Python's `split` takes for it.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// Unicode's white space, and the four separators of ASCII.
pub(crate) fn is_space(letter: char) -> bool {
    letter.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&letter)
}
