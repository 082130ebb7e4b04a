//! The charts of the course, ready-made: bars, lines, heat maps, trees.

mod bar;
mod canvas;
mod heatmap;
mod line;
mod panels;
mod thin;
mod tree;

pub use bar::bar_chart;
pub use heatmap::heatmap;
pub use line::line_chart;
pub(crate) use line::{Lines, can_be_drawn};
pub use panels::bar_panels;
pub use tree::{TreeNode, tree_figure};
