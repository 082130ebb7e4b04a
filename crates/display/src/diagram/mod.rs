//! Boxes and arrows for what is explained in prose: blocks of a model, tokens in a row, an image cut into patches.
//!
//! A diagram has lanes, and a lane has parts that follow each other, an arrow between each two. Parts with the same number stand
//! beside each other, so lanes that belong together line up.
//!
//! ```
//! use course_display::Rich;
//! use course_display::diagram::Diagram;
//!
//! let diagram = Diagram::new()
//!     .lane("encoder")
//!     .text("tokens")
//!     .block("Self-attention")
//!     .block("Feed-forward")
//!     .times(2, "6 ×")
//!     .text("vectors");
//! assert_eq!(diagram.rich().plain(), "encoder: tokens → 6 × [Self-attention → Feed-forward] → vectors");
//! ```

mod draw;
mod layout;

use course_wire::Bundle;

use crate::{Error, Figure, Result, Rich};

/// A diagram of boxes and arrows, made by calls one after the other; shows itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Diagram {
    across: bool,
    lanes: Vec<Lane>,
    arrows: Vec<(String, String)>,
}

/// Parts that follow each other.
#[derive(Debug, Clone, Default, PartialEq)]
struct Lane {
    title: String,
    parts: Vec<Part>,
    frames: Vec<Frame>,
}

#[derive(Debug, Clone, PartialEq)]
struct Part {
    lines: Vec<String>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Letters alone.
    Text,
    /// A box in the colour of a series.
    Block(usize),
    /// Small boxes without arrows, some of them marked.
    Strip { cells: Vec<String>, marked: Vec<usize> },
    /// A square cut into rows and columns.
    Tiles { rows: usize, columns: usize },
    /// A place left empty.
    Gap,
}

/// Something drawn around the parts `first..=last` of a lane.
#[derive(Debug, Clone, PartialEq)]
struct Frame {
    first: usize,
    last: usize,
    /// What stands beside it; `None` for a line that leads past the parts.
    label: Option<String>,
}

impl Diagram {
    /// Lanes that lead downwards, beside each other.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lanes that lead to the right, below each other.
    pub fn across() -> Self {
        Self { across: true, ..Self::default() }
    }

    /// Starts a lane under a title, which may be empty.
    #[must_use]
    pub fn lane(mut self, title: &str) -> Self {
        self.lanes.push(Lane { title: one_line(title), ..Lane::default() });
        self
    }

    /// Words without a box: what goes in, what comes out. `\n` begins a new line.
    #[must_use]
    pub fn text(self, label: &str) -> Self {
        self.part(label, Kind::Text)
    }

    /// A box in the lane's colour. `\n` begins a new line.
    #[must_use]
    pub fn block(self, label: &str) -> Self {
        let colour = self.lanes.len().saturating_sub(1);
        self.part(label, Kind::Block(colour))
    }

    /// A box in the colour of series number `colour`.
    #[must_use]
    pub fn block_in(self, colour: usize, label: &str) -> Self {
        self.part(label, Kind::Block(colour))
    }

    /// Small boxes side by side, such as the tokens of a sentence; those with a number in `marked` stand out.
    #[must_use]
    pub fn strip<C: AsRef<str>>(self, cells: &[C], marked: &[usize]) -> Self {
        let cells = cells.iter().map(|cell| one_line(cell.as_ref())).collect();
        self.part("", Kind::Strip { cells, marked: marked.to_vec() })
    }

    /// A square cut into `rows` × `columns`, with a label below it.
    #[must_use]
    pub fn tiles(self, rows: usize, columns: usize, label: &str) -> Self {
        self.part(label, Kind::Tiles { rows: rows.clamp(1, 32), columns: columns.clamp(1, 32) })
    }

    /// Leaves a place empty, so that what follows stands beside a later part of another lane.
    #[must_use]
    pub fn gap(self) -> Self {
        self.part("", Kind::Gap)
    }

    /// A frame around the last `count` parts of the lane, with a label such as `6 ×`.
    #[must_use]
    pub fn times(self, count: usize, label: &str) -> Self {
        self.frame(count, Some(one_line(label)))
    }

    /// A line that leads past the last `count` parts: what went in is added to what comes out.
    #[must_use]
    pub fn skip(self, count: usize) -> Self {
        self.frame(count, None)
    }

    /// An arrow between two parts of different lanes, named by the words in them.
    #[must_use]
    pub fn arrow(mut self, from: &str, to: &str) -> Self {
        self.arrows.push((from.to_owned(), to.to_owned()));
        self
    }

    /// The drawing.
    ///
    /// # Errors
    /// [`Error::Empty`] without a part, [`Error::Draw`] for an arrow to a part that is not there, [`Error::Size`] when it grows
    /// too large.
    pub fn figure(&self) -> Result<Figure> {
        if self.lanes.iter().all(|lane| lane.parts.is_empty()) {
            return Err(Error::Empty { chart: "diagram" });
        }
        for (from, to) in &self.arrows {
            for name in [from, to] {
                if self.find(name).is_none() {
                    return Err(Error::Draw(format!("no part of the diagram reads {name:?}, which an arrow needs")));
                }
            }
        }
        draw::draw(self)
    }

    fn part(mut self, label: &str, kind: Kind) -> Self {
        if self.lanes.is_empty() {
            self.lanes.push(Lane::default());
        }
        let lines = label.lines().map(one_line).collect();
        if let Some(lane) = self.lanes.last_mut() {
            lane.parts.push(Part { lines, kind });
        }
        self
    }

    fn frame(mut self, count: usize, label: Option<String>) -> Self {
        if let Some(lane) = self.lanes.last_mut().filter(|lane| count > 0 && !lane.parts.is_empty()) {
            let last = lane.parts.len() - 1;
            lane.frames.push(Frame { first: (last + 1).saturating_sub(count), last, label });
        }
        self
    }

    /// Lane and number of the first part with these words.
    fn find(&self, name: &str) -> Option<(usize, usize)> {
        let name = name.lines().collect::<Vec<_>>();
        let of_lane = |(number, lane): (usize, &Lane)| {
            let part = lane.parts.iter().position(|part| part.lines == name)?;
            Some((number, part))
        };
        self.lanes.iter().enumerate().find_map(of_lane)
    }

    /// A line for each lane, then one for each arrow between lanes.
    fn as_text(&self) -> String {
        let lanes = self.lanes.iter().map(|lane| {
            let said = |(number, part): (usize, &Part)| {
                let open = |frame: &&Frame| frame.first == number && frame.label.is_some();
                let mut text: String = lane
                    .frames
                    .iter()
                    .filter(open)
                    .flat_map(|frame| &frame.label)
                    .map(|label| format!("{label} ["))
                    .collect();
                text += &part.as_text();
                text + &"]"
                    .repeat(lane.frames.iter().filter(|frame| frame.last == number && frame.label.is_some()).count())
            };
            let parts = lane.parts.iter().enumerate().filter(|(_, part)| part.kind != Kind::Gap).map(said);
            let parts = parts.collect::<Vec<_>>().join(" → ");
            if lane.title.is_empty() { parts } else { format!("{}: {parts}", lane.title) }
        });
        let arrows =
            self.arrows.iter().map(|(from, to)| format!("{} → {}", from.replace('\n', " "), to.replace('\n', " ")));
        lanes.chain(arrows).collect::<Vec<_>>().join("\n")
    }
}

impl Part {
    fn as_text(&self) -> String {
        let label = self.lines.join(" ");
        match &self.kind {
            Kind::Strip { cells, marked } => {
                let cell = |(number, cell): (usize, &String)| {
                    if marked.contains(&number) { format!("*{cell}*") } else { cell.clone() }
                };
                format!("|{}|", cells.iter().enumerate().map(cell).collect::<Vec<_>>().join("|"))
            }
            Kind::Tiles { rows, columns } => format!("{label} ({rows} × {columns} tiles)").trim_start().to_owned(),
            _ => label,
        }
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Rich for Diagram {
    fn rich(&self) -> Bundle {
        self.figure().map_or_else(|error| Bundle::text(error.to_string()), |figure| figure.rich())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoder_decoder() -> Diagram {
        Diagram::new()
            .lane("encoder")
            .text("source")
            .block("Self-attention")
            .block("Feed-forward")
            .times(2, "6 ×")
            .lane("decoder")
            .text("target so far")
            .block("Masked\nself-attention")
            .skip(1)
            .block("Cross-attention")
            .text("next token")
            .arrow("Feed-forward", "Cross-attention")
    }

    #[test]
    fn lanes_stand_beside_each_other_and_below() {
        insta::assert_snapshot!(encoder_decoder().figure().unwrap().svg());
        insta::assert_snapshot!(encoder_decoder().rich().plain(), @r"
        encoder: source → 6 × [Self-attention → Feed-forward]
        decoder: target so far → Masked self-attention → Cross-attention → next token
        Feed-forward → Cross-attention
        ");
        let patches = Diagram::across().tiles(3, 3, "image").strip(&["1", "2", "<3>"], &[0]).block("ViT").text("cat");
        insta::assert_snapshot!(patches.figure().unwrap().svg());
        assert_eq!(patches.rich().plain(), "image (3 × 3 tiles) → |*1*|2|<3>| → ViT → cat");
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        assert!(matches!(Diagram::new().figure(), Err(Error::Empty { .. })));
        let error = encoder_decoder().arrow("Feed-forward", "Head").rich().plain().to_owned();
        assert!(error.contains("no part of the diagram reads \"Head\""), "{error}");
        assert!(Diagram::new().times(3, "x").skip(0).block("a").times(9, "all").figure().is_ok());
        assert!(Diagram::new().gap().figure().is_ok());
    }
}
