//! Search: neighbours, and index files.

use std::error::Error;

use course_datasets::search::{HnswConfig, Index, Metric, Neighbour, Vectors};
use serde::Deserialize;
use serde_json::{Value, json};

type Answer = Result<Value, Box<dyn Error>>;

pub fn run(command: &str, arguments: &Value) -> Option<Answer> {
    match command {
        "search-nearest" => Some(nearest(arguments)),
        "search-load" => Some(load(arguments)),
        _ => None,
    }
}

/// Neighbours of `queries` among `vectors` by `metric`, from an index of the `kind`, which is saved where `save` says.
fn nearest(arguments: &Value) -> Answer {
    let (vectors, queries) = (vectors(&arguments["vectors"])?, vectors(&arguments["queries"])?);
    let metric: Metric = arguments["metric"].as_str().unwrap_or_default().parse()?;
    let index = match arguments["kind"].as_str() {
        Some("hnsw") => Index::hnsw(vectors, metric, HnswConfig::new())?,
        _ => Index::flat(vectors, metric),
    };
    if let Some(path) = arguments["save"].as_str() {
        index.save(path)?;
    }
    found(&index, &queries, arguments)
}

/// Neighbours of `queries` in the index file at `path`, or the error.
fn load(arguments: &Value) -> Answer {
    let index = match Index::load(arguments["path"].as_str().unwrap_or_default()) {
        Ok(index) => index,
        Err(error) => return Ok(json!({ "error": error.to_string() })),
    };
    let metric = match index.metric() {
        Metric::L2 => "l2",
        Metric::InnerProduct => "inner_product",
        Metric::Cosine => "cosine",
    };
    Ok(json!({ "metric": metric, "found": found(&index, &vectors(&arguments["queries"])?, arguments)? }))
}

fn found(index: &Index, queries: &Vectors, arguments: &Value) -> Answer {
    let count = usize::try_from(arguments["count"].as_u64().unwrap_or(1))?;
    let neighbour = |found: &Neighbour| json!({ "row": found.row, "score": found.score });
    let answers = index.nearest_batch(queries, count)?;
    Ok(answers.iter().map(|found| found.iter().map(neighbour).collect::<Value>()).collect())
}

fn vectors(rows: &Value) -> Result<Vectors, Box<dyn Error>> {
    Ok(Vectors::from_rows(Vec::<Vec<f32>>::deserialize(rows)?)?)
}
