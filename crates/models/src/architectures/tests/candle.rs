//! candle-transformers' own models on the same weights, and our fast twins.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models;
use course_tokenization::AutoTokenizer;

use super::super::{
    AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoModelForSequenceClassification,
};
use super::{Model, ModelInputs, assert_close, ids, numbers};
use crate::{Bert, CausalLm, Llama};

const MINILM: &str = "sentence-transformers/all-MiniLM-L6-v2";

fn inputs() -> (ModelInputs, Tensor, Tensor, Tensor) {
    let input_ids = ids(&[[5, 17, 9, 23, 11, 2], [7, 31, 12, 2, 1, 1]]);
    let mask = ids(&[[1; 6], [1, 1, 1, 1, 0, 0]]);
    let types = ids(&[[0, 0, 1, 1, 1, 1], [0; 6]]);
    let inputs = ModelInputs::new().with("input_ids", input_ids.clone()).with("attention_mask", mask.clone());
    (inputs.with("token_type_ids", types.clone()), input_ids, mask, types)
}

fn config() -> serde_json::Value {
    serde_json::json!({ "model_type": "bert", "vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
        "intermediate_size": 64, "max_position_embeddings": 16, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.2, "layer_norm_eps": 1e-12, "type_vocab_size": 2, "hidden_act": "gelu", "pad_token_id": 1,
        "classifier_dropout": null })
}

#[test]
fn bert_is_candles_bert_on_random_weights() {
    let (inputs, ids, mask, types) = inputs();
    let ours = AutoModelForMaskedLM::from_config(config(), 5).unwrap();
    let mut written = ours.config();
    written["layer_norm_eps"] = 1e-12.into();
    let theirs = serde_json::from_value(written).unwrap();
    // candle has no tied head: it asks for a decoder of its own.
    let mut tensors = ours.parameters().tensors().into_iter().collect::<std::collections::HashMap<_, _>>();
    let table = tensors["bert.embeddings.word_embeddings.weight"].clone();
    tensors.insert("cls.predictions.decoder.weight".into(), table);
    let bias = tensors["cls.predictions.bias"].clone();
    tensors.insert("cls.predictions.decoder.bias".into(), bias);
    let with_decoder = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    let theirs = models::bert::BertForMaskedLM::load(with_decoder, &theirs).unwrap();
    let theirs = theirs.forward(&ids, &types, Some(&mask)).unwrap();
    assert_close("logits", &numbers(&ours.forward(&inputs).unwrap().logits), &numbers(&theirs), 1e-5);
}

#[test]
fn minilm_is_what_the_fast_bert_says() {
    let tokenizer = AutoTokenizer::from_pretrained(MINILM).unwrap();
    let batch = tokenizer.encode_batch(&["A cat sleeps on the sofa.", "hi", "The stock market fell by 3 %."]).unwrap();
    let (input_ids, mask) = (batch.input_ids().unwrap(), batch.attention_mask().unwrap());
    let fast = Bert::from_pretrained(MINILM).unwrap();
    let fast = fast.forward(&input_ids, Some(&mask), Some(&batch.token_type_ids().unwrap())).unwrap();
    let loaded = AutoModel::load(MINILM).loaded().unwrap();
    assert_eq!((loaded.report.new.len(), loaded.report.unused.len()), (0, 0), "{}", loaded.report);
    let ours = loaded.model.forward(&ModelInputs::from_encoding(&batch).unwrap()).unwrap();
    let text = mask.unsqueeze(2).unwrap().to_dtype(DType::F32).unwrap();
    let of_text = |hidden: &Tensor| numbers(&hidden.broadcast_mul(&text).unwrap());
    assert_close("hidden states", &of_text(&ours.logits), &of_text(&fast), 1e-4);
    assert_eq!(ours.get("pooler_output").unwrap().dims(), [3, 384]);
}

#[test]
fn a_new_head_on_minilm_says_what_is_new() {
    let loaded = AutoModelForSequenceClassification::load(MINILM).id2label(["no", "yes", "maybe"]).loaded().unwrap();
    assert_eq!(loaded.report.new, ["classifier.weight", "classifier.bias"]);
    assert!(loaded.report.to_string().contains("classifier.weight: new, not in the file"), "{}", loaded.report);
    assert_eq!(loaded.model.config()["id2label"]["2"], "maybe");
    let again = AutoModelForSequenceClassification::load(MINILM).num_labels(3).loaded().unwrap();
    let head = |model: &dyn Model| numbers(&model.parameters().get("classifier.weight").unwrap().tensor());
    assert_eq!(head(loaded.model.as_ref()), head(again.model.as_ref()), "the same seed");
    let other = AutoModelForSequenceClassification::load(MINILM).num_labels(3).seed(1).loaded().unwrap();
    assert_ne!(head(loaded.model.as_ref()), head(other.model.as_ref()), "another seed");
}

#[test]
fn smollm2_dequantized_is_what_the_fast_llama_says() {
    const SMOLLM2: &str = "HuggingFaceTB/SmolLM2-135M-Instruct";
    let ids = AutoTokenizer::from_pretrained(SMOLLM2).unwrap().encode("The capital of France is Paris, and").unwrap();
    let ids = Tensor::new(ids.input_ids(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    assert_eq!(AutoConfig::from_pretrained(SMOLLM2).unwrap()["num_hidden_layers"], 30);
    let loaded = AutoModelForCausalLM::load(SMOLLM2).loaded().unwrap();
    assert!(loaded.report.new.is_empty() && loaded.report.unused.is_empty(), "{}", loaded.report);
    assert_eq!(loaded.model.parameters().count(), 134_515_008);
    let ours = loaded.model.forward(&ModelInputs::new().with("input_ids", ids.clone())).unwrap().logits;
    let fast = Llama::from_pretrained(SMOLLM2).unwrap().forward(&ids).unwrap();
    assert_close("logits", &numbers(&ours), &numbers(&fast), 1e-4);
}
