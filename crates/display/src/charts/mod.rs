//! The charts of the course, ready-made: bars, lines, heat maps.

mod bar;
mod canvas;
mod heatmap;
mod line;
mod thin;

pub use bar::bar_chart;
pub use heatmap::heatmap;
pub use line::line_chart;
pub(crate) use line::{Lines, can_be_drawn};
