//! How near texts are in meaning: the cosine between their vectors.

use std::sync::Arc;

use course_display::{Bundle, Rich, Table, heatmap};
use course_models::cosine_similarity;
use serde::Serialize;

use crate::sentence_encoder::SentenceEncoder;
use crate::{Embeddings, Error, FeatureExtraction, Result, Task, Texts};

/// More texts than this on a side show as numbers, not as tiles.
const TILES: usize = 20;

/// Compares texts by the cosine between their vectors: 1 is the same direction, 0 is unrelated.
#[derive(Debug, Clone)]
pub struct SentenceSimilarity {
    pub(crate) features: FeatureExtraction,
}

impl SentenceSimilarity {
    /// The pipeline on the model of this name.
    ///
    /// # Errors
    /// When the model is not found or is no sentence transformer.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Ok(Self { features: FeatureExtraction::from_pretrained(name)? })
    }

    /// The pipeline on the model that comes with the course.
    ///
    /// # Errors
    /// When the model was not fetched.
    pub fn new() -> Result<Self> {
        Self::from_pretrained(Task::SentenceSimilarity.default_model())
    }

    pub(crate) fn encoder(&self) -> &Arc<SentenceEncoder> {
        &self.features.encoder
    }

    /// How near two texts are, from -1 to 1.
    ///
    /// # Errors
    /// When the learner interrupts.
    pub fn score(&self, one: &str, other: &str) -> Result<f32> {
        let similarity = self.compare([one, other])?;
        Ok(similarity.score(0, 1).unwrap_or(f32::NAN))
    }

    /// How near each text is to each other one.
    ///
    /// # Errors
    /// Without texts, or when the learner interrupts.
    pub fn compare(&self, texts: impl Into<Texts>) -> Result<Similarity> {
        self.features.embed(texts)?.similarity()
    }

    /// How near each of `rows` is to each of `columns`.
    ///
    /// # Errors
    /// Without texts, or when the learner interrupts.
    pub fn compare_with(&self, rows: impl Into<Texts>, columns: impl Into<Texts>) -> Result<Similarity> {
        Similarity::between(&self.features.embed(rows)?, &self.features.embed(columns)?)
    }

    /// The texts by how near they are to `query`, nearest first.
    ///
    /// # Errors
    /// Without texts, or when the learner interrupts.
    pub fn rank(&self, query: &str, texts: impl Into<Texts>) -> Result<Ranking> {
        let texts = self.features.embed(texts)?;
        let scores = Similarity::between(&self.features.embed(query)?, &texts)?;
        let row = scores.matrix.into_iter().next().unwrap_or_default();
        let mut ranked: Vec<Ranked> = row
            .into_iter()
            .zip(texts.texts())
            .enumerate()
            .map(|(index, (score, text))| Ranked { score, text: text.clone(), index })
            .collect();
        ranked.sort_by(|one, other| other.score.total_cmp(&one.score));
        Ok(Ranking { query: query.to_owned(), texts: ranked })
    }
}

/// The cosine between each of some texts and each of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarity {
    rows: Vec<String>,
    columns: Vec<String>,
    matrix: Vec<Vec<f32>>,
}

impl Similarity {
    pub(crate) fn between(rows: &Embeddings, columns: &Embeddings) -> Result<Self> {
        let matrix = cosine_similarity(rows.tensor(), columns.tensor())?.to_vec2()?;
        Ok(Self { rows: rows.texts().to_vec(), columns: columns.texts().to_vec(), matrix })
    }

    /// The cosine between row number `row` and column number `column`, if there are that many.
    pub fn score(&self, row: usize, column: usize) -> Option<f32> {
        self.matrix.get(row)?.get(column).copied()
    }

    /// All of them, one `Vec` a row.
    pub fn matrix(&self) -> &[Vec<f32>] {
        &self.matrix
    }

    /// The texts of the rows.
    pub fn rows(&self) -> &[String] {
        &self.rows
    }

    /// The texts of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The matrix as a heat map.
    ///
    /// # Errors
    /// When a score is not a number.
    pub fn figure(&self) -> Result<course_display::Figure> {
        heatmap(&self.matrix, &self.rows, &self.columns).map_err(Error::from)
    }
}

impl Rich for Similarity {
    fn rich(&self) -> Bundle {
        if self.rows.len() <= TILES
            && self.columns.len() <= TILES
            && let Ok(figure) = self.figure()
        {
            return figure.rich();
        }
        let cells = |row: &Vec<f32>| row.iter().map(|score| format!("{score:.2}")).collect::<Vec<_>>().join("  ");
        let matrix = self.matrix.iter().take(TILES).map(cells).collect::<Vec<_>>().join("\n");
        Bundle::text(format!("{} × {} cosines, the first rows:\n{matrix}", self.rows.len(), self.columns.len()))
    }
}

/// A text with its score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranked {
    /// The cosine between its vector and the query's, from -1 to 1.
    pub score: f32,
    /// The text.
    pub text: String,
    /// Its place in the input, from 0.
    pub index: usize,
}

/// Texts by how near they are to a query, nearest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The query.
    pub query: String,
    /// The texts, nearest first.
    pub texts: Vec<Ranked>,
}

impl Rich for Ranking {
    fn rich(&self) -> Bundle {
        let table = Table::new(["score", "text"]).caption(format!("nearest to: {}", self.query));
        self.texts.iter().fold(table, |table, ranked| table.row((round(ranked.score), &ranked.text))).rich()
    }
}

/// Four decimals: the rest differs from machine to machine.
pub(crate) fn round(score: f32) -> f64 {
    (f64::from(score) * 1e4).round() / 1e4
}
