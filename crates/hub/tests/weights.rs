//! safetensors files: written as Python reads them, read without loading, refused when damaged.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use course_display::Rich;
use course_hub::{HubConfig, HubError, Weights, bundled, resolve_with, save_safetensors, save_safetensors_with};

fn tensor(values: &[f32], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape, &Device::Cpu).unwrap()
}

fn offline() -> HubConfig {
    let mut config = HubConfig::from_variables(|_| None).offline(true);
    config.hub_cache = "/nowhere".into();
    config.course_cache = "/nowhere".into();
    config
}

/// A file with a header of our choice.
fn raw(path: &Path, header: &str, data: &[u8]) {
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/model.safetensors");
    let weight = tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
    // Not contiguous, half precision, whole numbers, no dimension.
    let turned = weight.t().unwrap();
    let half = weight.to_dtype(DType::BF16).unwrap();
    let ids = Tensor::from_slice(&[7_i64, -8], 2, &Device::Cpu).unwrap();
    let scalar = tensor(&[0.5], &[]);
    let tensors = [("weight", &weight), ("turned", &turned), ("half", &half), ("ids", &ids), ("scalar", &scalar)];
    save_safetensors(&path, tensors).unwrap();
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.metadata(), &HashMap::from([("format".into(), "pt".into())]));
    assert_eq!(weights.names().collect::<Vec<_>>(), ["half", "ids", "scalar", "turned", "weight"]);
    let lines: Vec<String> = weights.tensors().iter().map(ToString::to_string).collect();
    assert_eq!(lines[0], "half [2, 3] BF16 (12 bytes)");
    assert_eq!(weights.shape("turned").unwrap(), [3, 2]);
    let get = |name: &str| weights.get(name, &Device::Cpu).unwrap();
    assert_eq!(get("turned").to_vec2::<f32>().unwrap(), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]);
    assert_eq!(get("half").dtype(), DType::BF16);
    assert_eq!(get("ids").to_vec1::<i64>().unwrap(), [7, -8]);
    assert_eq!(get("scalar").to_scalar::<f32>().unwrap(), 0.5);
    let all = weights.load_all(&Device::Cpu).unwrap();
    assert_eq!(all.len(), 5);
    assert!(weights.rich().plain().contains("model.safetensors: 5 tensors, 21 numbers"), "{}", weights.rich().plain());
}

#[test]
fn saving_again_replaces_a_file_that_is_still_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save_safetensors(&path, [("w", &tensor(&[1.0], &[1]))]).unwrap();
    let old = Weights::open(&path).unwrap();
    let metadata = HashMap::from([("step".into(), "100".into())]);
    save_safetensors_with(&path, [("w", &tensor(&[2.0, 3.0], &[2]))], metadata).unwrap();
    let value = |weights: &Weights| weights.get("w", &Device::Cpu).unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(value(&old), [1.0]);
    let new = Weights::open(&path).unwrap();
    assert_eq!(value(&new), [2.0, 3.0]);
    assert_eq!((new.metadata()["step"].as_str(), new.metadata()["format"].as_str()), ("100", "pt"));
}

#[test]
fn a_tensor_is_checked_for_its_shape_and_converted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save_safetensors(&path, [("encoder.weight", &tensor(&[1.0, 2.0], &[1, 2]))]).unwrap();
    let weights = Weights::open(&path).unwrap();
    let checked = |name: &str, shape: &[usize]| weights.get_checked(name, shape, DType::F64, &Device::Cpu);
    assert_eq!(checked("encoder.weight", &[1, 2]).unwrap().to_vec2::<f64>().unwrap(), [[1.0, 2.0]]);
    let error = checked("encoder.weight", &[2, 1]).unwrap_err().to_string();
    assert!(error.contains("has shape [1, 2], not [2, 1]"), "{error}");
    let error = checked("encoder.weigth", &[1, 2]).unwrap_err().to_string();
    assert!(error.contains("Did you mean \"encoder.weight\"?"), "{error}");
}

#[test]
fn shards_are_one_model() {
    let folder = tempfile::tempdir().unwrap();
    let shard = |number: usize| format!("model-0000{number}-of-00002.safetensors");
    save_safetensors(folder.path().join(shard(1)), [("a", &tensor(&[1.0], &[1]))]).unwrap();
    save_safetensors(folder.path().join(shard(2)), [("b", &tensor(&[2.0], &[1]))]).unwrap();
    let index = serde_json::json!({ "metadata": {}, "weight_map": { "a": shard(1), "b": shard(2) } });
    std::fs::write(folder.path().join("model.safetensors.index.json"), index.to_string()).unwrap();
    let repo = resolve_with(&offline(), folder.path().to_str().unwrap()).unwrap();
    let weights = repo.weights().unwrap();
    assert_eq!(weights.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(weights.get("b", &Device::Cpu).unwrap().to_vec1::<f32>().unwrap(), [2.0]);

    std::fs::remove_file(folder.path().join(shard(2))).unwrap();
    assert!(matches!(repo.weights(), Err(HubError::NoSuchFile { file, .. }) if file == shard(2)));
    let twice = [folder.path().join(shard(1)), folder.path().join(shard(1))];
    let error = Weights::open_all(&twice).unwrap_err().to_string();
    assert!(error.contains("has tensor \"a\" too"), "{error}");
    assert!(Weights::open_all(&[] as &[&Path]).is_err());
}

#[test]
fn a_damaged_header_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let line = |dtype: &str, shape: &str, offsets: &str| {
        format!("{{\"w\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}")
    };
    let open = |header: &str, data: &[u8]| {
        raw(&path, header, data);
        Weights::open(&path).map(|_| ()).map_err(|error| error.to_string())
    };
    open(&line("F32", "[2]", "[0,8]"), &[0; 8]).unwrap();
    let cases = [
        (line("F32", "[2]", "[0,8]"), 7, "it was cut off"),
        (line("F32", "[3]", "[0,8]"), 8, "cannot lie at bytes 0 to 8"),
        (line("F32", "[2]", "[8,0]"), 8, "cannot lie"),
        (line("F32", "[18446744073709551615,2]", "[0,8]"), 8, "cannot lie"),
        (line("F33", "[2]", "[0,8]"), 8, "wrong line in the header"),
        (line("F32", "[-2]", "[0,8]"), 8, "wrong line in the header"),
        ("{\"w\":".into(), 8, "damaged header"),
        ("{\"__metadata__\":{\"step\":1}}".into(), 0, "__metadata__"),
    ];
    for (header, length, words) in cases {
        let error = open(&header, &vec![0; length]).unwrap_err();
        assert!(error.contains(words), "{header}: {error}");
    }
    for (bytes, words) in [
        (&b"abc"[..], "it has only 3 bytes"),
        (b"GGUF\x03\0\0\0\0\0\0\0\0", "Gguf::open"),
        (b"PK\x03\x04\0\0\0\0\0\0\0", "zip"),
        (b"<html><body>", "web page"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff{}", "is not a safetensors file"),
        (b"\xff\0\0\0\0\0\0\0{\"w\":", "ends inside its header"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = Weights::open(&path).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn damaged_bytes_and_every_cut_are_refused_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save_safetensors(&path, [("a", &tensor(&[1.0, 2.0], &[2])), ("b", &tensor(&[3.0], &[1]))]).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(Weights::open(&path), Err(HubError::BadFile { .. })), "{length}");
    }
    for place in 0..whole.len() {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] ^= flip;
            std::fs::write(&path, bytes).unwrap();
            if let Ok(weights) = Weights::open(&path) {
                let _ = weights.load_all(&Device::Cpu);
            }
        }
    }
}

/// The model that comes with the course, where `cargo xtask models fetch` has put it.
#[test]
fn the_bundled_model_is_what_the_course_says_it_is() {
    let config = HubConfig::from_env();
    let model = bundled::find("sentence-transformers/all-MiniLM-L6-v2").unwrap();
    if model.state(&config) != bundled::State::Ready {
        eprintln!("skipped: {} is not fetched", model.name);
        return;
    }
    model.verify(&config).unwrap();
    let weights = Weights::open(model.folder(&config).join("model.safetensors")).unwrap();
    assert_eq!(weights.shape("embeddings.word_embeddings.weight").unwrap(), [30_522, 384]);
    assert!(
        weights.contains("encoder.layer.5.output.dense.weight")
            && !weights.contains("encoder.layer.6.output.dense.weight")
    );
}
