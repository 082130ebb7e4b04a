//! `resave FROM TO`: reads the model in one folder and writes it into another, for `tests/models/`, which looks whether Python's
//! transformers load what was written. Which head it has stands in `config.json`.

use course_models::architectures::{LoadModel, Task, save_pretrained};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [from, to] = std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "usage: resave FROM TO")?;
    let config = std::fs::read_to_string(format!("{from}/config.json"))?;
    let config: serde_json::Value = serde_json::from_str(&config)?;
    let class = config["architectures"][0].as_str().ok_or("config.json names no architecture")?;
    let task = Task::of_class(class).ok_or("no such head")?;
    let loaded = LoadModel::new(&from, task).loaded()?;
    if !loaded.report.new.is_empty() || !loaded.report.unused.is_empty() {
        return Err(format!("not all weights were read: {}", loaded.report).into());
    }
    Ok(save_pretrained(loaded.model.as_ref(), to)?)
}
