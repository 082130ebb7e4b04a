//! Masks with what may stand behind them, as types that show themselves.

use course_display::{Bundle, Rich, Table};
use serde::Serialize;

use crate::list::slice_of;
use crate::sentence_similarity::round;

/// A token that may stand behind a mask.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fill {
    /// Its probability among all tokens of the vocabulary.
    pub score: f32,
    /// Its number.
    pub token: u32,
    /// Its text.
    pub token_str: String,
    /// The whole text with it in the mask's place.
    pub sequence: String,
}

/// One text with its masks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Filled {
    /// The text, masks included.
    pub text: String,
    /// For each mask the tokens that may stand there, likeliest first.
    pub masks: Vec<Vec<Fill>>,
}

impl Filled {
    /// The likeliest token for the first mask.
    pub fn token(&self) -> &str {
        self.masks.first().and_then(|fills| fills.first()).map_or("", |fill| &fill.token_str)
    }

    /// Its probability.
    pub fn score(&self) -> f32 {
        self.masks.first().and_then(|fills| fills.first()).map_or(0.0, |fill| fill.score)
    }
}

/// Texts with their masks filled, in the texts' order. A slice of [`Filled`] in every other respect.
#[derive(Debug, Clone, PartialEq)]
pub struct Fills {
    items: Vec<Filled>,
    mask: String,
}

impl Fills {
    pub(super) fn new(items: Vec<Filled>, mask: String) -> Self {
        Self { items, mask }
    }
}

slice_of!(Fills, Filled);

/// A line for each token that may stand there.
impl Rich for Fills {
    fn rich(&self) -> Bundle {
        let several = self.items.iter().any(|item| item.masks.len() > 1);
        let first: &[&str] = if several { &["mask", "token", "score", "text"] } else { &["token", "score", "text"] };
        let mut table = Table::new(first.iter().copied())
            .note(format!("scores: softmax over the vocabulary at the place of {}", self.mask));
        if let [one] = self.items.as_slice() {
            table = table.caption(&one.text);
        }
        for item in &self.items {
            for (number, fills) in item.masks.iter().enumerate() {
                for fill in fills {
                    let cells = (fill.token_str.trim(), round(fill.score), &fill.sequence);
                    table = if several { table.row((number + 1, cells.0, cells.1, cells.2)) } else { table.row(cells) };
                }
            }
        }
        table.rich()
    }
}

impl std::fmt::Display for Fills {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_masks_are_numbered() {
        let fill = |word: &str| Fill { score: 0.5, token: 1, token_str: word.into(), sequence: format!("a {word}") };
        let one = Filled { text: "a [MASK]".into(), masks: vec![vec![fill("b"), fill("c")]] };
        assert_eq!((one.token(), one.score()), ("b", 0.5));
        let two = Filled { text: "[MASK] [MASK]".into(), masks: vec![vec![fill("b")], vec![fill("c")]] };
        let shown = Fills::new(vec![one], "[MASK]".into()).to_string();
        assert!(shown.starts_with("a [MASK]\ntoken  score  text\n"), "{shown}");
        let shown = Fills::new(vec![two], "[MASK]".into()).to_string();
        assert!(shown.contains("mask  token  score  text\n") && shown.contains("   2  c        0.5  a c"), "{shown}");
    }
}
