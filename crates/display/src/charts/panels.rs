//! The same bars under several conditions, side by side.

use plotters::prelude::*;

use super::canvas::{Align, FONT, SMALL, clean, columns_as_text, range, same_length, text, width};
use crate::number::{Number, short};
use crate::{Figure, Result};

/// Horizontal bars in panels side by side: `labels` name the rows of all of them, and each panel has a title and a value for
/// every label. All panels have the same scale. A value that is no number has a dash and no bar.
///
/// ```
/// let panels = [("cold", vec![0.9, 0.1]), ("hot", vec![0.6, 0.4])];
/// let figure = course_display::bar_panels(&["yes", "no"], &panels)?;
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// [`Error::Lengths`](crate::Error::Lengths) when a panel has more values than there are labels or fewer,
/// [`Error::Empty`](crate::Error::Empty) without a finite value.
pub fn bar_panels<L: AsRef<str>, T: AsRef<str>, V: Number>(labels: &[L], panels: &[(T, Vec<V>)]) -> Result<Figure> {
    let mut drawn = Vec::with_capacity(panels.len());
    for (title, values) in panels {
        same_length("labels and values of a panel", labels.len(), values.len())?;
        drawn.push((clean(title.as_ref()), values.iter().map(|&value| value.to_f64()).collect()));
    }
    draw(labels.iter().map(|label| clean(label.as_ref())).collect(), drawn)
}

/// What does not depend on the caller's types: compiled once, here, and not in every cell with a chart.
fn draw(labels: Vec<String>, panels: Vec<(String, Vec<f64>)>) -> Result<Figure> {
    let values = panels.iter().flat_map(|(_, values)| values.iter().copied()).collect::<Vec<f64>>();
    let (low, high) = range(&values, "bar panels")?;
    let (low, high) = (low.min(0.0), high.max(0.0));
    let span = if high > low { high - low } else { 1.0 };

    let left = 16 + labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let number = 10 + values.iter().map(|&value| width(&shown(value))).max().unwrap_or(0);
    let titles = panels.iter().map(|(title, _)| width(title) + 14).max().unwrap_or(0);
    let panel = ((720 - left) / panels.len().max(1) as i32).max(titles).max(number + 50);
    let (row, top) = (24, 28);
    let size = (left + panel * panels.len() as i32, top + row * labels.len() as i32 + 6);
    let figure = Figure::new((size.0.max(1) as u32, size.1 as u32), |root| {
        for (index, label) in labels.iter().enumerate() {
            text(&root, label, (left - 8, top + row * index as i32 + row / 2), FONT, Align::Right)?;
        }
        for (number_of, (title, values)) in panels.iter().enumerate() {
            let start = left + panel * number_of as i32;
            let x = |value: f64| start + ((value - low) / span * f64::from(panel - number)).round() as i32;
            text(&root, title, (start, top / 2), FONT, Align::Left)?;
            for (index, &value) in values.iter().enumerate() {
                let y = top + row * index as i32;
                if value.is_finite() {
                    let (from, to) = (x(value.min(0.0)), x(value.max(0.0)));
                    let bar = [(from, y + 4), (to.max(from + 1), y + row - 4)];
                    root.draw(&Rectangle::new(bar, Figure::series(number_of).filled()))?;
                }
                let end = if value.is_finite() { x(value.max(0.0)) } else { x(0.0) };
                text(&root, &shown(value), (end + 5, y + row / 2), SMALL, Align::Left)?;
            }
        }
        Ok(())
    })?;
    let header = std::iter::once(String::new()).chain(panels.iter().map(|(title, _)| title.clone())).collect();
    let rows = labels.iter().enumerate().map(|(index, label)| {
        let values = panels.iter().filter_map(|(_, values)| values.get(index).map(|&value| shown(value)));
        std::iter::once(label.clone()).chain(values).collect()
    });
    Ok(figure.text(columns_as_text(std::iter::once(header).chain(rows).collect())))
}

fn shown(value: f64) -> String {
    if value.is_finite() { short(value) } else { "–".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Rich};

    #[test]
    fn panels_share_their_labels_and_their_scale() {
        let panels = [("T = 0.5", vec![0.9, 0.1]), ("top_k = 1", vec![1.0, f64::NAN])];
        let figure = bar_panels(&[" the", "<b>"], &panels).unwrap();
        insta::assert_snapshot!(figure.svg());
        assert_eq!(
            figure.rich().plain(),
            "      T = 0.5  top_k = 1\n the      0.9          1\n <b>      0.1          –"
        );
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let short = [("a", vec![1.0])];
        assert!(matches!(bar_panels(&["x", "y"], &short), Err(Error::Lengths { left: 2, right: 1, .. })));
        assert!(matches!(bar_panels::<&str, &str, f64>(&["x"], &[]), Err(Error::Empty { .. })));
    }
}
