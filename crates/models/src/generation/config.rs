//! How to generate.

use crate::{Error, Result};

/// How to generate; every setting has a default and a setter of the same name.
///
/// ```
/// use course_models::GenerationConfig;
/// let config = GenerationConfig::new().max_new_tokens(20).temperature(0.7).top_p(0.9).seed(42);
/// assert!(config.do_sample);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationConfig {
    /// How many tokens to write at most. Default: 20.
    pub max_new_tokens: usize,
    /// How many tokens to write at least: until then no end token is chosen. Default: 0.
    pub min_new_tokens: usize,
    /// Whether to draw the next token by its probability, or else to take the most likely one. Default: false, but
    /// setting `temperature`, `top_k`, `top_p` or `min_p` turns it on.
    pub do_sample: bool,
    /// Divides the logits: below 1 the likely get likelier, above 1 all get alike. Default: 1.
    pub temperature: f32,
    /// Draw among this many of the most likely tokens. Default: 50, as in `transformers`; 0 is no limit.
    pub top_k: usize,
    /// Draw among the most likely tokens that together have this probability. Default: 1, no limit.
    pub top_p: f32,
    /// Draw among the tokens that are at least this fraction as likely as the most likely one. Default: 0, no limit.
    pub min_p: f32,
    /// Divides the positive logits of tokens that are in the text already, and multiplies the negative ones. Default: 1.
    pub repetition_penalty: f32,
    /// How many texts to write for each prompt. Default: 1.
    pub num_return_sequences: usize,
    /// The seed of the draws: the same seed gives the same text. Default: 0.
    pub seed: u64,
    /// The ids that end a text. Default: the model's own.
    pub eos_token_ids: Option<Vec<u32>>,
    /// Strings that end a text; they are cut off it. Default: none.
    pub stop_strings: Vec<String>,
    /// Whether to keep the keys and values of what was read. Off is slow, and there to compare. Default: true.
    pub use_cache: bool,
}

impl Default for GenerationConfig {
    fn default() -> Self {
        Self {
            max_new_tokens: 20,
            min_new_tokens: 0,
            do_sample: false,
            temperature: 1.0,
            top_k: 50,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            num_return_sequences: 1,
            seed: 0,
            eos_token_ids: None,
            stop_strings: Vec::new(),
            use_cache: true,
        }
    }
}

impl GenerationConfig {
    /// The defaults: greedy, 20 tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`max_new_tokens`](Self::max_new_tokens).
    #[must_use]
    pub fn max_new_tokens(mut self, tokens: usize) -> Self {
        self.max_new_tokens = tokens;
        self
    }

    /// Sets [`min_new_tokens`](Self::min_new_tokens).
    #[must_use]
    pub fn min_new_tokens(mut self, tokens: usize) -> Self {
        self.min_new_tokens = tokens;
        self
    }

    /// Sets [`do_sample`](Self::do_sample).
    #[must_use]
    pub fn do_sample(mut self, sample: bool) -> Self {
        self.do_sample = sample;
        self
    }

    /// Sets [`temperature`](Self::temperature) and samples; 0 is greedy.
    #[must_use]
    pub fn temperature(mut self, temperature: f32) -> Self {
        self.temperature = temperature;
        self.do_sample = temperature > 0.0;
        self
    }

    /// Sets [`top_k`](Self::top_k) and samples.
    #[must_use]
    pub fn top_k(mut self, tokens: usize) -> Self {
        self.top_k = tokens;
        self.do_sample = true;
        self
    }

    /// Sets [`top_p`](Self::top_p) and samples.
    #[must_use]
    pub fn top_p(mut self, probability: f32) -> Self {
        self.top_p = probability;
        self.do_sample = true;
        self
    }

    /// Sets [`min_p`](Self::min_p) and samples.
    #[must_use]
    pub fn min_p(mut self, fraction: f32) -> Self {
        self.min_p = fraction;
        self.do_sample = true;
        self
    }

    /// Sets [`repetition_penalty`](Self::repetition_penalty).
    #[must_use]
    pub fn repetition_penalty(mut self, penalty: f32) -> Self {
        self.repetition_penalty = penalty;
        self
    }

    /// Sets [`num_return_sequences`](Self::num_return_sequences).
    #[must_use]
    pub fn num_return_sequences(mut self, texts: usize) -> Self {
        self.num_return_sequences = texts;
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets [`eos_token_ids`](Self::eos_token_ids); an empty list lets the text run to its full length.
    #[must_use]
    pub fn eos_token_ids(mut self, ids: impl Into<Vec<u32>>) -> Self {
        self.eos_token_ids = Some(ids.into());
        self
    }

    /// Adds one of [`stop_strings`](Self::stop_strings).
    #[must_use]
    pub fn stop_string(mut self, string: impl Into<String>) -> Self {
        self.stop_strings.push(string.into());
        self
    }

    /// Sets [`use_cache`](Self::use_cache).
    #[must_use]
    pub fn use_cache(mut self, cache: bool) -> Self {
        self.use_cache = cache;
        self
    }

    /// Every setting must be in its range, and they must fit together.
    pub(super) fn check(&self, has_tokenizer: bool) -> Result<()> {
        let wrong = |setting: &'static str, problem: String| Err(Error::input(setting, problem));
        let Self { temperature, top_p, min_p, repetition_penalty, .. } = *self;
        if !(temperature.is_finite() && temperature >= 0.0) {
            return wrong(
                "temperature",
                format!("is {temperature}, but must be 0 (greedy) or above; 0.7 is a common value"),
            );
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return wrong(
                "top_p",
                format!("is {top_p}, but is a probability above 0, and 1 is no limit; 0.9 is a common value"),
            );
        }
        if !(0.0..=1.0).contains(&min_p) {
            return wrong("min_p", format!("is {min_p}, but must be from 0 (no limit) to 1; 0.05 is a common value"));
        }
        if !(repetition_penalty.is_finite() && repetition_penalty > 0.0) {
            let problem = format!("is {repetition_penalty}, but must be above 0; 1 changes nothing, 1.1 repeats less");
            return wrong("repetition_penalty", problem);
        }
        if self.max_new_tokens == 0 {
            return wrong("max_new_tokens", "is 0, so there is nothing to write".into());
        }
        if self.min_new_tokens > self.max_new_tokens {
            let problem = format!("is {}, above max_new_tokens, {}", self.min_new_tokens, self.max_new_tokens);
            return wrong("min_new_tokens", problem);
        }
        if self.num_return_sequences == 0 {
            return wrong("num_return_sequences", "is 0, so there is nothing to write".into());
        }
        if self.num_return_sequences > 1 && !self.samples() {
            let problem = format!(
                "is {}, but without sampling they would all be the same text; add `.do_sample(true)` or a temperature",
                self.num_return_sequences
            );
            return wrong("num_return_sequences", problem);
        }
        if self.stop_strings.iter().any(String::is_empty) {
            return wrong("stop_strings", "has an empty string, which every text contains".into());
        }
        if !self.stop_strings.is_empty() && !has_tokenizer {
            return wrong("stop_strings", "needs a tokenizer to see text: use `generate_with`".into());
        }
        Ok(())
    }

    /// Whether tokens are drawn; temperature 0 is greedy whatever else is set.
    pub(super) fn samples(&self) -> bool {
        self.do_sample && self.temperature > 0.0
    }
}
