//! What the page is told of a quiz: enough to show it, and no answer before it was given.

use course_quizzes::{Answer, Kind, Outcome, Question, Verdict, markup};
use serde::Deserialize;
use serde_json::{Value, json};

use super::session::Session;

/// What the page says.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(crate) enum Event {
    /// An answer: one of these, as the question's kind asks.
    Answer {
        turn: u64,
        /// Choices, by the place at which they are shown.
        choices: Option<Vec<usize>>,
        text: Option<String>,
        prints: Option<String>,
        fails_at: Option<u32>,
    },
    /// On to the next question.
    Next { turn: u64 },
    /// The whole quiz again.
    Again { turn: u64 },
}

impl Event {
    /// Has the session follow; says whether anything changed.
    pub(crate) fn perform(self, session: &mut Session) -> bool {
        match self {
            Self::Next { turn } => session.next(turn),
            Self::Again { turn } => session.restart(turn),
            Self::Answer { turn, choices, text, prints, fails_at } => {
                let answer = choices
                    .map(Answer::Choices)
                    .or(text.map(Answer::Text))
                    .or(prints.map(|prints| Answer::Outcome(Outcome::Prints(prints))))
                    .or(fails_at.map(|line| Answer::Outcome(Outcome::Fails { line, error: None })));
                answer.is_some_and(|answer| session.answer(turn, answer))
            }
        }
    }
}

/// The whole of what the page shows.
pub(crate) fn page(session: &Session, best: Option<u32>, note: Option<&str>) -> Value {
    let (right, of) = session.score();
    let (number, round_of) = session.place();
    let mut page = json!({
        "title": session.quiz().title,
        "turn": session.turn(),
        "round": session.round(),
        "right": right,
        "of": of,
        "done": session.done(),
        "best": best,
        "note": note,
    });
    match session.question() {
        Some(asked) => {
            page["number"] = number.into();
            page["round_of"] = round_of.into();
            page["question"] = question(asked, session.order());
            page["verdict"] = session.given().map_or(Value::Null, |given| verdict(given, session.order(), asked));
        }
        None => {
            let missed = session
                .missed()
                .map(|question| json!({ "prompt": markup::to_html(&question.prompt), "section": question.section }));
            page["missed"] = missed.collect();
        }
    }
    page
}

fn question(question: &Question, order: &[usize]) -> Value {
    let mut told = json!({
        "id": question.id,
        "kind": question.kind.name(),
        "prompt": markup::to_html(&question.prompt),
        "code": question.code,
    });
    match &question.kind {
        Kind::MultipleChoice { choices } => {
            let texts =
                order.iter().filter_map(|place| choices.get(*place)).map(|choice| markup::to_html(&choice.text));
            told["choices"] = texts.collect();
            told["several"] = (choices.iter().filter(|choice| choice.right).count() > 1).into();
        }
        Kind::ShortAnswer { answers, .. } => {
            told["number"] = answers.iter().all(|answer| answer.parse::<f64>().is_ok()).into();
        }
        Kind::Tracing { program, .. } => told["code"] = program.as_str().into(),
    }
    told
}

fn verdict((answer, verdict): &(Answer, Verdict), order: &[usize], question: &Question) -> Value {
    let marks = order.iter().filter_map(|place| verdict.marks.get(*place)).map(|mark| {
        let explanation = mark.explanation.as_deref().map(markup::to_html);
        // What was neither chosen nor right stays untold: it may be asked again.
        let right = mark.explanation.is_some().then_some(mark.right);
        json!({ "chosen": mark.chosen, "right": right, "explanation": explanation })
    });
    let given = match answer {
        Answer::Choices(_) => Value::Null,
        Answer::Text(text) | Answer::Outcome(Outcome::Prints(text)) => text.as_str().into(),
        Answer::Outcome(Outcome::Fails { line, .. }) => json!({ "fails_at": line }),
    };
    json!({
        "right": verdict.right,
        "marks": marks.collect::<Value>(),
        "given": given,
        "answer": verdict.answer.as_deref().map(markup::to_html),
        "notes": verdict.notes.iter().map(|note| markup::to_html(note)).collect::<Value>(),
        "section": if verdict.right { None } else { question.section.as_deref() },
    })
}

#[cfg(test)]
mod tests {
    use super::super::session::tests::{session, shown};
    use super::*;

    #[test]
    fn the_page_knows_no_answer_before_it_is_given() {
        let mut session = session();
        let before = page(&session, Some(1), None);
        let text = before.to_string();
        assert_eq!(before["question"]["prompt"], "Which of <code>a &lt; b</code>?");
        assert_eq!(before["question"]["choices"].as_array().unwrap().len(), 4);
        assert!(!text.contains("why") && !text.contains("seven") && !text.contains("true"), "{text}");
        assert!(before["verdict"].is_null() && before["best"] == 1);

        let wrong = shown(&session, 2);
        session.answer(1, wrong);
        let after = page(&session, None, None);
        let marks = after["verdict"]["marks"].as_array().unwrap();
        let of = |place: usize| &marks[session.order().iter().position(|shown| *shown == place).unwrap()];
        assert_eq!(*of(2), json!({ "chosen": true, "right": false, "explanation": "why not c" }));
        assert_eq!(*of(1), json!({ "chosen": false, "right": true, "explanation": "why b" }));
        assert_eq!(*of(0), json!({ "chosen": false, "right": null, "explanation": null }));
        assert_eq!(after["verdict"]["section"], "01-welcome");
    }

    #[test]
    fn events_reach_the_session() {
        let mut session = session();
        let hear = |session: &mut Session, event: Value| {
            serde_json::from_value::<Event>(event).is_ok_and(|event| event.perform(session))
        };
        let Answer::Choices(right) = shown(&session, 1) else { unreachable!() };
        for odd in [
            json!({}),
            json!({ "event": "dance" }),
            json!({ "event": "answer", "turn": 1 }),
            json!({ "event": "answer", "turn": -1, "choices": right }),
            json!({ "event": "answer", "turn": 1, "choices": ["0"] }),
            json!({ "event": "answer", "turn": 1, "text": "b" }),
        ] {
            assert!(!hear(&mut session, odd.clone()), "{odd}");
        }
        assert!(hear(&mut session, json!({ "event": "answer", "turn": 1, "choices": right })));
        assert!(hear(&mut session, json!({ "event": "next", "turn": 1 })));
        assert!(hear(&mut session, json!({ "event": "answer", "turn": 2, "text": "7" })));
        assert!(hear(&mut session, json!({ "event": "next", "turn": 2 })));
        let over = page(&session, Some(2), Some("kept nowhere"));
        assert_eq!((&over["right"], &over["missed"], &over["note"]), (&json!(2), &json!([]), &json!("kept nowhere")));
        assert!(hear(&mut session, json!({ "event": "again", "turn": 3 })));
    }
}
