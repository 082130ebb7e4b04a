//! Texts that were written for texts.

use course_display::{Bundle, Rich, Table};
use course_models::FinishReason;

use crate::list::slice_of;
use crate::sentence_similarity::round;

/// More letters of a text than this are not shown in a table of several.
const SHOWN: usize = 300;

/// A text that was written for a text.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenText {
    /// What was read.
    pub source: String,
    /// What was written.
    pub text: String,
    /// Its tokens, without the first and the end token.
    pub tokens: Vec<u32>,
    /// Why it ends.
    pub finish_reason: FinishReason,
    /// With beams, what texts are compared by: the log-probability by length.
    pub score: Option<f32>,
}

impl std::fmt::Display for WrittenText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Texts that were written, in the order of those that were read. A slice of [`WrittenText`]s in every other respect.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenTexts {
    items: Vec<WrittenText>,
    /// What they are: summaries, translations.
    kind: &'static str,
    /// By whom they were written, said below every table of them.
    note: String,
}

impl WrittenTexts {
    pub(crate) fn new(items: Vec<WrittenText>, kind: &'static str, note: String) -> Self {
        Self { items, kind, note }
    }

    /// The first text.
    pub fn text(&self) -> &str {
        self.items.first().map_or("", |item| &item.text)
    }

    /// All texts.
    pub fn texts(&self) -> Vec<&str> {
        self.items.iter().map(|item| item.text.as_str()).collect()
    }
}

slice_of!(WrittenTexts, WrittenText);

/// What was read and what was written for it; what was cut short says so.
impl Rich for WrittenTexts {
    fn rich(&self) -> Bundle {
        let scored = self.items.iter().any(|item| item.score.is_some());
        let headers = ["text", self.kind].into_iter().chain(scored.then_some("score"));
        let table = self.items.iter().fold(Table::new(headers), |table, item| {
            let cut = if item.finish_reason == FinishReason::Length { " …" } else { "" };
            let cells = [begin(&item.source), format!("{}{cut}", item.text)].map(serde_json::Value::from);
            let score = scored.then(|| item.score.map_or(serde_json::Value::Null, |score| round(score).into()));
            table.row(cells.into_iter().chain(score).collect::<Vec<_>>())
        });
        table.note(&self.note).rich()
    }
}

impl std::fmt::Display for WrittenTexts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}

/// The beginning of a text.
fn begin(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
