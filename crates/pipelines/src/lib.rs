//! `pipeline(task)`: a model, its tokenizer and the steps around them in one call.
//!
//! ```no_run
//! use course_pipelines::pipeline;
//!
//! # fn main() -> course_pipelines::Result<()> {
//! let generator = pipeline("text-generation")?;
//! println!("{}", generator.generate("The capital of France is")?.text());
//!
//! let similarity = pipeline("sentence-similarity")?;
//! let score = similarity.score("A cat sleeps.", "A kitten naps.")?;
//!
//! let classifier = pipeline("zero-shot-classification")?;
//! let answer = classifier.classify("The match ended 3 to 1.", ["sports", "politics"])?;
//! # Ok(())
//! # }
//! ```
//!
//! | task | model unless you name one | call |
//! |---|---|---|
//! | `text-generation` | SmolLM2-135M-Instruct | [`generate`](Pipeline::generate), [`stream`](Pipeline::stream), [`chat`](Pipeline::chat), [`next_token_probabilities`](Pipeline::next_token_probabilities), [`attention`](Pipeline::attention) |
//! | `feature-extraction` | all-MiniLM-L6-v2 | [`embed`](Pipeline::embed), [`attention`](Pipeline::attention) |
//! | `sentence-similarity` | all-MiniLM-L6-v2 | [`score`](Pipeline::score), [`compare`](Pipeline::compare), [`rank`](Pipeline::rank) |
//! | `zero-shot-classification` | SmolLM2-135M-Instruct | [`classify`](Pipeline::classify) |
//! | `text-classification` | distilbert-base-uncased-finetuned-sst-2-english | [`predict`](Pipeline::predict), [`predict_pairs`](Pipeline::predict_pairs) |
//! | `token-classification` | bert-large-cased-finetuned-conll03-english | [`entities`](Pipeline::entities), [`token_labels`](Pipeline::token_labels) |
//! | `question-answering` | distilbert-base-cased-distilled-squad | [`answer`](Pipeline::answer) |
//! | `fill-mask` | distilroberta-base | [`fill`](Pipeline::fill) |
//! | `image-classification` | vit-base-patch16-224 | [`predict_images`](Pipeline::predict_images) |
//! | `summarization` | distilbart-cnn-12-6 | [`summarize`](Pipeline::summarize) |
//! | `translation`, `translation_en_to_fr` | t5-base | [`translate`](Pipeline::translate) |
//! | `text2text-generation` | t5-base | [`write`](Pipeline::write) |
//!
//! A [`Pipeline`] is any of these behind one type. Who wants the type of one task takes it by name: [`TextGeneration`],
//! [`FeatureExtraction`], [`SentenceSimilarity`], [`ZeroShotClassification`], [`TextClassification`],
//! [`TokenClassification`], [`QuestionAnswering`], [`FillMask`], [`ImageClassification`], [`Summarization`], [`Translation`],
//! [`Text2TextGeneration`]. Results show themselves: text with what is
//! new marked, tables, heat maps.

mod attention;
mod classification;
mod error;
mod explorer;
mod feature_extraction;
mod fill_mask;
mod headed;
mod image_classification;
mod input;
mod language_model;
mod list;
mod next_token;
mod pipeline;
mod question_answering;
mod sentence_encoder;
mod sentence_similarity;
mod shared;
mod spans;
mod task;
mod text2text;
mod text_classification;
mod text_generation;
mod token_classification;
mod zero_shot;

pub use attention::{AttentionMaps, HeadShare};
pub use classification::{Classification, Classifications, LabelScore};
pub use course_models::{FinishReason, GenerationConfig};
pub use course_tokenization::Message;
pub use course_tokenization::entities::{Aggregation, Entity, TokenPrediction};
pub use course_tokenization::question_answering::Answer;
pub use error::{Error, Result};
pub use explorer::NextTokenExplorer;
pub use feature_extraction::{Embeddings, FeatureExtraction};
pub use fill_mask::{Fill, FillMask, Filled, Fills};
pub use image_classification::{ImageClassification, Picture};
pub use input::{Prompt, PromptItem, Prompts, Texts};
pub use next_token::{NextToken, NextTokens};
pub use pipeline::{Output, Pipeline, pipeline, pipeline_with_model};
pub use question_answering::{Answered, Answers, QuestionAnswering};
pub use sentence_similarity::{Ranked, Ranking, SentenceSimilarity, Similarity};
pub use task::Task;
pub use text_classification::{ScoreFunction, TextClassification};
pub use text_generation::{Generation, Generations, TextGeneration};
pub use text2text::{Languages, Summarization, Text2TextGeneration, Translation, WrittenText, WrittenTexts};
pub use token_classification::{Entities, TextEntities, TextTokenLabels, TokenClassification, TokenLabels};
pub use zero_shot::ZeroShotClassification;
