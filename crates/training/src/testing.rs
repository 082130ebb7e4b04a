//! What tests of this crate share: a small tokenizer and a small model.

use candle_core::{DType, Device, Tensor};
use course_models::architectures::{Model, ModelInputs, ModelOutput};
use course_models::nn::{self, Dropout, Embedding, Init, Linear, LossOptions, Parameters};
use course_tokenization::{SpecialTokens, Tokenizer};

/// WordPiece with 5 special tokens, the letters, `##` letters and a few words.
pub(crate) fn tokenizer() -> Tokenizer {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let words = ["good", "bad", "film", "##s", "##ing", "a", "the", "was"];
    let vocab: serde_json::Map<String, serde_json::Value> =
        special.iter().chain(&words).enumerate().map(|(id, token)| ((*token).to_owned(), id.into())).collect();
    let added: Vec<_> = special
        .iter()
        .enumerate()
        .map(|(id, token)| {
            serde_json::json!({"id": id, "content": token, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false})
        })
        .collect();
    let json = serde_json::json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": vocab}});
    let library = course_tokenization::library::Tokenizer::from_bytes(json.to_string()).unwrap();
    let token = |place: usize| Some(special[place].to_owned());
    let special = SpecialTokens {
        pad: token(0),
        unk: token(1),
        cls: token(2),
        sep: token(3),
        mask: token(4),
        ..SpecialTokens::default()
    };
    Tokenizer::from_library("tests", library).unwrap().with_special_tokens(special)
}

/// The mean of the words' vectors, and a linear layer: the smallest model that classifies texts.
pub(crate) struct Tiny {
    parameters: Parameters,
    embedding: Embedding,
    dropout: Dropout,
    classifier: Linear,
    classes: usize,
}

impl Tiny {
    pub(crate) fn boxed(vocabulary: usize, classes: usize, seed: u64) -> Box<dyn Model> {
        Box::new(Self::new(vocabulary, classes, seed, 0.0))
    }

    pub(crate) fn new(vocabulary: usize, classes: usize, seed: u64, dropout: f32) -> Self {
        let parameters = Parameters::new(&Device::Cpu, seed);
        let root = parameters.root();
        let embedding = Embedding::new(&root.pp("embedding"), vocabulary, 8, Init::Normal { std: 0.5 }).unwrap();
        let classifier = Linear::new(&root.pp("classifier"), 8, classes, true, Init::Normal { std: 0.02 }).unwrap();
        Self { dropout: root.dropout(dropout), parameters, embedding, classifier, classes }
    }
}

impl Model for Tiny {
    fn architecture(&self) -> &'static str {
        "TinyForSequenceClassification"
    }

    fn config(&self) -> serde_json::Value {
        serde_json::json!({"model_type": "tiny", "num_labels": self.classes})
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn input_names(&self) -> &[&str] {
        &["input_ids", "attention_mask", "labels"]
    }

    fn forward(&self, inputs: &ModelInputs) -> course_models::Result<ModelOutput> {
        let words = self.embedding.forward(inputs.require("input_ids")?)?;
        let mask = inputs.require("attention_mask")?.to_dtype(DType::F32)?.unsqueeze(2)?;
        let mean = words.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)?;
        let logits: Tensor = self.classifier.forward(&self.dropout.forward(&mean)?)?;
        let options = LossOptions::new().num_items(inputs.num_items);
        let loss = match inputs.get("labels") {
            Some(labels) => Some(nn::cross_entropy(&logits, labels, &options)?),
            None => None,
        };
        Ok(ModelOutput::new(logits).loss(loss))
    }
}
