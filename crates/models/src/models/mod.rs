//! One file for each architecture.

use candle_core::Tensor;

use course_display::{Bundle, escape};

use crate::{KvCache, Result};

pub mod bert;
mod bert_safetensors;
pub(crate) mod input;
pub mod llama;
mod llama_gguf;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod tiny;

/// A model that gives, for every position, the logits of the token that comes next.
pub trait CausalLm {
    /// How many tokens the model knows.
    fn vocab_size(&self) -> usize;

    /// How many tokens the model can look back on, the new ones included.
    fn max_position_embeddings(&self) -> usize;

    /// The ids that end a text, as the model's files name them.
    fn eos_token_ids(&self) -> &[u32];

    /// The id that fills up short rows.
    fn pad_token_id(&self) -> Option<u32>;

    /// The logits for `input_ids`, `(batch, length)` of `u32`: `(batch, length, vocab_size)` in `f32`, or
    /// `(batch, 1, vocab_size)` with [`last_only`](ForwardOptions::last_only).
    ///
    /// # Errors
    /// When shapes do not fit each other, an id is not in the vocabulary, or the text is too long for the model.
    fn forward_with(&self, input_ids: &Tensor, options: ForwardOptions<'_>) -> Result<Tensor>;

    /// All logits for `input_ids`, without padding and without a cache.
    ///
    /// # Errors
    /// As [`forward_with`](Self::forward_with).
    fn forward(&self, input_ids: &Tensor) -> Result<Tensor> {
        self.forward_with(input_ids, ForwardOptions::new())
    }
}

/// What may go with the ids into a forward pass.
#[derive(Debug, Default)]
pub struct ForwardOptions<'a> {
    /// 1 for text, 0 for padding: `(batch, cached + length)` of `u32`. Default: all text.
    pub attention_mask: Option<&'a Tensor>,
    /// The position of each token in its text: `(batch, length)` of `u32`. Default: counted from the mask, so that padding
    /// on the left does not move the text.
    pub position_ids: Option<&'a Tensor>,
    /// What was read before; what is read now is added to it. Default: nothing before.
    pub cache: Option<&'a mut KvCache>,
    /// Whether to compute the logits of the last position only. Default: all.
    pub last_only: bool,
}

impl<'a> ForwardOptions<'a> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`attention_mask`](Self::attention_mask).
    #[must_use]
    pub fn attention_mask(mut self, mask: &'a Tensor) -> Self {
        self.attention_mask = Some(mask);
        self
    }

    /// Sets [`position_ids`](Self::position_ids).
    #[must_use]
    pub fn position_ids(mut self, ids: &'a Tensor) -> Self {
        self.position_ids = Some(ids);
        self
    }

    /// Sets [`cache`](Self::cache).
    #[must_use]
    pub fn cache(mut self, cache: &'a mut KvCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Sets [`last_only`](Self::last_only).
    #[must_use]
    pub fn last_only(mut self) -> Self {
        self.last_only = true;
        self
    }
}

/// How a model shows itself in a notebook.
fn description(heading: &str, sizes: &str, source: &str) -> Bundle {
    Bundle::html(
        format!("<b>{}</b><br>{}<br><i>{}</i>", escape(heading), escape(sizes), escape(source)),
        format!("{heading}\n{sizes}\n{source}"),
    )
}
