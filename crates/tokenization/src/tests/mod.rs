//! Tests on the two bundled models, which `cargo xtask setup` fetches.

mod batches;
mod minilm;
mod replay;
mod smollm2;

use std::sync::LazyLock;

use crate::{AutoTokenizer, Tokenizer};

/// Byte-level BPE, from a GGUF file.
pub static SMOLLM2: LazyLock<Tokenizer> =
    LazyLock::new(|| AutoTokenizer::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct").unwrap());

/// WordPiece, from a `tokenizer.json`.
pub static MINILM: LazyLock<Tokenizer> =
    LazyLock::new(|| AutoTokenizer::from_pretrained("sentence-transformers/all-MiniLM-L6-v2").unwrap());
