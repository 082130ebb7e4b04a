//! What tokenizers do, to look at.

mod lattice;
mod merges;

pub use lattice::{BestWay, Lattice};
pub use merges::MergePlayer;

/// The colour behind what stands out: text in the page's colour reads on it in light and in dark.
const MARKED: &str = "#2f9e6447";
/// The colour around what stands out.
const EDGE: &str = "#2f9e64";
/// The colour behind everything else.
const PLAIN: &str = "#8883";
