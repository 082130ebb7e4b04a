//! Events along the years.

use plotters::prelude::*;

use super::canvas::{Align, FONT, SMALL, clean, text, width};
use crate::{Error, Figure, Result};

/// Events on an axis of years, a row each, coloured by kind: date as `year-month`, name, kind.
///
/// ```
/// let figure = course_display::timeline(&[("2018-06", "GPT", "decoder"), ("2018-10", "BERT", "encoder")])?;
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// [`Error::Empty`] without an event, [`Error::Draw`] for a date that is none.
pub fn timeline<D: AsRef<str>, N: AsRef<str>, K: AsRef<str>>(events: &[(D, N, K)]) -> Result<Figure> {
    let events = events.iter().map(|(date, name, kind)| Event::new(date.as_ref(), name.as_ref(), kind.as_ref()));
    draw(&events.collect::<Result<Vec<_>>>()?)
}

struct Event {
    date: String,
    /// In years.
    at: f64,
    name: String,
    kind: String,
}

impl Event {
    fn new(date: &str, name: &str, kind: &str) -> Result<Self> {
        let problem = || Error::Draw(format!("{date:?} is no date; write year and month, as in \"2017-06\""));
        let (year, month) = date.split_once('-').ok_or_else(problem)?;
        let (year, month): (u16, u8) = (year.parse().map_err(|_| problem())?, month.parse().map_err(|_| problem())?);
        if !(1..=12).contains(&month) {
            return Err(problem());
        }
        let at = f64::from(year) + f64::from(month - 1) / 12.0;
        Ok(Self { date: date.to_owned(), at, name: clean(name), kind: clean(kind) })
    }
}

fn draw(events: &[Event]) -> Result<Figure> {
    let times = || events.iter().map(|event| event.at);
    let (first, last) = (times().fold(f64::INFINITY, f64::min).floor(), times().fold(0.0, f64::max).floor() + 1.0);
    if first > last {
        return Err(Error::Empty { chart: "timeline" });
    }
    let mut kinds: Vec<&str> = Vec::new();
    for event in events {
        if !kinds.contains(&event.kind.as_str()) {
            kinds.push(&event.kind);
        }
    }
    let colour = |kind: &str| Figure::series(kinds.iter().position(|known| *known == kind).unwrap_or(0));
    let (row, top, left, right) = (24, 54, 16, 624);
    let x = |at: f64| left + ((at - first) / (last - first) * f64::from(right - left)).round() as i32;
    let bottom = top + row * events.len() as i32;
    let figure = Figure::new((640, bottom as u32 + 6), |root| {
        let mut legend = left;
        for kind in &kinds {
            root.draw(&Circle::new((legend + 5, 12), 5, colour(kind).filled()))?;
            text(&root, kind, (legend + 16, 12), FONT, Align::Left)?;
            legend += 16 + width(kind) + 18;
        }
        // Every year has its line; of many years, only some have room for their number.
        let (first, last) = (first as i32, last as i32);
        let step = (last - first).div_euclid(12).max(1);
        for year in (first..=last).step_by(step as usize) {
            let at = x(f64::from(year));
            root.draw(&PathElement::new([(at, top - 8), (at, bottom)], Figure::ink().mix(0.3).stroke_width(1)))?;
            text(&root, &year.to_string(), (at, top - 18), SMALL, Align::Middle)?;
        }
        for (index, event) in events.iter().enumerate() {
            let (at, y) = (x(event.at), top + row * index as i32 + row / 2);
            root.draw(&Circle::new((at, y), 6, colour(&event.kind).filled()))?;
            let beside = at + 12 + width(&event.name);
            match beside < right {
                true => text(&root, &event.name, (at + 12, y), FONT, Align::Left)?,
                false => text(&root, &event.name, (at - 12, y), FONT, Align::Right)?,
            }
        }
        Ok(())
    })?;
    let widest = events.iter().map(|event| event.name.chars().count()).max().unwrap_or(0);
    let line = |event: &Event| format!("{}  {:<widest$}  {}", event.date, event.name, event.kind);
    Ok(figure.text(events.iter().map(line).collect::<Vec<_>>().join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rich;

    #[test]
    fn events_lie_where_their_dates_are() {
        let figure =
            timeline(&[("2017-06", "Transformer", "both"), ("2018-06", "GPT", "decoder"), ("2018-12", "<b>", "both")]);
        let figure = figure.unwrap();
        insta::assert_snapshot!(figure.svg());
        insta::assert_snapshot!(figure.rich().plain(), @r"
        2017-06  Transformer  both
        2018-06  GPT          decoder
        2018-12  <b>          both
        ");
    }

    #[test]
    fn what_is_no_date_is_said() {
        for date in ["2017", "2017-13", "june", "2017-0", "-1-2"] {
            assert!(timeline(&[(date, "x", "y")]).unwrap_err().to_string().contains("year and month"), "{date}");
        }
        assert!(matches!(timeline::<&str, &str, &str>(&[]), Err(Error::Empty { .. })));
        assert!(timeline(&[("0000-01", "x", "y"), ("2024-12", "z", "y")]).is_ok());
    }
}
