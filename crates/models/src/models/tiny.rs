//! A Llama of random weights, so small that every text it can write can be tried.

use super::llama::{Block, Llama, LlamaConfig, Weights};
use crate::Philox;
use crate::kernels::packed::Packed;
use crate::layers::{Linear, Rope};

/// A Llama with `vocab_size` tokens, the last of which ends a text.
pub(crate) fn tiny_llama(vocab_size: usize, seed: u64) -> Llama {
    let config = LlamaConfig {
        hidden_size: 16,
        intermediate_size: 24,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        head_dim: 4,
        vocab_size,
        max_position_embeddings: 40,
        rope_theta: 100.0,
        rms_norm_eps: 1e-5,
    };
    let mut random = Philox::new(seed);
    let mut matrix = |rows: usize, columns: usize| {
        let weights = (0..rows * columns).map(|_| random.next_f32() * 2.0 - 1.0).collect::<Vec<_>>();
        Packed::from_f32(&weights, rows, columns)
    };
    let blocks = (0..config.num_hidden_layers).map(|_| Block {
        attention_norm: vec![1.0; 16],
        query_key_value: Linear::new(vec![matrix(16, 16), matrix(8, 16), matrix(8, 16)]),
        attention_output: Linear::new(vec![matrix(16, 16)]),
        feed_forward_norm: vec![1.0; 16],
        gate_up: Linear::new(vec![matrix(24, 16), matrix(24, 16)]),
        down: Linear::new(vec![matrix(16, 24)]),
    });
    let weights = Weights {
        blocks: blocks.collect(),
        embedding: Linear::new(vec![matrix(vocab_size, 16)]),
        norm: vec![0.5; 16],
        head: None,
        rope: Rope::new(config.head_dim, config.rope_theta, None),
        eos_token_ids: vec![vocab_size as u32 - 1],
        pad_token_id: Some(vocab_size as u32 - 1),
    };
    Llama::from_weights(config, weights)
}
