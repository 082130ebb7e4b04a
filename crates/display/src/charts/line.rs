//! Lines over an index.

use plotters::prelude::*;

use super::canvas::{Align, FONT, SMALL, clean, range, text, width};
use crate::number::{Number, short};
use crate::{Figure, Result};

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
    let numbers = |values: &S| values.as_ref().iter().map(|&value| value.to_f64()).collect();
    draw(series.iter().map(|(label, values)| (clean(label.as_ref()), numbers(values))).collect())
}

/// What does not depend on the caller's types: compiled once, here, and not in every cell with a chart.
fn draw(series: Vec<(String, Vec<f64>)>) -> Result<Figure> {
    let all: Vec<f64> = series.iter().flat_map(|(_, values)| values.iter().copied()).collect();
    let (low, high) = range(&all, "line chart")?;
    let margin = if high > low { (high - low) * 0.06 } else { high.abs().max(1.0) * 0.1 };
    let last = series.iter().map(|(_, values)| values.len()).max().unwrap_or(1).saturating_sub(1).max(1);

    let figure = Figure::new((640, 320), |root| {
        let (legend, plot) = root.split_vertically(24);
        let mut x = 64;
        for (index, (label, _)) in series.iter().enumerate() {
            legend.draw(&Rectangle::new([(x, 10), (x + 14, 14)], Figure::series(index).filled()))?;
            text(&legend, label, (x + 20, 12), FONT, Align::Left)?;
            x += 20 + width(label) + 18;
        }
        let ink = Figure::ink();
        let mut chart = ChartBuilder::on(&plot)
            .margin_right(16)
            .margin_top(4)
            .x_label_area_size(28)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..last as f64, low - margin..high + margin)?;
        chart
            .configure_mesh()
            .axis_style(ink.mix(0.6))
            .bold_line_style(ink.mix(0.25))
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", SMALL).into_font().color(&ink))
            .x_labels(last.min(10) + 1)
            .x_label_formatter(&|x| short(*x))
            .y_label_formatter(&|y| short(*y))
            .draw()?;
        for (index, (_, values)) in series.iter().enumerate() {
            let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(x, &y)| (x as f64, y)).collect();
            for run in points.split(|(_, y)| !y.is_finite()).filter(|run| !run.is_empty()) {
                let colour = Figure::series(index);
                match run {
                    [point] => chart.draw_series([Circle::new(*point, 3, colour.filled())]).map(drop)?,
                    run => {
                        chart.draw_series(LineSeries::new(run.iter().copied(), colour.stroke_width(2))).map(drop)?;
                    }
                }
            }
        }
        Ok(())
    })?;
    Ok(figure.text(lines_as_text(&series, low, high)))
}

fn lines_as_text(series: &[(String, Vec<f64>)], low: f64, high: f64) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let level = |value: f64| match (value.is_finite(), high > low) {
        (false, _) => ' ',
        (true, false) => LEVELS[3],
        (true, true) => LEVELS[(((value - low) / (high - low) * 7.0).round() as usize).min(7)],
    };
    let widest = series.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let lines = series.iter().map(|(label, values)| {
        let step = values.len().div_ceil(60).max(1);
        let line: String = values.iter().step_by(step).map(|&value| level(value)).collect();
        let ends = match values.as_slice() {
            [] => "no values".to_owned(),
            [only] => short(*only),
            [first, .., last] => format!("{} → {}", short(*first), short(*last)),
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
        assert!(line_chart(&[("one", [4.0])]).is_ok());
    }
}
