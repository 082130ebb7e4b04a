//! Answers in their contexts, as types that show themselves.

use course_display::{Bundle, Rich, escape};
use course_tokenization::question_answering::Answer;
use serde::Serialize;

use crate::list::slice_of;
use crate::sentence_similarity::round;
use crate::spans::{Span, counted, counted_row, marked, with_table};

/// Bytes of the context that are shown on each side of the answer.
const AROUND: usize = 300;

/// One question with its answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    /// The question.
    pub question: String,
    /// The text that it is answered from.
    pub context: String,
    /// The answers, best first. An empty one says that there is none in the context.
    pub answers: Vec<Answer>,
}

impl Answered {
    /// The best answer.
    pub fn answer(&self) -> &str {
        self.answers.first().map_or("", |best| &best.answer)
    }

    /// The best answer's score, from 0 to 1.
    pub fn score(&self) -> f32 {
        self.answers.first().map_or(0.0, |best| best.score)
    }

    /// The context around the best answer, which is marked in it.
    fn marked(&self) -> (String, String) {
        let (start, end) = self.answers.first().map_or((0, 0), |best| (best.start, best.end));
        let from = match start.saturating_sub(AROUND) {
            0 => 0,
            far => self.context.ceil_char_boundary(far),
        };
        let to = self.context.floor_char_boundary(end.saturating_add(AROUND));
        let piece = self.context.get(from..to).unwrap_or(&self.context);
        let span = Span { start: start.saturating_sub(from), end: end.saturating_sub(from), label: "", tint: 0 };
        let (html, plain) = marked(piece, &[span]);
        let (before, after) = (if from > 0 { "… " } else { "" }, if to < self.context.len() { " …" } else { "" });
        (
            format!("<div><b>{}</b></div>{before}{html}{after}", escape(&self.question)),
            format!("{}\n{before}{plain}{after}", self.question),
        )
    }
}

/// Questions with their answers, in the questions' order. A slice of [`Answered`] in every other respect.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    items: Vec<Answered>,
    model: String,
}

impl Answers {
    pub(super) fn new(items: Vec<Answered>, model: String) -> Self {
        Self { items, model }
    }
}

slice_of!(Answers, Answered);

/// The best answers in their contexts, and a table of all.
impl Rich for Answers {
    fn rich(&self) -> Bundle {
        let texts: Vec<_> = self.iter().map(Answered::marked).collect();
        let mut table = counted(self.len(), &["answer", "score", "start", "end"]);
        for (number, item) in self.iter().enumerate() {
            for answer in &item.answers {
                let text = if answer.answer.is_empty() { "(no answer)" } else { &answer.answer };
                let cells = [text.into(), round(answer.score).into(), answer.start.into(), answer.end.into()];
                table = counted_row(table, self.len(), number, cells);
            }
        }
        let note =
            format!("score: how surely {} begins the answer there, times how surely it ends it there", self.model);
        with_table(&texts, &table.note(note).rich())
    }
}

impl std::fmt::Display for Answers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.rich().plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_marked_in_its_part_of_the_context() {
        let context = format!("{} It is in Zürich. {}", "é".repeat(400), "x".repeat(900));
        let start = context.find("Zürich").unwrap();
        let answer = Answer { answer: "Zürich".into(), score: 0.5, start, end: start + 7, chunk: 0 };
        let one = Answered { question: "Where?".into(), context, answers: vec![answer] };
        assert_eq!((one.answer(), one.score()), ("Zürich", 0.5));
        let shown = Answers::new(vec![one], "m".into()).to_string();
        assert!(shown.starts_with("Where?\n… é") && shown.contains("It is in [Zürich]. x"), "{shown}");
        assert!(shown.contains("xx …\nanswer  score"), "{shown}");
    }
}
