//! Where the parts of a diagram lie.
//!
//! Everything is worked out along two directions, `main` in which a lane leads and `cross` in which lanes follow each other, and
//! turned into x and y at the end.

use super::{Diagram, Frame, Kind, Lane, Part};

/// The height of a line of text.
pub(super) const LINE: f64 = 17.0;
/// Between two parts of a lane: room for an arrow.
const STEP: f64 = 26.0;
/// Between lanes.
const LANES: f64 = 36.0;
/// The side of a small square of [`Kind::Tiles`], at most.
const TILE: f64 = 14.0;
/// From a part to the line that leads past it.
pub(super) const PAST: f64 = 14.0;
/// From a part to its frame.
pub(super) const AROUND: f64 = 8.0;

/// A part's rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Place {
    pub(super) fn middle(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

pub(super) struct Layout {
    pub size: (f64, f64),
    /// `places[lane][part]`.
    pub places: Vec<Vec<Place>>,
    /// Where each lane's title stands: the middle of its text downwards, its right end across.
    pub titles: Vec<(f64, f64)>,
}

/// The width of a text, roughly: a front end's own letters decide in the end.
pub(super) fn width(text: &str) -> f64 {
    text.chars().count() as f64 * 7.2
}

/// The width of a title, whose letters are bold.
fn bold(text: &str) -> f64 {
    width(text) * 1.12
}

/// The width of a cell of a strip.
pub(super) fn cell_width(cell: &str) -> f64 {
    width(cell).max(14.0) + 10.0
}

/// The side of a tile.
pub(super) fn tile(rows: usize, columns: usize) -> f64 {
    (112.0 / rows.max(columns) as f64).min(TILE)
}

fn size(part: &Part) -> (f64, f64) {
    let text = part.lines.iter().map(|line| width(line)).fold(0.0, f64::max);
    let lines = part.lines.len() as f64 * LINE;
    match &part.kind {
        // With a little air: an arrow ends at it.
        Kind::Text => (text + 8.0, lines.max(LINE)),
        Kind::Block(_) => (text.max(40.0) + 24.0, lines.max(LINE) + 12.0),
        Kind::Strip { cells, .. } => (cells.iter().map(|cell| cell_width(cell)).sum::<f64>().max(14.0), LINE + 10.0),
        Kind::Tiles { rows, columns } => {
            let side = tile(*rows, *columns);
            (text.max(side * *columns as f64), side * *rows as f64 + lines)
        }
        Kind::Gap => (0.0, 0.0),
    }
}

impl Layout {
    pub(super) fn of(diagram: &Diagram) -> Self {
        let across = diagram.across;
        // (main, cross) from (width, height), and back.
        let turn = |(a, b): (f64, f64)| if across { (a, b) } else { (b, a) };
        let sizes: Vec<Vec<(f64, f64)>> =
            diagram.lanes.iter().map(|lane| lane.parts.iter().map(|part| turn(size(part))).collect()).collect();

        let titled = diagram.lanes.iter().any(|lane| !lane.title.is_empty());
        let title = diagram.lanes.iter().map(|lane| bold(&lane.title)).fold(0.0, f64::max);
        let mut main = match (titled, across) {
            (false, _) => 10.0,
            (true, true) => title + 22.0,
            (true, false) => 32.0,
        };
        // A frame around the first parts would lie upon the titles.
        if diagram.lanes.iter().flat_map(|lane| &lane.frames).any(|frame| frame.first == 0) {
            main += AROUND;
        }
        let longest = sizes.iter().map(Vec::len).max().unwrap_or(0);
        let mut starts = Vec::new();
        for number in 0..longest {
            let extent = sizes.iter().filter_map(|lane| lane.get(number)).map(|size| size.0).fold(0.0, f64::max);
            starts.push((main, extent));
            main += extent + STEP;
        }
        let main_size = main - STEP + 18.0;

        let mut cross = 10.0;
        let (mut places, mut titles) = (Vec::new(), Vec::new());
        for (lane, sizes) in diagram.lanes.iter().zip(&sizes) {
            let title = if across { LINE } else { bold(&lane.title) };
            let extent = sizes.iter().map(|size| size.1).fold(title, f64::max);
            cross += before(lane);
            let middle = cross + extent / 2.0;
            let place = |((start, extent), size): (&(f64, f64), &(f64, f64))| {
                let corner = turn((start + (extent - size.0) / 2.0, middle - size.1 / 2.0));
                let (width, height) = turn(*size);
                Place { x: corner.0, y: corner.1, width, height }
            };
            places.push(starts.iter().zip(sizes).map(place).collect());
            let first = starts.first().map_or(0.0, |start| start.0);
            titles.push(if across { (first - 14.0, middle) } else { (middle, 14.0) });
            cross += extent + after(lane, across) + LANES;
        }
        Self { size: turn((main_size, cross - LANES + 10.0)), places, titles }
    }
}

/// Room for frames before a lane's parts.
fn before(lane: &Lane) -> f64 {
    if lane.frames.iter().any(is_around) { AROUND } else { 0.0 }
}

/// Room for what stands after them: lines that lead past, frames and their labels.
fn after(lane: &Lane, across: bool) -> f64 {
    let past = if lane.frames.iter().any(|frame| !is_around(frame)) { PAST } else { 0.0 };
    let label = |label: &String| if across { LINE } else { bold(label) };
    let labels = lane.frames.iter().filter_map(|frame| frame.label.as_ref()).map(label).fold(0.0, f64::max);
    past + if labels > 0.0 { AROUND + 6.0 + labels } else { before(lane) }
}

fn is_around(frame: &Frame) -> bool {
    frame.label.is_some()
}
