//! Lines over an index, or over steps.

use plotters::prelude::*;

use super::canvas::{Align, FONT, SMALL, clean, text, width};
use super::thin::thin;
use crate::number::{Number, short};
use crate::{Error, Figure, Result};

/// Values over their index, one line a series; a value that is not finite leaves a gap.
///
/// ```
/// let figure = course_display::line_chart(&[("loss", &[2.1, 1.4, 1.1]), ("validation", &[2.2, 1.6, 1.5])])?;
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`](crate::Error::Empty) without a finite value.
pub fn line_chart<L: AsRef<str>, S: AsRef<[V]>, V: Number>(series: &[(L, S)]) -> Result<Figure> {
    let points = |values: &S| -> Vec<(f64, f64)> {
        values.as_ref().iter().enumerate().map(|(index, &value)| (index as f64, value.to_f64())).collect()
    };
    let series: Vec<_> = series.iter().map(|(label, values)| (label.as_ref(), points(values))).collect();
    draw(&series)
}

/// What does not depend on the caller's types: compiled once, here, and not in every cell with a chart.
fn draw(series: &[(&str, Vec<(f64, f64)>)]) -> Result<Figure> {
    let lines = Lines::new(series.iter().map(|(label, points)| (*label, points.as_slice())));
    if lines.range(|point| point.1).is_none() {
        return Err(Error::Empty { chart: "line chart" });
    }
    lines.draw()
}

/// Lines to be drawn.
pub(crate) struct Lines {
    series: Vec<(String, Vec<(f64, f64)>)>,
    /// What stands along the axes: below the one, above the other.
    pub(crate) axes: Option<(String, String)>,
    /// What stands below it all.
    pub(crate) note: Option<String>,
}

impl Lines {
    /// Lines from names and points.
    pub(crate) fn new<'a>(series: impl Iterator<Item = (&'a str, &'a [(f64, f64)])>) -> Self {
        let series = series.map(|(label, points)| (clean(label), thin(points))).collect();
        Self { series, axes: None, note: None }
    }

    /// The least and the greatest of what the finite points have.
    fn range(&self, of: impl Fn(&(f64, f64)) -> f64) -> Option<(f64, f64)> {
        let points = self.series.iter().flat_map(|(_, points)| points);
        let values = points.filter(|point| can_be_drawn(point)).map(of);
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        (low <= high).then_some((low, high))
    }

    /// Draws them; without a finite point, their axes alone.
    pub(crate) fn draw(&self) -> Result<Figure> {
        let (low, high) = self.range(|point| point.1).unwrap_or((0.0, 1.0));
        let margin = if differ(low, high) { (high - low) * 0.06 } else { high.abs().max(1.0) * 0.1 };
        let (first, last) = self.range(|point| point.0).unwrap_or((0.0, 1.0));
        let last = if differ(first, last) { last } else { first + first.abs().max(1.0) };
        let steps = (last - first).min(10.0).ceil() as usize;
        let extra = 22 * (u32::from(self.axes.is_some()) + u32::from(self.note.is_some()));
        let figure = Figure::new((640, 320 + extra), |root| {
            let (legend, rest) = root.split_vertically(24);
            let (plot, footer) = rest.split_vertically(296 + 22 * u32::from(self.axes.is_some()));
            self.legend(&legend)?;
            if let Some(note) = &self.note {
                text(&footer, &clipped(note), (64, 10), SMALL, Align::Left)?;
            }
            let ink = Figure::ink();
            let label_style = ("sans-serif", SMALL).into_font().color(&ink);
            let mut chart = ChartBuilder::on(&plot)
                .margin_right(16)
                .margin_top(4)
                .x_label_area_size(if self.axes.is_some() { 46 } else { 28 })
                .y_label_area_size(if self.axes.is_some() { 76 } else { 60 })
                .build_cartesian_2d(first..last, low - margin..high + margin)?;
            let mut mesh = chart.configure_mesh();
            mesh.axis_style(ink.mix(0.6))
                .bold_line_style(ink.mix(0.25))
                .light_line_style(TRANSPARENT)
                .label_style(label_style.clone())
                .x_labels(steps + 1)
                .x_label_formatter(&|x| short(*x))
                .y_label_formatter(&|y| short(*y));
            if let Some((x, y)) = &self.axes {
                mesh.x_desc(clean(x)).y_desc(clean(y)).axis_desc_style(label_style);
            }
            mesh.draw()?;
            for (index, (_, points)) in self.series.iter().enumerate() {
                let colour = Figure::series(index);
                for run in points.split(|point| !can_be_drawn(point)).filter(|run| !run.is_empty()) {
                    match run {
                        [point] => chart.draw_series([Circle::new(*point, 3, colour.filled())]).map(drop)?,
                        run => {
                            chart
                                .draw_series(LineSeries::new(run.iter().copied(), colour.stroke_width(2)))
                                .map(drop)?;
                        }
                    }
                }
            }
            Ok(())
        })?;
        let text = as_text(&self.series, low, high);
        Ok(figure.text(match &self.note {
            Some(note) => format!("{text}\n{note}"),
            None => text,
        }))
    }

    fn legend(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut x = 64;
        for (index, (label, _)) in self.series.iter().enumerate() {
            area.draw(&Rectangle::new([(x, 10), (x + 14, 14)], Figure::series(index).filled()))?;
            text(area, label, (x + 20, 12), FONT, Align::Left)?;
            x += 20 + width(label) + 18;
        }
        Ok(())
    }
}

/// Whether a point has a place: what is not finite has none, nor has what is so large that a chart's height would be infinite.
pub(crate) fn can_be_drawn((x, y): &(f64, f64)) -> bool {
    x.abs() < 1e300 && y.abs() < 1e300
}

/// Whether an axis from `low` to `high` can have marks: between two neighbouring floats there is nothing to mark, and plotters
/// would look for it for ever.
fn differ(low: f64, high: f64) -> bool {
    high - low > (low.abs().max(high.abs()) * 1e-9).max(1e-300)
}

/// A note on one line of the figure.
fn clipped(note: &str) -> String {
    const LONGEST: usize = 84;
    match note.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", note[..end].trim_end()),
        None => note.to_owned(),
    }
}

fn as_text(series: &[(String, Vec<(f64, f64)>)], low: f64, high: f64) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let level = |value: f64| match (value.is_finite(), high > low) {
        (false, _) => ' ',
        (true, false) => LEVELS[3],
        (true, true) => LEVELS[(((value - low) / (high - low) * 7.0).round() as usize).min(7)],
    };
    let widest = series.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let lines = series.iter().map(|(label, points)| {
        let step = points.len().div_ceil(60).max(1);
        let line: String = points.iter().step_by(step).map(|&(_, value)| level(value)).collect();
        let ends = match points.as_slice() {
            [] => "no values".to_owned(),
            [(_, only)] => short(*only),
            [(_, first), .., (_, last)] => format!("{} → {}", short(*first), short(*last)),
        };
        format!("{label:<widest$} {line} {ends}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rich;

    #[test]
    fn lines_have_gaps_where_values_are_missing() {
        let figure = line_chart(&[("loss", vec![3.0, 2.0, f64::NAN, 1.0, 0.5]), ("flat", vec![1.0, 1.0])]).unwrap();
        assert_eq!(figure.svg().matches("stroke-width=\"2\"").count(), 3, "two runs and one: {}", figure.svg());
        insta::assert_snapshot!(figure.rich().plain());
        let empty: [(&str, Vec<f64>); 0] = [];
        assert!(line_chart(&empty).is_err());
        assert!(line_chart(&[("nothing", [f64::NAN])]).is_err());
        assert!(line_chart(&[("one", [4.0])]).is_ok());
    }

    #[test]
    fn extreme_values_are_drawn_in_finite_time() {
        for values in [[1e299, -1e299], [1.0, 1.0 + 1e-15], [0.0, 5e-324], [1e17, 1e17 + 16.0], [f64::MAX, 1.0]] {
            assert!(line_chart(&[("extreme", values)]).is_ok(), "{values:?}");
        }
        assert!(line_chart(&[("too large", [f64::MAX, -f64::MAX])]).is_err());
    }
}
