//! The tasks and their names.

use std::fmt;
use std::str::FromStr;

use course_models::architectures::Task as Head;

use crate::{Error, Languages};

/// What a pipeline can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Task {
    /// Writing on from a prompt, or answering in a conversation.
    TextGeneration,
    /// One vector for each text.
    FeatureExtraction,
    /// How near texts are in meaning.
    SentenceSimilarity,
    /// Which of some labels fits a text, without training for them.
    ZeroShotClassification,
    /// Which of the labels that a model was trained for fits a text: its sentiment, its topic.
    TextClassification,
    /// Which label each token of a text has: the names in it.
    TokenClassification,
    /// Where in a text the answer to a question stands.
    QuestionAnswering,
    /// Which token stands behind a mask.
    FillMask,
    /// Which of the labels that a model was trained for fits a picture.
    ImageClassification,
    /// A shorter text that says the same.
    Summarization,
    /// The same in another language; `translation_en_to_fr` says which.
    Translation,
    /// A text for a text, whatever the model was trained for.
    Text2TextGeneration,
}

/// What there is to know of a task: one line each in [`Task::facts`].
struct Facts {
    /// Its name, as the Hub spells it.
    name: &'static str,
    /// Other names that people call it by.
    aliases: &'static [&'static str],
    /// The model it runs on unless one is named.
    model: &'static str,
    /// The model in its place where that one is neither on this machine nor to be had from the Hub: a name that
    /// [`course_hub::resolve`] finds without the Hub.
    offline: Option<&'static str>,
    /// How its pipeline is called.
    call: &'static str,
}

const SMOL: &str = "HuggingFaceTB/SmolLM2-135M-Instruct";
const MINI: &str = "sentence-transformers/all-MiniLM-L6-v2";

impl Task {
    /// Every task.
    pub const ALL: [Self; 12] = [
        Self::TextGeneration,
        Self::FeatureExtraction,
        Self::SentenceSimilarity,
        Self::ZeroShotClassification,
        Self::TextClassification,
        Self::TokenClassification,
        Self::QuestionAnswering,
        Self::FillMask,
        Self::ImageClassification,
        Self::Summarization,
        Self::Translation,
        Self::Text2TextGeneration,
    ];

    /// The table of the tasks.
    fn facts(self) -> Facts {
        match self {
            Self::TextGeneration => Facts {
                name: "text-generation",
                aliases: &[],
                model: SMOL,
                offline: None,
                call: "call `.generate(prompt)` or `.chat(question)`",
            },
            Self::FeatureExtraction => Facts {
                name: "feature-extraction",
                aliases: &[],
                model: MINI,
                offline: None,
                call: "call `.embed(texts)`",
            },
            Self::SentenceSimilarity => Facts {
                name: "sentence-similarity",
                aliases: &[],
                model: MINI,
                offline: None,
                call: "call `.score(one, other)`, `.compare(texts)` or `.rank(query, texts)`",
            },
            Self::ZeroShotClassification => Facts {
                name: "zero-shot-classification",
                aliases: &[],
                model: SMOL,
                offline: None,
                call: "call `.classify(text, labels)`",
            },
            Self::TextClassification => Facts {
                name: "text-classification",
                aliases: &["sentiment-analysis"],
                model: "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
                offline: Some("course/minilm-sentiment"),
                call: "call `.predict(texts)`",
            },
            Self::TokenClassification => Facts {
                name: "token-classification",
                aliases: &["ner"],
                model: "dbmdz/bert-large-cased-finetuned-conll03-english",
                offline: Some("course/minilm-entities"),
                call: "call `.entities(texts)` or `.token_labels(texts)`",
            },
            Self::QuestionAnswering => Facts {
                name: "question-answering",
                aliases: &[],
                model: "distilbert/distilbert-base-cased-distilled-squad",
                offline: Some("course/minilm-questions"),
                call: "call `.answer(question, context)`",
            },
            Self::FillMask => Facts {
                name: "fill-mask",
                aliases: &[],
                model: "distilbert/distilroberta-base",
                offline: Some("course/minilm-fill-mask"),
                call: "call `.fill(texts)`",
            },
            Self::ImageClassification => Facts {
                name: "image-classification",
                aliases: &[],
                model: "google/vit-base-patch16-224",
                offline: None,
                call: "call `.predict_images(&pictures)`",
            },
            Self::Summarization => Facts {
                name: "summarization",
                aliases: &[],
                model: "sshleifer/distilbart-cnn-12-6",
                offline: None,
                call: "call `.summarize(texts)`",
            },
            Self::Translation => Facts {
                name: "translation",
                aliases: &[],
                model: "google-t5/t5-base",
                offline: None,
                call: "call `.translate(texts)`",
            },
            Self::Text2TextGeneration => Facts {
                name: "text2text-generation",
                aliases: &["text2text"],
                model: "google-t5/t5-base",
                offline: None,
                call: "call `.write(texts)`",
            },
        }
    }

    /// Its name, as the Hub spells it.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// Every task's name.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }

    /// The model it uses unless another is named: one of those that come with the course, or of those that the Hub has for it.
    pub fn default_model(self) -> &'static str {
        self.facts().model
    }

    /// The model it uses where [`default_model`](Self::default_model) is neither on this machine nor to be had from the Hub.
    pub fn offline_model(self) -> Option<&'static str> {
        self.facts().offline
    }

    /// The task that a model with this head is for.
    pub(crate) fn of_head(head: Head) -> Option<Self> {
        Some(match head {
            Head::Features => Self::FeatureExtraction,
            Head::CausalLm => Self::TextGeneration,
            Head::SequenceClassification => Self::TextClassification,
            Head::MaskedLm => Self::FillMask,
            Head::TokenClassification => Self::TokenClassification,
            Head::QuestionAnswering => Self::QuestionAnswering,
            Head::ImageClassification => Self::ImageClassification,
            Head::Seq2SeqLm => Self::Text2TextGeneration,
            Head::MultipleChoice => return None,
        })
    }

    /// How a pipeline for it is called.
    pub(crate) fn hint(self) -> &'static str {
        self.facts().call
    }
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Task {
    type Err = Error;

    /// Takes the Hub's name, or another that people use, in any case, with `_` or spaces for `-`.
    fn from_str(task: &str) -> Result<Self, Error> {
        let given = task.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        // Between which languages is told apart by the pipeline.
        let given = if Languages::of_task(&given).is_some() { Self::Translation.name().to_owned() } else { given };
        Self::ALL
            .into_iter()
            .find(|known| known.name() == given || known.facts().aliases.contains(&given.as_str()))
            .ok_or_else(|| Error::UnknownTask { task: task.to_owned(), near: near(&given) })
    }
}

/// Words by which people look for a task.
const WORDS: [(&str, Task); 21] = [
    ("summar", Task::Summarization),
    ("translat", Task::Translation),
    ("zero", Task::ZeroShotClassification),
    ("image", Task::ImageClassification),
    ("picture", Task::ImageClassification),
    ("sentiment", Task::TextClassification),
    ("classif", Task::TextClassification),
    ("label", Task::TextClassification),
    ("entit", Task::TokenClassification),
    ("question", Task::QuestionAnswering),
    ("qa", Task::QuestionAnswering),
    ("mask", Task::FillMask),
    ("similar", Task::SentenceSimilarity),
    ("search", Task::SentenceSimilarity),
    ("rank", Task::SentenceSimilarity),
    ("embed", Task::FeatureExtraction),
    ("feature", Task::FeatureExtraction),
    ("vector", Task::FeatureExtraction),
    ("generat", Task::TextGeneration),
    ("chat", Task::TextGeneration),
    ("conversation", Task::TextGeneration),
];

/// The task that was probably meant: a few letters off, or one of its words.
fn near(given: &str) -> Option<Task> {
    let nearest = Task::ALL.into_iter().min_by_key(|task| edits(given, task.name()))?;
    if edits(given, nearest.name()) <= 4 {
        return Some(nearest);
    }
    WORDS.into_iter().find(|(word, _)| given.contains(word)).map(|(_, task)| task)
}

/// How many letters must be put in, taken out or changed to get from `one` to `other` (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut costs: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut costs[0], row + 1);
        for (column, &opposite) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != opposite);
            diagonal = costs[column + 1];
            costs[column + 1] = change.min(diagonal + 1).min(costs[column] + 1);
        }
    }
    costs[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_they_are_spelled() {
        assert_eq!("text-generation".parse::<Task>().unwrap(), Task::TextGeneration);
        assert_eq!(" Zero_Shot Classification".parse::<Task>().unwrap(), Task::ZeroShotClassification);
        assert_eq!("sentiment-analysis".parse::<Task>().unwrap(), Task::TextClassification);
        assert_eq!("NER".parse::<Task>().unwrap(), Task::TokenClassification);
    }

    #[test]
    fn each_task_is_in_the_list_once_and_names_are_its_own() {
        let names: std::collections::BTreeSet<_> =
            Task::ALL.into_iter().flat_map(|task| [&[task.name()], task.facts().aliases].concat()).collect();
        let count: usize = Task::ALL.into_iter().map(|task| 1 + task.facts().aliases.len()).sum();
        assert_eq!(names.len(), count);
        for name in names {
            name.parse::<Task>().unwrap();
        }
    }

    #[test]
    fn an_unknown_task_names_the_near_one_and_all_there_are() {
        let message = |task: &str| task.parse::<Task>().unwrap_err().to_string();
        assert_eq!(
            message("text-genration"),
            "there is no pipeline for the task \"text-genration\"\nDid you mean \"text-generation\"?\n\
             Tasks: text-generation, feature-extraction, sentence-similarity, zero-shot-classification, \
             text-classification, token-classification, question-answering, fill-mask, \
             image-classification, summarization, translation, text2text-generation"
        );
        assert!(message("sentiments").contains("Did you mean \"text-classification\"?"));
        assert!(message("embeddings").contains("Did you mean \"feature-extraction\"?"));
        assert!(message("make a summary").contains("Did you mean \"summarization\"?"));
        assert_eq!("translation_en_to_fr".parse::<Task>().unwrap(), Task::Translation);
        assert!(!message("object-detection").contains("Did you mean"));
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("größe", "große"), 1);
    }
}
