//! `adapter_config.json` and `adapter_model.safetensors`, as Python's `peft` writes and reads them.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use course_hub::{Repo, Weights};
use serde_json::{Map, Value};

use super::add::is_thin;
use super::{LoraBias, LoraConfig, TrainableParameters, add_lora};
use crate::architectures::Model;
use crate::error::few;
use crate::{Error, Result};

pub(crate) const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";

/// How `peft` begins the name of each tensor.
const PREFIX: &str = "base_model.model.";
/// What it puts into the name of a layer's own bias.
const BASE: &str = ".base_layer.";
/// How many tensors an error lists.
const SHOWN: usize = 4;

/// Whether a model has an adapter beside its layers.
pub fn has_adapter(model: &dyn Model) -> bool {
    model.parameters().about().adapter.is_some()
}

/// The configuration of the adapter beside a model's layers, complete, as it is written.
pub fn adapter_config(model: &dyn Model) -> Option<LoraConfig> {
    let written = model.parameters().about().adapter?;
    serde_json::from_value(written).ok()
}

/// Writes what was learned beside a model into `folder`, which is made if it is not there: `adapter_config.json` and
/// `adapter_model.safetensors`, which Python's `peft` reads, and `config.json` for the names of the labels.
///
/// # Errors
/// The model has no adapter; the folder cannot be written.
pub fn save_adapter(model: &dyn Model, folder: impl AsRef<Path>) -> Result<()> {
    save(model, folder.as_ref(), None)
}

/// The same in another number format: an adapter in `F16` takes half the space.
///
/// # Errors
/// As [`save_adapter`].
pub fn save_adapter_as(model: &dyn Model, folder: impl AsRef<Path>, dtype: DType) -> Result<()> {
    save(model, folder.as_ref(), Some(dtype))
}

fn save(model: &dyn Model, folder: &Path, dtype: Option<DType>) -> Result<()> {
    let Some(config) = adapter_config(model) else {
        return Err(Error::model(
            model.architecture(),
            "has no adapter to save; `add_lora` puts one beside its layers",
        ));
    };
    std::fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    let mut tensors = Vec::new();
    for (name, known_as) in names(model, &config) {
        let Some(parameter) = model.parameters().get(&name) else { continue };
        let values = parameter.var.as_detached_tensor();
        tensors.push((known_as, dtype.map_or(Ok(values.clone()), |dtype| values.to_dtype(dtype))?));
    }
    let config = LoraConfig { inference_mode: true, ..config };
    let tensors = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    course_hub::save_safetensors(folder.join(WEIGHTS), tensors)?;
    let json = serde_json::to_value(&config).unwrap_or_default();
    for (file, json) in [(CONFIG, &json), ("config.json", &model.config())] {
        course_hub::write_bytes(&folder.join(file), format!("{json:#}\n").as_bytes())?;
    }
    Ok(())
}

/// The parameters that an adapter's file has, each with its name there.
fn names(model: &dyn Model, config: &LoraConfig) -> Vec<(String, String)> {
    let modules = model.parameters().modules();
    let adapted = |name: &str| {
        let layer = name.strip_suffix(".bias");
        modules.iter().any(|module| Some(module.name.as_str()) == layer && module.adapter().is_some())
    };
    let named = model.parameters().named().into_iter().filter_map(|parameter| {
        let name = parameter.name;
        let is_bias = match config.bias {
            LoraBias::None => false,
            LoraBias::All => name.ends_with("bias"),
            LoraBias::LoraOnly => adapted(&name),
        };
        let known_as = if is_thin(&name) || config.is_saved(&name) {
            format!("{PREFIX}{name}")
        } else if is_bias && adapted(&name) {
            format!("{PREFIX}{}{BASE}bias", name.trim_end_matches(".bias"))
        } else if is_bias {
            format!("{PREFIX}{name}")
        } else {
            return None;
        };
        Some((name, known_as))
    });
    named.collect()
}

/// Puts the adapter in `folder` beside the layers of a model of the architecture it was trained with; it trains on from there.
///
/// # Errors
/// The files are not there, are of another kind of adapter, or do not fit the model.
pub fn load_adapter(model: &dyn Model, folder: impl AsRef<Path>) -> Result<TrainableParameters> {
    let repo = course_hub::resolve(&folder.as_ref().display().to_string())?;
    load_from(model, &repo, &repo.read_json(CONFIG)?)?;
    Ok(TrainableParameters::of(model))
}

/// The same of files wherever they are; a model that has an adapter of this shape already takes the numbers. Returns the names of the model's
/// parameters that were in the file.
pub(crate) fn load_from(model: &dyn Model, repo: &Repo, config: &LoraConfig) -> Result<Vec<String>> {
    if !has_adapter(model) {
        add_lora(model, config)?;
    }
    let config = adapter_config(model).unwrap_or_else(|| config.clone());
    let file = Weights::open(repo.file(WEIGHTS)?)?;
    let mut places = file.names().filter_map(|name| Some((own(name)?, name))).collect::<BTreeMap<_, _>>();
    let mut tensors = BTreeMap::<String, Tensor>::new();
    let mut missing = Vec::new();
    for (name, known_as) in names(model, &config) {
        match places.remove(&name) {
            Some(place) => drop(tensors.insert(name, file.get(place, &Device::Cpu)?)),
            None => missing.push(known_as),
        }
    }
    if !missing.is_empty() {
        return Err(Error::model(
            repo.name(),
            format!("lacks {} for this {}", few(&missing, SHOWN), model.architecture()),
        ));
    }
    // A tied weight is in the file under both of its names.
    places
        .retain(|name, _| model.parameters().get(name).is_none_or(|parameter| !tensors.contains_key(&parameter.name)));
    if !places.is_empty() {
        let unknown = places.into_keys().collect::<Vec<_>>();
        let problem = format!("has {}, for which {} has no place", few(&unknown, SHOWN), model.architecture());
        return Err(Error::model(repo.name(), problem));
    }
    model.parameters().load(&tensors)?;
    Ok(tensors.into_keys().collect())
}

/// What a model calls a tensor of an adapter's file. The copies that `peft` keeps of modules that train as a whole are left out: with `bias`
/// set to all it writes their biases several times.
fn own(name: &str) -> Option<String> {
    let copies = [".original_module.", ".modules_to_save."];
    let name = name.strip_prefix(PREFIX).filter(|name| !copies.iter().any(|copy| name.contains(copy)))?;
    Some(name.replace(BASE, "."))
}

/// The configuration of a repository that has an adapter and no weights of a whole model.
pub(crate) fn adapter_of(repo: &Repo) -> Result<Option<LoraConfig>> {
    const WHOLE: [&str; 3] = ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"];
    if WHOLE.iter().any(|file| repo.has(file)) || !repo.has(CONFIG) {
        return Ok(None);
    }
    Ok(Some(repo.read_json(CONFIG)?))
}

/// What `config.json` beside an adapter says of its head.
pub(crate) fn head_beside(repo: &Repo) -> Result<Map<String, Value>> {
    if !repo.has("config.json") {
        return Ok(Map::new());
    }
    let config: Map<String, Value> = repo.read_json("config.json")?;
    let of_head = ["architectures", "id2label", "label2id", "num_labels", "problem_type"];
    Ok(config.into_iter().filter(|(name, _)| of_head.contains(&name.as_str())).collect())
}
