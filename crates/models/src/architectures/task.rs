//! What a model is for: which head sits on it.

/// What a model is for: which head sits on the architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// No head: a vector for each token.
    Features,
    /// The token behind a mask, for every position.
    MaskedLm,
    /// The token that comes next, for every position.
    CausalLm,
    /// The text that answers a text.
    Seq2SeqLm,
    /// One class (or several, or a number) for the whole text.
    SequenceClassification,
    /// One class for each token.
    TokenClassification,
    /// Where in the text the answer starts and ends.
    QuestionAnswering,
    /// Which of several continuations fits.
    MultipleChoice,
    /// One class for an image.
    ImageClassification,
}

impl Task {
    /// The ending of the class's name in Python's transformers: `ForSequenceClassification`; `Model` without a head.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Features => "Model",
            Self::MaskedLm => "ForMaskedLM",
            Self::CausalLm => "ForCausalLM",
            Self::Seq2SeqLm => "ForConditionalGeneration",
            Self::SequenceClassification => "ForSequenceClassification",
            Self::TokenClassification => "ForTokenClassification",
            Self::QuestionAnswering => "ForQuestionAnswering",
            Self::MultipleChoice => "ForMultipleChoice",
            Self::ImageClassification => "ForImageClassification",
        }
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Features => "features",
            Self::MaskedLm => "masked language modelling",
            Self::CausalLm => "language modelling",
            Self::Seq2SeqLm => "sequence to sequence",
            Self::SequenceClassification => "sequence classification",
            Self::TokenClassification => "token classification",
            Self::QuestionAnswering => "question answering",
            Self::MultipleChoice => "multiple choice",
            Self::ImageClassification => "image classification",
        })
    }
}
