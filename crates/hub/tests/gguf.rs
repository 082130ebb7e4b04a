//! GGUF files: what is in them comes out, and what is wrong with them is said.

use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use course_display::Rich;
use course_hub::{Gguf, HubConfig, HubError, TokenType, bundled};

fn texts(items: &[&str]) -> Value {
    Value::Array(items.iter().map(|item| Value::String((*item).into())).collect())
}

fn metadata() -> Vec<(&'static str, Value)> {
    vec![
        ("general.architecture", Value::String("llama".into())),
        ("general.name", Value::String("Tiny".into())),
        ("llama.block_count", Value::U32(2)),
        ("llama.context_length", Value::U64(8192)),
        ("llama.negative", Value::I32(-1)),
        ("llama.rope.freq_base", Value::F32(10_000.0)),
        ("llama.tied", Value::Bool(true)),
        ("tokenizer.ggml.model", Value::String("gpt2".into())),
        ("tokenizer.ggml.pre", Value::String("smollm".into())),
        ("tokenizer.ggml.tokens", texts(&["<|endoftext|>", "a", "b", "ab"])),
        ("tokenizer.ggml.token_type", Value::Array([3, 1, 1, 4].map(Value::I32).to_vec())),
        ("tokenizer.ggml.merges", texts(&["a b"])),
        ("tokenizer.ggml.bos_token_id", Value::U32(0)),
        ("tokenizer.ggml.add_bos_token", Value::Bool(false)),
        ("tokenizer.chat_template", Value::String("{{ messages }}".into())),
    ]
}

fn write(folder: &Path, metadata: &[(&'static str, Value)]) -> PathBuf {
    let path = folder.join("tiny.gguf");
    let numbers: Vec<f32> = (0..128).map(|number| number as f32 / 16.0).collect();
    let tensor = Tensor::from_vec(numbers, (2, 64), &Device::Cpu).unwrap();
    let quantized = QTensor::quantize(&tensor, GgmlDType::Q8_0).unwrap();
    let norm =
        QTensor::quantize(&Tensor::ones(64, candle_core::DType::F32, &Device::Cpu).unwrap(), GgmlDType::F32).unwrap();
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let mut file = std::fs::File::create(&path).unwrap();
    gguf_file::write(&mut file, &metadata, &[("blk.0.attn_q.weight", &quantized), ("output_norm.weight", &norm)])
        .unwrap();
    path
}

#[test]
fn metadata_comes_out_typed_and_mistakes_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let gguf = Gguf::open(write(folder.path(), &metadata())).unwrap();
    assert_eq!(gguf.version(), 2);
    assert_eq!(gguf.architecture().unwrap(), "llama");
    assert_eq!(gguf.usize("llama.block_count").unwrap(), 2);
    assert_eq!(gguf.u32("llama.context_length").unwrap(), 8192);
    assert_eq!(gguf.f64("llama.rope.freq_base").unwrap(), 10_000.0);
    assert_eq!(gguf.f64("llama.block_count").unwrap(), 2.0);
    assert!(gguf.bool("llama.tied").unwrap());
    assert_eq!(gguf.strings("tokenizer.ggml.merges").unwrap(), ["a b"]);
    assert_eq!(gguf.i64s("tokenizer.ggml.token_type").unwrap(), [3, 1, 1, 4]);
    assert_eq!(gguf.keys().len(), 15);
    assert!(gguf.get("nothing").is_none());

    let text = |error: HubError| error.to_string();
    let missing = text(gguf.usize("llama.blok_count").unwrap_err());
    assert!(missing.contains("Did you mean \"llama.block_count\"?"), "{missing}");
    let wrong = text(gguf.usize("general.name").unwrap_err());
    assert!(wrong.contains("holds the text \"Tiny\", not a whole number"), "{wrong}");
    assert!(text(gguf.usize("llama.negative").unwrap_err()).contains("holds the number -1"));
    assert!(text(gguf.string("tokenizer.ggml.tokens").unwrap_err()).contains("holds a list of 4 texts"));
    assert!(text(gguf.f64s("tokenizer.ggml.tokens").unwrap_err()).contains("not a list of numbers"));
}

#[test]
fn tensors_are_listed_read_and_lent_as_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let gguf = Gguf::open(write(folder.path(), &metadata())).unwrap();
    let lines: Vec<String> = gguf.tensors().iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["blk.0.attn_q.weight [2, 64] Q8_0 (136 bytes)", "output_norm.weight [64] F32 (256 bytes)"]);
    assert_eq!(gguf.main_format(), "Q8_0");
    assert!(gguf.has_tensor("output_norm.weight") && !gguf.has_tensor("output.weight"));

    let tensor = gguf.tensor("blk.0.attn_q.weight", &Device::Cpu).unwrap();
    let numbers = tensor.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
    assert!((numbers[1][63] - 127.0 / 16.0).abs() < 0.05);
    let (shape, format, blocks) = gguf.blocks("blk.0.attn_q.weight").unwrap();
    assert_eq!((shape, format, blocks.len()), (&[2, 64][..], GgmlDType::Q8_0, 4 * 34));
    assert_eq!(blocks, &*tensor.data().unwrap());

    let error = gguf.tensor("blk.0.attn_k.weight", &Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("Did you mean \"blk.0.attn_q.weight\"?"), "{error}");
    let shown = gguf.rich();
    assert!(
        shown.plain().contains("Tiny: 2 tensors, 192 numbers") && shown.plain().contains("2 × 64"),
        "{}",
        shown.plain()
    );
}

#[test]
fn the_tokenizer_comes_as_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = Gguf::open(write(folder.path(), &metadata())).unwrap().tokenizer().unwrap();
    assert_eq!(tokenizer.model, "gpt2");
    assert_eq!(tokenizer.pre.as_deref(), Some("smollm"));
    assert_eq!(tokenizer.tokens, ["<|endoftext|>", "a", "b", "ab"]);
    assert_eq!(tokenizer.merges, ["a b"]);
    assert_eq!(tokenizer.token_types[0], TokenType::Control);
    assert_eq!(tokenizer.token_types[3], TokenType::UserDefined);
    assert_eq!((tokenizer.bos_id, tokenizer.eos_id, tokenizer.add_bos), (Some(0), None, Some(false)));
    assert_eq!(tokenizer.chat_template.as_deref(), Some("{{ messages }}"));
    assert!(tokenizer.scores.is_empty());
}

#[test]
fn a_tokenizer_whose_parts_do_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let with = |key: &'static str, value: Value| {
        let mut metadata = metadata();
        metadata.retain(|(known, _)| *known != key);
        metadata.push((key, value));
        Gguf::open(write(folder.path(), &metadata)).unwrap().tokenizer().unwrap_err().to_string()
    };
    let error = with("tokenizer.ggml.bos_token_id", Value::U32(4));
    assert!(error.contains("names 4 as its beginning token but has only 4 tokens"), "{error}");
    let error = with("tokenizer.ggml.token_type", Value::Array(vec![Value::I32(1)]));
    assert!(error.contains("4 tokens but 1 token types"), "{error}");
    let error = with("tokenizer.ggml.tokens", Value::U32(1));
    assert!(error.contains("not a list of texts"), "{error}");
    let bare = Gguf::open(write(folder.path(), &metadata()[..3])).unwrap();
    assert!(matches!(bare.tokenizer(), Err(HubError::MissingKey { .. })));
}

#[test]
fn a_file_that_ends_too_early_is_refused_wherever_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(write(folder.path(), &metadata())).unwrap();
    let cut = folder.path().join("cut.gguf");
    for length in 0..whole.len() {
        std::fs::write(&cut, &whole[..length]).unwrap();
        match Gguf::open(&cut) {
            Err(HubError::BadFile { .. }) => {}
            // Only padding behind the last tensor is missing.
            Ok(gguf) => assert_eq!(gguf.tensors().len(), 2, "{length}"),
            Err(other) => panic!("{length}: {other}"),
        }
    }
    std::fs::write(&cut, &whole[..whole.len() - 100]).unwrap();
    let error = Gguf::open(&cut).unwrap_err().to_string();
    assert!(error.contains("ends too early") && error.contains("download it again"), "{error}");
    std::fs::write(&cut, &whole[..200]).unwrap();
    let error = Gguf::open(&cut).unwrap_err().to_string();
    assert!(error.contains("cut off"), "{error}");
}

#[test]
fn flipped_bytes_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut metadata = metadata();
    metadata.push(("general.alignment", Value::U32(32)));
    let whole = std::fs::read(write(folder.path(), &metadata)).unwrap();
    let damaged = folder.path().join("damaged.gguf");
    for place in 0..whole.len() {
        for flip in [0x01, 0x20, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] ^= flip;
            std::fs::write(&damaged, bytes).unwrap();
            if let Ok(gguf) = Gguf::open(&damaged) {
                let _ = gguf.tokenizer();
                for entry in gguf.tensors() {
                    let _ = gguf.blocks(&entry.name);
                    let _ = gguf.tensor(&entry.name, &Device::Cpu);
                }
            }
        }
    }
}

#[test]
fn other_files_are_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(write(folder.path(), &metadata())).unwrap();
    let open = |bytes: &[u8]| {
        let path = folder.path().join("other");
        std::fs::write(&path, bytes).unwrap();
        Gguf::open(path).unwrap_err().to_string()
    };
    let version = |version: u32| [&whole[..4], &version.to_le_bytes(), &whole[8..]].concat();
    assert!(open(&version(4)).contains("is GGUF version 4; this course reads versions 1 to 3"));
    assert!(open(&version(3_u32.swap_bytes())).contains("big-endian"));
    assert!(open(b"").contains("it has only 0 bytes"));
    assert!(open(b"hello, world").ends_with("is not a GGUF file"));
    assert!(open(b"<html><body>Not found").contains("web page"));
    assert!(open(b"version https://git-lfs.github.com/spec/v1").contains("Git LFS pointer"));
    assert!(open(b"PK\x03\x04aaaaaaaa").contains("zip"));
    assert!(open(b"\x02\0\0\0\0\0\0\0{}").contains("Weights::open"));
    let error = Gguf::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("is a folder"), "{error}");
    let error = Gguf::open(folder.path().join("nowhere.gguf")).unwrap_err();
    assert!(matches!(error, HubError::Io { .. }), "{error}");
}

/// The model that comes with the course, where `cargo xtask models fetch` has put it.
#[test]
fn the_bundled_model_is_what_the_course_says_it_is() {
    let config = HubConfig::from_env();
    let model = bundled::find("HuggingFaceTB/SmolLM2-135M-Instruct").unwrap();
    if model.state(&config) != bundled::State::Ready {
        eprintln!("skipped: {} is not fetched", model.name);
        return;
    }
    model.verify(&config).unwrap();
    let gguf = Gguf::open(model.folder(&config).join(&model.files[0].path)).unwrap();
    assert_eq!(gguf.usize("llama.block_count").unwrap(), 30);
    assert_eq!(gguf.usize("llama.embedding_length").unwrap(), 576);
    assert_eq!(gguf.usize("llama.attention.head_count").unwrap(), 9);
    assert_eq!(gguf.usize("llama.attention.head_count_kv").unwrap(), 3);
    assert_eq!(gguf.main_format(), "Q4_1");
    let tokenizer = gguf.tokenizer().unwrap();
    assert_eq!((tokenizer.model.as_str(), tokenizer.pre.as_deref()), ("gpt2", Some("smollm")));
    assert_eq!((tokenizer.tokens.len(), tokenizer.merges.len()), (49_152, 48_900));
    assert!(tokenizer.chat_template.unwrap().contains("<|im_start|>"));
}
