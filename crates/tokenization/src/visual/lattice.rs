//! All ways to cut a word, and the best one: Viterbi's algorithm at work.

use std::fmt;

use course_display::{Bundle, Rich, Table, escape};

use super::{EDGE, MARKED, PLAIN};
use crate::from_scratch::{Segmentation, Unigram};

/// Characters of the longest word that is drawn; more are counted.
const LONGEST: usize = 40;

/// All tokens that fit somewhere in a word, as boxes below its characters; those of the likeliest way to cut it stand out.
///
/// ```
/// use course_display::Rich;
/// use course_tokenization::from_scratch::Unigram;
///
/// let lattice = Unigram::from_counts(&[("h", 15), ("u", 36), ("g", 20), ("ug", 20), ("hug", 15)]).lattice("hug");
/// assert_eq!(lattice.best().map(|best| best.tokens.join(" ")), Some("hug".into()));
/// assert!(lattice.rich().plain().starts_with("hug → hug"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    characters: Vec<char>,
    arcs: Vec<Arc>,
    places: Vec<BestWay>,
    best: Option<Segmentation>,
}

/// A token that fits.
#[derive(Debug, Clone, PartialEq)]
struct Arc {
    token: String,
    start: usize,
    end: usize,
    probability: f64,
    on_the_best_way: bool,
}

/// The best way to get to a place in the word.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct BestWay {
    /// How many characters lie before it.
    pub after: usize,
    /// The last of them.
    pub character: char,
    /// The tokens of the best way; `None` when no way leads here.
    pub tokens: Option<Vec<String>>,
    /// Its probability: the product of those of its tokens.
    pub probability: f64,
}

impl Unigram {
    /// All ways to cut a word, to look at.
    pub fn lattice(&self, word: &str) -> Lattice {
        let characters: Vec<char> = word.chars().collect();
        let text = |start: usize, end: usize| characters[start..end].iter().collect::<String>();
        let best = self.viterbi(&characters);
        let back = |end: usize| {
            let mut cuts = vec![end];
            while let Some(place) = cuts.last().filter(|&&at| at > 0).map(|&at| best[at]) {
                cuts.push(place?.start);
            }
            cuts.reverse();
            Some(cuts)
        };
        let cuts = back(characters.len()).unwrap_or_default();
        let mut arcs = Vec::new();
        for start in 0..characters.len() {
            for end in start + 1..=characters.len() {
                let token = text(start, end);
                if self.score(&token).is_some() {
                    let on_the_best_way = cuts.windows(2).any(|cut| cut == [start, end]);
                    arcs.push(Arc { probability: self.probability(&token), token, start, end, on_the_best_way });
                }
            }
        }
        let place = |after: usize| {
            let tokens: Option<Vec<String>> =
                back(after).map(|cuts| cuts.windows(2).map(|cut| text(cut[0], cut[1])).collect());
            let probability = tokens.iter().flatten().map(|token| self.probability(token)).product::<f64>();
            let probability = if tokens.is_some() { probability } else { 0.0 };
            BestWay { after, character: characters[after - 1], tokens, probability }
        };
        let places = (1..=characters.len()).map(place).collect();
        Lattice { arcs, places, best: self.segment(word), characters }
    }
}

impl Lattice {
    /// The likeliest way to cut the word; `None` when there is none.
    pub fn best(&self) -> Option<&Segmentation> {
        self.best.as_ref()
    }

    /// For each character, the best way to get past it.
    pub fn places(&self) -> &[BestWay] {
        &self.places
    }

    /// [`places`](Self::places) as a table.
    pub fn table(&self) -> Table {
        let rows = Table::new(["character", "", "best way to its end", "probability"]).limit(LONGEST);
        self.places.iter().fold(rows, |table, place| {
            let way = place.tokens.as_ref().map_or("none".into(), |tokens| tokens.join(" "));
            table.row((place.after - 1, place.character.to_string(), way, short(place.probability)))
        })
    }

    /// Arcs in as few rows as they fit into without touching, the longest in the first.
    fn rows(&self) -> Vec<Vec<&Arc>> {
        let mut arcs: Vec<&Arc> = self.arcs.iter().filter(|arc| arc.end <= LONGEST).collect();
        arcs.sort_by_key(|arc| (std::cmp::Reverse(arc.on_the_best_way), arc.end - arc.start, arc.start));
        let mut rows: Vec<Vec<&Arc>> = Vec::new();
        for arc in arcs {
            let free = |row: &&mut Vec<&Arc>| {
                // The best way has the first row for itself.
                row.iter().all(|other| other.on_the_best_way == arc.on_the_best_way)
                    && row.iter().all(|other| other.end <= arc.start || arc.end <= other.start)
            };
            match rows.iter_mut().find(free) {
                Some(row) => row.push(arc),
                None => rows.push(vec![arc]),
            }
        }
        for row in &mut rows {
            row.sort_by_key(|arc| arc.start);
        }
        rows
    }

    fn html(&self) -> String {
        let columns = self.characters.len().min(LONGEST);
        let mut html = format!(
            "<div style=\"overflow-x:auto\"><table style=\"border-collapse:separate;border-spacing:2px;color:inherit;\
             table-layout:fixed;width:{}px;font-size:13px;text-align:center;margin:4px 0\"><tbody><tr>",
            columns * WIDTH
        );
        for character in self.characters.iter().take(columns) {
            html += &format!(
                "<th scope=\"col\" style=\"{CELL};font-size:16px;{MONOSPACE}\">{}</th>",
                escape(&character.to_string())
            );
        }
        html += "</tr>";
        for row in self.rows() {
            html += "<tr>";
            let mut at = 0;
            for arc in row {
                if arc.start > at {
                    html += &format!("<td colspan=\"{}\"></td>", arc.start - at);
                }
                let look = if arc.on_the_best_way {
                    format!("background:{MARKED};border:2px solid {EDGE};font-weight:600")
                } else {
                    format!("background:{PLAIN};border:2px solid transparent")
                };
                html += &format!(
                    "<td colspan=\"{span}\" title=\"{token}: {full:.6}\" style=\"{CELL};{look}\"><span style=\"{MONOSPACE}\">{token}</span><br>\
                     <small>{probability}</small></td>",
                    span = arc.end - arc.start,
                    token = escape(&arc.token),
                    full = arc.probability,
                    probability = short(arc.probability),
                );
                at = arc.end;
            }
            html += "</tr>";
        }
        html += "<tr>";
        for place in self.places.iter().take(columns) {
            let way = place.tokens.as_ref().map_or("no way".into(), |tokens| tokens.join(" "));
            html += &format!(
                "<td title=\"{way}: {full:.6}\" style=\"{CELL};border-top:1px solid rgba(128,128,128,0.6);text-align:right;\
                 overflow-wrap:anywhere;vertical-align:top\"><small>{way}</small><br><small><b>{probability}</b></small></td>",
                way = escape(&way),
                full = place.probability,
                probability = short(place.probability),
            );
        }
        html += "</tr></tbody></table></div>";
        let note = match &self.best {
            Some(best) => format!("{self}; its score, −ln of that, is {:.4}.", best.score),
            None => format!("{self}."),
        };
        let left_out = match self.characters.len().saturating_sub(columns) {
            0 => String::new(),
            more => format!(" {more} more characters are not drawn."),
        };
        html + &format!(
            "<div style=\"opacity:0.8;font-style:italic;padding:2px 8px\">{}{left_out} Boxes are tokens with their probabilities; \
             the last line is the best way to get past each character.</div>",
            escape(&note)
        )
    }
}

/// The width of a character, in pixels.
const WIDTH: usize = 80;
const CELL: &str = "padding:2px 4px;border-radius:4px";
const MONOSPACE: &str = "font-family:var(--jp-code-font-family,monospace)";

/// A probability with four digits that count.
fn short(probability: f64) -> String {
    match probability {
        0.0 => "0".into(),
        small if small < 0.000_1 => format!("{small:.2e}"),
        large => {
            let decimals = (3 - large.log10().floor() as i32).clamp(0, 7) as usize;
            format!("{large:.decimals$}")
        }
    }
}

/// `unhug → un hug, probability 0.005442`.
impl fmt::Display for Lattice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word: String = self.characters.iter().collect();
        let way = self.places.last().map(|place| (place.tokens.as_ref(), place.probability));
        match way {
            Some((Some(tokens), probability)) => {
                write!(formatter, "{word} → {}, probability {}", tokens.join(" "), short(probability))
            }
            Some((None, _)) => write!(formatter, "{word}: no way, for a character is in no token"),
            None => write!(formatter, "an empty word"),
        }
    }
}

impl Rich for Lattice {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), format!("{self}\n\n{}", self.table().rich().plain()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Unigram {
        Unigram::from_counts([
            ("u", 36),
            ("n", 16),
            ("h", 15),
            ("g", 20),
            ("un", 16),
            ("hu", 15),
            ("ug", 20),
            ("hug", 15),
        ])
    }

    #[test]
    fn the_best_way_stands_in_the_first_row_and_every_token_somewhere() {
        let lattice = model().lattice("unhug");
        let rows = lattice.rows();
        let first: Vec<&str> = rows[0].iter().map(|arc| arc.token.as_str()).collect();
        assert_eq!(first, ["un", "hug"]);
        let all: usize = rows.iter().map(Vec::len).sum();
        assert_eq!(all, 5 + 4, "u n h u g, un hu ug hug");
        for row in rows {
            assert!(row.windows(2).all(|two| two[0].end <= two[1].start));
        }
    }

    #[test]
    fn a_word_that_cannot_be_cut_says_so_and_shows_how_far_one_gets() {
        let lattice = model().lattice("hu<g");
        assert_eq!(lattice.to_string(), "hu<g: no way, for a character is in no token");
        assert_eq!(lattice.places()[1].tokens, Some(vec!["hu".to_owned()]));
        assert_eq!(lattice.places()[2].tokens, None);
        let html = lattice.html();
        assert!(html.contains("hu&lt;g") && !html.contains("<g"), "{html}");
        assert_eq!(model().lattice("").to_string(), "an empty word");
        assert!(!model().lattice("").html().is_empty());
    }

    #[test]
    fn long_words_are_cut_with_a_count() {
        let html = model().lattice(&"u".repeat(100)).html();
        assert!(html.contains("60 more characters"), "{html}");
    }

    #[test]
    fn probabilities_have_four_digits_that_count() {
        assert_eq!(
            [0.171_428_6, 0.005_442_2, 0.000_012_3, 1.0, 0.0].map(short),
            ["0.1714", "0.005442", "1.23e-5", "1.000", "0"]
        );
    }
}
