//! The numbers of PyTorch's transformers: `tests/oracle/make.py` wrote them.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use serde_json::Value;

use super::super::auto::{FAMILIES, model_from_config};
use super::{Model, ModelInputs, Task, assert_close, numbers};
use crate::nn::{Parameters, backward};

#[derive(Deserialize)]
pub(super) struct Numbers {
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(crate) struct Case {
    pub architecture: String,
    pub config: Value,
    inputs: BTreeMap<String, Value>,
    loss: Option<f32>,
    outputs: Vec<Output>,
    gradients: BTreeMap<String, f32>,
    saved: BTreeMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct Output {
    shape: Vec<usize>,
    numbers: Vec<f32>,
}

/// The cases of the architectures that there are.
pub(crate) fn cases() -> Vec<Case> {
    let there = |case: &Case| FAMILIES.iter().any(|(name, _)| case.config["model_type"] == *name);
    all_cases().into_iter().filter(there).collect()
}

/// All cases, in the order of the script.
pub(super) fn all_cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/numbers.json");
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str::<Numbers>(&text).unwrap().cases
}

impl Case {
    pub(crate) fn task(&self) -> Task {
        Task::of_class(&self.architecture).unwrap()
    }

    /// The model with fresh weights.
    pub(crate) fn fresh(&self, seed: u64) -> Box<dyn Model> {
        model_from_config(self.config.clone(), self.task(), Parameters::new(&Device::Cpu, seed)).unwrap()
    }

    /// The model with the weights of the script's formula.
    pub(crate) fn model(&self) -> Box<dyn Model> {
        let model = self.fresh(0);
        let weights = model.parameters().named().into_iter();
        let weights =
            weights.map(|parameter| (parameter.name.clone(), weights_of(&parameter.name, parameter.var.dims())));
        model.parameters().load(&weights.collect()).unwrap();
        model
    }

    pub(crate) fn inputs(&self) -> ModelInputs {
        let tensor = |(name, value): (&String, &Value)| (name.clone(), tensor(name, value));
        self.inputs.iter().map(tensor).fold(ModelInputs::new(), |inputs, (name, tensor)| inputs.with(name, tensor))
    }
}

/// As the script makes them.
fn weights_of(name: &str, shape: &[usize]) -> Tensor {
    let seed = name.bytes().zip(1_u32..).map(|(byte, place)| f64::from(place * u32::from(byte))).sum::<f64>();
    let middle = if shape.len() == 1 && name.ends_with(".weight") { 1.0 } else { 0.0 };
    let number = |place: usize| {
        let sine = (place as f64 * 12.9898 + seed * 0.78233).sin() * 43758.5453;
        (((sine - sine.floor()) * 2.0 - 1.0) * 0.35 + middle) as f32
    };
    let count = shape.iter().product();
    Tensor::from_vec((0..count).map(number).collect::<Vec<_>>(), shape, &Device::Cpu).unwrap()
}

fn tensor(name: &str, value: &Value) -> Tensor {
    let (mut shape, mut flat, mut level) = (Vec::new(), Vec::new(), value);
    while let Value::Array(items) = level {
        shape.push(items.len());
        level = &items[0];
    }
    fn flatten(value: &Value, flat: &mut Vec<f64>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| flatten(item, flat)),
            number => flat.push(number.as_f64().unwrap()),
        }
    }
    flatten(value, &mut flat);
    let dtype = match name {
        "pixel_values" => DType::F32,
        "labels" | "start_positions" | "end_positions" => DType::I64,
        _ => DType::U32,
    };
    if name == "pixel_values" {
        shape = vec![2, 3, 8, 8];
    }
    Tensor::from_vec(flat, shape, &Device::Cpu).unwrap().to_dtype(dtype).unwrap()
}

#[test]
fn numbers_and_gradients_are_those_of_pytorch() {
    let cases = cases();
    assert!(cases.len() >= 6 * FAMILIES.len().min(4));
    for case in &cases {
        let (name, model) = (case.architecture.as_str(), case.model());
        assert_eq!(model.architecture(), name);
        let output = model.forward(&case.inputs()).unwrap();
        let others = output.others.iter().filter(|(name, _)| name == "end_logits" || name == "pooler_output");
        let tensors = std::iter::once(&output.logits).chain(others.map(|(_, tensor)| tensor)).collect::<Vec<_>>();
        assert_eq!(tensors.len(), case.outputs.len(), "{name}");
        for (ours, theirs) in tensors.iter().zip(&case.outputs) {
            assert_eq!(ours.dims(), theirs.shape, "{name}");
            let theirs = Tensor::from_slice(&theirs.numbers, theirs.shape.as_slice(), &Device::Cpu).unwrap();
            assert_close(name, &of_text(ours, &case.inputs()), &of_text(&theirs, &case.inputs()), 2e-5);
        }
        let Some(theirs) = case.loss else { continue };
        let loss = output.loss.unwrap();
        assert_close(name, &[loss.to_scalar().unwrap()], &[theirs], 1e-5);

        let gradients = backward(&loss).unwrap();
        for parameter in model.parameters().trainable() {
            let norm =
                gradients.get(&parameter.var).unwrap_or_else(|| panic!("{name}: no gradient of {}", parameter.name));
            let norm = norm.sqr().unwrap().sum_all().unwrap().sqrt().unwrap().to_scalar::<f32>().unwrap();
            assert_close(&format!("{name}, {}", parameter.name), &[norm], &[case.gradients[&parameter.name]], 1e-4);
        }
    }
}

#[test]
fn names_and_shapes_of_weights_are_those_that_python_saves() {
    for case in cases() {
        let model = case.fresh(0);
        let ours = model.parameters().tensors().into_iter();
        let ours = ours.map(|(name, tensor)| (name, tensor.dims().to_vec())).collect::<BTreeMap<_, _>>();
        assert_eq!(ours, case.saved, "{}", case.architecture);
    }
}

#[test]
fn the_loss_alone_is_the_loss() {
    for case in cases().iter().filter(|case| case.loss.is_some()) {
        let (model, inputs) = (case.model(), case.inputs());
        let whole = super::loss(model.as_ref(), &inputs);
        let alone = super::loss(model.as_ref(), &inputs.clone().loss_only(true));
        assert_close(&case.architecture, &[alone], &[whole], 1e-5);
        // The sum over 5 is what the mean over those that count, times their number, over 5 is.
        if case.task() == Task::QuestionAnswering {
            // Both starts count, but one of the two ends: there is no common number.
            continue;
        }
        let items = count(&inputs, case);
        let summed = super::loss(model.as_ref(), &inputs.num_items(5.0).loss_only(true));
        assert_close(&case.architecture, &[summed], &[whole * items / 5.0], 1e-5);
    }
}

/// The numbers of the tokens that are text: what padding gives is nobody's business (a decoder's counts its place in another way).
pub(crate) fn of_text(output: &Tensor, inputs: &ModelInputs) -> Vec<f32> {
    let mask = inputs.get("attention_mask").filter(|mask| output.rank() >= 2 && mask.dims() == &output.dims()[..2]);
    let Some(mask) = mask else { return numbers(output) };
    let mask = mask.flatten_all().unwrap().to_vec1::<u32>().unwrap();
    let each = output.elem_count() / mask.len();
    let numbers = numbers(output);
    let tokens = numbers.chunks(each).zip(mask).filter(|(_, mask)| *mask != 0);
    tokens.flat_map(|(numbers, _)| numbers.to_vec()).collect()
}

/// How many labels count in the mean.
fn count(inputs: &ModelInputs, case: &Case) -> f32 {
    let labels = inputs.get("labels").unwrap();
    let skipped = usize::from(case.task() == Task::CausalLm);
    let labels = labels.to_dtype(DType::I64).unwrap();
    let rows = labels.reshape((labels.dim(0).unwrap(), ())).unwrap().to_vec2::<i64>().unwrap();
    rows.iter().flat_map(|row| row.iter().skip(skipped)).filter(|label| **label >= 0).count() as f32
}
