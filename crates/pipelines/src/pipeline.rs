//! Any task's pipeline behind one type, chosen by the task's name.

use course_display::{Bundle, Rich, Table};
use course_models::GenerationConfig;

use crate::{
    AttentionMaps, Classifications, Embeddings, Error, FeatureExtraction, Generations, NextTokenExplorer, NextTokens,
    Prompt, Prompts, Ranking, Result, SentenceSimilarity, Similarity, Task, TextGeneration, Texts,
    ZeroShotClassification,
};

/// The pipeline for a task, on the model that comes with the course for it.
///
/// ```no_run
/// let generator = course_pipelines::pipeline("text-generation")?;
/// # Ok::<(), course_pipelines::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnknownTask`] with the tasks there are; or when the model was not fetched.
pub fn pipeline(task: &str) -> Result<Pipeline> {
    let task: Task = task.parse()?;
    load(task, task.default_model())
}

/// The pipeline for a task on the model of this name: a folder, or a name on the Hub.
///
/// ```no_run
/// let generator =
///     course_pipelines::pipeline_with_model("text-generation", "HuggingFaceTB/SmolLM2-135M-Instruct")?;
/// # Ok::<(), course_pipelines::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnknownTask`] with the tasks there are; or when the model is not found or not fit for the task.
pub fn pipeline_with_model(task: &str, model: &str) -> Result<Pipeline> {
    load(task.parse()?, model)
}

fn load(task: Task, model: &str) -> Result<Pipeline> {
    Ok(match task {
        Task::TextGeneration => Pipeline::TextGeneration(TextGeneration::from_pretrained(model)?),
        Task::FeatureExtraction => Pipeline::FeatureExtraction(FeatureExtraction::from_pretrained(model)?),
        Task::SentenceSimilarity => Pipeline::SentenceSimilarity(SentenceSimilarity::from_pretrained(model)?),
        Task::ZeroShotClassification => {
            Pipeline::ZeroShotClassification(ZeroShotClassification::from_pretrained(model)?)
        }
    })
}

/// A pipeline of any task. Each method belongs to one task; called on another's pipeline it says which to call instead.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Pipeline {
    /// For `text-generation`.
    TextGeneration(TextGeneration),
    /// For `feature-extraction`.
    FeatureExtraction(FeatureExtraction),
    /// For `sentence-similarity`.
    SentenceSimilarity(SentenceSimilarity),
    /// For `zero-shot-classification`.
    ZeroShotClassification(ZeroShotClassification),
}

impl Pipeline {
    /// What it is for.
    pub fn task(&self) -> Task {
        match self {
            Self::TextGeneration(_) => Task::TextGeneration,
            Self::FeatureExtraction(_) => Task::FeatureExtraction,
            Self::SentenceSimilarity(_) => Task::SentenceSimilarity,
            Self::ZeroShotClassification(_) => Task::ZeroShotClassification,
        }
    }

    /// The model's name.
    pub fn model_name(&self) -> &str {
        match self {
            Self::TextGeneration(pipeline) => &pipeline.model.name,
            Self::ZeroShotClassification(pipeline) => &pipeline.model.name,
            Self::FeatureExtraction(pipeline) => &pipeline.encoder.name,
            Self::SentenceSimilarity(pipeline) => &pipeline.encoder().name,
        }
    }

    /// Where the weights came from and in which format they are, in words.
    pub fn source(&self) -> &str {
        match self {
            Self::TextGeneration(pipeline) => pipeline.model.model.source(),
            Self::ZeroShotClassification(pipeline) => pipeline.model.model.source(),
            Self::FeatureExtraction(pipeline) => pipeline.encoder.transformer.model().source(),
            Self::SentenceSimilarity(pipeline) => pipeline.encoder().transformer.model().source(),
        }
    }

    /// How many numbers the weights are.
    pub fn num_parameters(&self) -> usize {
        match self {
            Self::TextGeneration(pipeline) => pipeline.model.model.num_parameters(),
            Self::ZeroShotClassification(pipeline) => pipeline.model.model.num_parameters(),
            Self::FeatureExtraction(pipeline) => pipeline.encoder.transformer.model().num_parameters(),
            Self::SentenceSimilarity(pipeline) => pipeline.encoder().transformer.model().num_parameters(),
        }
    }

    /// Does what the task does: continues texts, embeds them, compares them with each other.
    ///
    /// # Errors
    /// For zero-shot classification, which needs labels too: call [`classify`](Self::classify). Else as the task's own method.
    pub fn run(&self, inputs: impl Into<Prompts>) -> Result<Output> {
        let inputs = inputs.into();
        Ok(match self {
            Self::TextGeneration(pipeline) => Output::Generations(pipeline.generate(inputs)?),
            Self::FeatureExtraction(pipeline) => Output::Embeddings(pipeline.embed(texts(inputs)?)?),
            Self::SentenceSimilarity(pipeline) => Output::Similarity(pipeline.compare(texts(inputs)?)?),
            Self::ZeroShotClassification(_) => {
                return Err(self.wrong("run", "tasks that need nothing but texts"));
            }
        })
    }

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
    /// For an empty text, one that is longer than the model reads, and on a pipeline for zero-shot classification.
    pub fn attention(&self, text: &str) -> Result<AttentionMaps> {
        match self {
            Self::TextGeneration(pipeline) => pipeline.attention(text),
            Self::FeatureExtraction(pipeline) => pipeline.attention(text),
            Self::SentenceSimilarity(pipeline) => pipeline.features.attention(text),
            Self::ZeroShotClassification(_) => Err(self.wrong("attention", "feature-extraction or text-generation")),
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

    fn wrong(&self, call: &'static str, needs: &'static str) -> Error {
        Error::WrongTask { call, needs, has: self.task() }
    }
}

/// Says what it is: task, model, where the weights came from, how many they are, and what to call.
impl Rich for Pipeline {
    fn rich(&self) -> Bundle {
        let rows = [
            ("model", self.model_name().to_owned()),
            ("weights", self.source().to_owned()),
            ("parameters", format!("{:.0} million", self.num_parameters() as f64 / 1e6)),
            ("to use it", self.task().hint().replace('`', "")),
        ];
        let table = rows.iter().fold(Table::new(["pipeline", self.task().name()]), |table, row| table.row(row)).rich();
        // A terminal gets whole lines: a table would cut the words about the weights.
        let lines = rows.iter().map(|(name, value)| format!("{name}: {value}"));
        let text = std::iter::once(format!("pipeline for {}", self.task())).chain(lines).collect::<Vec<_>>().join("\n");
        match table.data.get("text/html").and_then(|html| html.as_str()) {
            Some(html) => Bundle::html(html, text),
            None => Bundle::text(text),
        }
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
}

impl Rich for Output {
    fn rich(&self) -> Bundle {
        match self {
            Self::Generations(generations) => generations.rich(),
            Self::Embeddings(embeddings) => embeddings.rich(),
            Self::Similarity(similarity) => similarity.rich(),
        }
    }
}
