//! Tiny models with weights of a formula, of which `tests/oracle/make.py` wrote the numbers that Python's pipelines give.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use course_models::architectures::{Task as Head, model_from_config, save_pretrained};
use course_models::nn::Parameters;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub struct Oracle {
    tokenizer: Value,
    tokenizer_config: Value,
    images: Value,
    models: BTreeMap<String, TinyModel>,
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
struct TinyModel {
    class: String,
    config: Value,
}

/// What a pipeline of Python's was asked, and what it answered.
#[derive(Deserialize)]
pub struct Case {
    pub model: String,
    pub task: String,
    pub inputs: Vec<Value>,
    pub options: Map<String, Value>,
    pub outputs: Vec<Value>,
}

pub fn oracle() -> Oracle {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/numbers.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Oracle {
    /// The cases of a task.
    pub fn of(&self, task: &str) -> Vec<&Case> {
        self.cases.iter().filter(|case| case.task == task).collect()
    }

    /// Writes a model into a folder of its name below `place`, as a learner saves one.
    pub fn save(&self, place: &tempfile::TempDir, name: &str) -> String {
        let TinyModel { class, config } = &self.models[name];
        let head = Head::of_class(class).unwrap();
        let model = model_from_config(config.clone(), head, Parameters::new(&Device::Cpu, 0)).unwrap();
        let named = model.parameters().named().into_iter();
        let weights = named.map(|one| (one.name.clone(), weights_of(&one.name, one.var.dims()))).collect();
        model.parameters().load(&weights).unwrap();
        let folder = place.path().join(name);
        save_pretrained(model.as_ref(), &folder).unwrap();
        self.save_tokenizer(&folder);
        folder.to_str().unwrap().to_owned()
    }

    /// How pictures are made ready, beside the model in `folder`.
    pub fn save_processor(&self, folder: &str, resample: &Value) {
        let mut images = self.images.clone();
        images["resample"] = resample.clone();
        std::fs::write(Path::new(folder).join("preprocessor_config.json"), images.to_string()).unwrap();
    }

    pub fn save_tokenizer(&self, folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("tokenizer.json"), self.tokenizer.to_string()).unwrap();
        std::fs::write(folder.join("tokenizer_config.json"), self.tokenizer_config.to_string()).unwrap();
    }
}

/// As the script makes them.
fn weights_of(name: &str, shape: &[usize]) -> Tensor {
    let seed: f64 = name.bytes().enumerate().map(|(place, byte)| (place + 1) as f64 * f64::from(byte)).sum();
    let middle = if shape.len() == 1 && name.ends_with(".weight") { 1.0 } else { 0.0 };
    let number = |place: usize| {
        let sine = (place as f64 * 12.9898 + seed * 0.78233).sin() * 43758.5453;
        (((sine - sine.floor()) * 2.0 - 1.0) * 0.35 + middle) as f32
    };
    let count = shape.iter().product();
    Tensor::from_vec((0..count).map(number).collect::<Vec<_>>(), shape, &Device::Cpu).unwrap()
}

/// Equal but for the last digits of an `f32`.
pub fn close(what: &str, ours: f32, theirs: &Value) {
    let (ours, theirs) = (f64::from(ours), theirs.as_f64().unwrap());
    assert!((ours - theirs).abs() <= 2e-6 + 2e-4 * theirs.abs(), "{what}: {ours}, and Python says {theirs}");
}

/// The text of a value.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The texts of a list.
pub fn texts(values: &[Value]) -> Vec<&str> {
    values.iter().map(text).collect()
}

/// A whole number.
pub fn number(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// The byte at which Python's character number `place` begins.
pub fn byte(text: &str, place: &Value) -> usize {
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(number(place)).unwrap()
}
