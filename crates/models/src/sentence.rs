//! One vector for a whole sentence.

use candle_core::Tensor;
use course_hub::Repo;
use course_tokenization::Tokenizer;

use crate::{Bert, Result};

/// A model with its tokenizer that turns a sentence into one vector; near vectors mean near sentences.
#[derive(Debug, Clone)]
pub struct SentenceTransformer {
    model: Bert,
    tokenizer: Tokenizer,
    normalize: bool,
}

impl SentenceTransformer {
    /// The model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When it is not found, or is no BERT with a tokenizer.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Self::from_repo(&course_hub::resolve(name)?)
    }

    /// The model among a repository's files.
    ///
    /// # Errors
    /// When a file is missing, or pools in another way than by the mean.
    pub fn from_repo(_repo: &Repo) -> Result<Self> {
        todo!()
    }

    /// The transformer inside.
    pub fn model(&self) -> &Bert {
        &self.model
    }

    /// The tokenizer inside.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The same model, scaling every vector to length 1 or not; the default is what the model's files say.
    #[must_use]
    pub fn with_normalize(mut self, normalize: bool) -> Self {
        self.normalize = normalize;
        self
    }

    /// One vector a sentence: `(sentences, hidden_size)` in `f32`, in the order given. A sentence longer than the model
    /// reads is cut.
    ///
    /// # Errors
    /// When tokenizing fails, or the learner interrupts.
    pub fn encode<T: AsRef<str>>(&self, _sentences: &[T]) -> Result<Tensor> {
        todo!()
    }
}

/// The mean of the token vectors, padding left out: `(batch, length, hidden)` and `(batch, length)` to `(batch, hidden)`.
///
/// # Errors
/// When the shapes do not fit.
pub fn mean_pooling(_hidden: &Tensor, _attention_mask: &Tensor) -> Result<Tensor> {
    todo!()
}

/// Each row scaled to length 1: `(rows, hidden)`.
///
/// # Errors
/// When the tensor has no two dimensions.
pub fn normalize(_rows: &Tensor) -> Result<Tensor> {
    todo!()
}

/// The cosine between every row of `left`, `(n, hidden)`, and every row of `right`, `(m, hidden)`: `(n, m)`, from -1 to 1.
///
/// # Errors
/// When the shapes do not fit.
pub fn cosine_similarity(_left: &Tensor, _right: &Tensor) -> Result<Tensor> {
    todo!()
}
