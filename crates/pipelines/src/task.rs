//! The tasks and their names.

use std::fmt;
use std::str::FromStr;

use crate::Error;

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
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 4] =
        [Self::TextGeneration, Self::FeatureExtraction, Self::SentenceSimilarity, Self::ZeroShotClassification];

    /// Its name, as the Hub spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TextGeneration => "text-generation",
            Self::FeatureExtraction => "feature-extraction",
            Self::SentenceSimilarity => "sentence-similarity",
            Self::ZeroShotClassification => "zero-shot-classification",
        }
    }

    /// Every task's name.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }

    /// The model it uses unless another is named: one of those that come with the course.
    pub fn default_model(self) -> &'static str {
        match self {
            Self::TextGeneration | Self::ZeroShotClassification => "HuggingFaceTB/SmolLM2-135M-Instruct",
            Self::FeatureExtraction | Self::SentenceSimilarity => "sentence-transformers/all-MiniLM-L6-v2",
        }
    }

    /// How a pipeline for it is called.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::TextGeneration => "call `.generate(prompt)` or `.chat(question)`",
            Self::FeatureExtraction => "call `.embed(texts)`",
            Self::SentenceSimilarity => "call `.score(one, other)`, `.compare(texts)` or `.rank(query, texts)`",
            Self::ZeroShotClassification => "call `.classify(text, labels)`",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Task {
    type Err = Error;

    /// Takes the Hub's name in any case, with `_` or spaces for `-`.
    fn from_str(task: &str) -> Result<Self, Error> {
        let given = task.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        Self::ALL
            .into_iter()
            .find(|known| known.name() == given)
            .ok_or_else(|| Error::UnknownTask { task: task.to_owned(), near: near(&given) })
    }
}

/// Words by which people look for a task.
const WORDS: [(&str, Task); 14] = [
    ("zero", Task::ZeroShotClassification),
    ("classif", Task::ZeroShotClassification),
    ("sentiment", Task::ZeroShotClassification),
    ("label", Task::ZeroShotClassification),
    ("similar", Task::SentenceSimilarity),
    ("search", Task::SentenceSimilarity),
    ("rank", Task::SentenceSimilarity),
    ("embed", Task::FeatureExtraction),
    ("feature", Task::FeatureExtraction),
    ("vector", Task::FeatureExtraction),
    ("generat", Task::TextGeneration),
    ("chat", Task::TextGeneration),
    ("conversation", Task::TextGeneration),
    ("text2text", Task::TextGeneration),
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
    }

    #[test]
    fn an_unknown_task_names_the_near_one_and_all_there_are() {
        let message = |task: &str| task.parse::<Task>().unwrap_err().to_string();
        assert_eq!(
            message("text-genration"),
            "there is no pipeline for the task \"text-genration\"\nDid you mean \"text-generation\"?\n\
             Tasks: text-generation, feature-extraction, sentence-similarity, zero-shot-classification"
        );
        assert!(message("sentiment-analysis").contains("Did you mean \"zero-shot-classification\"?"));
        assert!(message("embeddings").contains("Did you mean \"feature-extraction\"?"));
        assert!(!message("translation").contains("Did you mean"));
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("größe", "große"), 1);
    }
}
