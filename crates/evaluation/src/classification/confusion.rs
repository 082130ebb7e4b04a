//! The confusion matrix: which class is taken for which.

use std::fmt;

use course_display::{Bundle, Figure, Rich};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::counts::Classes;
use super::quotient;
use crate::setting::Given;
use crate::{Inputs, Measure, Result, Score, Scores, Values};

/// How often each class was taken for each: a row for the true class, a column for the predicted one.
///
/// ```
/// use course_evaluation::classification::ConfusionMatrix;
///
/// let matrix = ConfusionMatrix::new(&[0, 1, 1, 2, 1], &[0, 1, 2, 2, 2])?.named(&["cat", "dog", "fox"]);
/// assert_eq!(matrix.counts(), [[1, 0, 0], [0, 1, 0], [0, 2, 1]]);
/// assert_eq!(matrix.mistakes(), [("fox", "dog", 2)]);
/// # Ok::<(), course_evaluation::Error>(())
/// ```
///
/// Shown in a notebook it is a figure, whose tiles are the darker the larger their share of the row.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfusionMatrix {
    labels: Vec<String>,
    counts: Vec<Vec<u64>>,
}

/// What the numbers of a confusion matrix are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Normalize {
    /// Of nothing: they are counts.
    #[default]
    Counts,
    /// Of their row, the examples of a class: the diagonal is recall.
    True,
    /// Of their column, the predictions of a class: the diagonal is precision.
    Predicted,
    /// Of all examples.
    All,
}

impl ConfusionMatrix {
    /// The matrix of these predictions, with a row and a column for each class that occurs.
    ///
    /// # Errors
    /// As [`Metric::compute`](crate::Metric::compute).
    pub fn new(predictions: impl Into<Values>, references: impl Into<Values>) -> Result<Self> {
        let (predictions, references) = (predictions.into(), references.into());
        Self::of(&Inputs::new("confusion_matrix", &predictions, &references))
    }

    /// The metric that is loaded as `"confusion_matrix"`.
    pub fn measure() -> ConfusionMeasure {
        ConfusionMeasure::default()
    }

    fn of(inputs: &Inputs<'_>) -> Result<Self> {
        let classes = Classes::of(inputs)?;
        let mut counts = vec![vec![0; classes.names.len()]; classes.names.len()];
        for (prediction, reference) in classes.pairs() {
            if let Some(count) = counts.get_mut(reference).and_then(|row| row.get_mut(prediction)) {
                *count += 1;
            }
        }
        Ok(Self { labels: classes.names, counts })
    }

    /// The same with names for the class numbers: the name of class 0 first. A number beyond them keeps its number.
    #[must_use]
    pub fn named(mut self, names: &[&str]) -> Self {
        for label in &mut self.labels {
            if let Some(name) = label.parse::<usize>().ok().and_then(|number| names.get(number)) {
                *label = (*name).to_owned();
            }
        }
        self
    }

    /// The classes, in the order of rows and columns.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// How often class `row` was taken for class `column`.
    pub fn counts(&self) -> &[Vec<u64>] {
        &self.counts
    }

    /// The numbers as shares.
    pub fn normalized(&self, normalize: Normalize) -> Vec<Vec<f64>> {
        let columns: Vec<u64> =
            (0..self.labels.len()).map(|column| self.counts.iter().filter_map(|row| row.get(column)).sum()).collect();
        let all: u64 = columns.iter().sum();
        let share = |count: u64, row: &[u64], column: u64| match normalize {
            Normalize::Counts => count as f64,
            Normalize::True => quotient(count as f64, row.iter().sum::<u64>() as f64),
            Normalize::Predicted => quotient(count as f64, column as f64),
            Normalize::All => quotient(count as f64, all as f64),
        };
        self.counts
            .iter()
            .map(|row| row.iter().zip(&columns).map(|(&count, &column)| share(count, row, column)).collect())
            .collect()
    }

    /// What was taken for what, `(true class, predicted class, how often)`, the most frequent first.
    pub fn mistakes(&self) -> Vec<(&str, &str, u64)> {
        let mut mistakes = Vec::new();
        for (actual, row) in self.labels.iter().zip(&self.counts) {
            for (predicted, &count) in self.labels.iter().zip(row) {
                if actual != predicted && count > 0 {
                    mistakes.push((actual.as_str(), predicted.as_str(), count));
                }
            }
        }
        mistakes.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        mistakes
    }

    /// The matrix as tiles: the darker, the larger the share of the row.
    ///
    /// # Errors
    /// [`Error::Display`](crate::Error::Display) where there are too many classes for a picture.
    pub fn figure(&self) -> Result<Figure> {
        const TILE: (i32, i32) = (64, 34);
        // About what a letter of 14 pixels takes.
        let longest = self.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).min(40) as i32 * 8;
        let upright = longest > TILE.0 - 6;
        let (left, top) = (36 + longest, if upright { 34 + longest } else { 50 });
        let classes = self.labels.len() as i32;
        let size = (left + TILE.0 * classes + 10, top + TILE.1 * classes + 10);
        let shares = self.normalized(Normalize::True);
        let figure = Figure::new((size.0 as u32, size.1 as u32), |root| {
            let write = |text: &str, place: (i32, i32), h: HPos, v: VPos, turned: bool| {
                let style = ("sans-serif", 14).into_font().color(&Figure::ink()).pos(Pos::new(h, v));
                let style = if turned { style.transform(FontTransform::Rotate270) } else { style };
                root.draw(&Text::new(text.to_owned(), place, style))
            };
            write("predicted", (left + TILE.0 * classes / 2, 4), HPos::Center, VPos::Top, false)?;
            write("true", (4, top + TILE.1 * classes / 2), HPos::Center, VPos::Top, true)?;
            for (index, label) in self.labels.iter().enumerate() {
                let label: String = label.chars().take(40).collect();
                let (x, y) = (left + TILE.0 * index as i32 + TILE.0 / 2, top + TILE.1 * index as i32 + TILE.1 / 2);
                if upright {
                    write(&label, (x, top - 8), HPos::Left, VPos::Center, true)?;
                } else {
                    write(&label, (x, top - 8), HPos::Center, VPos::Bottom, false)?;
                }
                write(&label, (left - 8, y), HPos::Right, VPos::Center, false)?;
            }
            for (row, (counts, shares)) in self.counts.iter().zip(&shares).enumerate() {
                for (column, (count, &share)) in counts.iter().zip(shares).enumerate() {
                    let (x, y) = (left + TILE.0 * column as i32, top + TILE.1 * row as i32);
                    let (ground, letters) = tile(share);
                    root.draw(&Rectangle::new([(x + 1, y + 1), (x + TILE.0 - 1, y + TILE.1 - 1)], ground.filled()))?;
                    let style =
                        ("sans-serif", 14).into_font().color(&letters).pos(Pos::new(HPos::Center, VPos::Center));
                    root.draw(&Text::new(count.to_string(), (x + TILE.0 / 2, y + TILE.1 / 2), style))?;
                }
            }
            Ok(())
        })?;
        Ok(figure.text(self.to_string()).title("confusion matrix"))
    }
}

/// The ground of a tile, and letters that stand out on it.
fn tile(share: f64) -> (RGBColor, RGBColor) {
    let mix = |pale: f64, deep: f64| (pale + (deep - pale) * share.clamp(0.0, 1.0)).round() as u8;
    let ground = RGBColor(mix(228.0, 16.0), mix(238.0, 66.0), mix(248.0, 134.0));
    // Not quite black: black follows the page's theme, and the ground does not.
    (ground, if share > 0.7 { RGBColor(255, 255, 255) } else { RGBColor(1, 1, 1) })
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows =
            vec![std::iter::once("true \\ predicted".to_owned()).chain(self.labels.clone()).collect::<Vec<_>>()];
        for (label, counts) in self.labels.iter().zip(&self.counts) {
            rows.push(std::iter::once(label.clone()).chain(counts.iter().map(u64::to_string)).collect());
        }
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let cells =
                    row.iter().enumerate().map(|(column, cell)| format!("{cell:>width$}", width = width(column)));
                cells.collect::<Vec<_>>().join("  ")
            })
            .collect();
        write!(f, "{}", lines.join("\n"))
    }
}

impl Rich for ConfusionMatrix {
    fn rich(&self) -> Bundle {
        self.figure().map_or_else(|_| Bundle::text(self.to_string()), |figure| figure.rich())
    }
}

/// `confusion_matrix`: the [`ConfusionMatrix`] as rows of numbers.
///
/// | setting | what it is |
/// |---|---|
/// | `normalize` | `"true"`: shares of each row; `"pred"`: of each column; `"all"`: of all examples |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConfusionMeasure {
    /// What the numbers are shares of.
    pub normalize: Normalize,
}

impl Measure for ConfusionMeasure {
    fn name(&self) -> &str {
        "confusion_matrix"
    }

    fn about(&self) -> &str {
        "how often each class (row) was taken for each (column)"
    }

    fn settings(&self) -> &[&'static str] {
        &["normalize"]
    }

    fn set(&mut self, given: Given<'_>) -> Result<()> {
        self.normalize = given.one_of(&[
            ("none", Normalize::Counts),
            ("true", Normalize::True),
            ("pred", Normalize::Predicted),
            ("all", Normalize::All),
        ])?;
        Ok(())
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Scores> {
        let rows = ConfusionMatrix::of(inputs)?.normalized(self.normalize);
        Ok(Scores::new().with("confusion_matrix", Score::Matrix(rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> ConfusionMatrix {
        ConfusionMatrix::new(&["b", "a", "a", "c", "a"], &["a", "a", "a", "c", "c"]).unwrap()
    }

    #[test]
    fn rows_are_true_classes() {
        assert_eq!(matrix().labels(), ["a", "b", "c"]);
        assert_eq!(matrix().counts(), [[2, 1, 0], [0, 0, 0], [1, 0, 1]]);
        assert_eq!(matrix().mistakes(), [("a", "b", 1), ("c", "a", 1)]);
        assert_eq!(
            matrix().to_string(),
            "true \\ predicted  a  b  c\n               a  2  1  0\n               b  0  0  0\n               c  1  0  1"
        );
    }

    #[test]
    fn shares_are_of_rows_columns_or_all() {
        assert_eq!(matrix().normalized(Normalize::True)[2], [0.5, 0.0, 0.5]);
        assert_eq!(matrix().normalized(Normalize::Predicted)[0], [2.0 / 3.0, 1.0, 0.0]);
        assert_eq!(matrix().normalized(Normalize::All)[2][2], 0.2);
        assert_eq!(matrix().normalized(Normalize::True)[1], [0.0; 3]);
    }

    #[test]
    fn the_figure_has_a_tile_for_each_pair_and_text_in_its_place() {
        let figure = matrix().figure().unwrap();
        assert_eq!(figure.svg().matches("<rect").count(), 9);
        assert!(figure.svg().contains("predicted"));
        assert_eq!(figure.rich().plain(), matrix().to_string());
        assert!(ConfusionMatrix::new(&[1], &[1, 2]).is_err());
    }
}
