//! Llama, the architecture of SmolLM2.

use candle_core::Tensor;
use course_hub::{Gguf, Repo};

use super::{CausalLm, ForwardOptions};
use crate::{KvCache, Result};

/// The sizes that make one Llama another.
#[derive(Debug, Clone, PartialEq)]
pub struct LlamaConfig {
    /// Numbers in the vector of one token.
    pub hidden_size: usize,
    /// Numbers inside the feed-forward part.
    pub intermediate_size: usize,
    /// Blocks one after the other.
    pub num_hidden_layers: usize,
    /// Heads that ask.
    pub num_attention_heads: usize,
    /// Heads that answer; each serves several that ask.
    pub num_key_value_heads: usize,
    /// Numbers in the vector of one head.
    pub head_dim: usize,
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Tokens the model can look back on.
    pub max_position_embeddings: usize,
    /// The base of the rotary angles.
    pub rope_theta: f32,
    /// Keeps the norm from dividing by zero.
    pub rms_norm_eps: f32,
}

/// A Llama model with its weights.
#[derive(Debug, Clone)]
pub struct Llama {
    config: LlamaConfig,
    source: String,
}

impl Llama {
    /// The model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When it is not found, or is no Llama in a GGUF file.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Self::from_repo(&course_hub::resolve(name)?)
    }

    /// The model in a repository's GGUF file.
    ///
    /// # Errors
    /// When there is none, or it is no Llama.
    pub fn from_repo(_repo: &Repo) -> Result<Self> {
        todo!()
    }

    /// The model in a GGUF file; `source` is what [`source`](Self::source) says before the format.
    ///
    /// # Errors
    /// When a tensor or a size is missing, or the architecture is another.
    pub fn from_gguf(_source: &str, _gguf: &Gguf) -> Result<Self> {
        todo!()
    }

    /// The model's sizes.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Where the weights came from and in which format they are, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many numbers the weights are.
    pub fn num_parameters(&self) -> usize {
        todo!()
    }

    /// An empty cache.
    pub fn new_cache(&self) -> KvCache {
        KvCache::default()
    }
}

impl CausalLm for Llama {
    fn vocab_size(&self) -> usize {
        self.config.vocab_size
    }

    fn max_position_embeddings(&self) -> usize {
        self.config.max_position_embeddings
    }

    fn eos_token_ids(&self) -> &[u32] {
        todo!()
    }

    fn pad_token_id(&self) -> Option<u32> {
        todo!()
    }

    fn forward_with(&self, _input_ids: &Tensor, _options: ForwardOptions<'_>) -> Result<Tensor> {
        todo!()
    }
}
