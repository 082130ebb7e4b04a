//! What can go wrong before there is anything to show.

use std::path::PathBuf;

/// The result of building something to show.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a table, a figure, a picture or a sound could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A row's `Serialize` implementation failed.
    #[error(
        "row {row} of the table does not serialize: {source}; give every field a type that serde can turn into JSON"
    )]
    Row {
        /// The row, counted from 0.
        row: usize,
        /// What serde says.
        source: serde_json::Error,
    },
    /// Two inputs of a chart must be equally long and are not.
    #[error("{what}: {left} against {right}; pass as many of one as of the other")]
    Lengths {
        /// What was compared, as in "labels and values of the bar chart".
        what: &'static str,
        /// How many of the first.
        left: usize,
        /// How many of the second.
        right: usize,
    },
    /// There is nothing to draw.
    #[error("the {chart} has nothing to draw: pass at least one finite value")]
    Empty {
        /// Which chart.
        chart: &'static str,
    },
    /// A figure's width or height is zero, or beyond what a page can show.
    #[error("a figure of {width} × {height} pixels cannot be drawn: each side must lie between 1 and 10000")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The closure that draws a figure failed.
    #[error("the figure could not be drawn: {0}")]
    Draw(String),
    /// A file could not be read.
    #[error("{} could not be read: {source}; the path counts from {}", path.display(), here())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Bytes are no picture that a page can show.
    #[error("this is no PNG, JPEG, GIF, WebP or SVG picture: {0}")]
    Picture(String),
    /// Samples or bytes are no sound that a page can play.
    #[error("this is no sound that can be played: {0}")]
    Sound(String),
}

/// The folder from which relative paths count.
fn here() -> String {
    std::env::current_dir().map_or_else(|_| "a folder that is gone".into(), |folder| folder.display().to_string())
}
