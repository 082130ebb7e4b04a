//! The methods of each task, on a pipeline of any.

use course_models::GenerationConfig;

use super::Pipeline;
use crate::{
    AttentionMaps, Classifications, Embeddings, Generations, NextTokenExplorer, NextTokens, Prompts, Ranking, Result,
    SentenceSimilarity, Similarity, TextClassification, TextGeneration, Texts,
};

impl Pipeline {
    /// [`TextGeneration::generate`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn generate(&self, prompts: impl Into<Prompts>) -> Result<Generations> {
        self.text_generation("generate")?.generate(prompts)
    }

    /// [`TextGeneration::generate_with`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn generate_with(&self, prompts: impl Into<Prompts>, config: &GenerationConfig) -> Result<Generations> {
        self.text_generation("generate_with")?.generate_with(prompts, config)
    }

    /// [`TextGeneration::stream`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn stream(&self, prompts: impl Into<Prompts>) -> Result<Generations> {
        self.text_generation("stream")?.stream(prompts)
    }

    /// [`TextGeneration::stream_with`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn stream_with(&self, prompts: impl Into<Prompts>, config: &GenerationConfig) -> Result<Generations> {
        self.text_generation("stream_with")?.stream_with(prompts, config)
    }

    /// [`TextGeneration::chat`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn chat(&self, question: impl Into<String>) -> Result<Generations> {
        self.text_generation("chat")?.chat(question)
    }

    /// [`TextGeneration::next_token_probabilities`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn next_token_probabilities(&self, prompt: impl Into<Prompts>, count: usize) -> Result<NextTokens> {
        self.text_generation("next_token_probabilities")?.next_token_probabilities(prompt, count)
    }

    /// [`TextGeneration::explore`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn explore(&self, prompt: &str) -> Result<NextTokenExplorer> {
        self.text_generation("explore")?.explore(prompt)
    }

    /// [`FeatureExtraction::embed`]; a pipeline for sentence similarity embeds too.
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn embed(&self, texts: impl Into<Texts>) -> Result<Embeddings> {
        match self {
            Self::FeatureExtraction(pipeline) => pipeline.embed(texts),
            Self::SentenceSimilarity(pipeline) => pipeline.features.embed(texts),
            _ => Err(self.wrong("embed", "feature-extraction")),
        }
    }

    /// What every attention head of the model does with a text: of the encoder, or of the language model.
    ///
    /// # Errors
    /// For an empty text, one that is longer than the model reads, and on a pipeline for another task than these.
    pub fn attention(&self, text: &str) -> Result<AttentionMaps> {
        match self {
            Self::TextGeneration(pipeline) => pipeline.attention(text),
            Self::FeatureExtraction(pipeline) => pipeline.attention(text),
            Self::SentenceSimilarity(pipeline) => pipeline.features.attention(text),
            _ => Err(self.wrong("attention", "feature-extraction or text-generation")),
        }
    }

    /// [`SentenceSimilarity::score`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn score(&self, one: &str, other: &str) -> Result<f32> {
        self.sentence_similarity("score")?.score(one, other)
    }

    /// [`SentenceSimilarity::compare`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn compare(&self, texts: impl Into<Texts>) -> Result<Similarity> {
        self.sentence_similarity("compare")?.compare(texts)
    }

    /// [`SentenceSimilarity::compare_with`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn compare_with(&self, rows: impl Into<Texts>, columns: impl Into<Texts>) -> Result<Similarity> {
        self.sentence_similarity("compare_with")?.compare_with(rows, columns)
    }

    /// [`SentenceSimilarity::rank`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn rank(&self, query: &str, texts: impl Into<Texts>) -> Result<Ranking> {
        self.sentence_similarity("rank")?.rank(query, texts)
    }

    /// [`ZeroShotClassification::classify`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn classify(&self, texts: impl Into<Texts>, labels: impl Into<Texts>) -> Result<Classifications> {
        match self {
            Self::ZeroShotClassification(pipeline) => pipeline.classify(texts, labels),
            _ => Err(self.wrong("classify", "zero-shot-classification")),
        }
    }

    /// [`ZeroShotClassification::hypothesis_template`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn hypothesis_template(self, template: &str) -> Result<Self> {
        match self {
            Self::ZeroShotClassification(pipeline) => {
                Ok(Self::ZeroShotClassification(pipeline.hypothesis_template(template)?))
            }
            other => Err(other.wrong("hypothesis_template", "zero-shot-classification")),
        }
    }

    /// [`ZeroShotClassification::multi_label`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn multi_label(self, on: bool) -> Result<Self> {
        match self {
            Self::ZeroShotClassification(pipeline) => Ok(Self::ZeroShotClassification(pipeline.multi_label(on)?)),
            other => Err(other.wrong("multi_label", "zero-shot-classification")),
        }
    }

    /// [`TextClassification::predict`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn predict(&self, texts: impl Into<Texts>) -> Result<Classifications> {
        self.text_classification("predict")?.predict(texts)
    }

    /// [`TextClassification::predict_pairs`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn predict_pairs(&self, first: impl Into<Texts>, second: impl Into<Texts>) -> Result<Classifications> {
        self.text_classification("predict_pairs")?.predict_pairs(first, second)
    }

    fn text_generation(&self, call: &'static str) -> Result<&TextGeneration> {
        match self {
            Self::TextGeneration(pipeline) => Ok(pipeline),
            _ => Err(self.wrong(call, "text-generation")),
        }
    }

    fn sentence_similarity(&self, call: &'static str) -> Result<&SentenceSimilarity> {
        match self {
            Self::SentenceSimilarity(pipeline) => Ok(pipeline),
            _ => Err(self.wrong(call, "sentence-similarity")),
        }
    }

    fn text_classification(&self, call: &'static str) -> Result<&TextClassification> {
        match self {
            Self::TextClassification(pipeline) => Ok(pipeline),
            _ => Err(self.wrong(call, "text-classification")),
        }
    }
}
