//! Export to [jupyterquiz](https://github.com/jmshea/jupyterquiz), which shows quizzes in Python notebooks and Jupyter Books.

use serde_json::{Value, json};

use crate::markup::{escape, to_html};
use crate::{Choice, Kind, Mistake, Outcome, Question, Quiz};

/// The quiz in jupyterquiz's JSON: a list of questions, each valid by the schema of its type.
///
/// Texts become HTML, since jupyterquiz puts them into the page as they are. What it cannot say:
///
/// * It knows no tracing: these become `multiple_choice` questions between the outcome, the mistakes that the file names, and
///   the other way round (that it compiles, or does not).
/// * In a question with several right choices each click is graded alone; nothing asks for *all* of them.
/// * A wrong answer shows its own feedback, never why the right one is right. A short answer's explanation is therefore the
///   feedback to right and wrong answers alike.
/// * Nothing is asked again, no score is kept, and the answers lie in the page.
/// * Ids, sections and the quiz's title have no place.
pub fn to_jupyterquiz(quiz: &Quiz) -> Value {
    quiz.questions.iter().map(question).collect()
}

fn question(question: &Question) -> Value {
    let mut exported = match &question.kind {
        Kind::MultipleChoice { choices } => choose(choices),
        Kind::ShortAnswer { answers, tolerance, explanation, mistakes } => {
            let numbers: Option<Vec<f64>> = answers.iter().map(|answer| answer.parse().ok()).collect();
            match numbers {
                Some(numbers) => number(&numbers, tolerance.unwrap_or(0.0), explanation, mistakes),
                None => words(answers, explanation, mistakes),
            }
        }
        Kind::Tracing { outcome, explanation, mistakes, .. } => trace(outcome, explanation, mistakes),
    };
    exported["question"] = to_html(&question.prompt).into();
    let code = match &question.kind {
        Kind::Tracing { program, .. } => Some(program),
        _ => question.code.as_ref(),
    };
    if let Some(code) = code {
        exported["code"] = escape(code).into();
    }
    exported
}

fn choose(choices: &[Choice]) -> Value {
    let several = choices.iter().filter(|choice| choice.right).count() > 1;
    let answers: Vec<Value> = choices
        .iter()
        .map(|choice| json!({ "answer": to_html(&choice.text), "correct": choice.right, "feedback": to_html(&choice.explanation) }))
        .collect();
    json!({ "type": if several { "many_choice" } else { "multiple_choice" }, "answers": answers })
}

fn number(numbers: &[f64], tolerance: f64, explanation: &str, mistakes: &[Mistake<String>]) -> Value {
    let explanation = to_html(explanation);
    let right = numbers.iter().map(|value| {
        if tolerance > 0.0 {
            // The end of a range is not part of it.
            let end = (value + tolerance) * (1.0 + f64::EPSILON) + f64::MIN_POSITIVE;
            json!({ "type": "range", "range": [value - tolerance, end], "correct": true, "feedback": explanation })
        } else {
            json!({ "type": "value", "value": value, "correct": true, "feedback": explanation })
        }
    });
    let wrong = mistakes.iter().filter_map(|mistake| {
        let value: f64 = mistake.answer.parse().ok()?;
        Some(json!({ "type": "value", "value": value, "correct": false, "feedback": to_html(&mistake.explanation) }))
    });
    let rest = json!({ "type": "default", "feedback": explanation });
    json!({ "type": "numeric", "answers": right.chain(wrong).chain([rest]).collect::<Vec<_>>() })
}

fn words(answers: &[String], explanation: &str, mistakes: &[Mistake<String>]) -> Value {
    let explanation = to_html(explanation);
    let right = answers.iter().map(|answer| json!({ "answer": answer, "correct": true, "feedback": explanation }));
    let wrong = mistakes.iter().map(
        |mistake| json!({ "answer": mistake.answer, "correct": false, "feedback": to_html(&mistake.explanation) }),
    );
    let rest = json!({ "type": "default", "feedback": explanation });
    json!({ "type": "string", "answers": right.chain(wrong).chain([rest]).collect::<Vec<_>>() })
}

fn trace(outcome: &Outcome, explanation: &str, mistakes: &[Mistake<Outcome>]) -> Value {
    let choice = |text: String, right: bool, why: &str| Choice { text, right, explanation: why.to_owned() };
    let mut choices = vec![choice(outcome.to_string(), true, explanation)];
    choices.extend(mistakes.iter().map(|mistake| choice(mistake.answer.to_string(), false, &mistake.explanation)));
    let compiles = matches!(outcome, Outcome::Prints(_));
    let opposite_is_there = mistakes.iter().any(|mistake| matches!(mistake.answer, Outcome::Prints(_)) != compiles);
    if !opposite_is_there {
        let text = if compiles { "It does not compile." } else { "It compiles." };
        choices.push(choice(text.into(), false, explanation));
    }
    choose(&choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIZ: &str = r#"
title = "t"

[[questions]]
id = "00000000-0000-4000-8000-000000000001"
kind = "multiple-choice"
prompt = "Which of `a < b`?"
code = "let a = &b;"
choices = [
    { text = "`a`", right = true, explanation = "since *a*" },
    { text = "b", explanation = "no b" },
]

[[questions]]
id = "00000000-0000-4000-8000-000000000002"
kind = "multiple-choice"
prompt = "Which ones?"
choices = [
    { text = "a", right = true, explanation = "since a" },
    { text = "b", right = true, explanation = "since b" },
    { text = "c", explanation = "no c" },
]

[[questions]]
id = "00000000-0000-4000-8000-000000000003"
kind = "short-answer"
prompt = "How many?"
answers = ["0.5"]
tolerance = 0.25
explanation = "a half"
mistakes = [{ answer = "2", explanation = "the other way round" }]

[[questions]]
id = "00000000-0000-4000-8000-000000000004"
kind = "short-answer"
prompt = "Which word?"
answers = ["attention", "self-attention"]
explanation = "that one"

[[questions]]
id = "00000000-0000-4000-8000-000000000005"
kind = "tracing"
prompt = "What happens?"
program = "fn main() { println!(\"1\"); }"
prints = "1"
explanation = "one"
mistakes = [{ prints = "2", explanation = "not two" }]
"#;

    #[test]
    fn every_kind_finds_its_type() {
        let exported = to_jupyterquiz(&Quiz::parse("00-t.toml", QUIZ).unwrap());
        let types: Vec<&str> = exported.as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["multiple_choice", "many_choice", "numeric", "string", "multiple_choice"]);
        assert_eq!(exported[0]["question"], "Which of <code>a &lt; b</code>?");
        assert_eq!(exported[0]["code"], "let a = &amp;b;");
        assert_eq!(
            exported[0]["answers"][0],
            json!({ "answer": "<code>a</code>", "correct": true, "feedback": "since <em>a</em>" })
        );
        let range = exported[2]["answers"][0]["range"].as_array().unwrap();
        assert!(range[0].as_f64() == Some(0.25) && range[1].as_f64().unwrap() > 0.75, "the end is excluded: {range:?}");
        assert_eq!(exported[2]["answers"][1]["value"], 2.0);
        assert_eq!(exported[3]["answers"][1]["answer"], "self-attention");
        assert_eq!(exported[3]["answers"][2], json!({ "type": "default", "feedback": "that one" }));
        let traced: Vec<&str> =
            exported[4]["answers"].as_array().unwrap().iter().map(|one| one["answer"].as_str().unwrap()).collect();
        assert_eq!(
            traced,
            [
                "It compiles and prints <code>1</code>.",
                "It compiles and prints <code>2</code>.",
                "It does not compile."
            ]
        );
    }
}
