//! BERT, the architecture of all-MiniLM-L6-v2.

use candle_core::Tensor;
use course_hub::Repo;
use serde::Deserialize;

use crate::Result;

/// The sizes that make one BERT another, named as in `config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct BertConfig {
    /// Numbers in the vector of one token.
    pub hidden_size: usize,
    /// Numbers inside the feed-forward part.
    pub intermediate_size: usize,
    /// Blocks one after the other.
    pub num_hidden_layers: usize,
    /// Attention heads of a block.
    pub num_attention_heads: usize,
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// Tokens the model can read at most.
    pub max_position_embeddings: usize,
    /// Kinds of text in one input: two for a pair.
    pub type_vocab_size: usize,
    /// Keeps the norm from dividing by zero.
    pub layer_norm_eps: f64,
    /// The function inside the feed-forward part.
    pub hidden_act: String,
}

/// A BERT model with its weights.
#[derive(Debug, Clone)]
pub struct Bert {
    config: BertConfig,
    source: String,
}

impl Bert {
    /// The model of this name: a folder, or a name on the Hub.
    ///
    /// # Errors
    /// When it is not found, or is no BERT.
    pub fn from_pretrained(name: &str) -> Result<Self> {
        Self::from_repo(&course_hub::resolve(name)?)
    }

    /// The model in a repository's `config.json` and safetensors files.
    ///
    /// # Errors
    /// When a file or a tensor is missing or has the wrong shape.
    pub fn from_repo(_repo: &Repo) -> Result<Self> {
        todo!()
    }

    /// The model's sizes.
    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    /// Where the weights came from, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many numbers the weights are.
    pub fn num_parameters(&self) -> usize {
        todo!()
    }

    /// The last hidden state, `(batch, length, hidden_size)` in `f32`, for `input_ids`, `attention_mask` (1 for text, 0 for
    /// padding; default all text) and `token_type_ids` (default all 0), each `(batch, length)` of `u32`.
    ///
    /// # Errors
    /// When shapes do not fit, an id is not in the vocabulary, or the text is too long.
    pub fn forward(
        &self,
        _input_ids: &Tensor,
        _attention_mask: Option<&Tensor>,
        _token_type_ids: Option<&Tensor>,
    ) -> Result<Tensor> {
        todo!()
    }
}
