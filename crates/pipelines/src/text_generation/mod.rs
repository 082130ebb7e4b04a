//! Writing on from a prompt, and answering in a conversation.

mod generations;
mod inspect;
mod live;
mod shown;

use std::ops::ControlFlow;
use std::sync::Arc;

use course_models::{GenerationConfig, generate_with};
use course_tokenization::{Message, Tokenizer};

pub use self::generations::{Generation, Generations};
use self::live::Live;
use crate::explorer::NextTokenExplorer;
use crate::language_model::LanguageModel;
use crate::next_token::{NextTokens, next_tokens};
use crate::{AttentionMaps, Error, Prompt, Prompts, Result, Task};

/// How many tokens a continuation has at most unless told otherwise: a second's work.
const CONTINUATION: usize = 40;
/// How many tokens an answer has at most unless told otherwise: a short paragraph, and most answers end by themselves.
const ANSWER: usize = 160;

/// Continues texts and answers conversations.
///
/// ```no_run
/// use course_pipelines::{GenerationConfig, TextGeneration};
///
/// # fn main() -> course_pipelines::Result<()> {
/// let generator = TextGeneration::new()?;
/// let config = GenerationConfig::new().temperature(0.8).top_p(0.95).max_new_tokens(30).seed(7);
/// println!("{}", generator.generate_with("Once upon a time", &config)?.text());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TextGeneration {
    pub(crate) model: Arc<LanguageModel>,
}

impl TextGeneration {
    /// The pipeline on the model of this name.
    ///
    /// # Errors
    /// When the model is not found or is no language model.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Ok(Self { model: LanguageModel::load(name)? })
    }

    /// The pipeline on the model that comes with the course.
    ///
    /// # Errors
    /// When the model was not fetched.
    pub fn new() -> Result<Self> {
        Self::from_pretrained(Task::TextGeneration.default_model())
    }

    /// The model's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.model.tokenizer
    }

    /// The model itself.
    pub fn model(&self) -> &course_models::Llama {
        &self.model.model
    }

    /// Continues each text and answers each conversation, always with the likeliest token: up to 40 new tokens for a
    /// text; up to 160 for an answer, with a repetition penalty of 1.1, without which small models go round in circles.
    ///
    /// # Errors
    /// When there is no prompt, one is empty or too long, or the learner interrupts.
    pub fn generate(&self, prompts: impl Into<Prompts>) -> Result<Generations> {
        let prompts = prompts.into();
        let config = default_config(&prompts);
        self.run(prompts, &config, false)
    }

    /// Continues each text and answers each conversation as `config` says.
    ///
    /// # Errors
    /// When there is no prompt, one is empty or too long, a setting is out of range, or the learner interrupts.
    pub fn generate_with(&self, prompts: impl Into<Prompts>, config: &GenerationConfig) -> Result<Generations> {
        self.run(prompts.into(), config, false)
    }

    /// Like [`generate`](Self::generate), and shows the text while it grows.
    ///
    /// # Errors
    /// As [`generate`](Self::generate); what was written before an interrupt stays in view.
    pub fn stream(&self, prompts: impl Into<Prompts>) -> Result<Generations> {
        let prompts = prompts.into();
        let config = default_config(&prompts);
        self.run(prompts, &config, true)
    }

    /// Like [`generate_with`](Self::generate_with), and shows the text while it grows.
    ///
    /// # Errors
    /// As [`generate_with`](Self::generate_with); what was written before an interrupt stays in view.
    pub fn stream_with(&self, prompts: impl Into<Prompts>, config: &GenerationConfig) -> Result<Generations> {
        self.run(prompts.into(), config, true)
    }

    /// Answers a question: the conversation with this one turn of the user's.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn chat(&self, question: impl Into<String>) -> Result<Generations> {
        self.generate(Message::user(question))
    }

    /// The `count` likeliest tokens after `prompt`, with their probabilities.
    ///
    /// # Errors
    /// When the prompt is empty or too long, or `count` is 0.
    pub fn next_token_probabilities(&self, prompt: impl Into<Prompts>, count: usize) -> Result<NextTokens> {
        let Prompts(prompts) = prompt.into();
        next_tokens(&self.model, inspect::one(&prompts)?, count)
    }

    /// What every attention head of the model does with a text.
    ///
    /// # Errors
    /// For an empty text, one that is longer than the model reads, or when the learner interrupts.
    pub fn attention(&self, text: &str) -> Result<AttentionMaps> {
        AttentionMaps::of_prompt(&self.model, text)
    }

    /// Sliders for temperature, `top_k` and `top_p` over the tokens that may come after `prompt`, which can be typed anew.
    ///
    /// # Errors
    /// When the prompt is empty or too long.
    pub fn explore(&self, prompt: &str) -> Result<NextTokenExplorer> {
        NextTokenExplorer::new(self.model.clone(), prompt)
    }

    fn run(&self, Prompts(prompts): Prompts, config: &GenerationConfig, show: bool) -> Result<Generations> {
        let ids = self.encode(&prompts)?;
        let copies = config.num_return_sequences;
        let mut live = show.then(|| Live::new(&prompts, copies));
        let LanguageModel { model, tokenizer, .. } = &*self.model;
        let written = generate_with(model, &ids, config, Some(tokenizer), |step| {
            if let Some(live) = &mut live {
                live.push(step.sequence, step.text);
            }
            ControlFlow::Continue(())
        });
        let written = match written {
            Ok(written) => written,
            Err(error) => {
                if let Some(live) = live {
                    live.stop();
                }
                return Err(error.into());
            }
        };
        let prompt_of = |index: usize| prompts.get(index).cloned().unwrap_or_else(|| Prompt::Text(String::new()));
        let generations = Generations(
            written.into_iter().map(|written| Generation::new(prompt_of(written.prompt), written)).collect(),
        );
        if let Some(live) = live {
            live.finish(&generations);
        }
        Ok(generations)
    }

    fn encode(&self, prompts: &[Prompt]) -> Result<Vec<Vec<u32>>> {
        if prompts.is_empty() {
            return Err(Error::input("prompts", "there are none; pass at least one"));
        }
        let ids = prompts.iter().map(|prompt| self.model.encode(prompt)).collect::<Result<Vec<_>>>()?;
        match ids.iter().position(Vec::is_empty) {
            Some(index) => Err(Error::input(
                "prompts",
                format!("number {index} is empty; a model needs at least one token to go on from"),
            )),
            None => Ok(ids),
        }
    }
}

fn default_config(Prompts(prompts): &Prompts) -> GenerationConfig {
    if prompts.iter().any(|prompt| matches!(prompt, Prompt::Chat(_))) {
        GenerationConfig::new().max_new_tokens(ANSWER).repetition_penalty(1.1)
    } else {
        GenerationConfig::new().max_new_tokens(CONTINUATION)
    }
}
