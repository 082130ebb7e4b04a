//! TOML to a quiz, with the line of everything that is wrong.

use std::path::Path;

use toml::Spanned;
use uuid::Uuid;

use crate::folder::{name_of, number_of};
use crate::grade::same;
use crate::raw::{RawQuestion, RawQuiz};
use crate::{Choice, Kind, Mistake, Outcome, Problem, Question, Quiz};

/// The most choices: each has a number key.
const MOST_CHOICES: usize = 9;

/// Reads a quiz; on failure, everything that is wrong with it.
pub(crate) fn quiz(file: &Path, text: &str) -> Result<Quiz, Vec<Problem>> {
    let mut reader = Reader { text, question: None, problems: Vec::new() };
    let raw: RawQuiz = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| reader.line(span.start));
        vec![Problem { line, question: None, what: error.message().replace('\n', " ") }]
    })?;
    let name = name_of(file);
    let chapter = number_of(&name).to_owned();
    if chapter.is_empty() || !chapter.bytes().all(|byte| byte.is_ascii_digit()) {
        reader.wrong(0, "the file's name must be the chapter's, as in `01-transformer-models.toml`");
    }
    let title = reader.filled("title", Some(raw.title), 0).unwrap_or_default();
    if raw.questions.is_empty() {
        reader.wrong(0, "there is no question; each begins with `[[questions]]`");
    }
    let mut questions: Vec<Question> = Vec::new();
    for (index, raw) in raw.questions.into_iter().enumerate() {
        reader.question = Some(index + 1);
        let at = raw.span().start;
        let question = reader.question(raw);
        if let Some(earlier) = question.as_ref().and_then(|one| questions.iter().find(|other| other.id == one.id)) {
            reader
                .wrong(at, &format!("its id is that of the question in line {}; give it one of its own", earlier.line));
        }
        questions.extend(question);
    }
    if !reader.problems.is_empty() {
        reader.problems.sort_by_key(|problem| problem.line);
        return Err(reader.problems);
    }
    Ok(Quiz { chapter, name, title, file: file.to_path_buf(), questions })
}

struct Reader<'a> {
    text: &'a str,
    question: Option<usize>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }

    fn wrong(&mut self, at: usize, what: &str) {
        self.problems.push(Problem { line: self.line(at), question: self.question, what: what.to_owned() });
    }

    /// A text that must be there and not be empty.
    fn filled(&mut self, name: &str, field: Option<Spanned<String>>, at: usize) -> Option<String> {
        let Some(field) = field else {
            self.wrong(at, &format!("`{name}` is missing"));
            return None;
        };
        if field.get_ref().trim().is_empty() {
            self.wrong(field.span().start, &format!("`{name}` is empty"));
            return None;
        }
        Some(field.into_inner().trim().to_owned())
    }

    /// A program or its output: the spaces at its beginning belong to it.
    fn code(&mut self, name: &str, field: Option<Spanned<String>>, at: usize) -> Option<String> {
        let code = field.as_ref().map(|field| field.get_ref().trim_matches('\n').trim_end().to_owned());
        self.filled(name, field, at).and(code)
    }

    /// Says what stands in a question and does not belong to its kind.
    fn foreign(&mut self, kind: &str, fields: &[(&str, Option<usize>)]) {
        for (name, at) in fields {
            if let Some(at) = at {
                self.wrong(*at, &format!("`{name}` does not belong to a {kind} question"));
            }
        }
    }

    fn question(&mut self, raw: Spanned<RawQuestion>) -> Option<Question> {
        let at = raw.span().start;
        let line = self.line(at);
        let raw = raw.into_inner();
        let id = self.id(&raw, at);
        let prompt = self.filled("prompt", raw.prompt.clone(), at);
        let code = raw.code.clone().and_then(|code| self.code("code", Some(code), at));
        let section = raw.section.clone().and_then(|section| self.filled("section", Some(section), at));
        let kind = self.filled("kind", raw.kind.clone(), at)?;
        let kind_at = raw.kind.as_ref().map_or(at, |kind| kind.span().start);
        let kind = match kind.as_str() {
            "multiple-choice" => self.multiple_choice(raw, at),
            "short-answer" => self.short_answer(raw, at),
            "tracing" => self.tracing(raw, at),
            other => {
                let what = format!("`{other}` is no kind; there are multiple-choice, short-answer and tracing");
                self.wrong(kind_at, &what);
                None
            }
        };
        Some(Question { id: id?, line, prompt: prompt?, code, section, kind: kind? })
    }

    fn id(&mut self, raw: &RawQuestion, at: usize) -> Option<Uuid> {
        let Some(id) = &raw.id else {
            let what = format!("`id` is missing; this one is new: id = \"{}\"", Uuid::new_v4());
            self.wrong(at, &what);
            return None;
        };
        let parsed = Uuid::parse_str(id.get_ref()).ok().filter(|id| !id.is_nil());
        if parsed.is_none() {
            let what = format!("`{}` is no UUID; this one is new: {}", id.get_ref(), Uuid::new_v4());
            self.wrong(id.span().start, &what);
        }
        parsed
    }

    fn multiple_choice(&mut self, raw: RawQuestion, at: usize) -> Option<Kind> {
        let place = |found: bool| found.then_some(at);
        self.foreign(
            "multiple-choice",
            &[
                ("answers", start(&raw.answers)),
                ("tolerance", start(&raw.tolerance)),
                ("program", start(&raw.program)),
                ("prints", start(&raw.prints)),
                ("fails-at", start(&raw.fails_at)),
                ("error", start(&raw.error)),
                ("explanation", start(&raw.explanation)),
                ("mistakes", place(raw.mistakes.is_some())),
            ],
        );
        let raw_choices = raw.choices.map(Spanned::into_inner).unwrap_or_default();
        let mut choices: Vec<Choice> = Vec::new();
        let mut complete = true;
        for raw in raw_choices {
            let at = raw.span().start;
            let raw = raw.into_inner();
            let text = self.filled("text", raw.text, at);
            let explanation = self.filled("explanation", raw.explanation, at);
            if text.as_ref().is_some_and(|text| choices.iter().any(|other| other.text == *text)) {
                self.wrong(at, "this choice stands here twice");
            }
            match text.zip(explanation) {
                Some((text, explanation)) => choices.push(Choice { text, right: raw.right, explanation }),
                None => complete = false,
            }
        }
        if !complete {
            return None;
        }
        let right = choices.iter().filter(|choice| choice.right).count();
        let what = match choices.len() {
            0 | 1 => "it needs at least two choices, each a `[[questions.choices]]`",
            more if more > MOST_CHOICES => "it has more than nine choices, and each needs a number key",
            _ if right == 0 => "no choice is right; write `right = true` into those that are",
            all if right == all => "every choice is right, so there is nothing to choose",
            _ => return Some(Kind::MultipleChoice { choices }),
        };
        self.wrong(at, what);
        None
    }

    fn short_answer(&mut self, raw: RawQuestion, at: usize) -> Option<Kind> {
        self.foreign(
            "short-answer",
            &[
                ("choices", start(&raw.choices)),
                ("program", start(&raw.program)),
                ("prints", start(&raw.prints)),
                ("fails-at", start(&raw.fails_at)),
                ("error", start(&raw.error)),
            ],
        );
        let tolerance_at = start(&raw.tolerance);
        let tolerance = raw.tolerance.map(Spanned::into_inner);
        if let Some(at) = tolerance_at.filter(|_| tolerance.is_some_and(|value| !(value >= 0.0 && value.is_finite()))) {
            self.wrong(at, "`tolerance` is how far a number may be off: zero or more");
        }
        let mut answers = Vec::new();
        for answer in raw.answers.map(Spanned::into_inner).unwrap_or_default() {
            let at = answer.span().start;
            if let Some(answer) = self.filled("answers", Some(answer), at) {
                if tolerance.is_some() && answer.parse::<f64>().is_err() {
                    self.wrong(at, &format!("`{answer}` is no number, and the question has a `tolerance`"));
                }
                answers.push(answer);
            }
        }
        if answers.is_empty() {
            self.wrong(at, "`answers` is missing: every spelling that is right, as in `answers = [\"196\"]`");
        }
        let explanation = self.filled("explanation", raw.explanation, at);
        let mut mistakes = Vec::new();
        for raw in raw.mistakes.unwrap_or_default() {
            let at = raw.span().start;
            let raw = raw.into_inner();
            self.foreign("short-answer", &[("prints", start(&raw.prints)), ("fails-at", start(&raw.fails_at))]);
            let answer = self.filled("answer", raw.answer, at);
            let said = self.filled("explanation", raw.explanation, at);
            if let Some((answer, explanation)) = answer.zip(said) {
                if answers.iter().any(|right| same(right, &answer, tolerance.unwrap_or(0.0))) {
                    self.wrong(at, &format!("`{answer}` is called a mistake and is right"));
                }
                mistakes.push(Mistake { answer, explanation });
            }
        }
        Some(Kind::ShortAnswer { answers, tolerance, explanation: explanation?, mistakes })
    }

    fn tracing(&mut self, raw: RawQuestion, at: usize) -> Option<Kind> {
        self.foreign(
            "tracing",
            &[
                ("choices", start(&raw.choices)),
                ("answers", start(&raw.answers)),
                ("tolerance", start(&raw.tolerance)),
                ("code", start(&raw.code)),
            ],
        );
        let program = self.code("program", raw.program, at);
        let lines = program.as_deref().map_or(0, |program| program.lines().count());
        let error_at = start(&raw.error);
        let error = raw.error.map(|error| error.into_inner().trim().to_owned());
        let outcome = self.outcome(raw.prints, raw.fails_at, lines, at);
        let outcome = match outcome {
            Some(Outcome::Fails { line, .. }) => {
                if error.is_none() {
                    self.wrong(at, "`error` is missing: the code of the compiler's error, as in `error = \"E0382\"`");
                }
                Some(Outcome::Fails { line, error })
            }
            other => {
                if let Some(at) = error_at {
                    self.wrong(at, "`error` belongs to `fails-at`");
                }
                other
            }
        };
        let explanation = self.filled("explanation", raw.explanation, at);
        let mut mistakes = Vec::new();
        for raw in raw.mistakes.unwrap_or_default() {
            let at = raw.span().start;
            let raw = raw.into_inner();
            self.foreign("tracing", &[("answer", start(&raw.answer))]);
            let answer = self.outcome(raw.prints, raw.fails_at, lines, at);
            let said = self.filled("explanation", raw.explanation, at);
            if let Some((answer, explanation)) = answer.zip(said) {
                if outcome.as_ref().is_some_and(|right| right.is_like(&answer)) {
                    self.wrong(at, "this is called a mistake and is right");
                }
                mistakes.push(Mistake { answer, explanation });
            }
        }
        Some(Kind::Tracing { program: program?, outcome: outcome?, explanation: explanation?, mistakes })
    }

    fn outcome(
        &mut self,
        prints: Option<Spanned<String>>,
        fails_at: Option<Spanned<u32>>,
        lines: usize,
        at: usize,
    ) -> Option<Outcome> {
        match (prints, fails_at) {
            (Some(prints), None) => Some(Outcome::Prints(prints.into_inner().trim_matches('\n').trim_end().to_owned())),
            (None, Some(line)) => {
                let (at, line) = (line.span().start, line.into_inner());
                if line == 0 || line as usize > lines {
                    self.wrong(at, &format!("the program has lines 1 to {lines}"));
                }
                Some(Outcome::Fails { line, error: None })
            }
            _ => {
                self.wrong(
                    at,
                    "it needs `prints`, the program's output, or `fails-at`, the line that does not compile",
                );
                None
            }
        }
    }
}

/// Where a field begins, if it is there.
fn start<T>(field: &Option<Spanned<T>>) -> Option<usize> {
    field.as_ref().map(|field| field.span().start)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "id = \"6f1c9a4e-2f0b-4c59-8d8a-0d3b6f0a7c11\"";
    const OTHER: &str = "id = \"0b7ad1f5-9f0c-4e86-a6f4-6a2e7a0f9b02\"";

    fn problems(text: &str) -> Vec<String> {
        quiz(Path::new("quizzes/01-a.toml"), text).unwrap_err().iter().map(Problem::to_string).collect()
    }

    fn question(body: &str) -> String {
        format!("title = \"t\"\n\n[[questions]]\n{ID}\nprompt = \"p\"\n{body}\n")
    }

    #[test]
    fn a_whole_quiz() {
        let text = format!(
            "title = \"Models\"\n\n[[questions]]\n{ID}\nkind = \"multiple-choice\"\nprompt = \"one?\"\ncode = '''\n    x\n'''\nsection = \"04-how\"\n
            [[questions.choices]]\ntext = \"a\"\nright = true\nexplanation = \"e\"\n[[questions.choices]]\ntext = \"b\"\nexplanation = \"f\"\n
            [[questions]]\n{OTHER}\nkind = \"tracing\"\nprompt = \"two?\"\nprogram = '''\nfn main() {{\n    a\n}}\n'''\nfails-at = 2\nerror = \"E0425\"\nexplanation = \"e\"\n"
        );
        let quiz = quiz(Path::new("quizzes/01-transformer-models.toml"), &text).unwrap();
        assert_eq!((quiz.chapter.as_str(), quiz.name.as_str()), ("01", "01-transformer-models"));
        assert_eq!(quiz.questions[0].line, 3);
        assert_eq!(quiz.questions[0].code.as_deref(), Some("    x"), "its indentation belongs to it");
        let Kind::Tracing { program, outcome, .. } = &quiz.questions[1].kind else { panic!("a tracing question") };
        assert_eq!(program, "fn main() {\n    a\n}");
        assert_eq!(*outcome, Outcome::Fails { line: 2, error: Some("E0425".into()) });
    }

    #[test]
    fn every_problem_names_its_line_and_question() {
        for (text, wanted) in [
            ("title = \"t", "line 1: invalid basic string"),
            ("title = \"t\"\n", "line 1: there is no question"),
            ("title = \"t\"\n[[questions]]\ncolour = 1\n", "line 3: unknown field `colour`"),
            ("[[questions]]\n", "line 1: missing field `title`"),
            (&question("kind = \"essay\""), "line 6, question 1: `essay` is no kind; there are multiple-choice"),
            (&question(""), "line 3, question 1: `kind` is missing"),
            (&question("kind = \"multiple-choice\""), "line 3, question 1: it needs at least two choices"),
            (
                &question(
                    "kind = \"multiple-choice\"\nchoices = [{ text = \"a\" },\n{ text = \"b\", explanation = \"e\" }]",
                ),
                "line 7, question 1: `explanation` is missing",
            ),
            (
                &question(
                    "kind = \"multiple-choice\"\nchoices = [{ text = \"a\", explanation = \"e\" },\n{ text = \"a\", explanation = \"e\" }]",
                ),
                "line 8, question 1: this choice stands here twice",
            ),
            (
                &question(
                    "kind = \"multiple-choice\"\nchoices = [{ text = \"a\", explanation = \"e\" }, { text = \"b\", explanation = \"e\" }]",
                ),
                "line 3, question 1: no choice is right",
            ),
            (&question("kind = \"short-answer\"\nexplanation = \"e\""), "line 3, question 1: `answers` is missing"),
            (
                &question("kind = \"short-answer\"\nexplanation = \"e\"\nanswers = [\"x\"]\ntolerance = 1"),
                "line 8, question 1: `x` is no number",
            ),
            (
                &question("kind = \"short-answer\"\nexplanation = \"e\"\nanswers = [\"x\"]\nprints = \"y\""),
                "line 9, question 1: `prints` does not belong to a short-answer question",
            ),
            (
                &question(
                    "kind = \"short-answer\"\nexplanation = \"e\"\nanswers = [\"x\"]\nmistakes = [{ answer = \"X.\", explanation = \"e\" }]",
                ),
                "line 9, question 1: `X.` is called a mistake and is right",
            ),
            (
                &question("kind = \"tracing\"\nexplanation = \"e\"\nprogram = \"fn main() {}\""),
                "line 3, question 1: it needs `prints`",
            ),
            (
                &question(
                    "kind = \"tracing\"\nexplanation = \"e\"\nprogram = \"fn main() {}\"\nfails-at = 2\nerror = \"E1\"",
                ),
                "line 9, question 1: the program has lines 1 to 1",
            ),
            (
                &question("kind = \"tracing\"\nexplanation = \"e\"\nprogram = \"fn main() {}\"\nfails-at = 1"),
                "line 3, question 1: `error` is missing",
            ),
            (&question("kind = 3"), "line 6: invalid type: integer `3`, expected a string"),
        ] {
            let found = problems(text);
            assert!(found.iter().any(|problem| problem.starts_with(wanted)), "{wanted}\nwas not found in {found:#?}");
        }
    }

    #[test]
    fn all_problems_are_told_at_once_in_order() {
        let text = format!(
            "title = \"t\"\n[[questions]]\nid = \"x\"\nkind = \"essay\"\nprompt = \"\"\n[[questions]]\n{ID}\nkind = \"tracing\"\nprompt = \"p\"\n"
        );
        let found = problems(&text);
        assert!(found.len() >= 5, "{found:#?}");
        assert!(found[0].starts_with("line 3, question 1: `x` is no UUID; this one is new: "), "{found:#?}");
    }

    #[test]
    fn an_id_stands_once() {
        let body = "kind = \"short-answer\"\nprompt = \"p\"\nanswers = [\"x\"]\nexplanation = \"e\"\n";
        let text = format!("title = \"t\"\n[[questions]]\n{ID}\n{body}\n[[questions]]\n{ID}\n{body}");
        let found = problems(&text);
        assert_eq!(found, ["line 9, question 2: its id is that of the question in line 2; give it one of its own"]);
    }

    #[test]
    fn a_file_is_named_for_its_chapter() {
        let text = question("kind = \"short-answer\"\nanswers = [\"x\"]\nexplanation = \"e\"");
        let found = quiz(Path::new("models.toml"), &text).unwrap_err();
        assert!(found[0].what.contains("`01-transformer-models.toml`"), "{found:?}");
    }
}
