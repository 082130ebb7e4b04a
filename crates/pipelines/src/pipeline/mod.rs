//! Any task's pipeline behind one type, chosen by the task's name.

mod calls;
mod output;
mod written;

use course_display::{Bundle, Rich, Table};
use course_hub::HubError;

pub use self::output::Output;
use crate::headed::Headed;
use crate::sentence_encoder::SentenceEncoder;
use crate::{
    Error, FeatureExtraction, FillMask, ImageClassification, QuestionAnswering, Result, SentenceSimilarity,
    Summarization, Task, Text2TextGeneration, TextClassification, TextGeneration, TokenClassification, Translation,
    ZeroShotClassification,
};

/// The pipeline for a task, on the model that comes with the course for it, or that the Hub has for it.
///
/// ```no_run
/// let generator = course_pipelines::pipeline("text-generation")?;
/// # Ok::<(), course_pipelines::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnknownTask`] with the tasks there are; [`Error::NoDefault`] when the Hub has the model and cannot be asked; or when the
/// model was not fetched.
pub fn pipeline(task: &str) -> Result<Pipeline> {
    default_pipeline(task.parse()?)?.between(task)
}

fn default_pipeline(task: Task) -> Result<Pipeline> {
    let model = task.default_model();
    let cause = match load(task, model) {
        Err(Error::Hub(cause)) if is_away(&cause) && course_hub::bundled::find(model).is_none() => cause,
        loaded => return loaded,
    };
    if let Some(offline) = task.offline_model() {
        match load(task, offline) {
            Err(Error::Hub(error)) if is_away(&error) => {}
            loaded => {
                eprintln!("{model} is not on this machine, and the Hub does not give it: {offline} stands in for it");
                return loaded;
            }
        }
    }
    Err(Error::NoDefault { task, model, cause })
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
    load(task.parse()?, model)?.between(task)
}

/// Whether the model is not here and could not be asked for.
fn is_away(error: &HubError) -> bool {
    matches!(error, HubError::NotFound(_) | HubError::Offline { .. } | HubError::Unreachable { .. })
}

fn load(task: Task, model: &str) -> Result<Pipeline> {
    Ok(match task {
        Task::TextGeneration => Pipeline::TextGeneration(TextGeneration::from_pretrained(model)?),
        Task::FeatureExtraction => Pipeline::FeatureExtraction(FeatureExtraction::from_pretrained(model)?),
        Task::SentenceSimilarity => Pipeline::SentenceSimilarity(SentenceSimilarity::from_pretrained(model)?),
        Task::ZeroShotClassification => {
            Pipeline::ZeroShotClassification(ZeroShotClassification::from_pretrained(model)?)
        }
        Task::TextClassification => Pipeline::TextClassification(TextClassification::from_pretrained(model)?),
        Task::TokenClassification => Pipeline::TokenClassification(TokenClassification::from_pretrained(model)?),
        Task::QuestionAnswering => Pipeline::QuestionAnswering(QuestionAnswering::from_pretrained(model)?),
        Task::FillMask => Pipeline::FillMask(FillMask::from_pretrained(model)?),
        Task::ImageClassification => Pipeline::ImageClassification(ImageClassification::from_pretrained(model)?),
        Task::Summarization => Pipeline::Summarization(Summarization::from_pretrained(model)?),
        Task::Translation => Pipeline::Translation(Translation::from_pretrained(model)?),
        Task::Text2TextGeneration => Pipeline::Text2TextGeneration(Text2TextGeneration::from_pretrained(model)?),
    })
}

/// A pipeline of any task. Each method belongs to one task; called on another's pipeline it says which to call instead.
///
/// What a task can be told beside its inputs — how many labels, which strategy — is set on its own type, which a pattern takes out:
///
/// ```no_run
/// use course_pipelines::{Pipeline, TextClassification, pipeline};
///
/// let classifier = TextClassification::from_pretrained("path/of/a/folder")?.top_k(2).truncation(true);
/// # Ok::<(), course_pipelines::Error>(())
/// ```
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
    /// For `text-classification`.
    TextClassification(TextClassification),
    /// For `token-classification`.
    TokenClassification(TokenClassification),
    /// For `question-answering`.
    QuestionAnswering(QuestionAnswering),
    /// For `fill-mask`.
    FillMask(FillMask),
    /// For `image-classification`.
    ImageClassification(ImageClassification),
    /// For `summarization`.
    Summarization(Summarization),
    /// For `translation`.
    Translation(Translation),
    /// For `text2text-generation`.
    Text2TextGeneration(Text2TextGeneration),
}

/// What there is to say of the model in a pipeline.
struct Facts<'a> {
    name: &'a str,
    source: &'a str,
    num_parameters: usize,
}

impl<'a> Facts<'a> {
    fn of_encoder(encoder: &'a SentenceEncoder) -> Self {
        let model = encoder.transformer.model();
        Self { name: &encoder.name, source: model.source(), num_parameters: model.num_parameters() }
    }

    fn of_headed(model: &'a Headed) -> Self {
        Self { name: &model.name, source: &model.source, num_parameters: model.num_parameters() }
    }
}

impl Pipeline {
    /// What it is for.
    pub fn task(&self) -> Task {
        match self {
            Self::TextGeneration(_) => Task::TextGeneration,
            Self::FeatureExtraction(_) => Task::FeatureExtraction,
            Self::SentenceSimilarity(_) => Task::SentenceSimilarity,
            Self::ZeroShotClassification(_) => Task::ZeroShotClassification,
            Self::TextClassification(_) => Task::TextClassification,
            Self::TokenClassification(_) => Task::TokenClassification,
            Self::QuestionAnswering(_) => Task::QuestionAnswering,
            Self::FillMask(_) => Task::FillMask,
            Self::ImageClassification(_) => Task::ImageClassification,
            Self::Summarization(_) => Task::Summarization,
            Self::Translation(_) => Task::Translation,
            Self::Text2TextGeneration(_) => Task::Text2TextGeneration,
        }
    }

    /// The model's name.
    pub fn model_name(&self) -> &str {
        self.facts().name
    }

    /// Where the weights came from and in which format they are, in words.
    pub fn source(&self) -> &str {
        self.facts().source
    }

    /// How many numbers the weights are.
    pub fn num_parameters(&self) -> usize {
        self.facts().num_parameters
    }

    fn facts(&self) -> Facts<'_> {
        match self {
            Self::TextGeneration(pipeline) => {
                let model = &pipeline.model;
                Facts { name: &model.name, source: model.model.source(), num_parameters: model.model.num_parameters() }
            }
            Self::FeatureExtraction(pipeline) => Facts::of_encoder(&pipeline.encoder),
            Self::SentenceSimilarity(pipeline) => Facts::of_encoder(pipeline.encoder()),
            Self::ZeroShotClassification(pipeline) => Facts {
                name: pipeline.model_name(),
                source: pipeline.source(),
                num_parameters: pipeline.num_parameters(),
            },
            Self::TextClassification(pipeline) => Facts::of_headed(&pipeline.model.headed),
            Self::TokenClassification(pipeline) => Facts::of_headed(&pipeline.model.headed),
            Self::QuestionAnswering(pipeline) => Facts::of_headed(&pipeline.model.headed),
            Self::FillMask(pipeline) => Facts::of_headed(&pipeline.model.headed),
            Self::ImageClassification(pipeline) => Facts::of_headed(&pipeline.model.headed),
            Self::Summarization(pipeline) => Facts::of_headed(&pipeline.writer.model.headed),
            Self::Translation(pipeline) => Facts::of_headed(&pipeline.writer.model.headed),
            Self::Text2TextGeneration(pipeline) => Facts::of_headed(&pipeline.writer.model.headed),
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
