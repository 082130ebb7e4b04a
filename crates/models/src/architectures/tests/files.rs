//! Written and read again.

use super::super::{
    AutoModel, AutoModelForSequenceClassification, AutoModelForTokenClassification, Model, save_pretrained,
    save_pretrained_in_shards,
};
use super::oracle::cases;
use super::{assert_close, numbers};

#[test]
fn what_was_saved_is_what_is_loaded() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        let (model, inputs) = (case.model(), case.inputs());
        save_pretrained_in_shards(model.as_ref(), folder.path(), 4000).unwrap();
        assert!(folder.path().join("model.safetensors.index.json").is_file());
        save_pretrained(model.as_ref(), folder.path()).unwrap();
        let mut files: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["config.json", "model.safetensors"], "{}", case.architecture);
        let config: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(folder.path().join("config.json")).unwrap()).unwrap();
        assert_eq!(config["architectures"][0], case.architecture.as_str());
        assert_eq!(config["model_type"], case.config["model_type"]);

        let path = folder.path().to_str().unwrap();
        let loaded = super::super::load::LoadModel::new(path, case.task()).loaded().unwrap();
        assert!(loaded.report.new.is_empty() && loaded.report.unused.is_empty(), "{}", loaded.report);
        let (ours, again) = (model.forward(&inputs).unwrap(), loaded.model.forward(&inputs).unwrap());
        assert_eq!(numbers(&ours.logits), numbers(&again.logits), "{}", case.architecture);
        assert_eq!(model.config(), loaded.model.config());
    }
}

#[test]
fn a_head_comes_off_and_another_goes_on() {
    let case = cases().into_iter().find(|case| case.architecture == "BertForSequenceClassification").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let model = case.model();
    save_pretrained_in_shards(model.as_ref(), folder.path(), 4000).unwrap();
    let path = folder.path().to_str().unwrap();

    let bare = AutoModel::load(path).loaded().unwrap();
    assert!(bare.report.new.is_empty(), "{}", bare.report);
    assert_eq!(bare.report.unused, ["classifier.bias", "classifier.weight"]);
    let pooler = |model: &dyn Model, name: &str| numbers(&model.parameters().get(name).unwrap().tensor());
    let ours = pooler(model.as_ref(), "bert.pooler.dense.weight");
    assert_close("pooler", &pooler(bare.model.as_ref(), "pooler.dense.weight"), &ours, 0.0);

    let error = AutoModelForTokenClassification::load(path).num_labels(5).model().unwrap_err();
    assert!(error.to_string().contains("classifier"), "{error}");
    let five =
        AutoModelForTokenClassification::load(path).num_labels(5).ignore_mismatched_sizes(true).loaded().unwrap();
    assert_eq!(five.model.parameters().get("classifier.weight").unwrap().tensor().dims(), [5, 16]);
    assert!(five.report.new.iter().any(|name| name.starts_with("classifier.weight (another shape")), "{}", five.report);
    assert_eq!(five.report.unused, ["bert.pooler.dense.bias", "bert.pooler.dense.weight"]);
}

#[test]
fn what_is_no_model_here_is_said() {
    let error = |config| AutoModelForSequenceClassification::from_config(config, 0).unwrap_err().to_string();
    let mamba = error(serde_json::json!({ "model_type": "mamba" }));
    assert!(mamba.contains("`mamba`") && mamba.contains("distilbert"), "{mamba}");
    assert!(error(serde_json::json!({ "hidden_size": 3 })).contains("has no `model_type`"));
    let heads = error(serde_json::json!({ "model_type": "bert", "hidden_size": 30, "num_attention_heads": 4 }));
    assert!(heads.contains("4 attention heads, which do not divide its 30 numbers"), "{heads}");
    let vit = error(serde_json::json!({ "model_type": "vit" }));
    assert!(
        vit.contains("has no head for sequence classification; it has those for features, image classification"),
        "{vit}"
    );
}
