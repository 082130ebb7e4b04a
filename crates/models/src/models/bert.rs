//! BERT (Devlin et al., 2018), the architecture of all-MiniLM-L6-v2: an encoder in which every token sees every other.
//!
//! A token's vector is the sum of what it is, where it stands and to which text it belongs; each block lets it gather from all
//! tokens (attention) and then think for itself (feed-forward), with a norm after each step.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use course_display::{Bundle, Rich};
use course_hub::Repo;
use serde::Deserialize;

use super::bert_safetensors;
use super::input::{check_ids, read, read_shaped};
use crate::attentions::one_text;
use crate::layers::{Attention, KeysValues, Linear, Trace, layer_norm};
use crate::{Attentions, Error, Result};

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

impl BertConfig {
    fn attention(&self) -> Attention {
        let heads = self.num_attention_heads;
        Attention { query_heads: heads, key_value_heads: heads, head_dim: self.hidden_size / heads, causal: false }
    }
}

/// A BERT model with its weights. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bert {
    config: BertConfig,
    source: String,
    weights: Arc<Weights>,
}

#[derive(Debug)]
pub(super) struct Weights {
    /// One row a token, a position, a type.
    pub words: Vec<f32>,
    pub positions: Vec<f32>,
    pub types: Vec<f32>,
    pub norm: Norm,
    pub blocks: Vec<Block>,
}

/// One block: attention, then feed-forward.
#[derive(Debug)]
pub(super) struct Block {
    /// Queries, keys and values in one.
    pub query_key_value: Linear,
    pub attention_output: Linear,
    pub attention_norm: Norm,
    /// With GELU after it.
    pub intermediate: Linear,
    pub output: Linear,
    pub output_norm: Norm,
}

#[derive(Debug)]
pub(super) struct Norm {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub epsilon: f32,
}

impl Norm {
    fn apply(&self, hidden: &mut [f32]) {
        layer_norm(hidden, &self.weight, &self.bias, self.epsilon);
    }
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
    pub fn from_repo(repo: &Repo) -> Result<Self> {
        let config: BertConfig = repo.read_json("config.json")?;
        bert_safetensors::check(repo.name(), &config)?;
        let weights = bert_safetensors::load(&repo.weights()?, &config)?;
        let source = format!("{} from {}; weights and activations f32", repo.name(), repo.source());
        Ok(Self { config, source, weights: Arc::new(weights) })
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
        let Weights { words, positions, types, norm, blocks } = &*self.weights;
        let block = |block: &Block| {
            let linear = [&block.query_key_value, &block.attention_output, &block.intermediate, &block.output];
            linear.iter().map(|linear| linear.num_parameters()).sum::<usize>() + 4 * norm.weight.len()
        };
        let embeddings = words.len() + positions.len() + types.len() + 2 * norm.weight.len();
        embeddings + blocks.iter().map(block).sum::<usize>()
    }

    /// The last hidden state, `(batch, length, hidden_size)` in `f32`, for `input_ids`, `attention_mask` (1 for text, 0 for
    /// padding; default all text) and `token_type_ids` (default all 0), each `(batch, length)` of `u32`.
    ///
    /// # Errors
    /// When shapes do not fit, an id is not in the vocabulary, the text is too long, or the learner interrupts.
    pub fn forward(
        &self,
        input_ids: &Tensor,
        attention_mask: Option<&Tensor>,
        token_type_ids: Option<&Tensor>,
    ) -> Result<Tensor> {
        self.run(input_ids, attention_mask, token_type_ids, None)
    }

    /// As [`forward`](Self::forward) for one text, `(1, length)`, and what every attention head did with it.
    ///
    /// # Errors
    /// As there, and for more than one text.
    pub fn forward_with_attentions(
        &self,
        input_ids: &Tensor,
        attention_mask: Option<&Tensor>,
        token_type_ids: Option<&Tensor>,
    ) -> Result<(Tensor, Attentions)> {
        one_text(input_ids)?;
        let mut trace = Trace::default();
        let hidden = self.run(input_ids, attention_mask, token_type_ids, Some(&mut trace))?;
        let attentions = Attentions::from_trace(trace, &self.config.attention(), hidden.dim(1)?)?;
        Ok((hidden, attentions))
    }

    fn run(
        &self,
        input_ids: &Tensor,
        attention_mask: Option<&Tensor>,
        token_type_ids: Option<&Tensor>,
        mut trace: Option<&mut Trace>,
    ) -> Result<Tensor> {
        let BertConfig { hidden_size, vocab_size, type_vocab_size, max_position_embeddings, .. } = self.config;
        let (rows, length, ids) = read("input_ids", input_ids)?;
        check_ids(&ids, vocab_size)?;
        if length > max_position_embeddings {
            let problem = format!(
                "has {length} tokens a row, but the model reads at most {max_position_embeddings}; cut the text: `max_length`"
            );
            return Err(Error::input("input_ids", problem));
        }
        let mask = attention_mask.map(|mask| read_shaped("attention_mask", mask, (rows, length))).transpose()?;
        let types = token_type_ids.map(|types| read_shaped("token_type_ids", types, (rows, length))).transpose()?;
        let types = types.unwrap_or_else(|| vec![0; ids.len()]);
        if types.iter().any(|kind| *kind as usize >= type_vocab_size) {
            return Err(Error::input("token_type_ids", format!("must be below {type_vocab_size}")));
        }
        let visible = match mask {
            Some(mask) => {
                mask.chunks(length.max(1)).map(|row| row.iter().map(|mask| u8::from(*mask != 0)).collect()).collect()
            }
            None => vec![vec![1; length]; rows],
        };
        let mut hidden = self.embed(&ids, &types, length);
        if !ids.is_empty() {
            let mut buffers = Buffers::new(&self.config, ids.len());
            for block in &self.weights.blocks {
                course_wire::interrupt::check()?;
                block.forward(&self.config, &mut hidden, length, &visible, &mut buffers, trace.as_deref_mut());
            }
        }
        Ok(Tensor::from_vec(hidden, (rows, length, hidden_size), &Device::Cpu)?)
    }

    /// What each token is, where it stands and to which text it belongs.
    fn embed(&self, ids: &[u32], types: &[u32], length: usize) -> Vec<f32> {
        let Weights { words, positions, types: type_rows, norm, .. } = &*self.weights;
        let size = self.config.hidden_size;
        let mut hidden = vec![0.0; ids.len() * size];
        for (number, (vector, (id, kind))) in hidden.chunks_exact_mut(size).zip(ids.iter().zip(types)).enumerate() {
            let word = &words[*id as usize * size..][..size];
            let position = &positions[number % length * size..][..size];
            let kind = &type_rows[*kind as usize * size..][..size];
            for (((sum, word), position), kind) in vector.iter_mut().zip(word).zip(position).zip(kind) {
                *sum = word + position + kind;
            }
        }
        norm.apply(&mut hidden);
        hidden
    }
}

/// What a block works in, made once for all blocks.
struct Buffers {
    query_key_value: Vec<f32>,
    attended: Vec<f32>,
    projected: Vec<f32>,
    intermediate: Vec<f32>,
}

impl Buffers {
    fn new(config: &BertConfig, tokens: usize) -> Self {
        let zeros = |numbers: usize| vec![0.0; tokens * numbers];
        Self {
            query_key_value: zeros(3 * config.hidden_size),
            attended: zeros(config.hidden_size),
            projected: zeros(config.hidden_size),
            intermediate: zeros(config.intermediate_size),
        }
    }
}

impl Block {
    /// `hidden = norm(hidden + attention(hidden))`, then `hidden = norm(hidden + feed_forward(hidden))`.
    fn forward(
        &self,
        config: &BertConfig,
        hidden: &mut [f32],
        length: usize,
        visible: &[Vec<u8>],
        buffers: &mut Buffers,
        trace: Option<&mut Trace>,
    ) {
        let Buffers { query_key_value, attended, projected, intermediate } = buffers;
        let attention = config.attention();
        let Attention { query_heads: heads, head_dim, .. } = attention;
        let size = config.hidden_size;
        self.query_key_value.forward(hidden, query_key_value);

        let scale = 1.0 / (head_dim as f32).sqrt();
        let mut keys_values = vec![KeysValues::new(head_dim); visible.len() * heads];
        for (number, token) in query_key_value.chunks_exact_mut(3 * size).enumerate() {
            let (query, key_value) = token.split_at_mut(size);
            query.iter_mut().for_each(|query| *query *= scale);
            let (keys, values) = key_value.split_at(size);
            for (head, (key, value)) in keys.chunks_exact(head_dim).zip(values.chunks_exact(head_dim)).enumerate() {
                keys_values[number / length * heads + head].push(key, value);
            }
        }
        attention.forward(query_key_value, 3 * size, length, &keys_values, visible, attended);
        if let (Some(trace), Some(visible)) = (trace, visible.first()) {
            trace.record(&attention, query_key_value, visible);
        }
        self.attention_output.forward(attended, projected);
        add(hidden, projected);
        self.attention_norm.apply(hidden);

        self.intermediate.forward(hidden, intermediate);
        self.output.forward(intermediate, projected);
        add(hidden, projected);
        self.output_norm.apply(hidden);
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// What the model is, its sizes and where it came from.
impl Rich for Bert {
    fn rich(&self) -> Bundle {
        let BertConfig { hidden_size, num_hidden_layers, num_attention_heads, vocab_size, .. } = self.config;
        super::description(
            &format!("BERT with {:.1} million parameters", self.num_parameters() as f64 / 1e6),
            &format!(
                "{num_hidden_layers} blocks, {hidden_size} numbers a token, {num_attention_heads} heads, {vocab_size} tokens"
            ),
            &self.source,
        )
    }
}
