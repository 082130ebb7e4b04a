//! The quiz where nothing runs: on GitHub, in nbviewer, in a terminal.

use std::fmt::Write as _;

use course_display::escape;
use course_quizzes::{Choice, Kind, Question, Quiz, markup};

/// Questions with lettered choices.
pub(crate) fn text(quiz: &Quiz) -> String {
    let mut text = format!("Quiz: {} ({} questions)\n", quiz.title, quiz.questions.len());
    for (index, question) in quiz.questions.iter().enumerate() {
        let _ = write!(text, "\n{}. {}\n", index + 1, indented(&markup::to_text(&question.prompt), "   ").trim_start());
        if let Some(code) = code(question) {
            let _ = write!(text, "\n{}\n\n", indented(code, "       "));
        }
        match &question.kind {
            Kind::MultipleChoice { choices } => {
                for (letter, choice) in ('A'..).zip(choices) {
                    let _ = writeln!(text, "   {letter}. {}", markup::to_text(&choice.text));
                }
            }
            Kind::ShortAnswer { .. } => text += "   Answer: ______\n",
            Kind::Tracing { .. } => {
                text +=
                    "   It compiles and prints: ______\n   It does not compile; the first error is in line: ______\n";
            }
        }
    }
    text + "\nRun this cell in JupyterLab to answer here and have each answer graded at once."
}

/// The same with the answers, folded away; no script.
pub(crate) fn html(quiz: &Quiz) -> String {
    let mut html = format!(
        "<div><p><strong>Quiz: {}</strong> ({} questions). Run this cell in JupyterLab to answer here and have each answer \
         graded at once.</p><ol>",
        escape(&quiz.title),
        quiz.questions.len()
    );
    for question in &quiz.questions {
        let _ = write!(html, "<li><p>{}</p>", markup::to_html(&question.prompt));
        if let Some(code) = code(question) {
            let _ = write!(html, "<pre><code>{}</code></pre>", escape(code));
        }
        html += &answers(&question.kind);
        html += "</li>";
    }
    html + "</ol></div>"
}

fn answers(kind: &Kind) -> String {
    let fold = |answer: String| format!("<details><summary>Answer</summary>{answer}</details>");
    let paragraphs =
        |notes: &[&str]| -> String { notes.iter().map(|note| format!("<p>{}</p>", markup::to_html(note))).collect() };
    match kind {
        Kind::MultipleChoice { choices } => {
            let list: String =
                choices.iter().map(|choice| format!("<li>{}</li>", markup::to_html(&choice.text))).collect();
            let told: String = ('A'..).zip(choices).map(|(letter, choice)| explained(letter, choice)).collect();
            format!("<ol type=\"A\">{list}</ol>{}", fold(format!("<ul>{told}</ul>")))
        }
        Kind::ShortAnswer { answers, explanation, .. } => {
            let answer = answers.first().map(|answer| format!("`{answer}`")).unwrap_or_default();
            fold(paragraphs(&[&answer, explanation]))
        }
        Kind::Tracing { outcome, explanation, .. } => {
            let ask = "<p>Does it compile? If so, what does it print? If not, in which line is the first error?</p>";
            format!("{ask}{}", fold(paragraphs(&[&outcome.to_string(), explanation])))
        }
    }
}

fn explained(letter: char, choice: &Choice) -> String {
    let verdict = if choice.right { "✓ right" } else { "✗ not right" };
    format!("<li><strong>{letter} {verdict}.</strong> {}</li>", markup::to_html(&choice.explanation))
}

fn code(question: &Question) -> Option<&str> {
    match &question.kind {
        Kind::Tracing { program, .. } => Some(program),
        _ => question.code.as_deref(),
    }
}

fn indented(text: &str, by: &str) -> String {
    text.lines().map(|line| format!("{by}{line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::session::tests::session;
    use super::*;

    #[test]
    fn text_asks_and_does_not_tell() {
        let session = session();
        assert_eq!(
            text(session.quiz()),
            "Quiz: A short quiz (2 questions)\n\n1. Which of `a < b`?\n   A. a\n   B. b\n   C. c\n   D. d\n\n2. How many?\n   \
             Answer: ______\n\nRun this cell in JupyterLab to answer here and have each answer graded at once."
        );
    }

    #[test]
    fn html_folds_answers_away_and_runs_nothing() {
        let html = html(session().quiz());
        assert!(html.contains("<li>a</li><li>b</li>") && html.contains("<ol type=\"A\">"), "{html}");
        assert!(html.contains("<strong>B ✓ right.</strong> why b") && html.contains("<strong>A ✗ not right.</strong>"));
        let before = html.split("<details>").next().unwrap();
        assert!(!before.contains("why"), "{before}");
        assert_eq!(html.matches("<details>").count(), html.matches("</details>").count());
        for active in ["<script", "onclick", "style=", "javascript:"] {
            assert!(!html.contains(active), "{active}");
        }
    }
}
