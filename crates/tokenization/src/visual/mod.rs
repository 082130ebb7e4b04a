//! What tokenizers do, to look at.

mod colours;
mod explorer;
mod lattice;
mod merges;
mod steps;

pub use colours::{TokenizerComparison, compare_tokenizers};
pub use explorer::{TokenKind, VocabularyEntry, VocabularyExplorer};
pub use lattice::{BestWay, Lattice};
pub use merges::MergePlayer;
pub use steps::TokenizationSteps;

/// The colour behind what stands out: text in the page's colour reads on it in light and in dark.
const MARKED: &str = "#2f9e6447";
/// The colour around what stands out.
const EDGE: &str = "#2f9e64";
/// The colour behind everything else.
const PLAIN: &str = "#8883";

/// A text in which white space can be seen.
fn visible(text: &str) -> String {
    text.replace(' ', "·").replace('\n', "⏎").replace('\t', "⇥")
}
