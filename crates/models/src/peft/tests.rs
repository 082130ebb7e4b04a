//! Adapters beside models, against Python's `peft`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde_json::Value;

use super::*;
use crate::architectures::tests::oracle::{Case, cases, of_text};
use crate::architectures::tests::{assert_close, numbers};
use crate::architectures::{AutoConfig, AutoModelForTokenClassification, Labels, Task, save_pretrained};
use crate::nn::backward;

/// What `tests/oracle/make_lora.py` has written.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/lora")
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn case(architecture: &str) -> Case {
    cases().into_iter().find(|case| case.architecture == architecture).unwrap()
}

fn shapes(folder: &Path) -> BTreeMap<String, Vec<usize>> {
    let tensors = candle_core::safetensors::load(folder.join("adapter_model.safetensors"), &Device::Cpu).unwrap();
    tensors.into_iter().map(|(name, tensor)| (name, tensor.dims().to_vec())).collect()
}

#[test]
fn what_peft_has_written_is_read_written_and_merged() {
    let cases = json(folder().join("numbers.json"))["cases"].as_object().unwrap().clone();
    assert_eq!(cases.len(), 7);
    // `make_lora.py --read` lets peft read what is written there.
    let written = std::env::var_os("LORA_WRITTEN").map(PathBuf::from);
    let temporary = tempfile::tempdir().unwrap();
    for (name, expected) in cases {
        let case = case(expected["architecture"].as_str().unwrap());
        let (model, theirs) = (case.model(), folder().join(&name));
        load_adapter(model.as_ref(), &theirs).unwrap();
        let expected: Vec<f32> = serde_json::from_value(expected["logits"].clone()).unwrap();
        // What stands at padding is not the same everywhere.
        let logits = || model.forward(&case.inputs()).unwrap().logits;
        let expected = Tensor::from_vec(expected, logits().shape(), &Device::Cpu).unwrap();
        let expected = of_text(&expected, &case.inputs());
        assert_close(&name, &of_text(&logits(), &case.inputs()), &expected, 1e-5);

        let ours = written.as_deref().unwrap_or(temporary.path()).join(&name);
        save_pretrained(model.as_ref(), &ours).unwrap();
        // With bias `all`, peft writes a tied bias and those of whole modules more than once.
        let mut named = shapes(&theirs);
        let copies = ["original_module", "modules_to_save", "cls.predictions.decoder.bias"];
        named.retain(|name, _| !copies.iter().any(|copy| name.contains(copy)));
        assert_eq!(shapes(&ours), named, "{name}");
        let (theirs, ours) = (json(theirs.join("adapter_config.json")), json(ours.join("adapter_config.json")));
        for (key, value) in theirs.as_object().unwrap() {
            let sorted = |value: &Value| {
                let mut text = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                text.sort_by_key(Value::to_string);
                text
            };
            let other_words = ["rank_pattern", "alpha_pattern"].contains(&key.as_str());
            assert!(other_words || sorted(&ours[key]) == sorted(value), "{name}: {key}: {} and {value}", ours[key]);
        }

        merge_lora(model.as_ref()).unwrap();
        assert!(!has_adapter(model.as_ref()) && model.parameters().get("classifier.lora_A.weight").is_none());
        assert_eq!(model.parameters().named().len(), case.fresh(0).parameters().named().len());
        assert_close(&name, &of_text(&logits(), &case.inputs()), &expected, 1e-5);
    }
}

#[test]
fn only_adapter_and_head_train() {
    for case in cases().iter().filter(|case| case.task() != Task::Features) {
        let model = case.fresh(3);
        let plain = numbers(&model.forward(&case.inputs()).unwrap().logits);
        let trains = add_lora(model.as_ref(), &LoraConfig::new().r(4).lora_dropout(0.1)).unwrap();
        let name = &case.architecture;
        assert_close(name, &numbers(&model.forward(&case.inputs()).unwrap().logits), &plain, 1e-6);
        assert!(trains.trainable > 0 && trains.trainable < trains.all / 2, "{name}: {trains}");
        let heads = ["classifier.", "score.", "qa_outputs.", "pre_classifier.", "classification_head."];
        model.parameters().set_training(true);
        let gradients = backward(&model.forward(&case.inputs()).unwrap().loss.unwrap()).unwrap();
        let mut sum = 0.0;
        for parameter in model.parameters().named() {
            let expected =
                parameter.name.contains(".lora_") || heads.iter().any(|head| parameter.name.starts_with(head));
            assert_eq!(parameter.is_trainable(), expected, "{name}: {}", parameter.name);
            let gradient = gradients.get(&parameter.var);
            assert_eq!(gradient.is_some(), expected, "{name}: {}", parameter.name);
            if parameter.name.contains(".lora_B") {
                sum += numbers(gradient.unwrap()).iter().map(|number| number.abs()).sum::<f32>();
            }
        }
        assert!(sum > 0.0, "{name}");
    }
}

#[test]
fn a_folder_with_an_adapter_is_a_model() {
    let temporary = tempfile::tempdir().unwrap();
    let (base, adapter) = (temporary.path().join("base"), temporary.path().join("adapter"));
    save_pretrained(case("BertModel").model().as_ref(), &base).unwrap();
    let (base, adapter) = (base.to_str().unwrap(), adapter.to_str().unwrap());
    let labels = ["O", "B-X", "I-X", "B-Y"];
    let load = || AutoModelForTokenClassification::load(base).id2label(labels).model().unwrap();
    let (inputs, model) = (case("BertModel").inputs(), load());
    add_lora(model.as_ref(), &LoraConfig::new().r(4).target_modules(["query", "output.dense"])).unwrap();
    for parameter in model.parameters().trainable() {
        parameter.var.set(&(parameter.var.as_detached_tensor() + 0.03).unwrap()).unwrap();
    }
    save_adapter(model.as_ref(), adapter).unwrap();
    let expected = numbers(&model.forward(&inputs).unwrap().logits);

    let merged = AutoModelForTokenClassification::load(adapter).loaded().unwrap();
    assert!(merged.report.new.is_empty(), "{}", merged.report);
    assert!(merged.report.source.contains("adapter") && merged.report.source.contains("base"), "{}", merged.report);
    assert_eq!(Labels::of(merged.model.as_ref()).names, labels);
    assert_eq!(AutoConfig::from_pretrained(adapter).unwrap()["id2label"]["3"], "B-Y");
    assert!(!has_adapter(merged.model.as_ref()));
    assert_close("merged", &numbers(&merged.model.forward(&inputs).unwrap().logits), &expected, 1e-5);

    let beside = AutoModelForTokenClassification::load(adapter).merge_adapter(false).model().unwrap();
    assert_eq!(numbers(&beside.forward(&inputs).unwrap().logits), expected);
    assert_eq!(beside.parameters().count_trainable(), model.parameters().count_trainable());
    assert_eq!(adapter_config(beside.as_ref()).unwrap().base_model_name_or_path.as_deref(), Some(base));

    save_adapter_as(model.as_ref(), adapter, DType::F16).unwrap();
    let half = AutoModelForTokenClassification::from_pretrained(adapter).unwrap();
    assert_close("half", &numbers(&half.forward(&inputs).unwrap().logits), &expected, 2e-3);
    // A whole model in its place: the adapter's file alone does not make it one.
    merge_lora(model.as_ref()).unwrap();
    save_pretrained(model.as_ref(), adapter).unwrap();
    let whole = AutoModelForTokenClassification::load(adapter).loaded().unwrap();
    assert!(!whole.report.source.contains("beside"), "{}", whole.report);
    assert_close("whole", &numbers(&whole.model.forward(&inputs).unwrap().logits), &expected, 1e-5);
}

#[test]
fn what_does_not_fit_is_said() {
    let model = case("BertForTokenClassification").model();
    let add = |config: LoraConfig| add_lora(model.as_ref(), &config).unwrap_err().to_string();
    let none = add(LoraConfig::new().target_modules(["q_proj"]));
    assert!(none.contains("q_proj") && none.contains("query, key, value, dense"), "{none}");
    assert!(add(LoraConfig::new().modules_to_save(["pooler"])).contains("names pooler"));
    assert!(add(LoraConfig::new().r(0)).contains("rank of 0"));
    // Nothing was changed by what failed.
    assert_eq!(model.parameters().count_trainable(), model.parameters().count());
    assert!(save_adapter(model.as_ref(), "nowhere").unwrap_err().to_string().contains("no adapter to save"));

    let trains = add_lora(model.as_ref(), &LoraConfig::new().r(4)).unwrap();
    assert_eq!(trains.trainable, 2 * 2 * 2 * 4 * 16 + 3 * 17);
    assert!(trains.to_string().starts_with("563 of 5,"), "{trains}");
    assert!(add(LoraConfig::new()).contains("has an adapter already"));

    let other = case("DistilBertForTokenClassification").model();
    let error = load_adapter(other.as_ref(), folder().join("bert-tokens")).unwrap_err().to_string();
    assert!(error.contains("query"), "{error}");
    let wider = load_adapter(case("BertForSequenceClassification").model().as_ref(), folder().join("mpnet-answer"));
    assert!(wider.is_err());
}

#[test]
fn a_merged_adapter_gives_way_to_another() {
    let case = case("LlamaForCausalLM");
    let model = case.model();
    for seed in [1.0, 2.0] {
        add_lora(model.as_ref(), &LoraConfig::new().r(2).target_pattern("all-linear")).unwrap();
        for parameter in model.parameters().trainable() {
            let shape = parameter.var.dims().to_vec();
            let values = Tensor::arange(0.0_f32, parameter.var.elem_count() as f32, &Device::Cpu).unwrap();
            parameter
                .var
                .set(&((values * seed).unwrap().sin().unwrap() * 0.1).unwrap().reshape(shape).unwrap())
                .unwrap();
        }
        let before = numbers(&model.forward(&case.inputs()).unwrap().logits);
        merge_lora(model.as_ref()).unwrap();
        merge_lora(model.as_ref()).unwrap();
        assert_close("merged", &numbers(&model.forward(&case.inputs()).unwrap().logits), &before, 1e-5);
    }
}
