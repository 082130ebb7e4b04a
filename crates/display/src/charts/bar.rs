//! Horizontal bars.

use plotters::prelude::*;

use super::canvas::{Align, FONT, SMALL, clean, range, same_length, text, width};
use crate::number::{Number, short};
use crate::{Figure, Result};

/// Horizontal bars, one a label, the longest across the whole width; values below zero go to the left.
///
/// ```
/// let figure = course_display::bar_chart(&["yes", "no"], &[0.75, 0.25])?;
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// [`Error::Lengths`](crate::Error::Lengths) when there are more labels than values or fewer,
/// [`Error::Empty`](crate::Error::Empty) without a finite value.
pub fn bar_chart<L: AsRef<str>, V: Number>(labels: &[L], values: &[V]) -> Result<Figure> {
    same_length("labels and values of the bar chart", labels.len(), values.len())?;
    let labels: Vec<String> = labels.iter().map(|label| clean(label.as_ref())).collect();
    draw(labels, values.iter().map(|&value| value.to_f64()).collect())
}

/// What does not depend on the caller's types: compiled once, here, and not in every cell with a chart.
fn draw(labels: Vec<String>, values: Vec<f64>) -> Result<Figure> {
    let (low, high) = range(&values, "bar chart")?;
    let (low, high) = (low.min(0.0), high.max(0.0));
    let span = if high > low { high - low } else { 1.0 };

    let label_width = 8 + labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let value_width = 12 + values.iter().map(|&value| width(&short(value))).max().unwrap_or(0);
    let (row, left, right) = (26, label_width + 8, 640 - value_width);
    let x = |value: f64| left + ((value - low) / span * f64::from(right - left)).round() as i32;
    let figure = Figure::new((640, 12 + row as u32 * labels.len() as u32), |root| {
        for (index, (label, &value)) in labels.iter().zip(&values).enumerate() {
            let top = 6 + row * index as i32;
            text(&root, label, (left - 8, top + row / 2), FONT, Align::Right)?;
            if value.is_finite() {
                let (start, end) = (x(value.min(0.0)), x(value.max(0.0)));
                root.draw(&Rectangle::new(
                    [(start, top + 4), (end.max(start + 1), top + row - 4)],
                    Figure::series(0).filled(),
                ))?;
            }
            let end = if value.is_finite() { x(value.max(0.0)) } else { x(0.0) };
            text(&root, &short(value), (end + 6, top + row / 2), SMALL, Align::Left)?;
        }
        Ok(())
    })?;
    Ok(figure.text(bars_as_text(&labels, &values, low, span)))
}

fn bars_as_text(labels: &[String], values: &[f64], low: f64, span: f64) -> String {
    let widest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let lines = labels.iter().zip(values).map(|(label, &value)| {
        // Bars to the left of zero would need a second column; their numbers must do here.
        let share = if low < 0.0 || !value.is_finite() { 0.0 } else { value / span };
        let bar = "█".repeat((share * 40.0).round() as usize);
        let space = if bar.is_empty() { "" } else { " " };
        format!("{label:>widest$} {bar}{space}{}", short(value))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Rich};

    #[test]
    fn bars_have_labels_values_and_a_text_form() {
        let figure = bar_chart(&[" the", "<b>", "long"], &[0.5, 0.25, 0.0]).unwrap();
        insta::assert_snapshot!(figure.svg());
        insta::assert_snapshot!(figure.rich().plain());
    }

    #[test]
    fn counts_and_negative_values_are_fine() {
        assert!(bar_chart(&["a", "b"], &[3usize, 4]).is_ok());
        let svg = bar_chart(&["a", "b"], &[-1.0, f64::NAN]).unwrap();
        assert!(svg.svg().contains("NaN"));
        assert!(matches!(bar_chart(&["a"], &[1, 2]), Err(Error::Lengths { left: 1, right: 2, .. })));
        assert!(matches!(bar_chart(&["a"], &[f32::NAN]), Err(Error::Empty { .. })));
    }
}
