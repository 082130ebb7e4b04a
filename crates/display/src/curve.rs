//! A chart that grows while a loop runs: the loss of each step, as it comes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use course_wire::{Bundle, Interrupted, interrupt, link};

use crate::charts::{Lines, can_be_drawn};
use crate::live::Live;
use crate::number::{Number, short};
use crate::{Figure, Result, Rich};

/// The least time between two drawings in a notebook.
const INTERVAL: Duration = Duration::from_millis(350);
/// The least time between two lines in a terminal.
const LINE: Duration = Duration::from_secs(1);

/// A chart of values over steps that is drawn anew in its place while it grows, at most three times a second.
///
/// Each series is a line under its own name. A value that is not finite leaves a gap, and a note says how many there are. In
/// a terminal a line of text says now and then where the series stand.
///
/// ```
/// # fn main() -> Result<(), course_wire::Interrupted> {
/// use course_display::{LiveCurve, Rich};
///
/// let curve = LiveCurve::new("loss");
/// for step in 0..100 {
///     curve.push("training", step, 2.0 / (step + 1) as f32)?;
/// }
/// assert_eq!(curve.rich().plain().lines().next(), Some("loss by step"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LiveCurve {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Notebook(Live<Curve>),
    Terminal(Mutex<Terminal>),
}

#[derive(Debug)]
struct Terminal {
    curve: Curve,
    printed: Option<Instant>,
    said: bool,
}

/// The values so far.
#[derive(Debug, Clone)]
struct Curve {
    value: String,
    step: String,
    series: Vec<(String, Vec<(f64, f64)>)>,
}

impl LiveCurve {
    /// An empty chart of `value`, such as the loss; it is shown with its first value.
    pub fn new(value: impl Into<String>) -> Self {
        Self::over("step", value)
    }

    /// A chart of `value` over `step`, such as epochs, or tokens read.
    pub fn over(step: impl Into<String>, value: impl Into<String>) -> Self {
        let curve = Curve { value: value.into(), step: step.into(), series: Vec::new() };
        let place = match link::connected() {
            true => Place::Notebook(Live::new(curve, INTERVAL)),
            false => Place::Terminal(Mutex::new(Terminal { curve, printed: None, said: true })),
        };
        Self { place }
    }

    /// Adds a value of one series, and polls the interrupt.
    ///
    /// # Errors
    /// [`Interrupted`] when the learner has pressed ■.
    pub fn push(&self, series: &str, step: impl Number, value: impl Number) -> std::result::Result<(), Interrupted> {
        let point = (step.to_f64(), value.to_f64());
        match &self.place {
            Place::Notebook(live) => live.change(|curve| curve.push(series, point), |_, ()| false),
            Place::Terminal(terminal) => {
                let mut terminal = terminal.lock().unwrap_or_else(PoisonError::into_inner);
                terminal.curve.push(series, point);
                terminal.said = false;
                if terminal.printed.is_none_or(|printed| printed.elapsed() >= LINE) {
                    terminal.say();
                }
            }
        }
        interrupt::check()
    }

    /// The chart as it is now, as a figure of its own.
    ///
    /// # Errors
    /// As for [`line_chart`](crate::line_chart); values that are not finite are none.
    pub fn figure(&self) -> Result<Figure> {
        self.curve().figure()
    }

    fn curve(&self) -> Curve {
        match &self.place {
            Place::Notebook(live) => live.read(Curve::clone),
            Place::Terminal(terminal) => terminal.lock().unwrap_or_else(PoisonError::into_inner).curve.clone(),
        }
    }
}

impl Rich for LiveCurve {
    fn rich(&self) -> Bundle {
        self.curve().rich()
    }
}

impl Drop for LiveCurve {
    fn drop(&mut self) {
        match &self.place {
            Place::Notebook(live) => live.show_changes(),
            Place::Terminal(terminal) => {
                let mut terminal = terminal.lock().unwrap_or_else(PoisonError::into_inner);
                if !terminal.said {
                    terminal.say();
                }
            }
        }
    }
}

impl Terminal {
    fn say(&mut self) {
        let last = |(label, points): &(String, Vec<(f64, f64)>)| {
            points
                .last()
                .map(|(step, value)| format!("{label} {} at {} {}", short(*value), self.curve.step, short(*step)))
        };
        let series: Vec<String> = self.curve.series.iter().filter_map(last).collect();
        println!("{}: {}", self.curve.value, series.join(", "));
        self.printed = Some(Instant::now());
        self.said = true;
    }
}

impl Curve {
    fn push(&mut self, series: &str, point: (f64, f64)) {
        match self.series.iter_mut().find(|(label, _)| label == series) {
            Some((_, points)) => points.push(point),
            None => self.series.push((series.to_owned(), vec![point])),
        }
    }

    fn figure(&self) -> Result<Figure> {
        let series = self.series.iter().map(|(label, points)| (label.as_str(), points.as_slice()));
        let mut lines = Lines::new(series);
        lines.axes = Some((self.step.clone(), self.value.clone()));
        lines.note = self.not_finite();
        let title = format!("{} by {}", self.value, self.step);
        let figure = lines.draw()?;
        let text = format!("{title}\n{}", figure.plain());
        Ok(figure.text(text).title(&title))
    }

    /// "training has 3 values that are not finite, the first (NaN) at step 7".
    fn not_finite(&self) -> Option<String> {
        let of = |(label, points): &(String, Vec<(f64, f64)>)| {
            let mut odd = points.iter().filter(|point| !can_be_drawn(point));
            let (step, value) = odd.next()?;
            let (count, first) = match odd.count() {
                0 => ("a value that is".to_owned(), String::new()),
                more => (format!("{} values that are", more + 1), "the first ".to_owned()),
            };
            Some(format!("{label} has {count} not finite: {first}{} at {} {}", short(*value), self.step, short(*step)))
        };
        let notes: Vec<String> = self.series.iter().filter_map(of).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

impl Rich for Curve {
    fn rich(&self) -> Bundle {
        match self.figure() {
            Ok(figure) => figure.rich(),
            Err(error) => Bundle::text(format!("{} by {}: {error}", self.value, self.step)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: &[(&str, f64, f64)]) -> LiveCurve {
        let curve = LiveCurve::new("loss");
        values.iter().for_each(|(series, step, value)| curve.push(series, *step, *value).unwrap());
        curve
    }

    #[test]
    fn the_figure_names_its_axes_and_series() {
        let figure =
            curve(&[("training", 0.0, 3.0), ("validation", 0.0, 3.5), ("training", 10.0, 1.0)]).figure().unwrap();
        for name in ["<title>loss by step</title>", "\nloss\n", "\nstep\n", "\ntraining\n", "\nvalidation\n"] {
            assert!(figure.svg().contains(name), "{name}: {}", figure.svg());
        }
        assert_eq!(figure.rich().plain(), "loss by step\ntraining   ▇▁ 3 → 1\nvalidation █ 3.5");
    }

    #[test]
    fn values_that_are_not_finite_are_gaps_and_a_note() {
        let values =
            [("a", 0.0, 2.0), ("a", 1.0, f64::NAN), ("a", 2.0, f64::INFINITY), ("b", 1.0, f64::NAN), ("a", 3.0, 1.0)];
        let figure = curve(&values).figure().unwrap();
        assert!(!figure.svg().contains("NaN,") && !figure.svg().contains("inf,"), "{}", figure.svg());
        let note = "a has 2 values that are not finite: the first NaN at step 1; b has a value that is not finite: NaN at step 1";
        assert!(figure.rich().plain().ends_with(note), "{}", figure.rich().plain());
        assert!(figure.svg().contains("2 values that are not finite"));
    }

    #[test]
    fn nothing_but_nan_still_shows_axes_and_note() {
        let bundle = curve(&[("a", 0.0, f64::NAN), ("a", f64::NAN, 1.0)]).rich();
        assert!(bundle.data.contains_key("image/svg+xml"), "{bundle:?}");
        assert!(bundle.plain().contains("a has 2 values that are not finite"));
        assert!(curve(&[]).rich().plain().starts_with("loss by step"));
    }

    #[test]
    fn a_million_steps_stay_a_small_picture() {
        let curve = LiveCurve::new("loss");
        if let Place::Terminal(terminal) = &curve.place {
            let mut terminal = terminal.lock().unwrap();
            for step in 0..1_000_000 {
                let spike = if step == 777_777 { 50.0 } else { 0.0 };
                terminal.curve.push("training", (f64::from(step), 1.0 + f64::from(step % 7) * 0.1 + spike));
            }
        }
        let figure = curve.figure().unwrap();
        assert!(figure.svg().len() < 100_000, "{} bytes", figure.svg().len());
        assert!(figure.svg().contains(">\n50\n<"), "the one high value is still in the picture");
    }
}
