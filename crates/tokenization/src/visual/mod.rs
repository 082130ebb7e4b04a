//! What tokenizers do, to look at.

mod lattice;
mod merges;

pub use lattice::{BestWay, Lattice};
pub use merges::MergePlayer;

/// The colour behind what stands out: text in the page's colour reads on it in light and in dark.
const MARKED: &str = "rgba(47,158,100,0.28)";
/// The colour behind everything else.
const PLAIN: &str = "rgba(128,128,128,0.16)";
