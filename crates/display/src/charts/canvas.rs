//! What the charts share: text around a point, label widths, the range of the values.

use plotters::prelude::*;

use crate::{Error, Figure, Result};

/// Font sizes as plotters takes them; the SVG gets 0.8 of it, in pixels.
pub(super) const FONT: i32 = 16;
pub(super) const SMALL: i32 = 15;
/// The mean width of a character at [`FONT`], in pixels.
pub(super) const CHARACTER: f64 = 7.2;
/// Characters that fit the label column or row.
pub(super) const LABEL: usize = 28;

/// Where a text lies around its point.
#[derive(Clone, Copy)]
pub(super) enum Align {
    Left,
    Middle,
    Right,
    /// Turned by a quarter, reading upwards from its point.
    Up,
}

impl Align {
    pub(super) fn position(self) -> plotters::style::text_anchor::Pos {
        use plotters::style::text_anchor::{HPos, Pos, VPos};
        match self {
            Self::Left | Self::Up => Pos::new(HPos::Left, VPos::Center),
            Self::Middle => Pos::new(HPos::Center, VPos::Center),
            Self::Right => Pos::new(HPos::Right, VPos::Center),
        }
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

pub(super) fn text(area: &Area<'_>, text: &str, at: (i32, i32), size: i32, align: Align) -> Drawn {
    coloured(area, text, at, size, align, &Figure::ink())
}

/// [`text`] in another colour than the ink.
pub(super) fn coloured(
    area: &Area<'_>,
    text: &str,
    at: (i32, i32),
    size: i32,
    align: Align,
    colour: &impl Color,
) -> Drawn {
    let font = ("sans-serif", size).into_font();
    let font = if matches!(align, Align::Up) { font.transform(FontTransform::Rotate270) } else { font };
    area.draw(&Text::new(text.to_owned(), at, font.color(colour).pos(align.position())))?;
    Ok(())
}

pub(super) fn width(text: &str) -> i32 {
    (text.chars().count() as f64 * CHARACTER).ceil() as i32
}

/// A label on one line, cut to [`LABEL`] characters.
pub(super) fn clean(label: &str) -> String {
    let label: String = label.chars().map(|c| if c.is_control() { '␣' } else { c }).collect();
    match label.char_indices().nth(LABEL) {
        Some((end, _)) => format!("{}…", label[..end].trim_end()),
        None => label,
    }
}

pub(super) fn same_length(what: &'static str, left: usize, right: usize) -> Result<()> {
    if left == right { Ok(()) } else { Err(Error::Lengths { what, left, right }) }
}

/// The least and the greatest finite value.
pub(super) fn range(values: &[f64], chart: &'static str) -> Result<(f64, f64)> {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low <= high { Ok((low, high)) } else { Err(Error::Empty { chart }) }
}

/// Rows of cells as text, each column as wide as its widest cell and flush right.
pub(super) fn columns_as_text(rows: Vec<Vec<String>>) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width_of = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width_of(column).unwrap_or(0)).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}"));
        cells.collect::<Vec<_>>().join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}
