//! Tests on the two bundled models, which `cargo xtask setup` fetches.

mod alignment;
mod batches;
mod building;
mod columns;
mod entities;
mod minilm;
mod question_answering;
mod replay;
mod saving;
mod smollm2;
mod training;
mod truncation;

use std::sync::LazyLock;

use crate::{AutoTokenizer, Tokenizer};

/// Byte-level BPE, from a GGUF file.
pub static SMOLLM2: LazyLock<Tokenizer> =
    LazyLock::new(|| AutoTokenizer::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct").unwrap());

/// WordPiece, from a `tokenizer.json`.
pub static MINILM: LazyLock<Tokenizer> =
    LazyLock::new(|| AutoTokenizer::from_pretrained("sentence-transformers/all-MiniLM-L6-v2").unwrap());

/// The cased tokens that section 6.3 of the course text prints for its example.
pub const CASED: [&str; 19] = [
    "[CLS]", "My", "name", "is", "S", "##yl", "##va", "##in", "and", "I", "work", "at", "Hu", "##gging", "Face", "in",
    "Brooklyn", ".", "[SEP]",
];

/// The text of that example.
pub const SYLVAIN: &str = "My name is Sylvain and I work at Hugging Face in Brooklyn.";

/// A WordPiece tokenizer whose vocabulary is just these tokens: it cuts the example as the one of the course text does.
pub static CASED_TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
    use crate::{decoders, models, normalizers, pre_tokenizers, processors};
    let mut vocab = CASED.to_vec();
    vocab.push("[UNK]");
    let tokenizer = Tokenizer::new(models::word_piece_from(vocab.into_iter().zip(0..), "[UNK]").unwrap())
        .with_normalizer(normalizers::bert(false))
        .unwrap()
        .with_pre_tokenizer(pre_tokenizers::bert())
        .with_decoder(decoders::word_piece("##"));
    let template = processors::template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1");
    tokenizer.with_post_processor(template).unwrap()
});
