//! Writing a model so that Python's transformers load it, and so do we.

use std::path::{Path, PathBuf};

use candle_core::Tensor;
use serde_json::{Map, Value, json};

use super::Model;
use crate::peft;
use crate::{Error, Result};

/// How large a file of weights becomes at most.
const SHARD_BYTES: usize = 5_000_000_000;

const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Writes `config.json` and `model.safetensors` into `folder`, which is made if it is not there.
///
/// Weights of more than 5 GB go into several files with an index. Each file appears whole or not at all. Of a model with an adapter beside
/// its layers it is the adapter that is written.
///
/// # Errors
/// When the folder cannot be written.
pub fn save_pretrained(model: &dyn Model, folder: impl AsRef<Path>) -> Result<()> {
    save_pretrained_in_shards(model, folder, SHARD_BYTES)
}

/// The same with files of at most `max_shard_bytes`, or of one tensor.
///
/// # Errors
/// As [`save_pretrained`].
pub fn save_pretrained_in_shards(model: &dyn Model, folder: impl AsRef<Path>, max_shard_bytes: usize) -> Result<()> {
    let folder = folder.as_ref();
    if peft::has_adapter(model) {
        peft::save_adapter(model, folder)?;
        return remove_earlier(folder, &[]);
    }
    std::fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    let tensors = model.parameters().tensors();
    let shards = shards(&tensors, max_shard_bytes);
    let written = match shards.as_slice() {
        [one] => {
            write(&folder.join(WEIGHTS), one)?;
            vec![WEIGHTS.to_owned()]
        }
        several => {
            let name = |number: usize| format!("model-{:05}-of-{:05}.safetensors", number + 1, several.len());
            let mut places = Map::new();
            for (number, shard) in several.iter().enumerate() {
                write(&folder.join(name(number)), shard)?;
                places.extend(shard.iter().map(|(tensor, _)| (tensor.clone(), Value::from(name(number)))));
            }
            let (total_size, numbers) = tensors
                .iter()
                .fold((0, 0), |(size, numbers), (_, tensor)| (size + bytes(tensor), numbers + tensor.elem_count()));
            let metadata = json!({ "total_parameters": numbers, "total_size": total_size });
            write_json(&folder.join(INDEX), &json!({ "metadata": metadata, "weight_map": places }))?;
            (0..several.len()).map(name).chain([INDEX.to_owned()]).collect()
        }
    };
    write_json(&folder.join("config.json"), &model.config())?;
    remove_earlier(folder, &written)
}

type Shard<'a> = Vec<&'a (String, Tensor)>;

/// The tensors in order, in as few files as the limit allows.
fn shards(tensors: &[(String, Tensor)], limit: usize) -> Vec<Shard<'_>> {
    let mut shards: Vec<Shard> = vec![Vec::new()];
    let mut filled = 0;
    for tensor in tensors {
        let size = bytes(&tensor.1);
        if filled > 0 && filled + size > limit {
            shards.push(Vec::new());
            filled = 0;
        }
        filled += size;
        shards.last_mut().into_iter().for_each(|shard| shard.push(tensor));
    }
    shards
}

fn bytes(tensor: &Tensor) -> usize {
    tensor.elem_count() * tensor.dtype().size_in_bytes()
}

fn write(path: &Path, shard: &[&(String, Tensor)]) -> Result<()> {
    Ok(course_hub::save_safetensors(path, shard.iter().map(|(name, tensor)| (name.as_str(), tensor)))?)
}

/// Writes JSON as Python does, indented by two.
fn write_json(path: &Path, json: &Value) -> Result<()> {
    Ok(course_hub::write_bytes(path, format!("{json:#}\n").as_bytes())?)
}

/// Weights of an earlier save that would be read instead of, or beside, those of this one.
fn remove_earlier(folder: &Path, written: &[String]) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let stale = |path: &PathBuf| {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
        let shard = name.starts_with("model-") && name.contains("-of-") && name.ends_with(".safetensors");
        (shard || name == WEIGHTS || name == INDEX) && !written.iter().any(|written| written == name)
    };
    for path in entries.flatten().map(|entry| entry.path()).filter(stale) {
        std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
    }
    Ok(())
}
