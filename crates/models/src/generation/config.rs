//! How to generate.

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
    /// Taken off the logits of tokens that the model wrote already, however often; OpenAI's definition. Default: 0.
    pub presence_penalty: f32,
    /// Taken off the logits of tokens that the model wrote already, once for each time; OpenAI's definition. Default: 0.
    pub frequency_penalty: f32,
    /// No sequence of so many tokens comes twice, the prompt included. Default: 0, no limit.
    pub no_repeat_ngram_size: usize,
    /// How many texts to go on with at once, looking for the likeliest as a whole. Default: 1, no beam search.
    pub num_beams: usize,
    /// With beams: finished texts are compared by their log-probability divided by their length to this power, so that
    /// more favours longer texts. Default: 1, the mean of a token.
    pub length_penalty: f32,
    /// With beams: whether to stop as soon as there are `num_beams` finished texts, or else to go on while one that is not
    /// finished may still overtake them. Default: false.
    pub early_stopping: bool,
    /// How many texts to write for each prompt; with beams at most as many as those. Default: 1.
    pub num_return_sequences: usize,
    /// The seed of the draws: the same seed gives the same text. Default: 0.
    pub seed: u64,
    /// The ids that end a text. Default: the model's own.
    pub eos_token_ids: Option<Vec<u32>>,
    /// The first token of every text, whatever the model says: the language to translate to, say. Default: none.
    pub forced_bos_token_id: Option<u32>,
    /// The last token of a text that has all its [`max_new_tokens`](Self::max_new_tokens), whatever the model says. Default: none.
    pub forced_eos_token_id: Option<u32>,
    /// Ids that are never chosen. Default: none.
    pub suppress_tokens: Vec<u32>,
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
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            no_repeat_ngram_size: 0,
            num_beams: 1,
            length_penalty: 1.0,
            early_stopping: false,
            num_return_sequences: 1,
            seed: 0,
            eos_token_ids: None,
            forced_bos_token_id: None,
            forced_eos_token_id: None,
            suppress_tokens: Vec::new(),
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

    /// Sets [`presence_penalty`](Self::presence_penalty).
    #[must_use]
    pub fn presence_penalty(mut self, penalty: f32) -> Self {
        self.presence_penalty = penalty;
        self
    }

    /// Sets [`frequency_penalty`](Self::frequency_penalty).
    #[must_use]
    pub fn frequency_penalty(mut self, penalty: f32) -> Self {
        self.frequency_penalty = penalty;
        self
    }

    /// Sets [`no_repeat_ngram_size`](Self::no_repeat_ngram_size).
    #[must_use]
    pub fn no_repeat_ngram_size(mut self, tokens: usize) -> Self {
        self.no_repeat_ngram_size = tokens;
        self
    }

    /// Sets [`num_beams`](Self::num_beams).
    #[must_use]
    pub fn num_beams(mut self, beams: usize) -> Self {
        self.num_beams = beams;
        self
    }

    /// Sets [`length_penalty`](Self::length_penalty).
    #[must_use]
    pub fn length_penalty(mut self, power: f32) -> Self {
        self.length_penalty = power;
        self
    }

    /// Sets [`early_stopping`](Self::early_stopping).
    #[must_use]
    pub fn early_stopping(mut self, stop: bool) -> Self {
        self.early_stopping = stop;
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

    /// Sets [`forced_bos_token_id`](Self::forced_bos_token_id).
    #[must_use]
    pub fn forced_bos_token_id(mut self, id: u32) -> Self {
        self.forced_bos_token_id = Some(id);
        self
    }

    /// Sets [`forced_eos_token_id`](Self::forced_eos_token_id).
    #[must_use]
    pub fn forced_eos_token_id(mut self, id: u32) -> Self {
        self.forced_eos_token_id = Some(id);
        self
    }

    /// Sets [`suppress_tokens`](Self::suppress_tokens).
    #[must_use]
    pub fn suppress_tokens(mut self, ids: impl Into<Vec<u32>>) -> Self {
        self.suppress_tokens = ids.into();
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

    /// Whether tokens are drawn; temperature 0 is greedy whatever else is set.
    pub(super) fn samples(&self) -> bool {
        self.do_sample && self.temperature > 0.0
    }
}
