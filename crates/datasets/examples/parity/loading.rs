//! Random numbers, splits and files: what NumPy and Python's `datasets` are asked for too.

use std::error::Error;

use course_datasets::random::{Generator, SeedSequence};
use course_datasets::{DataFiles, Dataset, Feature, Split, load_dataset};
use serde_json::{Value, json};

use crate::Answer;

/// The commands of this topic.
pub fn run(command: &str, arguments: &Value) -> Option<Answer> {
    Some(match command {
        "seeds" => seeds(arguments),
        "draws" => draws(arguments),
        "train_test_split" => split(arguments),
        "load" => load(arguments),
        _ => return None,
    })
}

fn number(value: &Value) -> Result<u64, Box<dyn Error>> {
    value.as_u64().ok_or_else(|| format!("{value} is not a number from 0 on").into())
}

/// The state that each seed is spread to.
fn seeds(arguments: &Value) -> Answer {
    let seeds = arguments["seeds"].as_array().ok_or("seeds")?;
    let states = seeds.iter().map(|seed| Ok(json!(SeedSequence::new(number(seed)?).state::<4>())));
    Ok(Value::Array(states.collect::<Result<_, Box<dyn Error>>>()?))
}

/// Draws of several kinds from one generator: `[["permutation", 7], ["integers", 0, 6, 3], …]`.
fn draws(arguments: &Value) -> Answer {
    let mut generator = Generator::new(number(&arguments["seed"])?);
    let mut answers = Vec::new();
    for draw in arguments["draws"].as_array().ok_or("draws")? {
        let at = |place: usize| number(&draw[place]).map(|number| number as usize);
        answers.push(match draw[0].as_str().ok_or("the kind of a draw")? {
            "permutation" => json!(generator.permutation(at(1)?)),
            "integers" => {
                let bound = |place: usize| draw[place].as_i64().ok_or("a bound");
                json!(generator.integers(bound(1)?, bound(2)?, at(3)?))
            }
            "random" => json!((0..at(1)?).map(|_| generator.random()).collect::<Vec<f64>>()),
            "choices" => json!(generator.choices(at(1)?, at(2)?)),
            "sample" => json!(generator.sample(at(1)?, at(2)?)),
            "weighted" => {
                let weights: Vec<f64> = serde_json::from_value(draw[1].clone())?;
                json!(generator.weighted_choices(&weights, at(2)?))
            }
            other => return Err(format!("no draw {other:?}").into()),
        });
    }
    Ok(Value::Array(answers))
}

/// The row numbers of both sides of a split.
fn split(arguments: &Value) -> Answer {
    let rows = number(&arguments["rows"])? as i64;
    let mut data = Dataset::from_columns([("n", (0..rows).collect::<Vec<i64>>())])?;
    let mut split = Split::default().seed(number(&arguments["seed"])?);
    let whole = |value: &Value| value.as_u64().map(|count| count as usize);
    if let Some(count) = whole(&arguments["train_size"]) {
        split = split.train_size(count);
    } else if let Some(share) = arguments["train_size"].as_f64() {
        split = split.train_size(share);
    }
    if let Some(count) = whole(&arguments["test_size"]) {
        split = split.test_size(count);
    } else if let Some(share) = arguments["test_size"].as_f64() {
        split = split.test_size(share);
    }
    if let Some(labels) = arguments["labels"].as_array() {
        let labels: Vec<i64> = labels.iter().filter_map(Value::as_i64).collect();
        let classes = labels.iter().max().map_or(0, |most| most + 1);
        data = data.add_column("label", labels)?;
        data = data.cast_column("label", Feature::class_label((0..classes).map(|class| class.to_string()))?)?;
        split = split.stratify_by("label");
    }
    if arguments["shuffle"] == json!(false) {
        split = split.shuffle(false);
    }
    let parts = data.train_test_split(split)?;
    Ok(json!({ "train": parts.get("train")?.values::<i64>("n")?, "test": parts.get("test")?.values::<i64>("n")? }))
}

/// Loads files; answers with the Arrow files of each split.
fn load(arguments: &Value) -> Answer {
    let mut data_files = DataFiles::default();
    for (name, paths) in arguments["data_files"].as_object().ok_or("data_files")? {
        let paths: Vec<String> = serde_json::from_value(paths.clone())?;
        data_files = data_files.with(name, paths);
    }
    let text = |key: &str| arguments[key].as_str();
    let mut load = load_dataset(text("format").ok_or("format")?).data_files(data_files).quiet();
    load = load.cache_folder(text("cache").ok_or("cache")?);
    if let Some(field) = text("field") {
        load = load.field(field);
    }
    if let Some(delimiter) = text("delimiter").and_then(|text| text.bytes().next()) {
        load = load.delimiter(delimiter);
    }
    if let Some(encoding) = text("encoding") {
        load = load.encoding(encoding);
    }
    let splits = load.load()?;
    let files = splits.iter().map(|(name, data)| (name.to_owned(), json!(data.files())));
    Ok(Value::Object(files.collect()))
}
