//! Datasets: folders read and written, words, sorting, columns, and what `map` says.

use std::error::Error;
use std::path::Path;

use course_datasets::loopback::LoopbackHub;
use course_datasets::{
    Column, Dataset, DatasetDict, Features, Order, PushToHub, SortBy, concatenate_datasets, load_from_disk,
};
use serde_json::{Value, json};

type Answer = Result<Value, Box<dyn Error>>;

pub fn run(command: &str, arguments: &Value) -> Option<Answer> {
    Some(match command {
        "dataset-resave" => resave(arguments),
        "dataset-resave-dict" => resave_dict(arguments),
        "dataset-words" => words(arguments),
        "dataset-export" => export(arguments),
        "dataset-sort" => sort(arguments),
        "dataset-steps" => steps(arguments),
        "dataset-push" => push(arguments),
        "dataset-map-error" => map_error(arguments),
        _ => return None,
    })
}

fn text<'a>(arguments: &'a Value, name: &str) -> Result<&'a str, Box<dyn Error>> {
    arguments[name].as_str().ok_or_else(|| format!("{name} is missing").into())
}

/// Loads the folder `from` and saves it as `to`, in `shards` files.
fn resave(arguments: &Value) -> Answer {
    let data = Dataset::load_from_disk(text(arguments, "from")?)?;
    match arguments["shards"].as_u64() {
        Some(shards) => data.save_in_shards(text(arguments, "to")?, usize::try_from(shards)?)?,
        None => data.save_to_disk(text(arguments, "to")?)?,
    }
    Ok(json!({ "rows": data.len() }))
}

fn resave_dict(arguments: &Value) -> Answer {
    let data = load_from_disk(text(arguments, "from")?)?;
    data.save_to_disk(text(arguments, "to")?)?;
    Ok(json!({ "words": data.to_string() }))
}

/// Pushes what the folders of `pushes` hold, one after the other, to a Hub on this machine, and writes the files that are then in the
/// repository into the folder `to`. A folder of splits is pushed whole, a single dataset as the `split` named beside it.
fn push(arguments: &Value) -> Answer {
    let hub = LoopbackHub::start()?;
    let options = PushToHub::new().hub(hub.config());
    for push in arguments["pushes"].as_array().into_iter().flatten() {
        let (from, options) = (text(push, "from")?, options.clone().config_name(text(push, "config")?));
        match push["split"].as_str() {
            Some(split) => Dataset::load_from_disk(from)?.push_to_hub_with("data", &options.split(split))?,
            None => load_from_disk(from)?.push_to_hub_with("data", &options)?,
        };
    }
    let to = Path::new(text(arguments, "to")?);
    let files = hub.files("learner/data");
    for file in &files {
        let path = to.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(to))?;
        std::fs::write(path, hub.read("learner/data", file).unwrap_or_default())?;
    }
    Ok(json!({ "files": files }))
}

/// How a dataset, its features, its rows and its columns are printed.
fn words(arguments: &Value) -> Answer {
    let data = Dataset::load_from_disk(text(arguments, "from")?)?;
    let rows: Vec<String> = data.iter().map(|row| Ok(row?.to_string())).collect::<course_datasets::Result<_>>()?;
    let columns: Vec<String> = data
        .column_names()
        .iter()
        .map(|name| Ok(data.column(name)?.to_string()))
        .collect::<course_datasets::Result<_>>()?;
    Ok(json!({
        "dataset": data.to_string(),
        "features": data.features().to_string(),
        "json": Features::from_json(&data.features().to_json())?.to_json(),
        "rows": rows,
        "columns": columns,
        "split": data.split(),
    }))
}

fn export(arguments: &Value) -> Answer {
    let data = Dataset::load_from_disk(text(arguments, "from")?)?;
    let to = text(arguments, "to")?;
    data.to_csv(format!("{to}.csv"))?;
    data.to_json(format!("{to}.jsonl"))?;
    data.to_parquet(format!("{to}.parquet"))?;
    Ok(Value::Null)
}

/// The row numbers in sorted order.
fn sort(arguments: &Value) -> Answer {
    let mut data = Dataset::load_from_disk(text(arguments, "from")?)?;
    if let Some(rows) = arguments["select"].as_array() {
        data = data.select(rows.iter().filter_map(|row| usize::try_from(row.as_u64()?).ok()))?;
    }
    let order = |reverse: &Value| if reverse == true { Order::Descending } else { Order::Ascending };
    let keys = arguments["keys"].as_array().cloned().unwrap_or_default();
    let mut by: Option<SortBy> = None;
    for key in &keys {
        let (name, order) = (key[0].as_str().unwrap_or_default(), order(&key[1]));
        by = Some(match by {
            None => SortBy::column(name, order),
            Some(by) => by.then(name, order),
        });
    }
    let mut by = by.ok_or("no keys")?;
    if arguments["nulls_first"] == true {
        by = by.nulls_first();
    }
    Ok(json!(data.sort_by(&by)?.values::<i64>("row")?))
}

/// What some methods give, each as it is printed.
fn steps(arguments: &Value) -> Answer {
    let data = Dataset::load_from_disk(text(arguments, "from")?)?;
    let seen = |data: &Dataset| -> Answer {
        let rows: Vec<String> = data.iter().map(|row| Ok(row?.to_string())).collect::<course_datasets::Result<_>>()?;
        Ok(json!({ "features": data.features().to_string(), "rows": rows }))
    };
    let unique: Vec<String> = data.unique("text")?.iter().map(ToString::to_string).collect();
    let numbered = data.add_column("more", Column::from((0..data.len() as i64).collect::<Vec<_>>()))?;
    Ok(json!({
        "flatten": seen(&data.flatten()?)?,
        "class_encode": seen(&data.class_encode_column("text")?)?,
        "class_encode_number": seen(&data.class_encode_column("n")?)?,
        "unique": unique,
        "shard": seen(&data.shard(3, 1)?)?,
        "shard_interleaved": seen(&data.shard_interleaved(3, 1)?)?,
        "shuffle": seen(&data.shuffle(7)?)?,
        "concatenate": seen(&concatenate_datasets(&[data.clone(), data.shuffle(1)?.remove_columns(["n"])?])?)?,
        "add_column": seen(&numbered)?,
        "rename": seen(&data.rename_column("n", "m")?)?,
        "repeat": seen(&data.take(2).repeat(2)?)?,
        "dict": DatasetDict::new([("train", data.clone()), ("test", data.take(1))]).to_string(),
    }))
}

/// What `map` says where it gives back another number of rows than the columns that stay have.
fn map_error(arguments: &Value) -> Answer {
    let data = Dataset::load_from_disk(text(arguments, "from")?)?;
    let error = data.map_batched(1000, |batch| {
        let twice: Vec<i64> = (0..2 * batch.len() as i64).collect();
        batch.with("new", twice)
    });
    match error {
        Ok(_) => Err("it went well".into()),
        Err(error) => Ok(json!(error.to_string())),
    }
}
