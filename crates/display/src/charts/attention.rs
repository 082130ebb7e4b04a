//! Attention weights as coloured squares: one head with its numbers, or many heads side by side.
//!
//! Figures are shown as pictures, which know nothing of the pointer; these are tables, whose cells say their weight when the
//! pointer rests on them, without a script and in a notebook that nobody trusts.

use course_wire::Bundle;

use super::canvas::{clean, columns_as_text, same_length};
use super::heatmap::{tile_colours, two_decimals};
use crate::number::Number;
use crate::{Error, Figure, Result, Rich, escape, theme};

/// Tokens on a side of one head; more are counted.
const LARGE: usize = 40;
/// Tokens on a side where heads stand side by side.
const SMALL: usize = 24;
/// Characters of a line of text.
const WIDTH: usize = 96;

/// Who looks at whom in one head: a row for each token that looks, a column for each that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionMap {
    title: Option<String>,
    pub(super) weights: Vec<Vec<f64>>,
    pub(super) rows: Vec<String>,
    pub(super) columns: Vec<String>,
}

/// One head's weights with a square for each pair of tokens: `rows.len()` × `columns.len()` numbers from 0 to 1.
///
/// ```
/// use course_display::{Rich, attention_map};
///
/// let map = attention_map(&[[0.9, 0.1], [0.25, 0.75]], &["the", "cat"], &["the", "cat"])?;
/// assert_eq!(map.rich().plain(), "      the   cat\nthe  0.90  0.10\ncat  0.25  0.75");
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// [`Error::Lengths`] when the labels do not fit the weights, [`Error::Empty`] without a finite weight.
pub fn attention_map<R: AsRef<[V]>, V: Number, L: AsRef<str>, C: AsRef<str>>(
    weights: &[R],
    rows: &[L],
    columns: &[C],
) -> Result<AttentionMap> {
    let weights = weights.iter().map(|row| row.as_ref().iter().map(|weight| weight.to_f64()).collect()).collect();
    AttentionMap::checked(weights, labels(rows), labels(columns))
}

fn labels<L: AsRef<str>>(labels: &[L]) -> Vec<String> {
    labels.iter().map(|label| clean(label.as_ref())).collect()
}

impl AttentionMap {
    /// What does not depend on the caller's types.
    fn checked(weights: Vec<Vec<f64>>, rows: Vec<String>, columns: Vec<String>) -> Result<Self> {
        same_length("row labels and rows of the attention map", rows.len(), weights.len())?;
        for row in &weights {
            same_length("column labels and columns of the attention map", columns.len(), row.len())?;
        }
        if !weights.iter().flatten().any(|weight| weight.is_finite()) {
            return Err(Error::Empty { chart: "attention map" });
        }
        Ok(Self { title: None, weights, rows, columns })
    }

    /// Sets the line above it.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The same as lines from the tokens that look, on the left, to those that are looked at, on the right; the stronger the
    /// line, the larger the weight.
    ///
    /// # Errors
    /// When there are too many tokens for a figure.
    pub fn lines(&self) -> Result<Figure> {
        super::attention_lines::draw(self)
    }

    /// "the first 40 of 72 tokens", where that is so.
    fn left_out(&self, most: usize) -> Option<String> {
        let tokens = self.rows.len().max(self.columns.len());
        (tokens > most).then(|| format!("the first {most} of {tokens} tokens"))
    }

    fn html(&self) -> String {
        let mut html = String::new();
        if let Some(title) = &self.title {
            html += &format!("<div style=\"{}\">{}</div>", theme::CAPTION, escape(title));
        }
        html += "<table style=\"border-collapse:separate;border-spacing:1px;color:inherit;font-size:12px\"><tbody><tr><td></td>";
        for label in self.columns.iter().take(LARGE) {
            html += &format!("<th scope=\"col\" style=\"{LABEL}\">{}</th>", escape(label));
        }
        html += "</tr>";
        for (from, weights) in self.rows.iter().zip(&self.weights).take(LARGE) {
            html += &format!("<tr><th scope=\"row\" style=\"text-align:right;{LABEL}\">{}</th>", escape(from));
            for (to, &weight) in self.columns.iter().zip(weights).take(LARGE) {
                html += &cell(from, to, weight);
            }
            html += "</tr>";
        }
        html += "</tbody></table>";
        let note = "A row is who looks, a column who is looked at; rest the pointer on a square for its weight.";
        let note = self.left_out(LARGE).map_or(note.to_owned(), |left_out| format!("{note} Shown: {left_out}."));
        html + &format!("<div style=\"{}\">{note}</div>", theme::NOTE)
    }

    fn text(&self) -> String {
        let header = std::iter::once(String::new()).chain(self.columns.iter().take(LARGE).cloned()).collect();
        let rows = self.rows.iter().zip(&self.weights).take(LARGE).map(|(label, weights)| {
            let weights =
                weights.iter().take(LARGE).map(|&weight| if weight == 0.0 { "·".into() } else { two_decimals(weight) });
            std::iter::once(label.clone()).chain(weights).collect()
        });
        let table = columns_as_text(std::iter::once(header).chain(rows).collect());
        let lines = self.title.iter().cloned().chain([table]).chain(self.left_out(LARGE));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// A token beside or above the squares.
const LABEL: &str = "font-weight:400;padding:2px 5px;white-space:nowrap";

/// A square with its number; what a mask forbids stays empty.
fn cell(from: &str, to: &str, weight: f64) -> String {
    let (from, to) = (escape(from), escape(to));
    if weight == 0.0 {
        return format!("<td title=\"{from} does not look at {to}\"></td>");
    }
    let (ground, letters) = tile_colours(shade(weight));
    format!(
        "<td bgcolor=\"#{:02x}{:02x}{:02x}\" style=\"color:#{:02x}{:02x}{:02x}\" title=\"{from} → {to}: {weight:.3}\">{}</td>",
        ground.0,
        ground.1,
        ground.2,
        letters.0,
        letters.1,
        letters.2,
        if weight < 0.005 { String::new() } else { two_decimals(weight).trim_start_matches('0').to_owned() },
    )
}

/// How deep a weight's colour is: the root, so that a tenth can be told from nothing.
pub(super) fn shade(weight: f64) -> f64 {
    if weight.is_finite() { weight.clamp(0.0, 1.0).sqrt() } else { 0.0 }
}

impl Rich for AttentionMap {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), self.text())
    }
}

/// Several heads side by side, small.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionHeads {
    title: Option<String>,
    heads: Vec<(String, AttentionMap)>,
}

/// Heads side by side, each with its name: all have the same tokens in their rows and the same in their columns.
///
/// ```
/// use course_display::{Rich, attention_heads};
///
/// let heads = attention_heads(&[("0", [[1.0, 0.0], [0.5, 0.5]]), ("1", [[0.1, 0.9], [0.3, 0.7]])], &["a", "b"], &["a", "b"])?;
/// assert_eq!(heads.rich().plain(), "0   1\n█·  ░█\n▓▓  ▒▓");
/// # Ok::<(), course_display::Error>(())
/// ```
///
/// # Errors
/// [`Error::Lengths`] when the labels do not fit the weights, [`Error::Empty`] for a head without a finite weight.
pub fn attention_heads<N: AsRef<str>, M: AsRef<[R]>, R: AsRef<[V]>, V: Number, L: AsRef<str>, C: AsRef<str>>(
    heads: &[(N, M)],
    rows: &[L],
    columns: &[C],
) -> Result<AttentionHeads> {
    let head = |(name, weights): &(N, M)| Ok((clean(name.as_ref()), attention_map(weights.as_ref(), rows, columns)?));
    Ok(AttentionHeads { title: None, heads: heads.iter().map(head).collect::<Result<_>>()? })
}

impl AttentionHeads {
    /// Sets the line above them.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    fn left_out(&self) -> Option<String> {
        self.heads.first().and_then(|(_, head)| head.left_out(SMALL))
    }

    fn html(&self) -> String {
        let mut html = String::new();
        if let Some(title) = &self.title {
            html += &format!("<div style=\"{}\">{}</div>", theme::CAPTION, escape(title));
        }
        html += "<div style=\"display:flex;flex-wrap:wrap;gap:10px\">";
        for (name, head) in &self.heads {
            html += &format!("<div><div style=\"font-size:12px\">{}</div>{}</div>", escape(name), thumbnail(head));
        }
        html += "</div>";
        let note = "Rows look, columns are looked at; rest the pointer on a row to see where it looks most.";
        let note = self.left_out().map_or(note.to_owned(), |left_out| format!("{note} Shown: {left_out}."));
        html + &format!("<div style=\"{}\">{note}</div>", theme::NOTE)
    }

    /// As many heads beside each other as a line holds, in five shades.
    fn text(&self) -> String {
        let square = |weight: &f64| match weight {
            weight if *weight < 0.05 => '·',
            weight if *weight < 0.2 => '░',
            weight if *weight < 0.4 => '▒',
            weight if *weight < 0.8 => '▓',
            _ => '█',
        };
        let columns = self.heads.first().map_or(0, |(_, head)| head.columns.len().min(SMALL));
        let width = self.heads.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).max(columns);
        let mut lines: Vec<String> = self.title.iter().cloned().collect();
        for (number, heads) in self.heads.chunks((WIDTH / (width + 2)).max(1)).enumerate() {
            if number > 0 {
                lines.push(String::new());
            }
            let line = |parts: Vec<String>| {
                let parts = parts.into_iter().map(|part| format!("{part:<width$}"));
                parts.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            };
            lines.push(line(heads.iter().map(|(name, _)| name.clone()).collect()));
            let rows = heads.first().map_or(0, |(_, head)| head.rows.len().min(SMALL));
            for row in 0..rows {
                let part = |(_, head): &(String, AttentionMap)| {
                    head.weights.get(row).into_iter().flatten().take(SMALL).map(square).collect()
                };
                lines.push(line(heads.iter().map(part).collect()));
            }
        }
        lines.extend(self.left_out());
        lines.join("\n")
    }
}

/// The squares of small heads, from nothing to all. Three digits each: a layer has thousands of squares.
const SHADES: [&str; 8] = ["#def", "#bdf", "#9be", "#79d", "#57b", "#46a", "#258", "#147"];

/// A head as squares of a few pixels. End tags that HTML does not need are left out, to keep thousands of squares small.
fn thumbnail(head: &AttentionMap) -> String {
    let columns = head.columns.len().min(SMALL);
    let side = if columns <= 14 { 9 } else { 6 };
    // Without a font size there is no padding either: front ends count it in letters.
    let mut html = format!(
        "<table style=\"table-layout:fixed;width:{}px;height:{}px;font-size:0;border-collapse:collapse;margin:0\"><tbody>",
        side * columns,
        side * head.rows.len().min(SMALL),
    );
    for (from, weights) in head.rows.iter().zip(&head.weights).take(SMALL) {
        let weights = &weights[..columns];
        // What a mask forbids shows the page, without the stripes that front ends give to rows.
        let stripes = if weights.contains(&0.0) { " style=background:none" } else { "" };
        html += &format!("<tr title=\"{}\"{stripes}>", escape(&most_looked_at(from, weights, &head.columns)));
        for &weight in weights {
            let shade = SHADES[(shade(weight) * 7.0).round() as usize];
            html += &if weight == 0.0 { "<td>".to_owned() } else { format!("<td bgcolor={shade}>") };
        }
    }
    html + "</tbody></table>"
}

/// "cat → [SEP] 0.61, sat 0.20".
fn most_looked_at(from: &str, weights: &[f64], columns: &[String]) -> String {
    let mut order: Vec<(&String, f64)> = columns.iter().zip(weights.iter().copied()).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let most = order.iter().take(2).filter(|(_, weight)| *weight > 0.005);
    let most = most.map(|(label, weight)| format!("{label} {weight:.2}")).collect::<Vec<_>>();
    format!("{from} → {}", most.join(", "))
}

impl Rich for AttentionHeads {
    fn rich(&self) -> Bundle {
        Bundle::html(self.html(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causal() -> AttentionMap {
        let weights = [vec![1.0, 0.0, 0.0], vec![0.625, 0.375, 0.0], vec![0.004, 0.1, 0.896]];
        attention_map(&weights, &["<s>", " cat", "\"sat\""], &["<s>", " cat", "\"sat\""]).unwrap().title("head 3")
    }

    #[test]
    fn a_head_has_a_square_and_a_weight_for_each_pair() {
        let bundle = causal().rich();
        insta::assert_snapshot!(bundle.data["text/html"].as_str().unwrap());
        insta::assert_snapshot!(bundle.plain());
    }

    #[test]
    fn heads_stand_side_by_side_and_say_where_a_row_looks_most() {
        let weights = [[0.7, 0.25, 0.05], [0.1, 0.1, 0.8], [0.4, 0.3, 0.3]];
        let bundle = attention_heads(&[("head 0", weights), ("head 1", weights)], &["a", "b<", "c"], &["a", "b<", "c"]);
        let bundle = bundle.unwrap().title("layer 2").rich();
        insta::assert_snapshot!(bundle.data["text/html"].as_str().unwrap());
        insta::assert_snapshot!(bundle.plain());
    }

    #[test]
    fn a_layer_of_twelve_heads_and_tokens_stays_small() {
        let weight = |at: usize| f64::from((at as u32).wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
        let head = |number: usize| {
            (0..12).map(|row| (0..12).map(|at| weight(number * 144 + row * 12 + at)).collect()).collect()
        };
        let heads: Vec<(String, Vec<Vec<f64>>)> =
            (0..12).map(|number| (format!("head {number}"), head(number))).collect();
        let labels: Vec<String> = (0..12).map(|number| format!("token{number}")).collect();
        let html = attention_heads(&heads, &labels, &labels).unwrap().html();
        assert!(html.len() <= 40_000, "{}", html.len());
    }

    #[test]
    fn long_texts_are_cut_with_a_count() {
        let weights = vec![vec![0.01; 50]; 50];
        let labels: Vec<String> = (0..50).map(|number| format!("t{number}")).collect();
        let map = attention_map(&weights, &labels, &labels).unwrap();
        assert!(map.rich().plain().ends_with("the first 40 of 50 tokens"));
        assert_eq!(map.html().matches("<td bgcolor").count(), 1600);
        let heads = attention_heads(&[("0", weights)], &labels, &labels).unwrap();
        assert!(heads.rich().plain().ends_with("the first 24 of 50 tokens"));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(matches!(attention_map(&[[0.5]], &["a", "b"], &["a"]), Err(Error::Lengths { left: 2, right: 1, .. })));
        assert!(matches!(attention_map(&[[0.5]], &["a"], &["a", "b"]), Err(Error::Lengths { .. })));
        assert!(matches!(attention_map(&[[f64::NAN]], &["a"], &["a"]), Err(Error::Empty { .. })));
        let map = attention_map(&[[f64::NAN, 2.0, -1.0]], &["a"], &["a", "b", "c"]).unwrap();
        assert!(map.rich().plain().contains("NaN"));
    }
}
