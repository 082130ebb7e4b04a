//! A matrix as tiles.

use plotters::prelude::*;

use super::canvas::{Align, FONT, SMALL, clean, columns_as_text, range, same_length, text, width};
use crate::number::{Number, short};
use crate::{Figure, Result, theme};

/// A matrix as tiles from pale (lowest) to deep (highest) with their values: `row_labels.len()` × `column_labels.len()`.
///
/// ```
/// let figure = course_display::heatmap(&[[1.0, 0.2], [0.2, 1.0]], &["cat", "tax"], &["cat", "tax"])?;
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// [`Error::Lengths`](crate::Error::Lengths) when the labels do not fit the matrix,
/// [`Error::Empty`](crate::Error::Empty) without a finite value.
pub fn heatmap<R: AsRef<[V]>, V: Number, L: AsRef<str>, C: AsRef<str>>(
    matrix: &[R],
    row_labels: &[L],
    column_labels: &[C],
) -> Result<Figure> {
    same_length("row labels and rows of the heat map", row_labels.len(), matrix.len())?;
    let mut values = Vec::new();
    for row in matrix {
        same_length("column labels and columns of the heat map", column_labels.len(), row.as_ref().len())?;
        values.push(row.as_ref().iter().map(|&value| value.to_f64()).collect::<Vec<f64>>());
    }
    let rows = row_labels.iter().map(|label| clean(label.as_ref())).collect();
    let columns = column_labels.iter().map(|label| clean(label.as_ref())).collect();
    draw(values, rows, columns)
}

/// What does not depend on the caller's types: compiled once, here, and not in every cell with a chart.
fn draw(values: Vec<Vec<f64>>, rows: Vec<String>, columns: Vec<String>) -> Result<Figure> {
    let (low, high) = range(&values.concat(), "heat map")?;
    let tile = (if columns.len() > 10 { 46 } else { 60 }, 30);
    let widest = columns.iter().map(|label| width(label)).max().unwrap_or(0);
    let upright = widest + 4 > tile.0;
    let left = 16 + rows.iter().map(|label| width(label)).max().unwrap_or(0);
    let top = if upright { widest + 16 } else { 26 };
    let size = (left + tile.0 * columns.len() as i32 + 8, top + tile.1 * rows.len() as i32 + 8);
    let figure = Figure::new((size.0 as u32, size.1 as u32), |root| {
        for (index, label) in columns.iter().enumerate() {
            let middle = left + tile.0 * index as i32 + tile.0 / 2;
            if upright {
                text(&root, label, (middle, top - 8), FONT, Align::Up)?;
            } else {
                text(&root, label, (middle, top - 12), FONT, Align::Middle)?;
            }
        }
        for (row, (label, values)) in rows.iter().zip(&values).enumerate() {
            let y = top + tile.1 * row as i32;
            text(&root, label, (left - 8, y + tile.1 / 2), FONT, Align::Right)?;
            for (column, &value) in values.iter().enumerate() {
                let x = left + tile.0 * column as i32;
                let share = if high > low { (value - low) / (high - low) } else { 0.5 };
                let (colour, letters) = tile_colours(share);
                root.draw(&Rectangle::new([(x + 1, y + 1), (x + tile.0 - 1, y + tile.1 - 1)], colour.filled()))?;
                let style = ("sans-serif", SMALL).into_font().color(&letters).pos(Align::Middle.position());
                root.draw(&Text::new(two_decimals(value), (x + tile.0 / 2, y + tile.1 / 2), style))?;
            }
        }
        Ok(())
    })?;
    let cells = rows.iter().zip(&values).map(|(label, values)| {
        std::iter::once(label.clone()).chain(values.iter().map(|&value| two_decimals(value))).collect()
    });
    let header = std::iter::once(String::new()).chain(columns.iter().cloned()).collect();
    Ok(figure.text(columns_as_text(std::iter::once(header).chain(cells).collect())))
}

/// The ground of a tile between 0 and 1, and letters that stand out on it; both are opaque, so the theme plays no part.
pub(super) fn tile_colours(share: f64) -> (RGBColor, RGBColor) {
    const PALE: (f64, f64, f64) = (228.0, 238.0, 248.0);
    const DEEP: (f64, f64, f64) = (16.0, 66.0, 134.0);
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mix = |pale: f64, deep: f64| (pale + (deep - pale) * share).round() as u8;
    let ground = (mix(PALE.0, DEEP.0), mix(PALE.1, DEEP.1), mix(PALE.2, DEEP.2));
    // One of the two always has a contrast of more than 4.5 : 1. Not quite black: black follows the page's theme.
    let (dark, light) = ((1, 1, 1), (255, 255, 255));
    let best = if theme::contrast(ground, dark) >= theme::contrast(ground, light) { dark } else { light };
    (RGBColor(ground.0, ground.1, ground.2), RGBColor(best.0, best.1, best.2))
}

pub(super) fn two_decimals(value: f64) -> String {
    if value.is_finite() && value.abs() < 1000.0 { format!("{value:.2}") } else { short(value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rich;

    #[test]
    fn tiles_show_their_values_with_enough_contrast() {
        for step in 0..=100 {
            let (ground, letters) = tile_colours(f64::from(step) / 100.0);
            let ratio = theme::contrast((ground.0, ground.1, ground.2), (letters.0, letters.1, letters.2));
            assert!(ratio >= 4.5, "{step}: {ratio}");
        }
        let figure = heatmap(&[[1.0, 0.25], [0.25, -1.0]], &["cat", "tax"], &["cat", "a much longer label"]).unwrap();
        insta::assert_snapshot!(figure.svg());
        insta::assert_snapshot!(figure.rich().plain());
        assert!(heatmap(&[[1.0]], &["a"], &["a", "b"]).is_err());
    }
}
