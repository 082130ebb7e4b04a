//! Rich output: what a notebook shows for a value, and what a terminal prints in its place.
//!
//! A value that knows how to show itself implements [`Rich`]: one [`Bundle`] with the same thing as HTML or SVG and as
//! plain text. [`display`] shows it at once; the last expression of a cell is shown through [`bundle_of!`], which also
//! copes with every type that does not implement `Rich`.
//!
//! ```
//! use course_display::{Rich, Table};
//!
//! #[derive(serde::Serialize)]
//! struct Score { label: &'static str, score: f64 }
//!
//! let scores = [Score { label: "joy", score: 0.75 }, Score { label: "fear", score: 0.25 }];
//! assert_eq!(
//!     Table::of(&scores)?.rich().plain(),
//!     "label  score\n─────  ─────\njoy     0.75\nfear    0.25",
//! );
//! # Ok::<(), course_display::Error>(())
//! ```
//!
//! | to show | use |
//! |---|---|
//! | rows of structs | [`Table`] |
//! | how a text was cut into tokens | [`Tokens`] |
//! | a drawing, a chart | [`Figure`], [`bar_chart`], [`bar_panels`], [`line_chart`], [`heatmap`], [`tree_figure`] |
//! | what an attention head looks at, what a mask allows | [`attention_map`], [`attention_heads`], [`mask_figure`] |
//! | boxes and arrows, a timeline | [`Diagram`](diagram::Diagram), [`timeline`] |
//! | text in a markup of your own | [`Html`], [`Svg`], [`Markdown`], [`Latex`], [`Math`], [`Json`] |
//! | a picture from bytes or a file | [`Image`], [`Png`], [`Jpeg`] |
//! | a sound | [`Audio`] |
//! | how far a loop has come | [`progress`], [`Progress`] |
//! | how the loss falls while it does | [`LiveCurve`] |
//! | an indicatif bar of another library | [`indicatif_target`] |
//! | something that changes while it is shown | [`display_handle`] |
//!
//! All HTML is escaped, runs no script, and takes its colours from the page, so that it reads in light and dark themes.

mod audio;
mod charts;
mod curve;
pub mod diagram;
mod error;
mod escape;
mod figure;
mod image;
#[doc(hidden)]
pub mod ladder;
mod live;
mod mime;
mod number;
mod progress;
mod record;
mod rich;
mod show;
mod table;
mod tensor;
mod terminal;
mod theme;
mod tokens;

pub use audio::Audio;
pub use charts::{
    AttentionHeads, AttentionMap, TreeNode, attention_heads, attention_map, bar_chart, bar_panels, heatmap, line_chart,
    mask_figure, mask_figures, timeline, tree_figure,
};
pub use course_wire::Bundle;
pub use curve::LiveCurve;
pub use error::{Error, Result};
pub use escape::escape;
pub use figure::Figure;
pub use image::{Image, Jpeg, Png};
pub use mime::{Html, Json, Latex, Markdown, Math, Svg};
pub use number::Number;
pub use progress::{Progress, ProgressIter, progress};
pub use rich::Rich;
pub use show::{DisplayHandle, clear_output, display, display_handle};
pub use table::Table;
pub use terminal::indicatif_target;
#[doc(hidden)]
pub use theme::contrast;
pub use tokens::{Token, Tokens};
