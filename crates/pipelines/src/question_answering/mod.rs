//! Where in a text the answer to a question stands.
//!
//! Question and context → tokens, a long context in pieces that overlap → for each token the logits that the answer begins and that it
//! ends there → the best spans of each piece (`spans.rs`) → pieces of the context.

mod shown;
mod spans;

use std::sync::Arc;

use course_models::architectures::Task as Head;
use course_tokenization::question_answering::Answer;
use course_tokenization::{BatchEncoding, EncodeOptions, Padding, Truncation};

pub use self::shown::{Answered, Answers};
use self::spans::{Found, Search};
use crate::headed::{TextModel, check_texts, in_batches, rows};
use crate::text_classification::BATCH_SIZE;
use crate::{Error, Result, Task, Texts};

/// Tokens of a question and a piece of its context together, unless told otherwise.
const MAX_SEQ_LEN: usize = 384;
/// Tokens that a piece repeats of the one before, unless told otherwise.
const DOC_STRIDE: usize = 128;
/// Tokens of an answer, unless told otherwise.
const MAX_ANSWER_LEN: usize = 15;

/// Answers questions by pieces of a text.
#[derive(Debug, Clone)]
pub struct QuestionAnswering {
    pub(crate) model: Arc<TextModel>,
    top_k: usize,
    max_seq_len: usize,
    doc_stride: Option<usize>,
    max_answer_len: usize,
    handle_impossible_answer: bool,
    align_to_words: bool,
}

impl QuestionAnswering {
    /// The pipeline on the model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When the model is not found, or has no trained head for answers.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        let model = TextModel::load(name, Task::QuestionAnswering, Head::QuestionAnswering)?;
        Ok(Self {
            max_seq_len: model.longest.min(MAX_SEQ_LEN),
            model,
            top_k: 1,
            doc_stride: None,
            max_answer_len: MAX_ANSWER_LEN,
            handle_impossible_answer: false,
            align_to_words: true,
        })
    }

    /// Keeps the `k` best answers of each question; default 1.
    #[must_use]
    pub fn top_k(mut self, k: usize) -> Self {
        self.top_k = k.max(1);
        self
    }

    /// How many tokens a question and a piece of its context have together; default 384, or what the model reads if that is less.
    #[must_use]
    pub fn max_seq_len(mut self, tokens: usize) -> Self {
        self.max_seq_len = tokens.min(self.model.longest);
        self
    }

    /// How many tokens a piece of a long context repeats of the one before; default 128, or half of
    /// [`max_seq_len`](Self::max_seq_len) if that is less.
    #[must_use]
    pub fn doc_stride(mut self, tokens: usize) -> Self {
        self.doc_stride = Some(tokens);
        self
    }

    /// How many tokens an answer has at most; default 15.
    #[must_use]
    pub fn max_answer_len(mut self, tokens: usize) -> Self {
        self.max_answer_len = tokens.max(1);
        self
    }

    /// Whether "there is no answer" may be one, an empty text; for models that were trained on questions without an answer. Default no.
    #[must_use]
    pub fn handle_impossible_answer(mut self, on: bool) -> Self {
        self.handle_impossible_answer = on;
        self
    }

    /// Whether answers are made longer until they begin and end with whole words; default yes.
    #[must_use]
    pub fn align_to_words(mut self, on: bool) -> Self {
        self.align_to_words = on;
        self
    }
}

impl QuestionAnswering {
    /// The answers to questions, each in its own context, or all in one.
    ///
    /// ```no_run
    /// use course_pipelines::QuestionAnswering;
    ///
    /// let reader = QuestionAnswering::from_pretrained("distilbert/distilbert-base-cased-distilled-squad")?;
    /// let answers = reader.answer("Where do I work?", "My name is Sylvain and I work at Hugging Face in Brooklyn.")?;
    /// assert_eq!(answers[0].answer(), "Hugging Face");
    /// # Ok::<(), course_pipelines::Error>(())
    /// ```
    ///
    /// # Errors
    /// Without a question or context, for an empty one, when there are neither as many contexts as questions nor a single one, for a
    /// question that leaves no room for its context, or when the learner interrupts.
    pub fn answer(&self, questions: impl Into<Texts>, contexts: impl Into<Texts>) -> Result<Answers> {
        let (questions, mut contexts) = (questions.into().0, contexts.into().0);
        check_texts("questions", &questions)?;
        check_texts("contexts", &contexts)?;
        if let [one] = contexts.as_slice() {
            contexts = vec![one.clone(); questions.len()];
        }
        if contexts.len() != questions.len() {
            let problem = format!(
                "there are {}, but {} questions; pass one for each question, or a single one for all",
                contexts.len(),
                questions.len()
            );
            return Err(Error::input("contexts", problem));
        }
        let length = |item: usize| questions[item].len() + contexts[item].len();
        let items = in_batches(questions.len(), BATCH_SIZE, "answering", length, |items| {
            let first: Vec<&str> = items.iter().map(|&item| questions[item].as_str()).collect();
            let second: Vec<&str> = items.iter().map(|&item| contexts[item].as_str()).collect();
            let batch = self.model.tokenizer.encode_pairs(&first, &second, &self.options(&first)?)?;
            let answers = self.answers(&batch, items.len())?.into_iter();
            let answered = items.iter().zip(answers).map(|(&item, answers)| Answered {
                question: questions[item].clone(),
                context: contexts[item].clone(),
                answers,
            });
            Ok(answered.collect())
        })?;
        Ok(Answers::new(items, self.model.headed.name.clone()))
    }

    /// How the pairs are encoded: the contexts in pieces beside their whole questions.
    fn options(&self, questions: &[&str]) -> Result<EncodeOptions> {
        let added = self.model.tokenizer.num_special_tokens_to_add(true);
        let mut least = usize::MAX;
        for question in questions {
            let tokens = self.model.tokenizer.tokenize(question)?.len();
            let room = self.max_seq_len.saturating_sub(tokens + added);
            if room == 0 {
                let problem = format!(
                    "{question:?} has {tokens} tokens, which leaves none of {} to its context; shorten it",
                    self.max_seq_len
                );
                return Err(Error::input("questions", problem));
            }
            if let Some(stride) = self.doc_stride.filter(|stride| *stride >= room) {
                let problem = format!(
                    "is {stride}, but beside {question:?} a piece has {room} tokens of the context; take fewer"
                );
                return Err(Error::input("doc_stride", problem));
            }
            least = least.min(room);
        }
        let stride = self.doc_stride.unwrap_or((self.max_seq_len / 2).min(DOC_STRIDE));
        Ok(EncodeOptions::new()
            .padding(Padding::Longest)
            .truncation(Truncation::OnlySecond)
            .max_length(self.max_seq_len)
            // A default that does not fit gives way.
            .stride(stride.min(least.saturating_sub(1)))
            .return_overflowing_tokens(true))
    }

    /// The answers of each sample, from the rows that its context became.
    fn answers(&self, batch: &BatchEncoding, samples: usize) -> Result<Vec<Vec<Answer>>> {
        let logits = self.model.forward_in_parts(batch, BATCH_SIZE, |output| {
            let ends = output.get("end_logits").ok_or_else(|| Error::input("model", "it gives no ends of answers"))?;
            Ok(rows(&output.logits)?.into_iter().zip(rows(ends)?).collect())
        })?;
        let search = Search {
            // Some of them are the same piece of the context, once they have whole words.
            candidates: if self.align_to_words { self.top_k * 2 + 10 } else { self.top_k },
            max_answer_len: self.max_answer_len,
            align_to_words: self.align_to_words,
        };
        let mut found: Vec<Found> = (0..samples).map(|_| Found::default()).collect();
        for (row, (encoding, (starts, ends))) in batch.iter().zip(&logits).enumerate() {
            let sample = batch.overflow_to_sample_mapping().get(row).and_then(|sample| found.get_mut(*sample));
            if let Some(found) = sample {
                search.read(encoding, row, starts, ends, found)?;
            }
        }
        Ok(found.into_iter().map(|found| found.best(self.top_k, self.handle_impossible_answer)).collect())
    }
}
