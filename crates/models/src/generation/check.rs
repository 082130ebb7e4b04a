//! Settings that cannot be, told in words.

use super::GenerationConfig;
use crate::{Error, Result};

impl GenerationConfig {
    /// Every setting must be in its range, and they must fit together.
    pub(super) fn check(&self, has_tokenizer: bool) -> Result<()> {
        self.check_choice()?;
        self.check_penalties()?;
        self.check_length()?;
        self.check_beams()?;
        if self.num_return_sequences == 0 {
            return wrong("num_return_sequences", "is 0, so there is nothing to write");
        }
        if self.num_return_sequences > 1 && self.num_beams == 1 && !self.samples() {
            let problem = format!(
                "is {}, but without sampling they would all be the same text; add `.do_sample(true)`, a temperature, or beams",
                self.num_return_sequences
            );
            return wrong("num_return_sequences", problem);
        }
        if self.stop_strings.iter().any(String::is_empty) {
            return wrong("stop_strings", "has an empty string, which every text contains");
        }
        if !self.stop_strings.is_empty() && !has_tokenizer {
            return wrong("stop_strings", "needs a tokenizer to see text: use `generate_with`");
        }
        Ok(())
    }

    fn check_choice(&self) -> Result<()> {
        let Self { temperature, top_p, min_p, .. } = *self;
        if !(temperature.is_finite() && temperature >= 0.0) {
            let problem = format!("is {temperature}, but must be 0 (greedy) or above; 0.7 is a common value");
            return wrong("temperature", problem);
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            let problem = format!("is {top_p}, but is a probability above 0, and 1 is no limit; 0.9 is a common value");
            return wrong("top_p", problem);
        }
        if !(0.0..=1.0).contains(&min_p) {
            return wrong("min_p", format!("is {min_p}, but must be from 0 (no limit) to 1; 0.05 is a common value"));
        }
        Ok(())
    }

    fn check_penalties(&self) -> Result<()> {
        let repetition = self.repetition_penalty;
        if !(repetition.is_finite() && repetition > 0.0) {
            let problem = format!("is {repetition}, but must be above 0; 1 changes nothing, 1.1 repeats less");
            return wrong("repetition_penalty", problem);
        }
        for (name, penalty) in
            [("presence_penalty", self.presence_penalty), ("frequency_penalty", self.frequency_penalty)]
        {
            // OpenAI's own range; beyond it nothing but the penalty would speak.
            if !(-2.0..=2.0).contains(&penalty) {
                let problem = format!("is {penalty}, but must be from -2 to 2; 0 changes nothing, 0.5 repeats less");
                return wrong(name, problem);
            }
        }
        Ok(())
    }

    fn check_length(&self) -> Result<()> {
        if self.max_new_tokens == 0 {
            return wrong("max_new_tokens", "is 0, so there is nothing to write");
        }
        if self.min_new_tokens > self.max_new_tokens {
            let problem = format!("is {}, above max_new_tokens, {}", self.min_new_tokens, self.max_new_tokens);
            return wrong("min_new_tokens", problem);
        }
        Ok(())
    }

    fn check_beams(&self) -> Result<()> {
        let Self { num_beams, num_return_sequences, length_penalty, .. } = *self;
        if num_beams == 0 {
            return wrong("num_beams", "is 0, but at least one text must go on; 1 is no beam search");
        }
        if num_beams > 1 && self.samples() {
            let problem = format!(
                "is {num_beams}, but beam search takes the likeliest texts and draws nothing: leave temperature, top_k, top_p and \
                 min_p out, or add `.do_sample(false)` after them"
            );
            return wrong("num_beams", problem);
        }
        if num_beams > 1 && num_return_sequences > num_beams {
            let problem =
                format!("is {num_return_sequences}, but num_beams is {num_beams}, and each beam gives one text");
            return wrong("num_return_sequences", problem);
        }
        if !length_penalty.is_finite() {
            let problem =
                format!("is {length_penalty}, but must be a number; 1 compares the mean of a token, 0 the sum");
            return wrong("length_penalty", problem);
        }
        Ok(())
    }
}

fn wrong(setting: &'static str, problem: impl Into<String>) -> Result<()> {
    Err(Error::input(setting, problem))
}
