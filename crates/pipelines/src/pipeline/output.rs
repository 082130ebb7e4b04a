//! One call for the tasks that take nothing but texts.

use course_display::{Bundle, Rich};

use super::Pipeline;
use crate::{
    Classifications, Embeddings, Entities, Error, Fills, Generations, Prompt, Prompts, Result, Similarity, Texts,
    WrittenTexts,
};

impl Pipeline {
    /// Does what the task does: continues texts, embeds them, compares them with each other.
    ///
    /// # Errors
    /// For tasks that need more than texts, such as zero-shot classification, which needs labels: the message says what to call. Else as
    /// the task's own method.
    pub fn run(&self, inputs: impl Into<Prompts>) -> Result<Output> {
        let inputs = inputs.into();
        Ok(match self {
            Self::TextGeneration(pipeline) => Output::Generations(pipeline.generate(inputs)?),
            Self::FeatureExtraction(pipeline) => Output::Embeddings(pipeline.embed(texts(inputs)?)?),
            Self::SentenceSimilarity(pipeline) => Output::Similarity(pipeline.compare(texts(inputs)?)?),
            Self::TextClassification(pipeline) => Output::Classifications(pipeline.predict(texts(inputs)?)?),
            Self::TokenClassification(pipeline) => Output::Entities(pipeline.entities(texts(inputs)?)?),
            Self::FillMask(pipeline) => Output::Fills(pipeline.fill(texts(inputs)?)?),
            Self::Summarization(pipeline) => Output::WrittenTexts(pipeline.summarize(texts(inputs)?)?),
            Self::Translation(pipeline) => Output::WrittenTexts(pipeline.translate(texts(inputs)?)?),
            Self::Text2TextGeneration(pipeline) => Output::WrittenTexts(pipeline.write(texts(inputs)?)?),
            Self::ZeroShotClassification(_) | Self::QuestionAnswering(_) | Self::ImageClassification(_) => {
                return Err(self.wrong("run", "tasks that need nothing but texts"));
            }
        })
    }
}

fn texts(Prompts(prompts): Prompts) -> Result<Texts> {
    let text = |prompt| match prompt {
        Prompt::Text(text) => Ok(text),
        Prompt::Chat(_) => Err(Error::input("inputs", "a conversation is no text; pass the messages' contents")),
    };
    Ok(Texts(prompts.into_iter().map(text).collect::<Result<_>>()?))
}

/// What [`Pipeline::run`] gives: the result of the pipeline's task.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Output {
    /// Of text generation.
    Generations(Generations),
    /// Of feature extraction.
    Embeddings(Embeddings),
    /// Of sentence similarity.
    Similarity(Similarity),
    /// Of text classification.
    Classifications(Classifications),
    /// Of token classification.
    Entities(Entities),
    /// Of filling masks.
    Fills(Fills),
    /// Of summarization, translation and text-to-text generation.
    WrittenTexts(WrittenTexts),
}

impl Rich for Output {
    fn rich(&self) -> Bundle {
        match self {
            Self::Generations(generations) => generations.rich(),
            Self::Embeddings(embeddings) => embeddings.rich(),
            Self::Similarity(similarity) => similarity.rich(),
            Self::Classifications(classifications) => classifications.rich(),
            Self::Entities(entities) => entities.rich(),
            Self::Fills(fills) => fills.rich(),
            Self::WrittenTexts(texts) => texts.rich(),
        }
    }
}
