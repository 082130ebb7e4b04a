//! What the tests in `tests/data/` ask of our side: `parity COMMAND` reads its arguments as JSON from the standard input and answers in JSON.
//!
//! Each module has the commands of one topic.

mod dataset;
mod loading;
mod search;
mod streams;
mod tokenizers;

use std::error::Error;
use std::io::Read;

use serde_json::Value;

/// What a command answers.
type Answer = Result<Value, Box<dyn Error>>;
/// The commands of one topic: none for a command of another.
type Topic = fn(command: &str, arguments: &Value) -> Option<Answer>;

/// All topics.
const TOPICS: &[Topic] = &[dataset::run, loading::run, search::run, streams::run, tokenizers::run];

fn main() -> Result<(), Box<dyn Error>> {
    let command = std::env::args().nth(1).ok_or("usage: parity COMMAND < arguments.json")?;
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let arguments: Value = serde_json::from_str(&input)?;
    let answer = TOPICS.iter().find_map(|topic| topic(&command, &arguments));
    println!("{}", answer.ok_or_else(|| format!("no command `{command}`"))??);
    Ok(())
}
