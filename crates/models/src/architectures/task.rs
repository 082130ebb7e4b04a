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
    /// The task of a class of Python's transformers, told by the ending of its name.
    ///
    /// ```
    /// use course_models::architectures::Task;
    /// assert_eq!(Task::of_class("BertForMaskedLM"), Some(Task::MaskedLm));
    /// assert_eq!(Task::of_class("GPT2LMHeadModel"), Some(Task::CausalLm));
    /// assert_eq!(Task::of_class("BertModel"), Some(Task::Features));
    /// assert_eq!(Task::of_class("BertTokenizer"), None);
    /// ```
    pub fn of_class(class: &str) -> Option<Self> {
        // `Model` comes last: others end in it too.
        const ENDINGS: [(&str, Task); 11] = [
            ("ForMaskedLM", Task::MaskedLm),
            ("LMHeadModel", Task::CausalLm),
            ("ForCausalLM", Task::CausalLm),
            ("ForConditionalGeneration", Task::Seq2SeqLm),
            ("MTModel", Task::Seq2SeqLm),
            ("ForSequenceClassification", Task::SequenceClassification),
            ("ForTokenClassification", Task::TokenClassification),
            ("ForQuestionAnswering", Task::QuestionAnswering),
            ("ForMultipleChoice", Task::MultipleChoice),
            ("ForImageClassification", Task::ImageClassification),
            ("Model", Task::Features),
        ];
        ENDINGS.iter().find(|(ending, _)| class.ends_with(ending)).map(|(_, task)| *task)
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
