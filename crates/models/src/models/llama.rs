//! Llama (Touvron et al., 2023), the architecture of SmolLM2: a decoder that predicts the next token.
//!
//! A token becomes a vector; each block lets it gather from the tokens before it (attention) and then think for itself
//! (feed-forward), adding what it finds to the vector; the last vector is compared with every token of the vocabulary.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use course_display::{Bundle, Rich};
use course_hub::{Gguf, Repo};

use super::input::NewTokens;
use super::llama_gguf;
use super::{CausalLm, ForwardOptions};
use crate::attentions::one_text;
use crate::kernels::elementwise::silu;
use crate::kernels::pool::Pool;
use crate::layers::{Attention, KeysValues, Linear, Rope, Trace, rms_norm};
use crate::{Attentions, Error, KvCache, Result};

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

impl LlamaConfig {
    fn attention(&self) -> Attention {
        let LlamaConfig { num_attention_heads, num_key_value_heads, head_dim, .. } = *self;
        Attention { query_heads: num_attention_heads, key_value_heads: num_key_value_heads, head_dim, causal: true }
    }
}

/// A Llama model with its weights. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Llama {
    config: LlamaConfig,
    source: String,
    weights: Arc<Weights>,
}

#[derive(Debug)]
pub(super) struct Weights {
    /// One row a token.
    pub embedding: Linear,
    pub blocks: Vec<Block>,
    pub norm: Vec<f32>,
    /// From a vector to one logit a token; `None` when the embedding serves backwards.
    pub head: Option<Linear>,
    pub rope: Rope,
    pub eos_token_ids: Vec<u32>,
    pub pad_token_id: Option<u32>,
}

/// One block: attention, then feed-forward.
#[derive(Debug)]
pub(super) struct Block {
    pub attention_norm: Vec<f32>,
    /// Queries, keys and values in one.
    pub query_key_value: Linear,
    pub attention_output: Linear,
    pub feed_forward_norm: Vec<f32>,
    /// Gate and up in one.
    pub gate_up: Linear,
    pub down: Linear,
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
    pub fn from_repo(repo: &Repo) -> Result<Self> {
        let file = repo.first_with_extension("gguf").ok_or_else(|| {
            Error::model(
                repo.name(),
                "has no .gguf file, which is what Llama models are read from; look for a GGUF version of it",
            )
        })?;
        Self::from_gguf(&format!("{} from {}", repo.name(), repo.source()), &Gguf::open(repo.file(&file)?)?)
    }

    /// The model in a GGUF file; `origin` is what [`source`](Self::source) says before the number formats.
    ///
    /// # Errors
    /// When a tensor or a size is missing, or the architecture is another.
    pub fn from_gguf(origin: &str, gguf: &Gguf) -> Result<Self> {
        let (config, weights, formats) = llama_gguf::load(gguf)?;
        Ok(Self { config, source: format!("{origin}; {formats}"), weights: Arc::new(weights) })
    }

    /// A model of these weights, for tests.
    #[cfg(test)]
    pub(super) fn from_weights(config: LlamaConfig, weights: Weights) -> Self {
        Self { config, source: "made for a test".into(), weights: Arc::new(weights) }
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
        let Weights { embedding, blocks, norm, head, .. } = &*self.weights;
        let block = |block: &Block| {
            let linear = [&block.query_key_value, &block.attention_output, &block.gate_up, &block.down];
            let norms = block.attention_norm.len() + block.feed_forward_norm.len();
            linear.iter().map(|linear| linear.num_parameters()).sum::<usize>() + norms
        };
        let outside = embedding.num_parameters() + head.as_ref().map_or(0, Linear::num_parameters) + norm.len();
        outside + blocks.iter().map(block).sum::<usize>()
    }

    /// An empty cache.
    pub fn new_cache(&self) -> KvCache {
        KvCache::default()
    }

    /// The logits of every position of one text, `(1, length)` of `u32`: `(1, length, vocab_size)` in `f32`, and what every
    /// attention head did with it.
    ///
    /// # Errors
    /// For more than one text, and as [`forward`](CausalLm::forward).
    pub fn forward_with_attentions(&self, input_ids: &Tensor) -> Result<(Tensor, Attentions)> {
        one_text(input_ids)?;
        let LlamaConfig { num_hidden_layers, num_key_value_heads, head_dim, vocab_size, .. } = self.config;
        let (options, mut cache) = (ForwardOptions::new(), KvCache::default());
        let new = NewTokens::read(input_ids, &options, &cache, vocab_size, self.config.max_position_embeddings)?;
        cache.prepare(num_hidden_layers, new.rows, num_key_value_heads, head_dim);
        let mut trace = Trace::default();
        let hidden = self.hidden_states(&new, &mut cache, Some(&mut trace))?;
        let mut logits = vec![0.0; new.length * vocab_size];
        self.head().forward(&hidden, &mut logits);
        let logits = Tensor::from_vec(logits, (1, new.length, vocab_size), &Device::Cpu)?;
        Ok((logits, Attentions::from_trace(trace, &self.config.attention(), new.length)?))
    }

    /// From a vector to one logit a token.
    fn head(&self) -> &Linear {
        self.weights.head.as_ref().unwrap_or(&self.weights.embedding)
    }

    /// The vectors after the last norm, `(rows × length, hidden_size)`; keys and values go into the cache.
    fn hidden_states(&self, new: &NewTokens, cache: &mut KvCache, mut trace: Option<&mut Trace>) -> Result<Vec<f32>> {
        let Weights { embedding, blocks, norm, rope, .. } = &*self.weights;
        let hidden_size = self.config.hidden_size;
        let mut hidden = vec![0.0; new.ids.len() * hidden_size];
        for (vector, id) in hidden.chunks_exact_mut(hidden_size).zip(&new.ids) {
            embedding.row(*id as usize, vector);
        }
        let angles = rope.angles(&new.positions);
        let mut buffers = Buffers::new(&self.config, new.ids.len());
        for (block, keys_values) in blocks.iter().zip(&mut cache.layers) {
            course_wire::interrupt::check()?;
            block.attend(&self.config, &mut hidden, new, &angles, keys_values, &mut buffers);
            if let (Some(trace), Some(visible)) = (trace.as_deref_mut(), new.visible.first()) {
                trace.record(&self.config.attention(), &buffers.query_key_value, visible);
            }
            block.feed_forward(&self.config, &mut hidden, &mut buffers);
        }
        rms_norm(&hidden, norm, self.config.rms_norm_eps, &mut buffers.normed);
        Ok(buffers.normed)
    }
}

/// What a block works in, made once for all blocks.
struct Buffers {
    normed: Vec<f32>,
    query_key_value: Vec<f32>,
    attended: Vec<f32>,
    gate_up: Vec<f32>,
    gated: Vec<f32>,
}

impl Buffers {
    fn new(config: &LlamaConfig, tokens: usize) -> Self {
        let zeros = |numbers: usize| vec![0.0; tokens * numbers];
        let heads = config.num_attention_heads + 2 * config.num_key_value_heads;
        Self {
            normed: zeros(config.hidden_size),
            query_key_value: zeros(heads * config.head_dim),
            attended: zeros(config.num_attention_heads * config.head_dim),
            gate_up: zeros(2 * config.intermediate_size),
            gated: zeros(config.intermediate_size),
        }
    }
}

impl Block {
    /// `hidden += attention(norm(hidden))`.
    fn attend(
        &self,
        config: &LlamaConfig,
        hidden: &mut [f32],
        new: &NewTokens,
        angles: &[(f32, f32)],
        keys_values: &mut [KeysValues],
        buffers: &mut Buffers,
    ) {
        let Buffers { normed, query_key_value, attended, .. } = buffers;
        let (heads, key_value_heads, head_dim) =
            (config.num_attention_heads, config.num_key_value_heads, config.head_dim);
        rms_norm(hidden, &self.attention_norm, config.rms_norm_eps, normed);
        self.query_key_value.forward(normed, query_key_value);

        let stride = (heads + 2 * key_value_heads) * head_dim;
        let scale = 1.0 / (head_dim as f32).sqrt();
        let tokens = query_key_value.chunks_exact_mut(stride).zip(angles.chunks_exact(head_dim / 2)).enumerate();
        for (number, (token, angles)) in tokens {
            let (query_key, values) = token.split_at_mut((heads + key_value_heads) * head_dim);
            Rope::turn(query_key, angles);
            let (query, keys) = query_key.split_at_mut(heads * head_dim);
            query.iter_mut().for_each(|query| *query *= scale);
            let row = number / new.length;
            for (head, (key, value)) in keys.chunks_exact(head_dim).zip(values.chunks_exact(head_dim)).enumerate() {
                keys_values[row * key_value_heads + head].push(key, value);
            }
        }

        config.attention().forward(query_key_value, stride, new.length, keys_values, &new.visible, attended);
        self.attention_output.forward(attended, normed);
        add(hidden, normed);
    }

    /// `hidden += down(silu(gate) · up)` of the normed hidden.
    fn feed_forward(&self, config: &LlamaConfig, hidden: &mut [f32], buffers: &mut Buffers) {
        let Buffers { normed, gate_up, gated, .. } = buffers;
        rms_norm(hidden, &self.feed_forward_norm, config.rms_norm_eps, normed);
        self.gate_up.forward(normed, gate_up);
        let size = config.intermediate_size;
        let gate_token = |(token, gated): (usize, &mut [f32])| {
            let (gate, up) = gate_up[token * 2 * size..][..2 * size].split_at(size);
            for ((gated, gate), up) in gated.iter_mut().zip(gate).zip(up) {
                *gated = silu(*gate) * up;
            }
        };
        let tokens = gated.chunks_exact_mut(size);
        // For a single token the sharing would cost more than the work.
        if tokens.len() < 8 {
            tokens.enumerate().for_each(gate_token);
        } else {
            Pool::global().run_parts(tokens.collect(), |token, gated| gate_token((token, gated)));
        }
        self.down.forward(gated, normed);
        add(hidden, normed);
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
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
        &self.weights.eos_token_ids
    }

    fn pad_token_id(&self) -> Option<u32> {
        self.weights.pad_token_id
    }

    fn forward_with(&self, input_ids: &Tensor, mut options: ForwardOptions<'_>) -> Result<Tensor> {
        let LlamaConfig { hidden_size, num_hidden_layers, num_key_value_heads, head_dim, vocab_size, .. } = self.config;
        let mut no_cache = KvCache::default();
        let cache = options.cache.take().unwrap_or(&mut no_cache);
        let new = NewTokens::read(input_ids, &options, cache, vocab_size, self.config.max_position_embeddings)?;
        let before = cache.len();
        cache.prepare(num_hidden_layers, new.rows, num_key_value_heads, head_dim);
        let hidden = match self.hidden_states(&new, cache, None) {
            Ok(hidden) => hidden,
            Err(error) => {
                // A pass that was interrupted leaves no half-filled layers behind.
                cache.truncate(before);
                return Err(error);
            }
        };
        cache.visible = new.visible;

        let (kept, vectors) = if options.last_only {
            let rows = hidden.chunks_exact(new.length * hidden_size);
            let last = rows.flat_map(|row| &row[(new.length - 1) * hidden_size..]).copied().collect();
            (1, last)
        } else {
            (new.length, hidden)
        };
        let mut logits = vec![0.0; new.rows * kept * vocab_size];
        self.head().forward(&vectors, &mut logits);
        Ok(Tensor::from_vec(logits, (new.rows, kept, vocab_size), &Device::Cpu)?)
    }
}

/// What the model is, its sizes and where it came from.
impl Rich for Llama {
    fn rich(&self) -> Bundle {
        let LlamaConfig { hidden_size, num_hidden_layers, num_attention_heads, vocab_size, .. } = self.config;
        super::description(
            &format!("Llama with {:.0} million parameters", self.num_parameters() as f64 / 1e6),
            &format!(
                "{num_hidden_layers} blocks, {hidden_size} numbers a token, {num_attention_heads} heads, {vocab_size} tokens"
            ),
            &self.source,
        )
    }
}
