//! One attention head as lines between two columns of tokens.

use plotters::prelude::*;

use super::attention::AttentionMap;
use super::canvas::{Align, FONT, text, width};
use crate::{Figure, Result};

/// Weights below it would be lines that nobody sees.
const FAINTEST: f64 = 0.03;

pub(super) fn draw(map: &AttentionMap) -> Result<Figure> {
    let widest = |labels: &[String]| labels.iter().map(|label| width(label)).max().unwrap_or(0);
    let (row, gap) = (26, 240);
    let left = widest(&map.rows) + 16;
    let size = (left + gap + widest(&map.columns) + 16, row * map.rows.len().max(map.columns.len()) as i32 + 12);
    let middle = |index: usize| 6 + row * index as i32 + row / 2;
    let figure = Figure::new((size.0 as u32, size.1 as u32), |root| {
        for (from, weights) in map.weights.iter().enumerate() {
            for (to, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight >= FAINTEST) {
                let colour = Figure::series(0).mix(weight.min(1.0));
                let line = [(left, middle(from)), (left + gap, middle(to))];
                root.draw(&PathElement::new(line, colour.stroke_width(3)))?;
            }
        }
        for (index, label) in map.rows.iter().enumerate() {
            text(&root, label, (left - 8, middle(index)), FONT, Align::Right)?;
        }
        for (index, label) in map.columns.iter().enumerate() {
            text(&root, label, (left + gap + 8, middle(index)), FONT, Align::Left)?;
        }
        Ok(())
    })?;
    Ok(figure.text(as_text(map)))
}

/// For each token that looks, those that it looks at, strongest first.
fn as_text(map: &AttentionMap) -> String {
    let widest = map.rows.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let line = |(from, weights): (&String, &Vec<f64>)| {
        let mut seen: Vec<_> = map.columns.iter().zip(weights).filter(|(_, weight)| **weight >= FAINTEST).collect();
        seen.sort_by(|a, b| b.1.total_cmp(a.1));
        let seen = seen.iter().map(|(to, weight)| format!("{to} {weight:.2}")).collect::<Vec<_>>();
        format!("{from:>widest$} → {}", seen.join(", "))
    };
    map.rows.iter().zip(&map.weights).map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::attention_map;
    use crate::Rich;

    #[test]
    fn lines_are_as_strong_as_their_weights() {
        let map = attention_map(&[[0.9, 0.1], [0.01, 0.99]], &["the", "cat"], &["the", "cat"]).unwrap();
        let figure = map.lines().unwrap();
        insta::assert_snapshot!(figure.svg());
        assert_eq!(figure.rich().plain(), "the → the 0.90, cat 0.10\ncat → cat 0.99");
    }
}
