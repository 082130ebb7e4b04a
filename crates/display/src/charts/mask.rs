//! Masks as squares: who may look at whom.

use std::ops::Range;

use plotters::prelude::*;

use super::canvas::{Align, FONT, SMALL, clean, same_length, text, width};
use crate::{Error, Figure, Result};

/// A mask: a filled square where the row's token may look at the column's, an empty one where it may not. `labels` are the tokens;
/// an empty list leaves them out.
///
/// ```
/// use course_display::{Rich, mask_figure};
///
/// let figure = mask_figure(&[[true, false], [true, true]], &["the", "cat"])?;
/// assert_eq!(figure.rich().plain(), "the ■ ·\ncat ■ ■");
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// As [`mask_figures`].
pub fn mask_figure<R: AsRef<[bool]>, L: AsRef<str>>(mask: &[R], labels: &[L]) -> Result<Figure> {
    let mask = mask.iter().map(|row| row.as_ref().to_vec()).collect();
    draw(vec![(String::new(), mask)], labels.iter().map(|label| clean(label.as_ref())).collect())
}

/// Masks side by side, each under its name, for the same tokens.
///
/// # Errors
/// [`Error::Lengths`] when there are labels, and not as many as a mask has rows; [`Error::Empty`] without a square.
pub fn mask_figures<N: AsRef<str>, M: AsRef<[R]>, R: AsRef<[bool]>, L: AsRef<str>>(
    masks: &[(N, M)],
    labels: &[L],
) -> Result<Figure> {
    let mask =
        |(name, mask): &(N, M)| (clean(name.as_ref()), mask.as_ref().iter().map(|row| row.as_ref().to_vec()).collect());
    draw(masks.iter().map(mask).collect(), labels.iter().map(|label| clean(label.as_ref())).collect())
}

type Mask = Vec<Vec<bool>>;

/// The side of a square of which there are too many to draw each for itself, in pixels.
const FINE: i32 = 5;

fn draw(masks: Vec<(String, Mask)>, labels: Vec<String>) -> Result<Figure> {
    for (_, mask) in masks.iter().filter(|_| !labels.is_empty()) {
        same_length("labels and rows of the mask", labels.len(), mask.len())?;
    }
    let columns = |mask: &Mask| mask.iter().map(Vec::len).max().unwrap_or(0) as i32;
    let rows = masks.iter().map(|(_, mask)| mask.len()).max().unwrap_or(0) as i32;
    if masks.iter().all(|(_, mask)| columns(mask) == 0) {
        return Err(Error::Empty { chart: "mask" });
    }
    let side = match rows {
        ..=16 => 18,
        17..=40 => 10,
        _ => FINE,
    };
    let left = labels.iter().map(|label| width(label)).max().map_or(8, |widest| widest + 14);
    let top = if masks.iter().all(|(name, _)| name.is_empty()) { 6 } else { 28 };
    let gap = 26;
    let across = |(name, mask): &(String, Mask)| (columns(mask) * side).max(width(name)) + gap;
    let size = (left + masks.iter().map(across).sum::<i32>(), top + rows * side + 6);
    let figure = Figure::new((size.0 as u32, size.1 as u32), |root| {
        for (index, label) in labels.iter().enumerate() {
            text(&root, label, (left - 8, top + side * index as i32 + side / 2), FONT, Align::Right)?;
        }
        let mut x = left;
        for named @ (name, mask) in &masks {
            text(&root, name, (x, top - 14), SMALL, Align::Left)?;
            grid(&root, (x, top), (columns(mask), mask.len() as i32), side)?;
            for (row, may_look) in mask.iter().enumerate() {
                let y = top + side * row as i32;
                for columns in runs(may_look, side > FINE) {
                    let (start, end) = (x + side * columns.start as i32, x + side * columns.end as i32);
                    let square = [(start + 1, y + 1), (end - 1, y + side - 1)];
                    root.draw(&Rectangle::new(square, Figure::series(0).filled()))?;
                }
            }
            x += across(named);
        }
        Ok(())
    })?;
    Ok(figure.text(as_text(&masks, &labels)))
}

/// The lines between squares, or around all of them where the squares are fine.
fn grid(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    (left, top): (i32, i32),
    (columns, rows): (i32, i32),
    side: i32,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let (right, bottom) = (left + side * columns, top + side * rows);
    let every = |count: i32| if side > FINE { 1 } else { count.max(1) } as usize;
    let line = |ends: [(i32, i32); 2]| PathElement::new(ends, Figure::ink().mix(0.4).stroke_width(1));
    for x in (0..=columns).step_by(every(columns)).map(|column| left + side * column) {
        area.draw(&line([(x, top), (x, bottom)]))?;
    }
    for y in (0..=rows).step_by(every(rows)).map(|row| top + side * row) {
        area.draw(&line([(left, y), (right, y)]))?;
    }
    Ok(())
}

/// The squares of a row that are filled, each for itself or neighbours together: a large mask has more squares than a page can hold.
fn runs(row: &[bool], each: bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (column, _) in row.iter().enumerate().filter(|(_, may_look)| **may_look) {
        match runs.last_mut() {
            Some(columns) if columns.end == column && !each => columns.end = column + 1,
            _ => runs.push(column..column + 1),
        }
    }
    runs
}

fn as_text(masks: &[(String, Mask)], labels: &[String]) -> String {
    let drawn = |row: &Vec<bool>| {
        let squares = row.iter().map(|may_look| if *may_look { "■" } else { "·" });
        squares.collect::<Vec<_>>().join(" ")
    };
    let widest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let columns = masks.iter().map(|(name, mask)| {
        let rows: Vec<String> = mask.iter().map(drawn).collect();
        let width = rows.iter().chain([name]).map(|line| line.chars().count()).max().unwrap_or(0);
        (name, rows, width)
    });
    let columns: Vec<_> = columns.collect();
    let line = |label: &str, cells: Vec<&str>| {
        let cells = cells.iter().zip(&columns).map(|(cell, (_, _, width))| format!("{cell:<width$}"));
        let space = if widest > 0 { " " } else { "" };
        let line = format!("{label:>widest$}{space}{}", cells.collect::<Vec<_>>().join("   "));
        line.trim_end().to_owned()
    };
    let mut lines = Vec::new();
    if columns.iter().any(|(name, _, _)| !name.is_empty()) {
        lines.push(line("", columns.iter().map(|(name, _, _)| name.as_str()).collect()));
    }
    for row in 0..columns.iter().map(|(_, rows, _)| rows.len()).max().unwrap_or(0) {
        let cells = columns.iter().map(|(_, rows, _)| rows.get(row).map_or("", String::as_str)).collect();
        lines.push(line(labels.get(row).map_or("", String::as_str), cells));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rich;

    #[test]
    fn masks_stand_side_by_side_under_their_names() {
        let (all, causal) =
            (vec![vec![true; 3]; 3], vec![vec![true, false, false], vec![true, true, false], vec![true; 3]]);
        let figure = mask_figures(&[("everyone", all), ("causal", causal)], &["the", "cat", "sat"]).unwrap();
        insta::assert_snapshot!(figure.svg());
        insta::assert_snapshot!(figure.rich().plain());
    }

    #[test]
    fn labels_may_be_left_out_and_must_fit() {
        let none: [&str; 0] = [];
        assert_eq!(mask_figure(&[[true, false]], &none).unwrap().rich().plain(), "■ ·");
        assert!(matches!(mask_figure(&[[true]], &["a", "b"]), Err(Error::Lengths { left: 2, right: 1, .. })));
        assert!(mask_figure::<Vec<bool>, &str>(&[], &[]).is_err());
        let large = mask_figure(&vec![vec![true; 600]; 600], &none).unwrap();
        assert!(large.svg().len() < 100_000, "{}", large.svg().len());
    }
}
