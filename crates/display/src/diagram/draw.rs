//! A diagram's SVG.

use std::fmt::Write as _;

use super::layout::{AROUND, LINE, Layout, PAST, Place, cell_width, tile};
use super::{Diagram, Frame, Kind, Lane, Part};
use crate::{Figure, Result, escape, theme};

/// The letters in boxes; their ground is pale whatever the page's theme.
const LETTERS: (u8, u8, u8) = (17, 17, 17);

pub(super) fn draw(diagram: &Diagram) -> Result<Figure> {
    let layout = Layout::of(diagram);
    let mut svg = Svg::default();
    for (number, lane) in diagram.lanes.iter().enumerate() {
        let (places, title) = (&layout.places[number], layout.titles[number]);
        let anchor = if diagram.across { "end" } else { "middle" };
        svg.text(&lane.title, title, anchor, "currentColor", true);
        svg.lane(lane, places, diagram.across);
        for (part, place) in lane.parts.iter().zip(places) {
            svg.part(part, place);
        }
    }
    for (from, to) in &diagram.arrows {
        if let (Some(from), Some(to)) = (diagram.find(from), diagram.find(to)) {
            svg.between(&layout.places[from.0][from.1], &layout.places[to.0][to.1], from.0 == to.0, diagram.across);
        }
    }
    let size = (layout.size.0.ceil() as u32, layout.size.1.ceil() as u32);
    Ok(Figure::from_svg(size, &svg.0)?.text(diagram.as_text()))
}

/// A box's ground: the series' colour, mostly white.
fn pale((red, green, blue): (u8, u8, u8)) -> (u8, u8, u8) {
    let mix = |channel: u8| (f64::from(channel) * 0.2 + 255.0 * 0.8).round() as u8;
    (mix(red), mix(green), mix(blue))
}

fn hex((red, green, blue): (u8, u8, u8)) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

#[derive(Default)]
struct Svg(String);

impl Svg {
    fn text(&mut self, text: &str, (x, y): (f64, f64), anchor: &str, colour: &str, bold: bool) {
        if !text.is_empty() {
            let weight = if bold { " font-weight=\"600\"" } else { "" };
            let _ = writeln!(
                self.0,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\" font-family=\"sans-serif\" font-size=\"13\"{weight}>{}</text>",
                y + 4.5,
                escape(text),
            );
        }
    }

    /// Lines of text around the middle of a rectangle.
    fn lines(&mut self, lines: &[String], (x, y): (f64, f64), colour: &str) {
        let top = y - (lines.len() as f64 - 1.0) / 2.0 * LINE;
        for (number, line) in lines.iter().enumerate() {
            self.text(line, (x, top + number as f64 * LINE), "middle", colour, false);
        }
    }

    fn rectangle(&mut self, place: &Place, look: &str) {
        let Place { x, y, width, height } = place;
        let _ =
            writeln!(self.0, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {look}/>");
    }

    fn filled(&mut self, place: &Place, colour: (u8, u8, u8), round: f64) {
        self.rectangle(place, &format!("rx=\"{round}\" fill=\"{}\" stroke=\"{}\"", hex(pale(colour)), hex(colour)));
    }

    fn part(&mut self, part: &Part, place: &Place) {
        let letters = hex(LETTERS);
        match &part.kind {
            Kind::Gap => {}
            Kind::Text => self.lines(&part.lines, place.middle(), "currentColor"),
            Kind::Block(colour) => {
                self.filled(place, theme::series(*colour), 6.0);
                self.lines(&part.lines, place.middle(), &letters);
            }
            Kind::Strip { cells, marked } => {
                let mut x = place.x;
                for (number, cell) in cells.iter().enumerate() {
                    let cell_place = Place { x, width: cell_width(cell), ..*place };
                    self.filled(&cell_place, theme::series(usize::from(marked.contains(&number))), 2.0);
                    self.text(cell, cell_place.middle(), "middle", &letters, false);
                    x += cell_place.width;
                }
            }
            Kind::Tiles { rows, columns } => {
                let side = tile(*rows, *columns);
                let left = place.x + (place.width - side * *columns as f64) / 2.0;
                for number in 0..rows * columns {
                    let (row, column) = ((number / columns) as f64, (number % columns) as f64);
                    let square = Place { x: left + column * side, y: place.y + row * side, width: side, height: side };
                    self.filled(&square, theme::series(0), 0.0);
                }
                let below = place.y + side * *rows as f64 + part.lines.len() as f64 * LINE / 2.0;
                self.lines(&part.lines, (place.middle().0, below + 2.0), "currentColor");
            }
        }
    }

    /// The arrows between a lane's parts, and what is drawn around and past them.
    fn lane(&mut self, lane: &Lane, places: &[Place], across: bool) {
        let shown = |(_, part): &(&Place, &Part)| part.kind != Kind::Gap;
        let shown = places.iter().zip(&lane.parts).filter(shown).map(|(place, _)| place).collect::<Vec<_>>();
        for pair in shown.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let ends = match across {
                true => [(from.x + from.width, from.middle().1), (to.x - 1.0, to.middle().1)],
                false => [(from.middle().0, from.y + from.height), (to.middle().0, to.y - 1.0)],
            };
            self.arrow(&ends);
        }
        for frame in &lane.frames {
            self.frame(frame, &places[frame.first..=frame.last], across);
        }
    }

    fn frame(&mut self, frame: &Frame, places: &[Place], across: bool) {
        let left = places.iter().map(|place| place.x).fold(f64::INFINITY, f64::min);
        let top = places.iter().map(|place| place.y).fold(f64::INFINITY, f64::min);
        let right = places.iter().map(|place| place.x + place.width).fold(0.0, f64::max);
        let bottom = places.iter().map(|place| place.y + place.height).fold(0.0, f64::max);
        let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
        let Some(label) = &frame.label else {
            // From the arrow before the parts to the one after them.
            return match across {
                true => self.arrow(&[
                    (left - PAST, middle.1),
                    (left - PAST, bottom + PAST),
                    (right + PAST, bottom + PAST),
                    (right + PAST, middle.1 + 1.0),
                ]),
                false => self.arrow(&[
                    (middle.0, top - PAST),
                    (right + PAST, top - PAST),
                    (right + PAST, bottom + PAST),
                    (middle.0 + 1.0, bottom + PAST),
                ]),
            };
        };
        let place = Place {
            x: left - AROUND,
            y: top - AROUND,
            width: right - left + 2.0 * AROUND,
            height: bottom - top + 2.0 * AROUND,
        };
        self.rectangle(&place, "rx=\"8\" fill=\"none\" stroke=\"currentColor\" stroke-dasharray=\"4 3\"");
        match across {
            true => self.text(label, (middle.0, bottom + AROUND + LINE / 2.0 + 2.0), "middle", "currentColor", true),
            false => self.text(label, (right + AROUND + 6.0, middle.1), "start", "currentColor", true),
        }
    }

    /// An arrow from one part to another that does not follow it.
    fn between(&mut self, from: &Place, to: &Place, same_lane: bool, across: bool) {
        let (a, b) = (from.middle(), to.middle());
        // Along the lanes' direction where both are in one lane, else from side to side.
        let points = if across == same_lane {
            let (start, end) = match a.0 <= b.0 {
                true => ((from.x + from.width, a.1), (to.x - 1.0, b.1)),
                false => ((from.x, a.1), (to.x + to.width + 1.0, b.1)),
            };
            let turn = (start.0 + end.0) / 2.0;
            [start, (turn, start.1), (turn, end.1), end]
        } else {
            let (start, end) = match a.1 <= b.1 {
                true => ((a.0, from.y + from.height), (b.0, to.y - 1.0)),
                false => ((a.0, from.y), (b.0, to.y + to.height + 1.0)),
            };
            let turn = (start.1 + end.1) / 2.0;
            [start, (start.0, turn), (end.0, turn), end]
        };
        self.arrow(&points);
    }

    /// A line through the points, with a head at the last.
    fn arrow(&mut self, points: &[(f64, f64)]) {
        let [.., before, end] = points else { return };
        let line = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
        let _ = writeln!(
            self.0,
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.4\"/>"
        );
        let length = (end.0 - before.0).hypot(end.1 - before.1).max(1e-9);
        let (x, y) = ((end.0 - before.0) / length, (end.1 - before.1) / length);
        let back = (end.0 - 8.0 * x, end.1 - 8.0 * y);
        let _ = writeln!(
            self.0,
            "<polygon points=\"{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\" fill=\"currentColor\"/>",
            end.0,
            end.1,
            back.0 - 4.0 * y,
            back.1 + 4.0 * x,
            back.0 + 4.0 * y,
            back.1 - 4.0 * x,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::width;
    use super::*;

    #[test]
    fn letters_in_boxes_read_and_boxes_stand_out() {
        for colour in theme::SERIES {
            assert!(theme::contrast(pale(colour), LETTERS) >= 7.0, "{colour:?}");
            assert!(theme::contrast(pale(colour), colour) >= 2.5, "{colour:?}");
        }
    }

    #[test]
    fn texts_fit_their_boxes() {
        assert!(cell_width("transformer") > width("transformer"));
    }
}
