//! The blocks that a tokenizer is built from, as the library has them: a text goes through a [normalizer](normalizers), a
//! [pre-tokenizer](pre_tokenizers), a [model](models) and a [post-processor](processors), ids come back through a
//! [decoder](decoders), and a [trainer](trainers) fills the model's vocabulary.
//!
//! ```
//! use course_tokenization::{Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers};
//! # fn main() -> course_tokenization::Result<()> {
//! let corpus = ["low low low", "lower lowest", "new newer newest"];
//! let trainer = trainers::word_piece(40).special_tokens(["[UNK]", "[CLS]", "[SEP]"]);
//! let tokenizer = Tokenizer::new(models::word_piece("[UNK]"))
//!     .with_normalizer(normalizers::bert(true))?
//!     .with_pre_tokenizer(pre_tokenizers::bert())
//!     .train(&trainer, corpus)?
//!     .with_post_processor(processors::template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"))?
//!     .with_decoder(decoders::word_piece("##"));
//! let encoding = tokenizer.encode("Newest, low")?;
//! assert_eq!(encoding.tokens(), ["[CLS]", "newest", "[UNK]", "low", "[SEP]"]);
//! # Ok(()) }
//! ```

pub mod decoders;
pub mod models;
pub mod normalizers;
pub mod pre_tokenizers;
pub mod processors;
pub mod trainers;

pub use decoders::Decoder;
pub use models::Model;
pub use normalizers::Normalizer;
pub use pre_tokenizers::PreTokenizer;
pub use processors::Processor;
pub use trainers::Trainer;

use std::sync::Arc;

use crate::{Error, Result, Tokenizer};

impl Tokenizer {
    /// A new tokenizer around a model; the other blocks are added by `with_…`, and [`train`](Self::train) fills the vocabulary.
    pub fn new(model: Model) -> Self {
        Self::around(tokenizers::Tokenizer::new(model.0))
    }

    /// The same tokenizer with this block for cleaning up a text before it is cut.
    ///
    /// # Errors
    /// When an added token cannot be normalized.
    pub fn with_normalizer(self, normalizer: Normalizer) -> Result<Self> {
        self.changed(|library| library.with_normalizer(Some(normalizer.0)).map(|_| ()))
    }

    /// The same tokenizer with this block for cutting a text into words.
    #[must_use]
    pub fn with_pre_tokenizer(mut self, pre_tokenizer: PreTokenizer) -> Self {
        self.library_mut().with_pre_tokenizer(Some(pre_tokenizer.0));
        self
    }

    /// The same tokenizer with this block for putting special tokens around a text.
    ///
    /// # Errors
    /// [`Error::Block`], when a token of it is not in the vocabulary (train first), or the template cannot be read.
    pub fn with_post_processor(mut self, processor: Processor) -> Result<Self> {
        self.post_processor = Some(Arc::new(processor.resolve(&self)?));
        Ok(self)
    }

    /// The same tokenizer with this block for making text of tokens.
    #[must_use]
    pub fn with_decoder(mut self, decoder: Decoder) -> Self {
        self.library_mut().with_decoder(Some(decoder.0));
        self
    }

    /// The block that cleans up a text, if there is one.
    pub fn normalizer(&self) -> Option<Normalizer> {
        self.library.get_normalizer().cloned().map(Normalizer)
    }

    /// The block that cuts a text into words, if there is one.
    pub fn pre_tokenizer(&self) -> Option<PreTokenizer> {
        self.library.get_pre_tokenizer().cloned().map(PreTokenizer)
    }

    /// The block that makes text of tokens, if there is one.
    pub fn decoder(&self) -> Option<Decoder> {
        self.library.get_decoder().cloned().map(Decoder)
    }

    /// The block that cuts words into tokens.
    pub fn model(&self) -> Model {
        Model(self.library.get_model().clone())
    }

    /// A text as the normalizer leaves it; as it is, where there is none.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn normalize(&self, text: &str) -> Result<String> {
        self.normalizer().map_or_else(|| Ok(text.to_owned()), |normalizer| normalizer.normalize(text))
    }

    /// The words that the pre-tokenizer cuts a text into, each with its place in the text, in bytes. The text is taken as it is,
    /// without the normalizer.
    ///
    /// # Errors
    /// When the library fails on the text.
    pub fn pre_tokenize(&self, text: &str) -> Result<Vec<(String, (usize, usize))>> {
        match self.pre_tokenizer() {
            Some(pre_tokenizer) => pre_tokenizer.pre_tokenize(text),
            None => Ok(vec![(text.to_owned(), (0, text.len()))]),
        }
    }
}

/// An error of the block named `block`.
fn bad(block: &'static str) -> impl FnOnce(tokenizers::Error) -> Error {
    move |problem| Error::Block { block, problem: problem.to_string() }
}
