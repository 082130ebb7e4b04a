//! The methods of each task, on a pipeline of any.

use course_models::GenerationConfig;

use super::Pipeline;
use crate::{
    Aggregation, Answers, AttentionMaps, Classifications, Embeddings, Entities, Fills, Generations, NextTokenExplorer,
    NextTokens, Picture, Prompts, Ranking, Result, SentenceSimilarity, Similarity, TextClassification, TextGeneration,
    Texts, TokenClassification, TokenLabels,
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

    /// [`FeatureExtraction::embed`](crate::FeatureExtraction::embed); a pipeline for sentence similarity embeds too.
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

    /// [`ZeroShotClassification::classify`](crate::ZeroShotClassification::classify).
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn classify(&self, texts: impl Into<Texts>, labels: impl Into<Texts>) -> Result<Classifications> {
        match self {
            Self::ZeroShotClassification(pipeline) => pipeline.classify(texts, labels),
            _ => Err(self.wrong("classify", "zero-shot-classification")),
        }
    }

    /// [`ZeroShotClassification::hypothesis_template`](crate::ZeroShotClassification::hypothesis_template).
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

    /// [`ZeroShotClassification::multi_label`](crate::ZeroShotClassification::multi_label).
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

    /// [`TokenClassification::entities`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn entities(&self, texts: impl Into<Texts>) -> Result<Entities> {
        self.token_classification("entities")?.entities(texts)
    }

    /// [`TokenClassification::token_labels`].
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn token_labels(&self, texts: impl Into<Texts>) -> Result<TokenLabels> {
        self.token_classification("token_labels")?.token_labels(texts)
    }

    /// [`TokenClassification::aggregation_strategy`].
    ///
    /// # Errors
    /// On another task's pipeline.
    pub fn aggregation_strategy(self, aggregation: Aggregation) -> Result<Self> {
        match self {
            Self::TokenClassification(pipeline) => {
                Ok(Self::TokenClassification(pipeline.aggregation_strategy(aggregation)))
            }
            other => Err(other.wrong("aggregation_strategy", "token-classification")),
        }
    }

    /// [`QuestionAnswering::answer`](crate::QuestionAnswering::answer).
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn answer(&self, questions: impl Into<Texts>, contexts: impl Into<Texts>) -> Result<Answers> {
        match self {
            Self::QuestionAnswering(pipeline) => pipeline.answer(questions, contexts),
            _ => Err(self.wrong("answer", "question-answering")),
        }
    }

    /// [`FillMask::fill`](crate::FillMask::fill).
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn fill(&self, texts: impl Into<Texts>) -> Result<Fills> {
        match self {
            Self::FillMask(pipeline) => pipeline.fill(texts),
            _ => Err(self.wrong("fill", "fill-mask")),
        }
    }

    /// [`FillMask::targets`](crate::FillMask::targets).
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn targets(self, targets: impl Into<Texts>) -> Result<Self> {
        match self {
            Self::FillMask(pipeline) => Ok(Self::FillMask(pipeline.targets(targets)?)),
            other => Err(other.wrong("targets", "fill-mask")),
        }
    }

    /// [`ImageClassification::predict_images`](crate::ImageClassification::predict_images).
    ///
    /// # Errors
    /// As there, and on another task's pipeline.
    pub fn predict_images(&self, pictures: &[Picture]) -> Result<Classifications> {
        match self {
            Self::ImageClassification(pipeline) => pipeline.predict_images(pictures),
            _ => Err(self.wrong("predict_images", "image-classification")),
        }
    }

    /// Keeps the `k` best of what a text is given: its labels, the answers to its question, the tokens for its mask.
    ///
    /// # Errors
    /// On a pipeline for another task than text and image classification, question answering and filling masks.
    pub fn top_k(self, k: usize) -> Result<Self> {
        match self {
            Self::TextClassification(pipeline) => Ok(Self::TextClassification(pipeline.top_k(k))),
            Self::QuestionAnswering(pipeline) => Ok(Self::QuestionAnswering(pipeline.top_k(k))),
            Self::FillMask(pipeline) => Ok(Self::FillMask(pipeline.top_k(k))),
            Self::ImageClassification(pipeline) => Ok(Self::ImageClassification(pipeline.top_k(k))),
            other => {
                Err(other.wrong("top_k", "text-classification, image-classification, question-answering or fill-mask"))
            }
        }
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

    fn token_classification(&self, call: &'static str) -> Result<&TokenClassification> {
        match self {
            Self::TokenClassification(pipeline) => Ok(pipeline),
            _ => Err(self.wrong(call, "token-classification")),
        }
    }
}
