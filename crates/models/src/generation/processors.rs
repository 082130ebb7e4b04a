//! Changes to the logits before a token is chosen.

use super::GenerationConfig;

/// The changes that depend on what was written: penalties for repeating, no end before the least length, tokens that must not or must come.
#[derive(Debug, Clone)]
pub struct LogitsProcessors<'a> {
    config: &'a GenerationConfig,
    ends: &'a [u32],
}

impl<'a> LogitsProcessors<'a> {
    /// The changes that `config` asks for; `ends` are the ids that end a text.
    pub fn new(config: &'a GenerationConfig, ends: &'a [u32]) -> Self {
        Self { config, ends }
    }

    /// Changes `logits`, one a token of the vocabulary. `ids` is the text so far with its prompt, `written` how many of
    /// them are new.
    pub fn apply(&self, logits: &mut [f32], ids: &[u32], written: usize) {
        let &GenerationConfig { repetition_penalty, presence_penalty, frequency_penalty, .. } = self.config;
        if repetition_penalty != 1.0 {
            penalize_repetition(logits, ids, repetition_penalty);
        }
        if presence_penalty != 0.0 || frequency_penalty != 0.0 {
            let own = &ids[ids.len().saturating_sub(written)..];
            penalize_occurrence(logits, own, presence_penalty, frequency_penalty);
        }
        if self.config.no_repeat_ngram_size > 0 {
            forbid_repeated_ngrams(logits, ids, self.config.no_repeat_ngram_size);
        }
        if written < self.config.min_new_tokens {
            for end in self.ends {
                forbid(logits, *end);
            }
        }
        self.config.suppress_tokens.iter().for_each(|id| forbid(logits, *id));
        let last = written + 1 >= self.config.max_new_tokens;
        let forced = self.config.forced_bos_token_id.filter(|_| written == 0);
        if let Some(id) = forced.or(self.config.forced_eos_token_id.filter(|_| last)) {
            force(logits, id);
        }
    }
}

fn forbid(logits: &mut [f32], id: u32) {
    if let Some(logit) = logits.get_mut(id as usize) {
        *logit = f32::NEG_INFINITY;
    }
}

/// Only `id` can be chosen, with a log-probability of 0; an id outside the vocabulary changes nothing.
fn force(logits: &mut [f32], id: u32) {
    if (id as usize) < logits.len() {
        logits.fill(f32::NEG_INFINITY);
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit = 0.0;
        }
    }
}

/// Divides the positive logits of tokens that occur in `ids` by `penalty` and multiplies the negative ones, each token once
/// (Keskar et al., 2019).
pub fn penalize_repetition(logits: &mut [f32], ids: &[u32], penalty: f32) {
    for (id, _) in occurrences(ids) {
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
    }
}

/// Takes `presence` off the logits of tokens that occur in `ids`, and `frequency` once for each time (OpenAI).
pub fn penalize_occurrence(logits: &mut [f32], ids: &[u32], presence: f32, frequency: f32) {
    for (id, count) in occurrences(ids) {
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit -= presence + frequency * count as f32;
        }
    }
}

/// Forbids every token that would make the last `n` tokens a sequence that `ids` has already (Paulus et al., 2017).
pub fn forbid_repeated_ngrams(logits: &mut [f32], ids: &[u32], n: usize) {
    let Some(before) = n.checked_sub(1) else { return };
    let ending = &ids[ids.len().saturating_sub(before)..];
    for window in ids.windows(n).filter(|window| window[..before] == *ending) {
        if let Some(logit) = logits.get_mut(window[before] as usize) {
            *logit = f32::NEG_INFINITY;
        }
    }
}

/// Every id once, with how often it occurs.
fn occurrences(ids: &[u32]) -> Vec<(u32, usize)> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len())).collect()
}
