//! Text to token ids and back: [`AutoTokenizer`], batches with padding and masks, chat templates.
//!
//! A tokenizer comes from a model's `tokenizer.json`, or from the metadata of its GGUF file; either way the work is done by
//! the `tokenizers` crate, and what this crate adds is the part around it: where the files come from, which token means
//! "end", how a batch becomes a rectangle, how a conversation becomes one prompt.
//!
//! ```no_run
//! use course_tokenization::{AutoTokenizer, Message};
//! # fn main() -> course_tokenization::Result<()> {
//! let tokenizer = AutoTokenizer::from_pretrained("HuggingFaceTB/SmolLM2-135M-Instruct")?;
//! let encoding = tokenizer.encode("Tokenizers cut text into pieces.")?;
//! assert_eq!(tokenizer.decode(encoding.input_ids())?, "Tokenizers cut text into pieces.");
//!
//! let prompt = tokenizer.apply_chat_template(&[Message::user("What is a token?")], true)?;
//! assert!(prompt.ends_with("<|im_start|>assistant\n"));
//! # Ok(())
//! # }
//! ```

mod alignment;
mod auto;
mod batch_encoding;
pub mod blocks;
mod chat;
mod columns;
mod config;
mod decode;
mod encode;
mod encoding;
pub mod entities;
mod error;
pub mod from_scratch;
mod gguf;
mod layout;
mod options;
mod pad;
mod pieces;
mod playground;
pub mod question_answering;
mod save;
mod source;
mod special;
mod stream;
mod tokenizer;
mod train;
mod truncate;
mod visual;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use auto::AutoTokenizer;
pub use batch_encoding::BatchEncoding;
pub use blocks::{
    Decoder, Model, Normalizer, PreTokenizer, Processor, Trainer, decoders, models, normalizers, pre_tokenizers,
    processors, trainers,
};
pub use chat::{ChatOptions, ChatTemplate, Message};
pub use columns::TokenColumns;
pub use decode::{DecodeOptions, clean_up_tokenization};
pub use encoding::Encoding;
pub use error::{Error, Result};
pub use options::{EncodeOptions, Padding, PaddingSide, Side, Truncation, TruncationSide};
pub use playground::Playground;
pub use special::SpecialTokens;
pub use stream::StreamDecoder;
pub use tokenizer::Tokenizer;
/// The library underneath, for everything this crate does not wrap.
pub use tokenizers as library;
pub use visual::{
    BestWay, Lattice, MergePlayer, TokenKind, TokenizationSteps, TokenizerComparison, VocabularyEntry,
    VocabularyExplorer, compare_tokenizers,
};
