//! Changes to the logits before a token is chosen.

use super::GenerationConfig;

/// The changes that depend on what was written: a penalty for repeating, and no end before the least length.
#[derive(Debug, Clone)]
pub struct LogitsProcessors<'a> {
    repetition_penalty: f32,
    min_new_tokens: usize,
    ends: &'a [u32],
}

impl<'a> LogitsProcessors<'a> {
    /// The changes that `config` asks for; `ends` are the ids that end a text.
    pub fn new(config: &GenerationConfig, ends: &'a [u32]) -> Self {
        Self { repetition_penalty: config.repetition_penalty, min_new_tokens: config.min_new_tokens, ends }
    }

    /// Changes `logits`, one a token of the vocabulary. `ids` is the text so far with its prompt, `written` how many of
    /// them are new.
    pub fn apply(&self, logits: &mut [f32], ids: &[u32], written: usize) {
        if self.repetition_penalty != 1.0 {
            penalize_repetition(logits, ids, self.repetition_penalty);
        }
        if written < self.min_new_tokens {
            for end in self.ends {
                if let Some(logit) = logits.get_mut(*end as usize) {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
    }
}

/// Divides the positive logits of tokens that occur in `ids` by `penalty` and multiplies the negative ones, each token once
/// (Keskar et al., 2019).
pub fn penalize_repetition(logits: &mut [f32], ids: &[u32], penalty: f32) {
    let mut seen = ids.to_vec();
    seen.sort_unstable();
    seen.dedup();
    for id in seen {
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
    }
}
