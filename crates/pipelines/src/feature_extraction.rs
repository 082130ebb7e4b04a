//! Texts to vectors: near vectors mean near meanings.

use std::sync::Arc;

use candle_core::Tensor;
use course_display::{Bundle, Rich};

use crate::sentence_encoder::SentenceEncoder;
use crate::{AttentionMaps, Result, Similarity, Task, Texts};

/// Turns each text into one vector: the mean of its token vectors, as the model was trained.
#[derive(Debug, Clone)]
pub struct FeatureExtraction {
    pub(crate) encoder: Arc<SentenceEncoder>,
}

impl FeatureExtraction {
    /// The pipeline on the model of this name.
    ///
    /// # Errors
    /// When the model is not found or is no sentence transformer.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Ok(Self { encoder: SentenceEncoder::load(name)? })
    }

    /// The pipeline on the model that comes with the course, whose vectors have 384 numbers.
    ///
    /// # Errors
    /// When the model was not fetched.
    pub fn new() -> Result<Self> {
        Self::from_pretrained(Task::FeatureExtraction.default_model())
    }

    /// One vector a text.
    ///
    /// # Errors
    /// Without texts, or when the learner interrupts.
    pub fn embed(&self, texts: impl Into<Texts>) -> Result<Embeddings> {
        let Texts(texts) = texts.into();
        let vectors = self.encoder.encode(&texts)?;
        Ok(Embeddings { texts, vectors })
    }

    /// What every attention head of the encoder does with a text.
    ///
    /// # Errors
    /// When the text is longer than the model reads, or the learner interrupts.
    pub fn attention(&self, text: &str) -> Result<AttentionMaps> {
        AttentionMaps::of_sentence(&self.encoder, text)
    }
}

/// Texts with their vectors.
#[derive(Debug, Clone)]
pub struct Embeddings {
    texts: Vec<String>,
    vectors: Tensor,
}

impl Embeddings {
    /// The texts in order.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The vectors: `(texts, hidden_size)` in `f32`.
    pub fn tensor(&self) -> &Tensor {
        &self.vectors
    }

    /// The vectors as numbers, one `Vec` a text.
    ///
    /// # Errors
    /// When the device fails.
    pub fn to_vecs(&self) -> Result<Vec<Vec<f32>>> {
        Ok(self.vectors.to_vec2()?)
    }

    /// How near each text is to each other one.
    ///
    /// # Errors
    /// When the device fails.
    pub fn similarity(&self) -> Result<Similarity> {
        Similarity::between(self, self)
    }
}

impl Rich for Embeddings {
    fn rich(&self) -> Bundle {
        self.vectors.rich()
    }
}
