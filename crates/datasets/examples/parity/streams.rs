//! Streams: pipelines that are described in JSON, and the order of their rows.

use std::error::Error;

use course_datasets::streaming::{IterableDataset, Stopping, interleave_datasets};
use course_datasets::{Dataset, row};
use serde::Deserialize;
use serde_json::{Value, json};

type Answer = Result<Value, Box<dyn Error>>;

pub fn run(command: &str, arguments: &Value) -> Option<Answer> {
    match command {
        "streams" => Some(streams(arguments)),
        _ => None,
    }
}

/// The numbers that each of the `pipelines` gives, in order.
fn streams(arguments: &Value) -> Answer {
    let pipelines = arguments["pipelines"].as_array().ok_or("pipelines are missing")?;
    pipelines.iter().map(|pipeline| numbers(&stream(pipeline)?)).collect()
}

fn numbers(stream: &IterableDataset) -> Answer {
    let rows: Vec<i64> = stream.iter().map(|row| row?.get("n")).collect::<Result<_, _>>()?;
    Ok(json!(rows))
}

fn number(description: &Value, name: &str) -> Result<u64, Box<dyn Error>> {
    description[name].as_u64().ok_or_else(|| format!("{name} is missing").into())
}

fn stream(pipeline: &Value) -> Result<IterableDataset, Box<dyn Error>> {
    let sources = pipeline["sources"].as_array().ok_or("sources are missing")?;
    let sources: Vec<IterableDataset> = sources.iter().map(source).collect::<Result<_, _>>()?;
    let join = &pipeline["join"];
    let mut stream = match (join["how"].as_str(), sources.as_slice()) {
        (None, [only]) => only.clone(),
        (Some("chain"), [first, others @ ..]) => first.chain(others)?,
        _ => {
            let mut joined = interleave_datasets(&sources).stopping(match join["stopping"].as_str() {
                Some("all_exhausted") => Stopping::AllExhausted,
                Some("all_exhausted_without_replacement") => Stopping::AllExhaustedOnce,
                _ => Stopping::FirstExhausted,
            });
            if !join["probabilities"].is_null() {
                joined = joined.probabilities(Vec::<f64>::deserialize(&join["probabilities"])?);
                joined = joined.seed(number(join, "seed")?);
            }
            joined.stream()?
        }
    };
    for step in pipeline["steps"].as_array().ok_or("steps are missing")? {
        stream = match step["step"].as_str() {
            Some("take") => stream.take(usize::try_from(number(step, "rows")?)?),
            Some("skip") => stream.skip(usize::try_from(number(step, "rows")?)?),
            Some("repeat") => stream.repeat(number(step, "times")?),
            Some("shuffle") => stream.shuffle(number(step, "seed")?, usize::try_from(number(step, "buffer")?)?),
            Some("map") => stream.map(|row| Ok(row! { "n" => row.get::<i64>("n")? + 1000 })),
            Some("filter") => stream.filter(|row| Ok(row.get::<i64>("n")? % 3 != 0)),
            Some("select") => stream.select_columns(["n"])?,
            other => return Err(format!("no step {other:?}").into()),
        };
    }
    Ok(stream.set_epoch(number(pipeline, "epoch")?))
}

/// The numbers from `base` on: from a generator, or from a dataset in shards.
fn source(description: &Value) -> Result<IterableDataset, Box<dyn Error>> {
    let base = i64::try_from(number(description, "base")?)?;
    let end = base + i64::try_from(number(description, "rows")?)?;
    let rows = move || (base..end).map(|n| Ok(row! { "n" => n }));
    match usize::try_from(number(description, "shards")?)? {
        0 => Ok(IterableDataset::from_generator(rows)),
        shards => {
            let data = Dataset::from_columns([("n", (base..end).collect::<Vec<i64>>())])?;
            Ok(data.to_iterable_shards(shards)?)
        }
    }
}
