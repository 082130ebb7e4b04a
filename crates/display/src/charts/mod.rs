//! The charts of the course, ready-made: bars, lines, heat maps, trees, attention, masks, timelines.

mod attention;
mod attention_lines;
mod bar;
mod canvas;
mod heatmap;
mod line;
mod mask;
mod panels;
mod thin;
mod timeline;
mod tree;

pub use attention::{AttentionHeads, AttentionMap, attention_heads, attention_map};
pub use bar::bar_chart;
pub use heatmap::heatmap;
pub use line::line_chart;
pub(crate) use line::{Lines, can_be_drawn};
pub use mask::{mask_figure, mask_figures};
pub use panels::bar_panels;
pub use timeline::timeline;
pub use tree::{TreeNode, tree_figure};
