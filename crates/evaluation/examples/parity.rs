//! What the tests in `tests/metrics/` ask of our side: `parity COMMAND` reads its arguments as JSON from the standard input and answers in JSON.
//!
//! `compute`: `{"cases": [{"metric", "settings", "predictions", "references"}, …]}`, answered by the scores of each. `stem`: `{"words": […]}`.

use std::error::Error;
use std::io::Read;

use course_evaluation::questions::{Answer, AnswerKey};
use course_evaluation::{Setting, Values, load};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let command = std::env::args().nth(1).ok_or("usage: parity COMMAND < arguments.json")?;
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let arguments: Value = serde_json::from_str(&input)?;
    let answer = match command.as_str() {
        "compute" => list(&arguments["cases"])?.iter().map(compute).collect::<Outcome<Vec<Value>>>()?.into(),
        "stem" => {
            let words = texts(&arguments["words"])?;
            json!(words.iter().map(|word| course_evaluation::text::stem(word)).collect::<Vec<_>>())
        }
        other => return Err(format!("no command `{other}`").into()),
    };
    println!("{answer}");
    Ok(())
}

fn compute(case: &Value) -> Outcome<Value> {
    let mut metric = load(case["metric"].as_str().ok_or("a case names no metric")?)?;
    for (name, value) in case["settings"].as_object().into_iter().flatten() {
        metric = metric.with(name, setting(value)?)?;
    }
    let scores = metric.compute(values(&case["predictions"])?, values(&case["references"])?)?;
    // JSON has no NaN; a text stands for it.
    let numbers = scores.iter().map(|(name, score)| {
        let value = serde_json::to_value(score).unwrap_or(Value::Null);
        (name.to_owned(), if value.is_null() { json!(score.to_string()) } else { value })
    });
    Ok(Value::Object(numbers.collect()))
}

fn list(value: &Value) -> Outcome<&Vec<Value>> {
    Ok(value.as_array().ok_or_else(|| format!("{value} is no list"))?)
}

fn texts(value: &Value) -> Outcome<Vec<String>> {
    list(value)?.iter().map(|text| Ok(text.as_str().ok_or_else(|| format!("{text} is no text"))?.to_owned())).collect()
}

fn numbers(value: &Value) -> Outcome<Vec<f64>> {
    list(value)?.iter().map(|number| Ok(number.as_f64().ok_or_else(|| format!("{number} is no number"))?)).collect()
}

fn wholes(value: &Value) -> Outcome<Vec<i64>> {
    list(value)?
        .iter()
        .map(|number| Ok(number.as_i64().ok_or_else(|| format!("{number} is no whole number"))?))
        .collect()
}

fn setting(value: &Value) -> Outcome<Setting> {
    Ok(match value {
        Value::Bool(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::Number(value) if value.is_i64() => value.as_i64().ok_or("a number")?.into(),
        Value::Number(value) => value.as_f64().ok_or("a number")?.into(),
        Value::Array(all) if all.first().is_some_and(Value::is_string) => texts(value)?.into(),
        Value::Array(all) if all.iter().all(Value::is_i64) => wholes(value)?.into(),
        Value::Array(_) => numbers(value)?.into(),
        other => return Err(format!("{other} is no setting").into()),
    })
}

/// Lists of what their first entry is; objects are answers and their keys.
fn values(value: &Value) -> Outcome<Values> {
    if value.is_null() {
        return Ok(Values::None);
    }
    let all = list(value)?;
    Ok(match all.first() {
        Some(Value::String(_)) => Values::Texts(texts(value)?),
        Some(Value::Number(first)) if first.is_i64() => Values::Labels(wholes(value)?),
        Some(Value::Number(_)) => Values::Numbers(numbers(value)?),
        Some(Value::Array(rows)) if rows.first().is_some_and(Value::is_i64) => {
            Values::LabelLists(all.iter().map(wholes).collect::<Outcome<_>>()?)
        }
        Some(Value::Array(rows)) if rows.first().is_some_and(Value::is_number) => {
            Values::NumberLists(all.iter().map(numbers).collect::<Outcome<_>>()?)
        }
        Some(Value::Array(_)) => Values::TextLists(all.iter().map(texts).collect::<Outcome<_>>()?),
        Some(Value::Object(first)) if first.contains_key("answers") => {
            let key = |one: &Value| {
                let answers = texts(&one["answers"])?;
                let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
                Ok(AnswerKey::new(one["id"].as_str().ok_or("a key without an id")?, &answers))
            };
            Values::AnswerKeys(all.iter().map(key).collect::<Outcome<_>>()?)
        }
        Some(Value::Object(_)) => {
            let answer = |one: &Value| {
                let (id, text) =
                    (one["id"].as_str().ok_or("an answer without an id")?, one["text"].as_str().ok_or("no text")?);
                Ok(Answer::new(id, text).no_answer_probability(one["no_answer_probability"].as_f64().unwrap_or(0.0)))
            };
            Values::Answers(all.iter().map(answer).collect::<Outcome<_>>()?)
        }
        other => return Err(format!("{other:?} is nothing to compare").into()),
    })
}
