//! `?name` and `:doc name` at the top of a cell: what is known about a name, shown beside the notebook and not in it.
//!
//! It travels as a `page` payload of the reply. A front end that has a pager opens it; JupyterLab shows it below the cell.
//! IPython's `name?` is not understood, because in Rust it is the operator.

use serde_json::{Value, json};

use super::source::top_lines;
use crate::engine::dylib::commands;
use crate::engine::{CellError, Outcome};

/// What a line of the pager's asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    /// `?` alone: the commands.
    Commands,
    /// A name or a path.
    Name(String),
}

/// The topics that a cell begins with, and the cell with those lines blanked.
pub fn take(code: &str) -> (Vec<Topic>, String) {
    let mut topics = Vec::new();
    let mut rest = String::with_capacity(code.len());
    for (line, at_top) in top_lines(code) {
        match topic(line).filter(|_| at_top) {
            Some(topic) => {
                topics.push(topic);
                rest.extend(line.ends_with('\n').then_some('\n'));
            }
            None => rest.push_str(line),
        }
    }
    (topics, rest)
}

fn topic(line: &str) -> Option<Topic> {
    let line = line.trim();
    let name = line.strip_prefix('?').or_else(|| line.strip_prefix(":doc").filter(|rest| rest.starts_with(' ')))?;
    let name = name.trim_start_matches('?').trim();
    Some(if name.is_empty() { Topic::Commands } else { Topic::Name(name.to_owned()) })
}

/// The payload for each topic; `inspect` gives the content of an `inspect_reply` about a name.
///
/// # Errors
/// When nothing is known about a name.
pub fn pages(topics: &[Topic], inspect: impl Fn(&str) -> Value) -> Result<Vec<Value>, Outcome> {
    topics
        .iter()
        .map(|topic| match topic {
            Topic::Commands => Ok(page(json!(commands::help().data))),
            Topic::Name(name) => match inspect(name) {
                reply if reply["found"] == true => Ok(page(reply["data"].clone())),
                _ => Err(unknown(name)),
            },
        })
        .collect()
}

fn page(data: Value) -> Value {
    json!({ "source": "page", "data": data, "start": 0 })
}

fn unknown(name: &str) -> Outcome {
    let evalue =
        format!("nothing is known about `{name}`. Write a name as code does, such as `?Tensor` or `?std::fs::read`");
    let line = format!("\u{1b}[1;31mCommand\u{1b}[0m: {evalue}");
    Outcome::Error(CellError { ename: "Command".into(), evalue, traceback: vec![line] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_at_the_top_are_topics() {
        let tensor = Topic::Name("Tensor".into());
        assert_eq!(take("?Tensor"), (vec![tensor.clone()], String::new()));
        assert_eq!(take("// why\n:doc Tensor\n\nx?"), (vec![tensor.clone()], "// why\n\n\nx?".into()));
        assert_eq!(take(":vars\n?? Tensor\n?"), (vec![tensor, Topic::Commands], ":vars\n\n".into()));
        for code in ["x?", "f()\n?", ":docs x", "%%bash\n?x", "let y = x\n    ?;", ""] {
            assert_eq!(take(code), (vec![], code.to_owned()), "{code}");
        }
    }

    #[test]
    fn a_page_has_text_and_an_unknown_name_is_an_error() {
        let known = |name: &str| json!({ "found": name == "f", "data": { "text/plain": "fn f()" } });
        let found = pages(&[Topic::Name("f".into()), Topic::Commands], known).unwrap();
        assert_eq!(found[0], json!({ "source": "page", "data": { "text/plain": "fn f()" }, "start": 0 }));
        assert!(found[1]["data"]["text/plain"].as_str().unwrap().contains(":vars"));
        let Err(Outcome::Error(error)) = pages(&[Topic::Name("g".into())], known) else { panic!("g is unknown") };
        assert!(error.evalue.contains("`g`"));
    }
}
