//! How a model's own files say that it is to write.

use serde_json::Value;

use super::GenerationConfig;

/// Entries of `generation_config.json` that [`GenerationConfig::with_values`] reads; older models have them in `config.json`.
pub(crate) const ENTRIES: &[&str] = &[
    "max_length",
    "min_length",
    "max_new_tokens",
    "min_new_tokens",
    "num_beams",
    "length_penalty",
    "early_stopping",
    "no_repeat_ngram_size",
    "repetition_penalty",
    "do_sample",
    "temperature",
    "top_k",
    "top_p",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "bad_words_ids",
    "suppress_tokens",
];

impl GenerationConfig {
    /// How a model that answers texts writes unless it is told otherwise: what its configuration says, and Python's defaults.
    ///
    /// `max_length` and `min_length` count the token that every answer begins with, as in Python, where 20 is the default.
    ///
    /// ```
    /// use course_models::GenerationConfig;
    /// let config = serde_json::json!({ "model_type": "bart", "num_beams": 4, "max_length": 142, "min_length": 56 });
    /// let config = GenerationConfig::of_model(&config);
    /// assert_eq!((config.num_beams, config.max_new_tokens, config.min_new_tokens), (4, 141, 55));
    /// ```
    pub fn of_model(config: &Value) -> Self {
        Self::new().max_new_tokens(19).with_values(config)
    }

    /// Takes over the entries of a JSON object that are settings of generation, such as one of `task_specific_params`; others are left.
    #[must_use]
    pub fn with_values(mut self, values: &Value) -> Self {
        let number = |name: &str| values.get(name).and_then(Value::as_f64).map(|number| number as f32);
        let count = |name: &str| values.get(name).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        let id = |name: &str| values.get(name).and_then(token);
        let set = |place: &mut usize, count: Option<usize>| *place = count.unwrap_or(*place);
        let set_number = |place: &mut f32, number: Option<f32>| *place = number.unwrap_or(*place);
        let set_switch = |place: &mut bool, name: &str| {
            *place = values.get(name).and_then(Value::as_bool).unwrap_or(*place);
        };
        set(&mut self.max_new_tokens, count("max_length").map(|length| length.saturating_sub(1).max(1)));
        set(&mut self.max_new_tokens, count("max_new_tokens").filter(|count| *count > 0));
        set(&mut self.min_new_tokens, count("min_length").map(|length| length.saturating_sub(1)));
        set(&mut self.min_new_tokens, count("min_new_tokens"));
        self.min_new_tokens = self.min_new_tokens.min(self.max_new_tokens);
        set(&mut self.num_beams, count("num_beams").filter(|count| *count > 0));
        set(&mut self.no_repeat_ngram_size, count("no_repeat_ngram_size"));
        set(&mut self.top_k, count("top_k"));
        set_number(&mut self.length_penalty, number("length_penalty"));
        set_number(&mut self.repetition_penalty, number("repetition_penalty"));
        set_number(&mut self.temperature, number("temperature"));
        set_number(&mut self.top_p, number("top_p"));
        set_switch(&mut self.early_stopping, "early_stopping");
        set_switch(&mut self.do_sample, "do_sample");
        self.forced_bos_token_id = id("forced_bos_token_id").or(self.forced_bos_token_id);
        self.forced_eos_token_id = id("forced_eos_token_id").or(self.forced_eos_token_id);
        let lists = |name: &str| values.get(name).and_then(Value::as_array).into_iter().flatten();
        // Words of one token alone: Marian's padding, which it must not write.
        let words = lists("bad_words_ids").filter_map(|word| match word.as_array().map(Vec::as_slice) {
            Some([one]) => token(one),
            _ => None,
        });
        self.suppress_tokens.extend(words.chain(lists("suppress_tokens").filter_map(token)));
        self.suppress_tokens.sort_unstable();
        self.suppress_tokens.dedup();
        self
    }
}

/// An id; in a list of them, the first.
fn token(value: &Value) -> Option<u32> {
    let value = value.as_array().map_or(Some(value), |ids| ids.first())?;
    value.as_u64().and_then(|id| u32::try_from(id).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn marian_and_t5_say_how_they_write() {
        let marian = json!({ "max_length": 512, "num_beams": 4, "bad_words_ids": [[58100]], "forced_eos_token_id": 0, "length_penalty": null });
        let config = GenerationConfig::of_model(&marian);
        assert_eq!((config.max_new_tokens, config.num_beams, config.length_penalty), (511, 4, 1.0));
        assert_eq!((config.suppress_tokens.as_slice(), config.forced_eos_token_id), ([58100].as_slice(), Some(0)));
        let summarization = json!({ "early_stopping": true, "length_penalty": 2.0, "max_length": 200, "min_length": 30,
            "no_repeat_ngram_size": 3, "num_beams": 4, "prefix": "summarize: " });
        let config = GenerationConfig::of_model(&json!({ "model_type": "t5" })).with_values(&summarization);
        let expected = GenerationConfig::new().max_new_tokens(199).min_new_tokens(29).num_beams(4).length_penalty(2.0);
        assert_eq!(config, expected.early_stopping(true).no_repeat_ngram_size(3));
        assert_eq!(GenerationConfig::of_model(&json!({})).max_new_tokens, 19);
    }
}
